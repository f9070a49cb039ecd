"""Every command from the outside: help for each option, and a user's error as one line with exit code 2."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from tiny_models import command_line
from typer.testing import CliRunner

from ousianer_cli.app import app, main

COMMANDS = {
    ("init",),
    ("prepare", "corpus"),
    ("prepare", "silver"),
    ("prepare", "types"),
    ("prepare", "wikipedia"),
    ("prepare", "names"),
    ("pretrain",),
    ("average",),
    ("export",),
    ("finetune",),
    ("tune", "pretrain"),
    ("tune", "finetune"),
    ("tag",),
    ("merge",),
    ("review",),
    ("validate",),
    ("score",),
    ("diff",),
    ("view",),
    ("convert",),
}


def walk(command: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """Every command that does something, with the words that call it."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
        return
    for name, child in inner.items():
        yield from walk(child, (*path, name))


LEAVES = dict(walk(typer.main.get_command(app)))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in."""
    monkeypatch.chdir(tmp_path)
    for name, value in (("NO_COLOR", "1"), ("COLUMNS", "100"), ("HF_HUB_OFFLINE", "1")):
        monkeypatch.setenv(name, value)
    return tmp_path


def one_line(err: str) -> bool:
    return err.startswith("ousianer: ") and err.count("\n") == 1 and "Traceback" not in err


def test_the_commands_are_these() -> None:
    assert set(LEAVES) == COMMANDS


@pytest.mark.parametrize("words", sorted(LEAVES), ids=" ".join)
def test_help_names_every_option_and_says_what_it_does(words: tuple[str, ...]) -> None:
    command = LEAVES[words]
    result = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "300", "NO_COLOR": "1", "TERM": "dumb"})
    assert result.exit_code == 0, result.output
    assert (command.help or "").strip(), f"{words}: no help text"
    for option in command.params:
        if option.name == "help":
            continue
        assert getattr(option, "help", None), f"{' '.join(words)}: no help text for {option.name}"
        for name in option.opts if option.param_type_name == "option" else ():
            assert name in result.output, f"{' '.join(words)}: {name} is not in the help"


def test_version() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert result.exit_code == 0
    assert result.output.startswith("ousianer 0.")


INVALID_INPUT = [
    ("tag", "absent.ltf.xml", "-o", "run.tab"),
    ("score", "absent.tab", "run.tab"),
    ("validate", "absent.tab"),
    ("diff", "absent.tab", "absent.tab"),
    ("view", "absent.tab", "-o", "page.html"),
    ("convert", "absent.tab", "--to", "brat", "-o", "folder"),
    ("prepare", "corpus", "absent.conll", "--format", "conll", "-o", "out.jsonl"),
    ("finetune", "--feedback", "absent.tsv", "-o", "out"),
    ("finetune", "absent-model", "-o", "out", "--train", "absent.jsonl"),
    ("pretrain", "--detection", "absent.jsonl", "--typing", "absent.jsonl", "--encoder", "tiny", "-o", "out"),
    ("pretrain",),
    ("average",),
    ("export", "-o", "out"),
    ("score",),
    ("init", "taken"),
]


@pytest.mark.parametrize("words", INVALID_INPUT, ids=" ".join)
def test_a_users_error_is_one_line_and_exit_code_2(words: tuple[str, ...], here: Path) -> None:
    (here / "taken").mkdir()
    (here / "taken" / "ousianer.toml").write_text("")
    before = sorted(path.name for path in here.rglob("*"))
    code, out, err = command_line(*words)
    assert code == 2 and one_line(err) and "Traceback" not in out, err
    assert sorted(path.name for path in here.rglob("*")) == before, "an error left something behind"


def test_a_process_of_its_own_ends_with_the_same_code_and_words(here: Path) -> None:
    words = ("score", "absent.tab", "run.tab")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
    command = [sys.executable, "-m", "ousianer_cli.app", *words]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout, done.stderr) == command_line(*words)
    assert done.returncode == 2


@pytest.mark.parametrize("words", [("nonsense",), ("score", "--nonsense"), ("init",)], ids=" ".join)
def test_a_wrong_command_line_exits_2_without_a_traceback(words: tuple[str, ...], here: Path) -> None:
    code, _, err = command_line(*words)
    assert code == 2 and "Traceback" not in err and "Usage" in err


def test_a_setting_that_is_missing_is_asked_for_by_name(here: Path) -> None:
    err = command_line("pretrain")[2]
    assert "--detection" in err or "--typing" in err


def test_a_misspelt_setting_in_the_file_is_named(here: Path) -> None:
    (here / "ousianer.toml").write_text("[score]\ngolds = 'x'\n")
    code, _, err = command_line("score")
    assert code == 2 and "golds" in err and one_line(err)


def test_a_full_disk_is_one_line_wherever_it_shows(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "cache")

    monkeypatch.setattr("ousianer_cli.commands.init.init_project", full)
    assert command_line("init", "p") == (2, "", "ousianer: cache: cannot be written (No space left on device)\n")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            PermissionError(errno.EACCES, "Permission denied", "m/config.json"),
            "m/config.json: expected what can be read or written, found Permission denied; check the path",
        ),
        (
            FileNotFoundError(errno.ENOENT, "No such file or directory", "gone"),
            "gone: expected what can be read or written, found No such file or directory; check the path",
        ),
        (
            OSError(errno.EMFILE, "Too many open files"),
            "expected room for one more open file, found none; raise the limit (ulimit -n)",
        ),
    ],
)
def test_what_the_machine_refuses_is_one_line(
    error: OSError, message: str, monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr("ousianer_cli.commands.init.init_project", refuse)
    assert command_line("init", "p") == (2, "", f"ousianer: {message}\n")


def test_without_standard_streams_a_command_does_its_work(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    seen: list[bool] = []

    def project(*_: object) -> list[Path]:
        seen.append(sys.stderr.isatty())
        return [Path("ousianer.toml")]

    monkeypatch.setattr("ousianer_cli.commands.init.init_project", project)
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(sys, "argv", ["ousianer", "init", "p"])
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(SystemExit) as left:
        main()
    assert not left.value.code
    assert seen == [False]


def test_no_file_takes_the_number_of_a_closed_stream(here: Path) -> None:
    code = (
        "import os; from ousianer_cli.app import _fill_closed_streams as fill; fill(); "
        "open('taken', 'w').write(os.readlink('/proc/self/fd/1') + os.readlink('/proc/self/fd/2'))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
    subprocess.run(
        ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", sys.executable, "-c", code], check=True, env=environment
    )
    assert Path("taken").read_text() == "/dev/null/dev/null"


def test_a_working_folder_that_is_gone_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    code, _, err = command_line("score", "/a.tab", "/b.tab")
    assert code == 2 and err.startswith("ousianer: .: expected a working folder, found No such file") and one_line(err)


def test_a_name_that_is_no_text_is_printed_by_its_bytes(here: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent), "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "ousianer_cli.app", "init", b"p\xe9\xc3\xa9"]
    done = subprocess.run(command, capture_output=True, env=environment, check=True)
    assert rb"p\xe9\xe9" in done.stdout.splitlines()[0]


@pytest.mark.parametrize("words", [("tag",), ("validate",), ("score", "x.tab")])
def test_a_path_that_is_too_long_is_one_line(words: tuple[str, ...]) -> None:
    code, _, err = command_line(*words, "n" * 300, *(["-o", "q.tab"] if words == ("tag",) else []))
    assert code == 2 and err.startswith("ousianer: ") and err.count("\n") == 1
