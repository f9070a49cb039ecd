"""Standard output as an output, and standard input as an input."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ousianer_cli.errors import InputError, OutputError
from ousianer_cli.outputs import is_standard_output, open_output, prints_aside, spooled_input

WRITES = """
import sys
from ousianer_cli.outputs import open_output, prints_aside
with prints_aside([sys.argv[1]]):
    print("status before")
    with open_output(sys.argv[1]) as out:
        out.write("één row\\n")
    print("status after")
"""


def written(path: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-c", WRITES, path], timeout=30, **options)


@pytest.mark.parametrize("name", ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"])
def test_standard_output_holds_the_output_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / "link").symlink_to("/dev/stdout")
    done = written(name, cwd=tmp_path, capture_output=True)
    assert (done.returncode, done.stdout.decode()) == (0, "één row\n")
    assert done.stderr == b"status before\nstatus after\n"
    assert os.path.islink("/dev/stdout")


def test_standard_output_that_is_a_file_is_written_through(tmp_path: Path) -> None:
    """`ousianer … -o /dev/stdout > file`: the file that the shell opened, not another one of that name."""
    with (tmp_path / "file").open("wb") as file:
        file.write(b"before\n")
        file.flush()
        done = written("/dev/stdout", stdout=file, stderr=subprocess.PIPE)
        number = os.fstat(file.fileno()).st_ino
    assert done.returncode == 0
    assert (tmp_path / "file").read_text() == "before\néén row\n" and (tmp_path / "file").stat().st_ino == number


def test_an_open_file_by_its_number(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    done = written(f"/dev/fd/{writer}", pass_fds=[writer], capture_output=True)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        assert pipe.read().decode() == "één row\n"
    assert (done.stdout, done.stderr) == (b"status before\nstatus after\n", b"")


def test_the_file_of_another_process_is_an_ordinary_one(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w") as file:
        assert not is_standard_output(f"/proc/1/fd/{file.fileno()}")
        assert is_standard_output("/proc/self/fd/1") and is_standard_output(f"/proc/{os.getpid()}/fd/1")


def test_a_closed_standard_output_is_one_line() -> None:
    done = written("-", stderr=subprocess.PIPE, preexec_fn=lambda: os.close(1))
    assert b"-: expected an open stream, found it closed" in done.stderr


def test_a_stand_in_for_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    for stand_in in (io.StringIO(), io.TextIOWrapper(io.BytesIO(), encoding="ascii")):
        monkeypatch.setattr(sys, "stdout", stand_in)
        with prints_aside(["-"]):
            print("status")
            with open_output("-") as out:
                out.write("één\n")
        stand_in.seek(0)
        found = stand_in.getvalue() if isinstance(stand_in, io.StringIO) else stand_in.buffer.read().decode()
        assert found == "één\n"


def test_what_is_printed_stays_where_no_output_is_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    with prints_aside(["run.tab", None]):
        print("status")
    assert capsys.readouterr() == ("status\n", "")


def test_a_reader_that_goes_away_is_no_error_of_writing() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.raises(BrokenPipeError), open_output(f"/dev/fd/{writer}") as out:
        out.write("x" * 100_000)
        out.flush()
    os.close(writer)


# ---- input ----------------------------------------------------------------------------------------------------------


class _Stdin:
    def __init__(self, content: bytes) -> None:
        self.buffer = io.BytesIO(content)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("één".encode(), "stdin"),
        (b"", "stdin"),
        (gzip.compress(b"x", mtime=0), "stdin.gz"),
        (b"PK\x03\x04", "stdin.zip"),
        (b"PAR1", "stdin.parquet"),
        (b"PARIS", "stdin"),
        (b"P", "stdin"),
        (b"PK Ltd", "stdin"),
    ],
)
def test_standard_input_becomes_a_file(monkeypatch: pytest.MonkeyPatch, content: bytes, name: str) -> None:
    monkeypatch.setattr(sys, "stdin", _Stdin(content))
    with spooled_input(["a.txt", "-", "b.txt"]) as words:
        assert (words[0], words[2]) == ("a.txt", "b.txt")
        assert Path(words[1]).name == name and Path(words[1]).read_bytes() == content
    assert not Path(words[1]).parent.exists()


def test_no_standard_input_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with spooled_input(["a.txt", "./-"]) as words:
        assert words == ["a.txt", "./-"]
    with pytest.raises(InputError, match="found it closed"), spooled_input(["-"]):
        pytest.fail("the block was entered")


def test_standard_input_twice() -> None:
    with pytest.raises(InputError, match=r"expected standard input .* found twice"), spooled_input(["-", "a", "-"]):
        pytest.fail("the block was entered")


def test_a_place_that_refuses_to_be_opened(tmp_path: Path) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        with pytest.raises(OutputError, match="s: cannot be written"), open_output(tmp_path / "s"):
            pytest.fail("the block was entered")
