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

from ousianer_cli.app import app

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


def run(*words: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "100", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-m", "ousianer_cli.app", *map(str, words)]
    environment["PYTHONPATH"] = str(Path(__file__).resolve().parent.parent)
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment)


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


BAD_INPUT = [
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


@pytest.mark.parametrize("words", BAD_INPUT, ids=" ".join)
def test_a_users_error_is_one_line_and_exit_code_2(words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "ousianer.toml").write_text("")
    before = sorted(path.name for path in tmp_path.rglob("*"))
    done = run(*words, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    told = done.stderr.strip().splitlines()
    assert len(told) == 1, done.stderr
    assert told[0].startswith("ousianer: ")
    assert sorted(path.name for path in tmp_path.rglob("*")) == before, "an error left something behind"


@pytest.mark.parametrize("words", [("nonsense",), ("score", "--nonsense"), ("init",)], ids=" ".join)
def test_a_wrong_command_line_exits_2_without_a_traceback(words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "Usage" in done.stderr


def test_a_setting_that_is_missing_is_asked_for_by_name(tmp_path: Path) -> None:
    done = run("pretrain", cwd=tmp_path)
    assert "--detection" in done.stderr or "--typing" in done.stderr


def test_a_misspelt_setting_in_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "ousianer.toml").write_text("[score]\ngolds = 'x'\n")
    done = run("score", cwd=tmp_path)
    assert done.returncode == 2
    assert "golds" in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_a_full_disk_is_one_line_wherever_it_shows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "cache")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("ousianer_cli.commands.init.init_project", full)
    assert command_line("init", "p") == (2, "", "ousianer: cache: cannot be written (No space left on device)\n")


@pytest.mark.parametrize("words", [("tag",), ("validate",), ("score", "x.tab")])
def test_a_path_that_is_too_long_is_one_line(words: tuple[str, ...]) -> None:
    code, _, err = command_line(*words, "n" * 300, *(["-o", "q.tab"] if words == ("tag",) else []))
    assert code == 2 and err.startswith("ousianer: ") and err.count("\n") == 1
