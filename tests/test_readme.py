"""The README's commands exist as it writes them, its Python runs, and so does its walk-through."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from ousianer_cli.app import app
from ousianer_cli.commands.init import NEXT_STEPS
from ousianer_cli.formats.edl import read_edl

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
TRAINING = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.DOTALL | re.MULTILINE)
BLOCKS = _BLOCK.findall(README)
PYTHON = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
LINES = [
    line.removeprefix("$ ").strip() for block in [*BLOCKS, *_BLOCK.findall(TRAINING)] for line in block.splitlines()
]
COMMANDS = sorted({line for line in LINES if line.startswith("ousianer ")})
WALK = next(block.splitlines() for block in BLOCKS if block.startswith("ousianer init"))


@pytest.mark.parametrize("line", COMMANDS)
def test_command_lines_parse(line: str) -> None:
    """Unknown commands and options, missing arguments and values of the wrong kind are all refused by the parser."""
    words = shlex.split(line, comments=True)[1:]
    command = typer.main.get_command(app)
    while inner := getattr(command, "commands", None):
        assert words[0] in inner, f"{line}: no command {words[0]}"
        command = inner[words.pop(0)]
    command.make_context(line, words)


def test_the_table_lists_every_command() -> None:
    def leaves(command: object, path: str) -> set[str]:
        inner = getattr(command, "commands", None)
        return {path} if inner is None else set().union(*(leaves(c, f"{path} {n}") for n, c in inner.items()))

    listed = set(re.findall(r"^\| `(ousianer [a-z ]+)` \|", README, re.MULTILINE))
    assert listed == leaves(typer.main.get_command(app), "ousianer")


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)", "\n".join([*LINES, *re.findall(r"`([^`\n]+)`", README)])))
    assert {"demo", "test"} <= named <= targets


def test_linked_files_exist() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links and not [link for link in links if not (ROOT / link).exists()]


def test_links_of_the_page_on_training_exist() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", TRAINING)
    assert links and not [link for link in links if not (ROOT / "docs" / link).exists()]


def test_there_is_python_to_run() -> None:
    assert "from ousianer_cli import Tagger" in PYTHON[0] and "import spacy" in PYTHON[1]


@pytest.mark.parametrize("code", PYTHON, ids=lambda code: code.splitlines()[0])
def test_the_python_runs_as_it_is_written(
    code: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if "import spacy" in code:
        pytest.importorskip("spacy", reason="the extra [spacy] is not installed")
        import ousianer_cli.spacy_pipe  # noqa: F401  what the entry point does where the package is installed
    monkeypatch.chdir(ROOT)
    exec(compile(code, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "Anna Berg" in printed and "Lima" in printed


def test_init_prints_the_same_walk_through() -> None:
    assert WALK[2:] == NEXT_STEPS.splitlines()


@pytest.mark.slow
def test_the_walk_through_runs_as_it_is_written(tmp_path: Path) -> None:
    """Every line verbatim, by a shell, without a network; each within two minutes of processor time."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "COLUMNS": "160", "NO_COLOR": "1"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    here, outputs = tmp_path, {}
    for line in WALK:
        if line.startswith("cd "):
            here = here / line.removeprefix("cd ")
            continue
        begin = sum(os.times()[2:4])
        done = subprocess.run(line, shell=True, cwd=here, env=environment, capture_output=True, text=True)
        took = sum(os.times()[2:4]) - begin
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        assert took < 120, f"{line} took {took:.0f} s"
        outputs[line.split()[1]] = done.stdout
    rows = read_edl(here / "run.tab")
    gold = {(row.doc, row.start, row.end) for row in read_edl(here / "gold.tab")}
    found = {(row.doc, row.start, row.end) for row in rows}
    assert len(gold & found) > len(gold) / 3, "the toy model finds hardly a name"
    assert "run.tab" in outputs["tag"]
    assert "F1" in outputs["score"]
