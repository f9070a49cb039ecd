"""Files and folders that appear whole or not at all: links, rights, streams, full disks, interruptions."""

from __future__ import annotations

import os
import resource
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ousianer_cli.errors import OutputError
from ousianer_cli.outputs import MODEL, open_output, whole_file, whole_folder, writers


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def content(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*") if p.is_file()}


def lay_model(folder: Path, card: str = "old") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text('{"format": 1, "network": {}, "encoder": {}}')
    (folder / "README.md").write_text(card)
    return folder


@contextmanager
def small_disk(size: int = 4096) -> Iterator[None]:
    """No file may grow beyond `size` bytes, which shows as a full disk does."""
    kept = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, kept[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, kept)


# ---- files ----------------------------------------------------------------------------------------------------------


def test_a_file_appears_at_the_end_and_parents_are_made(tmp_path: Path) -> None:
    place = tmp_path / "a" / "b" / "out.txt"
    with open_output(place) as out:
        out.write("één\n")
        assert not place.exists()
        assert [name.startswith(".out.txt.") and name.endswith(".part") for name in names(place.parent)] == [True]
    assert place.read_bytes() == "één\n".encode()
    assert names(place.parent) == ["out.txt"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError])
def test_an_interruption_leaves_the_old_file_and_nothing_else(tmp_path: Path, error: type[BaseException]) -> None:
    (tmp_path / "out.txt").write_text("old")
    with pytest.raises(error), open_output(tmp_path / "out.txt") as out:
        out.write("new")
        raise error
    assert content(tmp_path) == {"out.txt": "old"}


def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "real.txt").write_text("old")
    (tmp_path / "near").symlink_to("link")
    (tmp_path / "link").symlink_to(Path("far") / "real.txt")
    with open_output(tmp_path / "near") as out:
        out.write("new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "near").is_symlink()
    assert content(tmp_path / "far") == {"real.txt": "new"}


def test_a_link_to_nothing_gets_its_target(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "far" / "new.txt")
    with open_output(tmp_path / "link") as out:
        out.write("new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "far" / "new.txt").read_text() == "new"


def test_rights_of_a_replaced_file_are_kept_and_a_new_one_has_the_usual(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("x")
    (tmp_path / "old").chmod(0o640)
    kept = os.umask(0o027)
    try:
        for name in ("old", "new"):
            with open_output(tmp_path / name) as out:
                out.write("y")
        with whole_file(tmp_path / "path") as part:
            part.unlink()
            part.touch(0o600)  # as some writers do
    finally:
        os.umask(kept)
    modes = {name: stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("old", "new", "path")}
    assert modes == {"old": 0o640, "new": 0o640, "path": 0o640}


def test_a_name_as_long_as_names_can_be(tmp_path: Path) -> None:
    place = tmp_path / ("é" * 127)
    with open_output(place) as out:
        out.write("x")
    assert place.read_text() == "x"


def test_a_pipe_is_written_to_and_stays(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "pipe").read_text()))
    reader.start()
    with open_output(tmp_path / "pipe") as out:
        out.write("one\n")
    reader.join(10)
    assert got == ["one\n"] and stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert names(tmp_path) == ["pipe"]


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "out.txt").write_text("old")
    line = r"^\S+out\.txt: cannot be written \(File too large\); choose another place$"
    with pytest.raises(OutputError, match=line), small_disk(), open_output(tmp_path / "out.txt") as out:
        for _ in range(100):
            out.write("x" * 1000)
    assert content(tmp_path) == {"out.txt": "old"}


def test_a_full_device_is_one_line() -> None:
    with (
        pytest.raises(OutputError, match=r"/dev/full: cannot be written \(No space left"),
        open_output("/dev/full") as out,
    ):
        out.write("x" * 100_000)


def test_reading_that_fails_meanwhile_is_not_said_to_be_writing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), open_output(tmp_path / "out.txt") as out:
        out.write((tmp_path / "absent").read_text())
    assert names(tmp_path) == []


def test_a_folder_that_came_in_the_way(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"), open_output(tmp_path / "out") as out:
        out.write("x")
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "mine").write_text("x")
    assert names(tmp_path) == ["out"]


# ---- folders --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("there", ["new", "empty", "own"])
def test_a_folder_appears_whole(tmp_path: Path, there: str) -> None:
    place = tmp_path / "m"
    if there == "empty":
        place.mkdir()
    elif there == "own":
        lay_model(place)
        (place / "taxonomy").mkdir()
        (place / "taxonomy" / "yago.tsv").write_text("x")
    with whole_folder(place, MODEL) as out:
        (out / "README.md").write_text("new")
        assert not (place / "README.md").exists() or (place / "README.md").read_text() == "old"
    assert content(place) == {"README.md": "new"}
    assert names(tmp_path) == ["m"]


def test_a_folder_through_a_link(tmp_path: Path) -> None:
    lay_model(tmp_path / "v1")
    (tmp_path / "latest").symlink_to("v1")
    with whole_folder(tmp_path / "latest", MODEL) as out:
        (out / "README.md").write_text("new")
    assert (tmp_path / "latest").is_symlink() and content(tmp_path / "v1") == {"README.md": "new"}


@pytest.mark.parametrize("inside", [False, True])
def test_a_failing_exchange_puts_everything_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: bool) -> None:
    place = lay_model(tmp_path / "m")
    before = content(place)
    if inside:
        monkeypatch.chdir(place)
    real, calls = os.replace, []

    def second_fails(source: Path, goal: Path) -> None:
        calls.append(source)
        if len(calls) == 2:
            raise OSError(5, "Input/output error")
        real(source, goal)

    monkeypatch.setattr(writers.os, "replace", second_fails)
    with pytest.raises(OutputError, match="cannot be written"), whole_folder(place, MODEL) as out:
        (out / "README.md").write_text("new")
    assert content(place) == before
    assert names(tmp_path) == ["m"]


def test_the_working_folder_keeps_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(lay_model(tmp_path / "m"))
    number = os.stat(".").st_ino
    with whole_folder(".", MODEL) as out:
        (out / "README.md").write_text("new")
    assert content(tmp_path / "m") == {"README.md": "new"} and os.stat(tmp_path / "m").st_ino == number
    assert names(tmp_path) == ["m"]


def test_what_came_in_meanwhile_is_not_lost_and_neither_is_the_work(tmp_path: Path) -> None:
    place = lay_model(tmp_path / "m")
    with pytest.raises(OutputError, match=r"found notes\.txt in it") as caught, whole_folder(place, MODEL) as out:
        (out / "README.md").write_text("new")
        (place / "notes.txt").write_text("mine")
    assert (place / "notes.txt").read_text() == "mine" and (place / "README.md").read_text() == "old"
    assert content(Path(str(caught.value).rpartition(" lies in ")[2])) == {"README.md": "new"}


def test_a_neighbour_with_an_old_name_stays(tmp_path: Path) -> None:
    lay_model(tmp_path / "m")
    (tmp_path / ".m.old").mkdir()
    (tmp_path / ".m.old" / "mine").write_text("x")
    with whole_folder(tmp_path / "m", MODEL) as out:
        (out / "README.md").write_text("new")
    assert (tmp_path / ".m.old" / "mine").read_text() == "x"


def test_a_full_disk_leaves_the_old_folder(tmp_path: Path) -> None:
    before = content(lay_model(tmp_path / "m"))
    with (
        pytest.raises(OutputError, match="cannot be written"),
        small_disk(),
        whole_folder(tmp_path / "m", MODEL) as out,
    ):
        (out / "model.safetensors").write_bytes(b"x" * 10_000)
    assert content(tmp_path / "m") == before and names(tmp_path) == ["m"]


def test_files_of_a_folder_can_be_read_by_those_who_can_read_the_folder(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "m", MODEL) as out:
        (out / "model.safetensors").touch(0o600)
    folder, file = tmp_path / "m", tmp_path / "m" / "model.safetensors"
    assert stat.S_IMODE(file.stat().st_mode) == stat.S_IMODE(folder.stat().st_mode) & 0o666
