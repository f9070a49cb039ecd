"""`ousianer finetune` from the command line: lists beside the base model, flags over the file, errors in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tiny_models import command_line

from ousianer_cli.settings.finetune import PAPER
from ousianer_cli.training import finetune as training


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What the command hands to training, which is not run; the working folder is empty."""
    seen: dict[str, Any] = {}
    monkeypatch.setattr(training, "finetune", lambda settings, report: seen.update(settings=settings))
    monkeypatch.chdir(tmp_path)
    return seen


@pytest.mark.parametrize(
    "words",
    [
        ["base", "--train", "a", "b", "--dev", "d", "-o", "m"],
        ["base", "--train", "a", "--train", "b", "--dev", "d", "-o", "m"],
        ["--train", "a", "b", "--dev", "d", "-o", "m", "base"],
    ],
)
def test_the_base_and_lists(given: dict[str, Any], words: list[str]) -> None:
    code, out, err = command_line("finetune", *words)
    assert (code, err) == (0, "")
    settings = given["settings"]
    assert (settings.base, settings.train, settings.dev, settings.out) == ("base", ["a", "b"], ["d"], "m")
    assert out == "next: ousianer tag INPUT --model m -o run.tab\n"


def test_flags_over_the_file(given: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "ousianer.toml").write_text(
        "[finetune]\nbase = 'b'\nout = 'o'\ntrain = ['t']\nloss = 'hard'\nepochs = 3\ntune_projection = true\n"
    )
    command_line("finetune", "--feedback", "f", "g", "--epochs", "5", "--keep-projection", "--loss-decay", "0.25")
    settings = given["settings"]
    assert (settings.base, settings.out, settings.train, settings.feedback) == ("b", "o", ["t"], ["f", "g"])
    assert (settings.loss, settings.epochs, settings.tune_projection, settings.loss_decay) == ("hard", 5, False, 0.25)


def test_the_papers_preset(given: dict[str, Any]) -> None:
    command_line("finetune", "base", "--preset", "paper", "--lr", "0.5")
    assert given["settings"].lr == 0.5
    assert {name: getattr(given["settings"], name) for name in PAPER} == {**PAPER, "lr": 0.5}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--loss", "medium"], "--loss ([finetune] loss): expected one of soft, hard, credit, found 'medium'"),
        (["--direct", "--train", "a"], "--direct and --train: expected one of them, found both"),
        (["--decay", "7"], "--decay: expected 0 to 1, found 7.0"),
        (["--preset", "other"], "--preset: expected 'paper', found 'other'"),
    ],
)
def test_wrong_flags_are_one_line_and_exit_code_2(given: dict[str, Any], words: list[str], message: str) -> None:
    code, out, err = command_line("finetune", "base", *words)
    assert (code, out, given) == (2, "", {})
    assert err.startswith("ousianer: " + message) and err.count("\n") == 1


def test_what_is_missing_is_asked_for_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = command_line("finetune", "--train", "t.jsonl", "-o", "m")
    assert code == 2 and err.count("\n") == 1
    assert err.startswith("ousianer: missing setting: a model folder to start from; give ") and "base" in err.lower()
    code, _, err = command_line("finetune", "absent", "--train", "t.jsonl", "-o", "m")
    assert code == 2 and err == (
        "ousianer: absent: expected a model folder with config.json, found no such folder; "
        "give a folder that pretrain or finetune wrote\n"
    )
