"""`ousianer finetune` from the command line: lists beside the base model, flags over the file, errors in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer
from tiny_models import command_line
from typer.testing import CliRunner

from ousianer_cli.commands.flags import overrides_of, preset_of
from ousianer_cli.commands.lists import ListOptions
from ousianer_cli.errors import SettingsError
from ousianer_cli.settings.finetune import PAPER, FinetuneSettings
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
    ("words", "told"),
    [
        (["--loss", "medium"], "--loss ([finetune] loss): expected one of soft, hard, credit, found 'medium'"),
        (["--direct", "--train", "a"], "--direct and --train: expected one of them, found both"),
        (["--decay", "7"], "--decay: expected 0 to 1, found 7.0"),
        (["--preset", "other"], "--preset: expected 'paper', found 'other'"),
    ],
)
def test_wrong_flags_are_one_line_and_exit_code_2(given: dict[str, Any], words: list[str], told: str) -> None:
    code, out, err = command_line("finetune", "base", *words)
    assert (code, out, given) == (2, "", {})
    assert err.startswith("ousianer: " + told) and err.count("\n") == 1


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


def test_every_setting_has_a_flag() -> None:
    """A setting that only the file can give would be one that --help does not show."""
    import dataclasses

    from ousianer_cli.app import app
    from ousianer_cli.settings import flag
    from ousianer_cli.settings.pretrain import PretrainSettings
    from ousianer_cli.settings.tag import TagSettings

    commands: Any = typer.main.get_command(app)
    for name, cls in (("pretrain", PretrainSettings), ("finetune", FinetuneSettings), ("tag", TagSettings)):
        options = {o for p in commands.commands[name].params for o in [*p.opts, flag(p.name)]}
        missing = {f.name for f in dataclasses.fields(cls) if flag(f.name) not in options}
        assert missing == set(), f"{name}: no flag for {missing}"


# ---- what the commands share ----------------------------------------------------------------------------------------

lists = typer.Typer()


@lists.command(cls=ListOptions)
def _show(
    place: str = typer.Argument(""),
    many: list[str] = typer.Option([], "--many", "-m"),
    numbers: list[int] = typer.Option([]),
    one: str = typer.Option(""),
    switch: bool = typer.Option(False),
) -> None:
    print(place, many, numbers, one, switch)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("p --many a b c", "p ['a', 'b', 'c'] []  False"),
        ("--many a b --one x p", "p ['a', 'b'] [] x False"),
        ("-m a b -m c", " ['a', 'b', 'c'] []  False"),
        ("--many a --switch p", "p ['a'] []  True"),
        ("--many a b --numbers 1 2 --many c", " ['a', 'b', 'c'] [1, 2]  False"),
        ("--numbers -1 -2 --one x", " [] [-1, -2] x False"),
        ("--many a b -- p", "p ['a', 'b'] []  False"),
        ("--many a - p", " ['a', '-', 'p'] []  False"),
        ("--many", None),
    ],
)
def test_options_that_take_values_in_a_row(words: str, wanted: str | None) -> None:
    result = CliRunner().invoke(lists, words.split())
    if wanted is None:
        assert result.exit_code == 2
    else:
        assert result.output == wanted + "\n"


def test_overrides_are_the_settings_among_a_commands_locals() -> None:
    given = {"out": Path("a/b"), "epochs": None, "resume": True, "train": ["x"]}
    assert overrides_of(given, FinetuneSettings) == {"out": "a/b", "epochs": None, "train": ["x"]}


def test_presets_by_name() -> None:
    assert preset_of(None, PAPER) == {} and preset_of("paper", PAPER) is PAPER
    with pytest.raises(SettingsError, match="--preset: expected 'paper', found 'none'"):
        preset_of("none", PAPER)
