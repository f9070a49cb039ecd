"""`ousianer tune` from the command line: settings of phase and study side by side, errors in one line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from tiny_models import command_line

pytest.importorskip("optuna")

from ousianer_cli.commands.options import assignments_of
from ousianer_cli.errors import SettingsError
from ousianer_cli.training import tune as training


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What the command hands to tuning, which is not run; the working folder is empty."""
    seen: dict[str, Any] = {}

    def stand_in(phase: str, chosen: Any, build: Any, **rest: Any) -> dict[str, Any]:
        seen.update(phase=phase, chosen=chosen, build=build, fixed=build({}), **rest)
        return {"score": 0.75, "trial": 3} if chosen.trials else {"trials": {}}

    monkeypatch.setattr(training, "tune", stand_in)
    monkeypatch.chdir(tmp_path)
    return seen


def test_flags_of_phase_and_study_over_the_file(given: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "ousianer.toml").write_text(
        "[finetune]\nbase = 'b'\nepochs = 3\nlr = 0.5\n"
        "[tune]\ntrials = 9\nseeds = 2\nsampler = 'random'\n[tune.finetune]\nhidden = {choices = [4, 8]}\n"
    )
    code, out, err = command_line(
        *("tune", "finetune", "--train", "t", "u", "--dev", "d", "--set", "epochs=7", "loss=hard"),
        *("--trials", "5", "--seed", "4", "--timeout", "1.5", "--pruner", "none", "--held-out", "0.2"),
        *("--resume", "-o", "study"),
    )
    assert (code, err) == (0, "")
    fixed, chosen = given["fixed"], given["chosen"]
    assert (given["phase"], given["resume"], given["where"]) == ("finetune", True, "ousianer.toml")
    assert (fixed.base, fixed.train, fixed.dev, fixed.epochs, fixed.loss) == ("b", ["t", "u"], ["d"], 7, "hard")
    assert (fixed.lr, fixed.seed) == (0.5, 1), "--seed is the sampler's"
    assert (chosen.trials, chosen.seeds, chosen.sampler, chosen.pruner) == (5, 2, "random", "none")
    assert (chosen.seed, chosen.timeout, chosen.held_out, chosen.out) == (4, 1.5, 0.2, "study")
    assert chosen.finetune == {"hidden": {"choices": [4, 8]}} and chosen.pretrain == {}
    assert given["build"]({"hidden": 8}).hidden == 8
    assert out == (
        "best score 0.7500 (trial 3); study holds best.toml, trials.tsv and report.md\n"
        "next: ousianer finetune --config study/best.toml -o DIR\n"
    )


def test_the_held_out_share_of_pretraining_is_its_own(given: dict[str, Any]) -> None:
    words = ("--detection", "a", "b", "--typing", "c", "--held-out", "0.3", "--encoder", "tiny", "-o", "s")
    code, out, _ = command_line("tune", "pretrain", *words, "--trials", "0", "--preset", "paper")
    fixed = given["fixed"]
    assert (fixed.detection, fixed.typing, fixed.held_out, fixed.encoder) == (["a", "b"], ["c"], 0.3, "tiny")
    assert fixed.pooling == "first", "the preset was lost"
    assert code == 0 and out == "no finished trial in s yet; go on with --resume\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--sampler", "best"], "--sampler ([tune] sampler): expected one of tpe, random, grid, found 'best'"),
        (["--set", "epochs"], "--set: expected NAME=VALUE, found 'epochs'"),
        (["--set", "epoch=3"], "[finetune] has no setting 'epoch'; did you mean epochs?"),
        (["--set", "epochs=many"], "--epochs ([finetune] epochs): expected int, found 'many'"),
        (["--seeds", "0"], "--seeds: expected at least 1, found 0"),
    ],
)
def test_wrong_flags_are_one_line_and_exit_code_2(given: dict[str, Any], words: list[str], message: str) -> None:
    code, out, err = command_line("tune", "finetune", "base", *words)
    assert (code, out, given) == (2, "", {})
    assert err.startswith("ousianer: " + message) and err.count("\n") == 1


def test_a_wrong_space_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.toml").write_text("[tune.finetune]\nlr = {low = 1.0, high = 0.1}\n")
    code, _, err = command_line("tune", "finetune", "base", "--train", "t", "-o", "s", "--config", "my.toml")
    assert code == 2 and not (tmp_path / "s").exists()
    assert err == "ousianer: my.toml: [tune.finetune] lr: expected low <= high, found low = 1.0, high = 0.1\n"
    code, _, err = command_line("tune", "finetune", "base", "--train", "t")
    assert err == "ousianer: missing setting: a folder for the study; give -o DIR or 'out' in [tune] of ousianer.toml\n"


def test_without_optuna_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "optuna", None)
    code, out, err = command_line("tune", "pretrain", "-o", "s")
    assert (code, out) == (2, "")
    assert err == "ousianer: ousianer tune needs optuna, which is not installed; pip install 'ousianer[tune]'\n"


def test_values_are_toml_or_text() -> None:
    assert assignments_of(["a=1", "b=0.5", "c=true", "d=[1, 2]", "e=soft", "f="]) == {
        "a": 1,
        "b": 0.5,
        "c": True,
        "d": [1, 2],
        "e": "soft",
        "f": "",
    }
    with pytest.raises(SettingsError, match="--set: expected NAME=VALUE, found '=3'"):
        assignments_of(["=3"])
