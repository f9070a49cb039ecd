"""Settings of fine-tuning, and what is wrong with its inputs in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tiny_models import (
    finetune_settings,
    quiet,
    sentence,
    target_rows,
    write_rows,
)

from ousianer_cli.errors import InputError, OusiaError, SettingsError
from ousianer_cli.settings import resolve
from ousianer_cli.settings.finetune import PAPER, FinetuneSettings
from ousianer_cli.training.adamw import AdamW
from ousianer_cli.training.finetune import finetune


def test_the_papers_preset_sets_every_value_of_the_paper(tmp_path: Path) -> None:
    (tmp_path / "none.toml").write_text("")
    settings = resolve(FinetuneSettings, "finetune", {}, config=tmp_path / "none.toml", preset=PAPER)
    wanted = {
        "reads": "logits",
        "hidden": 200,
        "dropout": 0.0,
        "loss": "soft",
        "loss_decay": 0.5,
        "decay": 0.5,
        "decoding": "argmax",
        "lr": 1e-5,
        "warmup_steps": 2500,
        "depth": 0.0,
        "tune_projection": False,
        "balance": False,
    }
    assert {name: getattr(settings, name) for name in wanted} == wanted


@pytest.fixture
def rates(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The learning rate of each step, as steps are made."""
    made: list[float] = []
    original = AdamW.step

    def step(self: AdamW, share: float) -> None:
        made.append(self.lr * share)
        original(self, share)

    monkeypatch.setattr(AdamW, "step", step)
    return made


@pytest.mark.parametrize(("copies", "batches"), [(1, 2), (20, 30), (50, 40)])
def test_few_mentions_make_small_batches(
    base: Path, tmp_path: Path, rates: list[float], copies: int, batches: int
) -> None:
    # 24 mentions in batches of 16, 480 of 16, 1,200 of 30; never one batch of 256.
    rows = [row for _ in range(copies) for row in target_rows()]
    train = write_rows(tmp_path / "many.jsonl", rows)
    finetune(finetune_settings(tmp_path, base, train=[train], batch_size=256, epochs=1), report=quiet)
    assert len(rates) == batches


def test_the_learning_rate_rises_and_falls(base: Path, tmp_path: Path, rates: list[float]) -> None:
    finetune(finetune_settings(tmp_path, base, lr=0.01, warmup_steps=5, epochs=10), report=quiet)
    assert len(rates) == 30
    assert rates[:5] == pytest.approx([0.002, 0.004, 0.006, 0.008, 0.01])
    assert rates[5:] == sorted(rates[5:], reverse=True) and rates[-1] == pytest.approx(0.01 / 25)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"base": ""}, "missing setting: a model folder to start from; give .*base"),
        ({"out": ""}, r"missing setting: a folder for the model"),
        ({"train": []}, "missing setting: training mentions; give --train, --feedback or --direct"),
        ({"base": "/nowhere"}, "/nowhere: expected a model folder"),
        ({"train": ["absent.jsonl"]}, "absent.jsonl: expected a corpus"),
        ({"taxonomy": "absent"}, "check --taxonomy"),
        ({"mapping": "absent.tsv"}, "absent.tsv: .*check --mapping"),
        ({"feedback": ["absent.tsv"]}, "absent.tsv: expected a feedback file"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(base: Path, tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(OusiaError, match=message) as error:
        finetune(finetune_settings(**{"folder": tmp_path, "base": base, **changes}), report=quiet)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "tuned").exists()


def test_an_unknown_type_in_a_corpus_is_named_with_what_to_do(base: Path, tmp_path: Path) -> None:
    train = write_rows(tmp_path / "t.jsonl", [sentence("In Oslo", ("Oslo", ("PLACE",)))])
    with pytest.raises(InputError, match=r"t\.jsonl: expected types of .*'aida-edl' or '-', found 'PLACE'; map"):
        finetune(finetune_settings(tmp_path, base, train=[train]), report=quiet)


def test_corpora_without_types_are_told(base: Path, tmp_path: Path) -> None:
    train = write_rows(tmp_path / "t.jsonl", [sentence("In Oslo", ("Oslo", ()))])
    with pytest.raises(InputError, match="expected training mentions, found none with types"):
        finetune(finetune_settings(tmp_path, base, train=[train]), report=quiet)


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"direct": True, "train": ["x"]}, "--direct and --train"),
        ({"tune_projection": True, "reads": "vectors"}, "--tune-projection and --reads vectors"),
        ({"decay": 1.1}, "--decay"),
        ({"loss_decay": -0.1}, "--loss-decay"),
        ({"depth": 2.0}, "--depth"),
        ({"epochs": 0}, "--epochs"),
        ({"batch_size": 0}, "--batch-size"),
        ({"hidden": 0}, "--hidden"),
    ],
)
def test_values_out_of_range_and_conflicts_are_named_by_flag(changes: dict[str, Any], flag: str) -> None:
    with pytest.raises(SettingsError, match=flag):
        FinetuneSettings(**changes)
