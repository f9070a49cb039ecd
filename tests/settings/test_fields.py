"""What settings are: each described once, with a role where it names a place."""

from __future__ import annotations

import dataclasses
import math
import os
import re
import typing
from collections import Counter
from pathlib import Path

import pytest

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings import Settings, Trait, flag, resolve
from ousianer_cli.settings.fields import (
    data_of,
    fixed_settings,
    inputs_of,
    kept_by_model,
    models_of,
    neutral_settings,
    outputs_of,
    training_data_of,
    traits,
)
from ousianer_cli.settings.finetune import FinetuneSettings
from ousianer_cli.settings.init import InitSettings
from ousianer_cli.settings.pretrain import PretrainSettings
from ousianer_cli.settings.tables import TABLES, settings_of_table
from ousianer_cli.settings.tag import TagSettings

CLASSES = [cls for classes in TABLES.values() for cls in classes] + [InitSettings]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_setting_is_described_and_stands_in_a_part_of_the_help(cls: type) -> None:
    hints = typing.get_type_hints(cls)
    for name, trait in traits(cls).items():
        assert trait.doc[0].strip() and trait.doc.endswith("."), f"{cls.__name__}.{name}: {trait.doc!r}"
        if not trait.positional and hints[name] != dict[str, typing.Any]:
            assert trait.panel, f"{cls.__name__}.{name}: no part of the help"


def test_a_setting_of_a_table_stands_once() -> None:
    for table in TABLES:
        twice = [name for name, n in Counter(settings_of_table(table)).items() if n > 1]
        assert not twice, f"[{table}] {twice}"
    homes = Counter(cls for classes in TABLES.values() for cls in classes)
    assert set(homes.values()) == {1}


def test_two_texts_of_one_command_differ() -> None:
    for cls in CLASSES:
        texts = Counter(trait.doc for trait in traits(cls).values())
        assert not [text for text, n in texts.items() if n > 1]


def test_roles_of_pretraining() -> None:
    settings = PretrainSettings(
        detection=["a"], joint_closed=["b", "c"], typing_dev=["d"], start=["m"], out="o", encoder="tiny"
    )
    assert data_of(settings) == [("detection", "a"), ("joint_closed", "b"), ("joint_closed", "c"), ("typing_dev", "d")]
    assert training_data_of(settings) == data_of(settings)[:3]
    assert inputs_of(settings) == [*data_of(settings), ("start", "m")]
    assert (models_of(settings), outputs_of(settings)) == ([("start", "m")], [("out", "o")])
    data = {"detection", "typing", "typing_open", "joint", "joint_closed", "detection_dev", "typing_dev"}
    assert fixed_settings(settings) == data | {
        *("held_out", "min_mentions", "max_pieces", "start", "out", "seed", "threads", "keep_features"),
    }
    assert neutral_settings(settings) == {"out", "threads", "keep_features"}


def test_roles_of_fine_tuning() -> None:
    settings = FinetuneSettings(base="b", train=["t"], dev=["d"], feedback=["f"], source=["s"], vectors="v", out="o")
    assert data_of(settings) == [("train", "t"), ("dev", "d"), ("feedback", "f")]
    assert [name for name, _ in inputs_of(settings)] == ["base", "train", "dev", "feedback", "source", "taxonomy"]
    assert outputs_of(settings) == [("vectors", "v"), ("out", "o")]
    assert neutral_settings(settings) == {"out", "vectors", "verbose"}
    assert not {"lr", "epochs", "loss", "depth"} & fixed_settings(settings)
    kept = {*kept_by_model(settings)}
    assert {"loss", "credit", "decay", "loss_decay", "depth", "reads", "hidden", "decoding"} < kept


def test_settings_cannot_be_changed_by_accident() -> None:
    for cls in CLASSES:
        assert cls.__dataclass_params__.frozen and dataclasses.is_dataclass(cls)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("cls", "values", "message"),
    [
        (PretrainSettings, {"lr": math.inf}, "--lr: expected a finite number, found inf"),
        (PretrainSettings, {"lr": math.nan}, "--lr: expected a finite number, found nan"),
        (PretrainSettings, {"lr": -1.0}, "--lr: expected more than 0, found -1.0"),
        (PretrainSettings, {"lr": 0.0}, "--lr: expected more than 0"),
        (PretrainSettings, {"encoder_lr": -1e-5}, "--encoder-lr: expected at least 0"),
        (PretrainSettings, {"clip": -1.0}, "--clip: expected at least 0"),
        (PretrainSettings, {"seed": -1}, "--seed: expected at least 0, found -1"),
        (PretrainSettings, {"seed": 1 << 63}, "--seed: expected a number of at most 63 bits"),
        (PretrainSettings, {"epochs": 10**30}, "--epochs: expected a number of at most 63 bits"),
        (TagSettings, {"min_confidence": -0.1}, "--min-confidence: expected 0 to 1, found -0.1"),
        (TagSettings, {"min_confidence": math.nan}, "--min-confidence: expected a finite number"),
        (TagSettings, {"coarse_prior": -2.0}, "--coarse-prior: expected 0 to 1"),
        (TagSettings, {"threads": -2}, "--threads: expected at least 0"),
    ],
)
def test_numbers_that_no_computation_takes_are_refused(cls: type, values: dict[str, object], message: str) -> None:
    table = "pretrain" if cls is PretrainSettings else "tag"
    with pytest.raises(SettingsError, match=re.escape(message)):
        resolve(cls, table, values, config=os.devnull)


def outside(trait: Trait) -> list[float]:
    """Numbers just outside each of a setting's bounds."""
    return [
        *([] if trait.minimum is None else [trait.minimum - 0.01, trait.minimum - 1]),
        *([] if trait.maximum is None else [trait.maximum + 0.01, trait.maximum + 1]),
        *([] if trait.above is None else [trait.above]),
        *([] if trait.below is None else [trait.below]),
    ]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_bounds_and_choices_hold_however_settings_are_made(cls: type) -> None:
    assert issubclass(cls, Settings)
    for name, trait in traits(cls).items():
        for number in outside(trait):
            if number != trait.unset:
                with pytest.raises(SettingsError, match=re.escape(f"{flag(name)}: expected {trait.bounds}, found")):
                    cls(**{name: number})
        hint = typing.get_type_hints(cls)[name]
        if typing.Literal in (typing.get_origin(hint), *map(typing.get_origin, typing.get_args(hint))):
            with pytest.raises(SettingsError, match=re.escape(f"{flag(name)}: expected one of ")):
                cls(**{name: "no such choice"})


def test_bounds_stand_beside_the_setting_alone() -> None:
    bounded = {name for cls in CLASSES for name, trait in traits(cls).items() if trait.bounds}
    assert {"dropout", "epochs", "min_confidence", "held_out", "port", "seed"} <= bounded
    assert dataclasses.replace(TagSettings(), min_confidence=-1).min_confidence == -1, "the model's own"
    with pytest.raises(SettingsError, match="--epochs: expected at least 1, found 0"):
        dataclasses.replace(PretrainSettings(), epochs=0)


def test_toml_nested_too_deep_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("[tag]\nrun_id = " + "[" * 5000, encoding="utf-8")
    with pytest.raises(SettingsError, match="expected TOML, found lists or tables nested too deep"):
        resolve(TagSettings, "tag", {}, config=tmp_path / "c.toml")
