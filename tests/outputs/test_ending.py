"""Signals leave nothing hidden behind, and say by the exit code which they were."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from ousianer_cli.outputs import ending, open_output, whole_folder
from ousianer_cli.outputs.ending import tidy_end
from ousianer_cli.outputs.kinds import MODEL
from ousianer_cli.outputs.writers import _parts

WRITES = """
import signal, sys, time
from ousianer_cli.outputs import MODEL, open_output, whole_folder
from ousianer_cli.outputs.ending import tidy_end
with tidy_end(), open_output("run.tab") as run, whole_folder("m", MODEL) as folder:
    run.write("a row")
    (folder / "README.md").write_text("x")
    print("writing", flush=True)
    time.sleep(60)
"""


def begun(folder: Path, before: str = "") -> subprocess.Popen[str]:
    running = subprocess.Popen(
        [sys.executable, "-c", before + WRITES], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout is not None and running.stdout.readline() == "writing\n"
    assert sorted(p.suffix for p in folder.iterdir()) == [".part", ".part"]
    return running


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_a_signal_leaves_nothing(tmp_path: Path, number: signal.Signals, code: int) -> None:
    # Whoever starts the tests in the background has them ignore SIGINT.
    running = begun(tmp_path, f"import signal; signal.signal({int(number)}, signal.SIG_DFL)")
    running.send_signal(number)
    running.send_signal(number)  # as `timeout` does
    _, err = running.communicate(timeout=30)
    assert (running.returncode, err) == (code, "")
    assert list(tmp_path.iterdir()) == []


def test_a_hangup_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    running = begun(tmp_path, "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)")
    running.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        running.wait(0.3)
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=30)
    assert running.returncode == 143 and list(tmp_path.iterdir()) == []


def test_what_a_killed_program_leaves_is_known_by_its_name(tmp_path: Path) -> None:
    running = begun(tmp_path)
    running.kill()
    running.communicate(timeout=30)
    names = sorted(p.name for p in tmp_path.iterdir())
    assert [name[: name.index(".", 1)] for name in names] == [".m", ".run"] and all(n.endswith(".part") for n in names)


def test_a_part_whose_block_never_ends_is_removed_at_the_end_of_the_program(tmp_path: Path) -> None:
    with tidy_end():
        held = open_output(tmp_path / "run.tab")
        held.__enter__()
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == [] and not _parts
    del held


def test_handlers_are_put_back(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as ended, tidy_end(), whole_folder(tmp_path / "m", MODEL):
        assert signal.getsignal(signal.SIGTERM) is not before
        os.kill(os.getpid(), signal.SIGTERM)
    assert ended.value.code == 143 and signal.getsignal(signal.SIGTERM) is before
    assert list(tmp_path.iterdir()) == []


class _Slow:
    """Something whose end takes a while, and cannot raise."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.01)


def test_a_signal_in_the_middle_of_what_cannot_raise_comes_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended, tidy_end(), open_output(tmp_path / "run.tab"):
        _Slow()
        time.sleep(10)
    assert ended.value.code == 143 and list(tmp_path.iterdir()) == []
    assert "ignored" not in capsys.readouterr().err


def test_a_signal_that_is_caught_on_its_way_comes_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "_PATIENCE", 0.05)
    with pytest.raises(SystemExit) as ended, tidy_end(), open_output(tmp_path / "run.tab"):
        with suppress(SystemExit):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(10)
        time.sleep(10)
    assert ended.value.code == 143 and list(tmp_path.iterdir()) == []
    time.sleep(0.1)  # and not once more
