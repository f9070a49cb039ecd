"""Pretraining: each source feeds its own loss, frozen means frozen, and a resumed run is the uninterrupted one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from pretrained_models import log_of, run, weights_of
from tiny_models import (
    CITY,
    COUNTRY,
    PERSON,
    sentence,
    typing_rows,
    write_rows,
)

from ousianer_cli.errors import SettingsError
from ousianer_cli.network.checkpoint import load_model
from ousianer_cli.network.encoder import load_encoder


def test_a_run_goes_on_from_an_earlier_model(tmp_path: Path) -> None:
    run(tmp_path)
    first = tmp_path / "base"
    before, types = weights_of(first), load_model(first).types
    reported: list[str] = []
    frozen = {"out": str(tmp_path / "second"), "start": [str(first)], "lr": 1e-9, "encoder_lr": 1e-9, "epochs": 1}
    # Another type, and a frequent one, so that the rows of the earlier ones move.
    countries = [sentence("It lies in Peru .", ("Peru", (COUNTRY,)), supervises="typing")] * 40
    typing = [write_rows(tmp_path / "more.jsonl", [*typing_rows(), *countries])]
    run(tmp_path, reported, **frozen, encoder="no/such-encoder", typing=typing)
    after, later = weights_of(tmp_path / "second"), load_model(tmp_path / "second").types
    assert set(types) < set(later) and types != later[: len(types)]
    for name, tensor in before.items():
        if not name.startswith("types."):
            assert torch.allclose(tensor.float(), after[name].float(), atol=1e-3), name
    for row, kept in enumerate(types):
        assert torch.allclose(before["types.weight"][row], after["types.weight"][later.index(kept)], atol=1e-3), kept
    new = len(later) - len(types)
    assert f"going on from base: {len(types)} of its {len(types)} types are in the inventory, {new} are new" in reported


def test_a_run_goes_on_from_the_mean_of_several_models(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    countries = [sentence("It lies in Peru .", ("Peru", (COUNTRY,)), supervises="typing")] * 40
    more = [write_rows(tmp_path / "more.jsonl", [*typing_rows(), *countries])]
    run(tmp_path, out=str(folders[0]))
    run(tmp_path, out=str(folders[1]), seed=2, typing=more)
    reported: list[str] = []
    starts = [str(f) for f in folders]
    still = {"lr": 1e-9, "encoder_lr": 1e-9, "epochs": 1, "typing": more}
    run(tmp_path, reported, out=str(tmp_path / "mean"), start=starts, **still)
    one, two, mean = (weights_of(f) for f in (*folders, tmp_path / "mean"))
    for name, tensor in mean.items():
        if not name.startswith("types."):
            assert torch.allclose(tensor.float(), (one[name].float() + two[name].float()) / 2, atol=1e-3), name
    knew, knows = (load_model(f).types for f in folders)
    row = knows.index(PERSON)
    wanted = (one["types.weight"][knew.index(PERSON)].float() + two["types.weight"][row].float()) / 2
    assert COUNTRY in knows and COUNTRY not in knew
    assert load_model(tmp_path / "mean").types == knows
    assert torch.allclose(mean["types.weight"][row].float(), wanted, atol=1e-3)
    alone = knows.index(COUNTRY)
    assert torch.allclose(mean["types.weight"][alone].float(), two["types.weight"][alone].float(), atol=1e-3)
    assert any(line.startswith("going on from one and two: ") for line in reported)


def test_models_over_different_encoders_have_no_mean(tmp_path: Path) -> None:
    run(tmp_path, out=str(tmp_path / "one"), encoder_lr=0.1)
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    config = json.loads((tmp_path / "two" / "config.json").read_text())
    config["encoder"]["name"] = "another"
    (tmp_path / "two" / "config.json").write_text(json.dumps(config))
    with pytest.raises(SettingsError, match=r"--start: expected models over one encoder, found another in .*two"):
        run(tmp_path, out=str(tmp_path / "mean"), start=[str(tmp_path / "one"), str(tmp_path / "two")])


def test_a_tuned_encoder_that_is_frozen_from_then_on_stays_in_the_model(tmp_path: Path) -> None:
    run(tmp_path, encoder_lr=0.1)
    tuned = weights_of(tmp_path / "base")
    run(tmp_path, start=[str(tmp_path / "base")], out=str(tmp_path / "second"), encoder_lr=0.0)
    again = load_model(tmp_path / "second").tagger.state_dict()
    name = "states.encoder.encoder.layer.0.output.dense.weight"
    assert torch.equal(again[name].half(), tuned[name])
    assert not torch.equal(again[name].half(), load_encoder("tiny").state_dict()[name[15:]].half())


def test_going_on_with_another_network_names_the_flag(tmp_path: Path) -> None:
    run(tmp_path)
    with pytest.raises(SettingsError, match=r"--lstm-hidden: expected \d+ as in .*base, found 7"):
        run(tmp_path, start=[str(tmp_path / "base")], out=str(tmp_path / "second"), lstm_hidden=7)


def test_a_run_learns_and_keeps_the_best_and_the_last(tmp_path: Path) -> None:
    best = run(tmp_path, lr=0.01, encoder_lr=0.001, dropout=0.1, epochs=20, patience=99)
    assert best["detection"]["detection.jsonl"]["f1"] > 0.9
    assert best["typing"]["typing.jsonl"]["f1"] > 0.7
    log = log_of(tmp_path / "base")
    assert len(log) == 20 and log[0]["score"] < best["score"] == max(m["score"] for m in log)
    assert best in log and best["step"] == min(m["step"] for m in log if m["score"] == best["score"])
    assert {"detection_loss", "typing_loss", "step", "epoch", "seconds"} <= set(log[0])
    assert log[-1]["detection_loss"] < log[0]["detection_loss"] / 2
    assert log[-1]["typing_loss"] < log[0]["typing_loss"] / 2
    state = json.loads((tmp_path / "base.last" / "state.json").read_text())
    assert state["step"] == log[-1]["step"] and state["best"] == best
    model = load_model(tmp_path / "base")
    assert {PERSON, CITY} <= set(model.types)
    assert model.metrics["pretrain"] == best
    assert model.config["pretrain"]["lr"] == 0.01 and model.config["max_pieces"] == 256
    assert set(model.config["data_sha256_16"]) == {
        "detection: detection.jsonl",
        "typing: typing.jsonl",
        "detection_dev: detection.jsonl",
        "typing_dev: typing.jsonl",
    }
    assert "| detection | detection.jsonl |" in (tmp_path / "base" / "README.md").read_text()
    assert sorted(p.name for p in tmp_path.iterdir() if not p.suffix) == ["base"]


def test_detection_alone_makes_a_model_without_types(tmp_path: Path) -> None:
    best = run(tmp_path, typing=[], typing_dev=[])
    assert best["typing"] == {} and "typing_loss" not in best
    assert load_model(tmp_path / "base").types == []


def test_without_any_validation_the_last_weights_are_the_ones_kept(tmp_path: Path) -> None:
    best = run(tmp_path, detection_dev=[], typing_dev=[], held_out=0.0, epochs=5, patience=1)
    log = log_of(tmp_path / "base")
    assert len(log) == 5 and best == log[-1]
    last, kept = weights_of(tmp_path / "base.last"), weights_of(tmp_path / "base")
    assert torch.equal(last["emission.weight"].half(), kept["emission.weight"])


def test_training_stops_after_validations_without_gain(tmp_path: Path) -> None:
    reported: list[str] = []
    run(tmp_path, reported, lr=1e-12, encoder_lr=0.0, epochs=9, patience=2)
    assert len(log_of(tmp_path / "base")) == 3
    assert "stopped: 2 validations without gain" in reported


def test_validation_at_given_steps_and_at_the_end(tmp_path: Path) -> None:
    run(tmp_path, epochs=2, validate_every=3, patience=99)
    steps = [m["step"] for m in log_of(tmp_path / "base")]
    assert steps[:-1] == list(range(3, steps[-1], 3)) and len(steps) >= 3
