"""Pretraining: each source feeds its own loss, frozen means frozen, and a resumed run is the uninterrupted one."""

from __future__ import annotations

import copy
import dataclasses
import errno
import json
import math
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tiny_models import (
    CITY,
    COUNTRY,
    MAYOR,
    PERSON,
    detection_rows,
    inventory,
    pretrain_settings,
    random_tagger,
    sentence,
    typing_rows,
    write_rows,
)

from ousianer_cli.errors import InputError, ModelError, OusiaError, OutputError, SettingsError, TrainingError
from ousianer_cli.network.checkpoint import load_model
from ousianer_cli.network.encoder import load_encoder, load_tokenizer
from ousianer_cli.network.pieces import PieceTokenizer, collate
from ousianer_cli.settings import resolve
from ousianer_cli.settings.pretrain import PAPER, PretrainSettings
from ousianer_cli.taxonomy.wordnet import WordNet
from ousianer_cli.training.examples import load_examples
from ousianer_cli.training.feature_cache import FeatureCache
from ousianer_cli.training.pretrain import corpora as corpora_module
from ousianer_cli.training.pretrain import last_state, pretrain
from ousianer_cli.training.pretrain import state as state_module
from ousianer_cli.training.pretrain import step as step_module
from ousianer_cli.training.pretrain.corpora import load_corpora
from ousianer_cli.training.pretrain.start import new_model
from ousianer_cli.training.pretrain.step import new_optimizer, training_step
from ousianer_cli.training.pretrain.targets import TypeTargets


def run(
    folder: Path, said: list[str] | None = None, *, resume: bool = False, stop_after: int | None = None, **changes: Any
) -> dict[str, Any]:
    lines: list[str] = [] if said is None else said
    settings = PretrainSettings(**pretrain_settings(folder, **changes))
    return pretrain(settings, resume=resume, report=lines.append, stop_after=stop_after)


def log_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    (file,) = folder.glob("model*.safetensors")
    return load_file(file)


# ---- going on from a model ------------------------------------------------------------------------------------------


def test_a_run_goes_on_from_an_earlier_model(tmp_path: Path) -> None:
    run(tmp_path)
    first = tmp_path / "base"
    before, types = weights_of(first), load_model(first).types
    said: list[str] = []
    frozen = {"out": str(tmp_path / "second"), "start": [str(first)], "lr": 1e-9, "encoder_lr": 1e-9, "epochs": 1}
    # Another type, and a frequent one, so that the rows of the earlier ones move.
    countries = [sentence("It lies in Peru .", ("Peru", (COUNTRY,)), supervises="typing")] * 40
    typing = [write_rows(tmp_path / "more.jsonl", [*typing_rows(), *countries])]
    run(tmp_path, said, **frozen, encoder="no/such-encoder", typing=typing)
    after, later = weights_of(tmp_path / "second"), load_model(tmp_path / "second").types
    assert set(types) < set(later) and types != later[: len(types)]
    for name, tensor in before.items():
        if not name.startswith("types."):
            assert torch.allclose(tensor.float(), after[name].float(), atol=1e-3), name
    for row, kept in enumerate(types):
        assert torch.allclose(before["types.weight"][row], after["types.weight"][later.index(kept)], atol=1e-3), kept
    new = len(later) - len(types)
    assert f"going on from base: {len(types)} of its {len(types)} types are in the inventory, {new} are new" in said


def test_a_run_goes_on_from_the_mean_of_several_models(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    countries = [sentence("It lies in Peru .", ("Peru", (COUNTRY,)), supervises="typing")] * 40
    more = [write_rows(tmp_path / "more.jsonl", [*typing_rows(), *countries])]
    run(tmp_path, out=str(folders[0]))
    run(tmp_path, out=str(folders[1]), seed=2, typing=more)
    said: list[str] = []
    starts = [str(f) for f in folders]
    still = {"lr": 1e-9, "encoder_lr": 1e-9, "epochs": 1, "typing": more}
    run(tmp_path, said, out=str(tmp_path / "mean"), start=starts, **still)
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
    assert any(line.startswith("going on from one and two: ") for line in said)


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


# ---- losses ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def parts(tmp_path: Path) -> tuple[Any, Any, Any, PretrainSettings]:
    settings = PretrainSettings(**pretrain_settings(tmp_path))
    tokenizer = load_tokenizer("tiny")
    corpora = load_corpora(settings, tokenizer, WordNet.load())
    torch.manual_seed(0)
    model = new_model(settings, tokenizer, corpora.inventory)
    return model.tagger, corpora, TypeTargets(corpora.inventory, WordNet.load()), settings


TYPING = ("types.", "mention.", "typing_mix.", "pool_encoder.", "pool_lstm.")


@pytest.mark.parametrize("kind", ["detection", "typing"])
def test_a_batch_of_one_source_leaves_the_other_head_without_gradient(
    parts: tuple[Any, Any, Any, PretrainSettings], kind: str
) -> None:
    tagger, corpora, targets, settings = parts
    chosen = [i for i, e in enumerate(corpora.train) if (e.detects if kind == "detection" else e.types)][:4]
    optimizer = new_optimizer(tagger, settings)
    before = {n: p.detach().clone() for n, p in tagger.named_parameters()}
    losses = training_step(tagger, [corpora.train[i] for i in chosen], chosen, targets, settings, optimizer, 0)
    assert list(losses) == [kind] and losses[kind] > 0
    other = TYPING if kind == "detection" else ("crf.", "emission.")
    own = ("crf.", "emission.") if kind == "detection" else ("types.", "mention.", "typing_mix.")
    for name, parameter in tagger.named_parameters():
        if name.startswith(other):
            assert parameter.grad is None, f"{kind} reaches {name}"
            assert torch.equal(parameter, before[name])
        elif name.startswith((*own, "lstm.")):
            assert parameter.grad is not None, f"{kind} does not reach {name}"
    assert not torch.equal(tagger.lstm.weight_ih_l0, before["lstm.weight_ih_l0"])


def test_corpora_with_closed_labels_feed_both_losses_and_mask_nothing(tmp_path: Path) -> None:
    rows = [sentence("Yesterday Ada Brun went to Rome .", ("Ada Brun", (PERSON,)), ("Rome", ()), supervises="both")] * 6
    path = write_rows(tmp_path / "both.jsonl", rows)
    changes = {"detection": [], "typing": [], "typing_dev": [], "detection_dev": [], "held_out": 0.0}
    settings = PretrainSettings(**pretrain_settings(tmp_path, **changes, joint_closed=[path]))
    corpora = load_corpora(settings, PieceTokenizer.characters(), WordNet.load())
    assert len(corpora.train) == 6
    assert all(e.detects and e.types and not e.open_labels for e in corpora.train)
    assert [len(e.spans) for e in corpora.train] == [2] * 6


def test_a_weighted_corpus_is_read_once_and_counts_as_often_as_its_weight_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = PretrainSettings(**pretrain_settings(tmp_path))
    path, other = settings.typing[0], write_rows(tmp_path / "other.jsonl", typing_rows()[:3])
    read: list[str] = []

    def counted(paths: list[str], *rest: Any, **kinds: Any) -> Any:
        read.extend(paths)
        return load_examples(paths, *rest, **kinds)

    monkeypatch.setattr(corpora_module, "load_examples", counted)
    trains = []
    for typing in ([path, path, other, path], [f"{path}*2", other, f"{path}*1"]):
        read.clear()
        corpora = load_corpora(dataclasses.replace(settings, typing=typing), load_tokenizer("tiny"), WordNet.load())
        trains.append([e.encoded.piece_ids.tolist() for e in corpora.train])
        assert (read.count(other), read.count(path)) == (1, 1)
    assert trains[0] == trains[1] and len(trains[0]) == 12 + 3 * 12 + 3
    with pytest.raises(SettingsError, match=r"--typing .*\*1\.5: expected a whole number of times"):
        load_corpora(dataclasses.replace(settings, typing=[f"{path}*1.5"]), load_tokenizer("tiny"), WordNet.load())


def test_a_joint_corpus_with_closed_labels_is_enough(tmp_path: Path) -> None:
    rows = [
        sentence("Yesterday Ada Brun went to Rome .", ("Ada Brun", (PERSON,)), ("Rome", (CITY,)), supervises="both")
    ]
    path = write_rows(tmp_path / "both.jsonl", rows * 6)
    changes: dict[str, Any] = {"detection": [], "typing": [], "detection_dev": [path], "typing_dev": [path]}
    assert run(tmp_path, **changes, joint_closed=[path], epochs=1)["detection"]["both.jsonl"]["n"] == 12


def test_hidden_pieces_change_the_loss_and_not_the_examples(parts: tuple[Any, Any, Any, PretrainSettings]) -> None:
    tagger, corpora, targets, settings = parts
    chosen = list(range(4))
    examples = [corpora.train[i] for i in chosen]
    before = [e.encoded.piece_ids.copy() for e in examples]
    losses = []
    for share in (0.0, 0.5):
        again = copy.deepcopy(tagger)
        tuned = dataclasses.replace(settings, encoder_lr=1e-4, piece_dropout=share)
        optimizer = new_optimizer(again, tuned)
        losses.append(training_step(again, examples, chosen, targets, tuned, optimizer, 0, None, 1))
    assert losses[0] != losses[1]
    assert all((e.encoded.piece_ids == b).all() for e, b in zip(examples, before, strict=True))


@pytest.mark.parametrize("changes", [{"shape_input": True}, {"piece_dropout": 0.1}])
def test_a_frozen_encoder_has_no_new_input(changes: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="--encoder-lr 0"):
        PretrainSettings(encoder_lr=0.0, **changes)


def test_a_mixed_batch_has_both_losses_and_a_source_counts_for_its_own(
    parts: tuple[Any, Any, Any, PretrainSettings],
) -> None:
    tagger, corpora, targets, settings = parts
    both = [
        next(i for i, e in enumerate(corpora.train) if e.detects),
        next(i for i, e in enumerate(corpora.train) if e.types),
    ]
    optimizer = new_optimizer(tagger, settings)
    losses = training_step(tagger, [corpora.train[i] for i in both], both, targets, settings, optimizer, 0)
    assert set(losses) == {"detection", "typing"}
    assert not any(e.detects and e.types for e in corpora.train)
    assert sum(e.detects for e in corpora.train) == sum(e.types for e in corpora.train) == 12


def test_type_targets_hold_what_lies_above_and_mask_what_lies_below_open_labels() -> None:
    targets = TypeTargets(inventory(), WordNet.load())
    wanted, mask = targets.tensors([((MAYOR,), False), ((PERSON,), False), ((PERSON,), True), ((CITY, COUNTRY), True)])
    # The order is person, city, country, mayor.
    assert wanted.tolist() == [[1, 0, 0, 1], [1, 0, 0, 0], [1, 0, 0, 0], [0, 1, 1, 0]]
    assert mask.tolist() == [[1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 1, 1]]


# ---- corpora --------------------------------------------------------------------------------------------------------


def corpora_of(folder: Path, **changes: Any) -> Any:
    settings = PretrainSettings(**pretrain_settings(folder, **changes))
    return load_corpora(settings, load_tokenizer("tiny"), WordNet.load())


def test_validation_slices_are_held_out_where_no_corpus_is_given(tmp_path: Path) -> None:
    corpora = corpora_of(tmp_path, detection_dev=[], typing_dev=[], held_out=0.3)
    assert list(corpora.detection_dev) == list(corpora.typing_dev) == ["held out"]
    detection, typing = corpora.detection_dev["held out"], corpora.typing_dev["held out"]
    assert 0 < len(detection) < 12 and 0 < len(typing) < 12
    assert len(corpora.train) == 24 - len(detection) - len(typing)
    ids = {id(e) for e in corpora.train}
    assert not any(id(e) in ids for e in detection + typing)


def test_a_share_that_holds_nothing_out_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(
        SettingsError, match=r"--held-out: .* the 12 detection sentences, found 0\.0001, .*--detection-dev"
    ):
        corpora_of(tmp_path, detection_dev=[], held_out=0.0001)


def test_joint_corpora_feed_what_their_lines_say_and_are_held_out_too(tmp_path: Path) -> None:
    rows = [*detection_rows(), *typing_rows(), sentence("Then Oslo", ("Oslo", (CITY,)), supervises="both")]
    joint = write_rows(tmp_path / "joint.jsonl", rows)
    corpora = corpora_of(tmp_path, detection=[], typing=[], joint=[joint])
    assert sum(e.detects for e in corpora.train) == 13 and sum(e.types for e in corpora.train) == 13
    assert all(e.open_labels for e in corpora.train)
    held = corpora_of(tmp_path, detection=[], typing=[], joint=[joint], detection_dev=[], held_out=0.3)
    assert all(e.detects for e in held.detection_dev["held out"])
    assert len(held.train) == 25 - len(held.detection_dev["held out"])


def test_detection_sentences_can_be_shown_more_often(tmp_path: Path) -> None:
    corpora = corpora_of(tmp_path, detection_repeat=3)
    assert sum(e.detects for e in corpora.train) == 36 and sum(e.types for e in corpora.train) == 12


def test_lines_of_a_detection_corpus_that_do_not_supervise_it_are_counted(tmp_path: Path) -> None:
    mixed = write_rows(tmp_path / "mixed.jsonl", [*detection_rows(), *typing_rows()[:2]])
    counts = corpora_of(tmp_path, detection=[mixed]).counts
    assert counts["sentences of --detection that do not supervise it"] == 2


# ---- the whole run --------------------------------------------------------------------------------------------------


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
    said: list[str] = []
    run(tmp_path, said, lr=0.0, encoder_lr=0.0, epochs=9, patience=2)
    assert len(log_of(tmp_path / "base")) == 3
    assert "stopped: 2 validations without gain" in said


def test_validation_at_given_steps_and_at_the_end(tmp_path: Path) -> None:
    run(tmp_path, epochs=2, validate_every=3, patience=99)
    steps = [m["step"] for m in log_of(tmp_path / "base")]
    assert steps[:-1] == list(range(3, steps[-1], 3)) and len(steps) >= 3


# ---- resuming -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoder_lr", [0.0, 0.001], ids=["frozen", "tuned"])
def test_a_resumed_run_ends_with_exactly_the_weights_of_an_uninterrupted_one(tmp_path: Path, encoder_lr: float) -> None:
    whole, parted = tmp_path / "whole", tmp_path / "parted"
    settings = {"epochs": 3, "encoder_lr": encoder_lr, "batch_pieces": 300, "recase": 0.5}
    run(whole, **settings)
    said: list[str] = []
    total = log_of(whole / "base")[-1]["step"]
    run(parted, said, stop_after=total // 2, **settings)
    assert said[-1] == f"stopped at step {total // 2} of {total}; go on with --resume"
    run(parted, said, resume=True, **settings)
    assert any(line.startswith("resumed at step ") for line in said)
    for folder in ("base", "base.last"):
        wanted, found = weights_of(whole / folder), weights_of(parted / folder)
        assert wanted.keys() == found.keys()
        assert all(torch.equal(wanted[n], found[n]) for n in wanted), folder
    optimizers = [load_file(file) for p in (whole, parted) for file in (p / "base.last").glob("optimizer-*")]
    assert len(optimizers) == 2
    assert optimizers[0] and all(torch.equal(optimizers[0][n], optimizers[1][n]) for n in optimizers[0])
    for left, right in zip(log_of(whole / "base"), log_of(parted / "base"), strict=True):
        assert left["score"] == right["score"] and left["step"] == right["step"]


def test_a_resumed_run_with_other_settings_names_them(tmp_path: Path) -> None:
    run(tmp_path, stop_after=9, epochs=3)
    with pytest.raises(SettingsError, match=r"--resume: .*found other values of dropout, lr; give the same"):
        run(tmp_path, resume=True, epochs=3, lr=0.5, dropout=0.1)


@pytest.mark.parametrize("name", ["model", "optimizer", "state.json"])
def test_a_damaged_state_is_not_gone_on_with(tmp_path: Path, name: str) -> None:
    run(tmp_path, epochs=1, stop_after=99)
    (file,) = (tmp_path / "base.last").glob(f"{name}*")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0x80
    file.write_bytes(content)
    with pytest.raises(ModelError, match=rf"{name}.*: expected .*, found .*; .*begin again"):
        run(tmp_path, resume=True, epochs=1)


def test_a_state_that_was_cut_off_while_it_was_written_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    settings = {"epochs": 3, "batch_pieces": 300}
    run(whole, **settings)
    saved: list[Path] = []
    original = state_module.save_tensors

    def cut_off(path: Path, tensors: dict[str, torch.Tensor]) -> None:
        if len(saved) == 3:  # the second state has its network, and not its optimizer
            raise KeyboardInterrupt
        saved.append(path)
        original(path, tensors)

    monkeypatch.setattr(state_module, "save_tensors", cut_off)
    with pytest.raises(KeyboardInterrupt):
        run(killed, **settings)
    monkeypatch.undo()
    run(killed, resume=True, **settings)
    for folder in ("base", "base.last"):
        wanted, found = weights_of(whole / folder), weights_of(killed / folder)
        assert all(torch.equal(wanted[n], found[n]) for n in wanted), folder


def test_a_loss_that_is_no_number_ends_the_run_and_names_the_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"epochs": 3, "batch_pieces": 300}
    run(tmp_path / "whole", **settings)
    total = log_of(tmp_path / "whole" / "base")[-1]["step"]
    original = step_module.multi_label_loss
    calls: list[int] = []

    def no_number(*arguments: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        loss = original(*arguments)
        return loss * math.nan if len(calls) > total // 2 else loss

    monkeypatch.setattr(step_module, "multi_label_loss", no_number)
    with pytest.raises(TrainingError) as caught:
        run(tmp_path, **settings)
    message = str(caught.value)
    assert "typing loss nan" in message and str(tmp_path / "typing.jsonl") in message
    assert f"is kept in {tmp_path / 'base'}" in message and "\n" not in message
    assert all(torch.isfinite(t).all() for t in weights_of(tmp_path / "base.last").values())
    load_model(tmp_path / "base")


def test_nothing_to_resume(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--resume: expected the state of an earlier run"):
        run(tmp_path, resume=True)


def test_a_new_run_says_that_it_replaces_the_state_of_an_earlier_one(tmp_path: Path) -> None:
    run(tmp_path, epochs=1)
    said: list[str] = []
    run(tmp_path, said, epochs=1)
    assert any("is of an earlier run and is replaced; --resume goes on with it" in line for line in said)
    assert len(log_of(tmp_path / "base")) == 1


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        run(tmp_path / name, seed=seed, epochs=1)
    first, same, other = ((tmp_path / n / "base" / "model.safetensors").read_bytes() for n in "abc")
    assert first == same and first != other


# ---- a frozen encoder -----------------------------------------------------------------------------------------------


def test_a_frozen_encoder_keeps_its_bytes_and_a_tuned_one_does_not(tmp_path: Path) -> None:
    original = load_encoder("tiny").state_dict()
    for name, rate in (("frozen", 0.0), ("tuned", 0.01)):
        run(tmp_path / name, encoder_lr=rate, epochs=2)
        prefix = "states.encoder."
        kept = {
            k.removeprefix(prefix): v
            for k, v in weights_of(tmp_path / name / "base.last").items()
            if k.startswith(prefix)
        }
        assert kept.keys() == original.keys()
        changed = {n for n in kept if kept[n].numpy().tobytes() != original[n].numpy().tobytes()}
        assert bool(changed) == (name == "tuned")
        assert not any(n.startswith("embeddings.") for n in changed), "embeddings are left as they are by default"
    assert not load_model(tmp_path / "frozen" / "base").encoder_tuned


@pytest.mark.parametrize("encoder_lr", [0.0, 0.5])
def test_the_optimizer_has_the_encoder_only_where_it_is_tuned(tmp_path: Path, encoder_lr: float) -> None:
    settings = PretrainSettings(**pretrain_settings(tmp_path, encoder_lr=encoder_lr))
    tagger = random_tagger()
    groups = new_optimizer(tagger, settings).param_groups
    assert [g["peak"] for g in groups] == ([settings.lr, 0.5] if encoder_lr else [settings.lr])
    given = {id(p) for g in groups for p in g["params"]}
    for name, parameter in tagger.named_parameters():
        frozen = name.startswith("states.encoder.") and (not encoder_lr or ".embeddings." in name)
        assert (id(parameter) in given, parameter.requires_grad) == (not frozen, not frozen), name


def test_embeddings_are_tuned_where_asked(tmp_path: Path) -> None:
    run(tmp_path, encoder_lr=0.01, epochs=1, freeze_embeddings=False)
    found = weights_of(tmp_path / "base.last")["states.encoder.embeddings.word_embeddings.weight"]
    assert not torch.equal(found, load_encoder("tiny").state_dict()["embeddings.word_embeddings.weight"])


def test_features_are_cached_on_disk_and_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    run(tmp_path, said, encoder_lr=0.0, epochs=1)
    files = {p.name: p.stat().st_mtime_ns for p in (tmp_path / ".features").iterdir()}
    # Both validation corpora hold the same sentences, and so share a file.
    assert len(files) == 2 and all(name.endswith(".npy") and ".part" not in name for name in files)
    assert sum("computing encoder features" in line for line in said) == 2

    def never(*_: object, **__: object) -> None:
        raise AssertionError("the encoder was run although its features are cached")

    monkeypatch.setattr("transformers.BertModel.forward", never)
    again: list[str] = []
    run(tmp_path, again, encoder_lr=0.0, epochs=1)
    assert {p.name: p.stat().st_mtime_ns for p in (tmp_path / ".features").iterdir()} == files
    assert not any("computing encoder features" in line for line in again)


def test_cached_features_give_the_same_emissions_to_half_precision(tmp_path: Path) -> None:
    settings = PretrainSettings(**pretrain_settings(tmp_path, encoder_lr=0.0, detection_repeat=2))
    tokenizer = load_tokenizer("tiny")
    corpora = load_corpora(settings, tokenizer, WordNet.load())
    tagger = new_model(settings, tokenizer, corpora.inventory).tagger.eval()
    cache = FeatureCache.open(tagger, corpora.parts, tmp_path, lambda _: None)
    indices = [len(corpora.train) - 1, 0, 5, 12]  # 12: the second showing of a detection sentence
    batch = collate([corpora.train[i].encoded for i in indices])
    with torch.no_grad():
        wanted = tagger.emission(tagger.contextualise(batch)[0])
        batch.features = cache.features(indices, batch.word_mask.shape[1])
        found = tagger.emission(tagger.contextualise(batch)[0])
    assert batch.features.shape == (4, batch.word_mask.shape[1], 2, 32)
    assert torch.allclose(found[batch.word_mask], wanted[batch.word_mask], atol=2e-3)
    assert wanted[batch.word_mask].std() > 0.01
    held = cache.parts["train"]
    assert held.features.dtype == np.float16
    assert len(held.features) < sum(e.encoded.words for e in corpora.train), "a repeated sentence is held once"


# ---- settings and errors --------------------------------------------------------------------------------------------


def test_the_papers_preset_sets_every_value_of_the_paper(tmp_path: Path) -> None:
    settings = resolve(PretrainSettings, "pretrain", {}, config=empty(tmp_path), preset=PAPER)
    wanted = {
        "encoder": "bert-base-cased",
        "encoder_lr": 0.0,
        "mix_layers": [-1],
        "lr": 1e-3,
        "dropout": 0.5,
        "lstm_hidden": 200,
        "lstm_layers": 2,
        "shape_size": 0,
        "pooling": "first",
        "mention_size": 0,
        "typing_sees_encoder": False,
        "warmup": 0.0,
        "decay": False,
        "clip": 0.0,
        "recase": 0.0,
        "detection_weight": 1.0,
        "typing_weight": 1.0,
        "detection_repeat": 1,
    }
    assert {name: getattr(settings, name) for name in wanted} == wanted


def empty(folder: Path) -> Path:
    path = folder / "none.toml"
    path.write_text("")
    return path


def test_the_papers_network_has_no_part_that_the_paper_has_not(tmp_path: Path) -> None:
    own = {"encoder": "tiny", "lstm_hidden": 8, "epochs": 1}
    run(tmp_path, **{**PAPER, **own})
    model = load_model(tmp_path / "base")
    assert model.tagger.config.layers == (2,) and model.tagger.shape is None and model.tagger.typing_mix is None
    assert model.tagger.vector_size == 16 and not model.encoder_tuned


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"detection": [], "typing": []}, "missing setting: training corpora; give .*detection"),
        ({"out": ""}, r"missing setting: a folder for the model; give .*-o"),
        ({"mix_layers": [3]}, r"--mix-layers: expected layers 0 to 2 of encoder 'tiny' .*found \[3\]"),
        ({"encoder_layers": 5}, r"--encoder-layers: expected 1 to 2, found 5"),
        ({"min_mentions": 999}, "a type with 999 mentions, found none; give more typing data or a lower"),
        ({"detection": ["absent.jsonl"]}, "absent.jsonl: expected a corpus in JSON lines"),
        ({"encoder": "/nowhere/encoder"}, "encoder|tokenizer"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(OusiaError, match=told) as error:
        run(tmp_path, **changes)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "base").exists()


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match=r"file/m: cannot be written \(.*\); choose another place"):
        run(tmp_path, out=str(tmp_path / "file" / "m"))


@pytest.mark.parametrize("name", ["m", "m.last"])
def test_what_is_of_somebody_else_where_a_run_keeps_something_stays(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "config.json").write_text("mine")
    with pytest.raises(OutputError, match=rf"/{name}: expected a new or empty folder or .*, found config\.json in it"):
        run(tmp_path, out=str(tmp_path / "m"))
    assert (tmp_path / name / "config.json").read_text() == "mine"


@pytest.mark.parametrize(("out", "last"), [("a/m", "a/m.last"), (".", "../here.last"), ("..", "../../above.last")])
def test_the_last_state_lies_beside_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str, last: str
) -> None:
    (tmp_path / "above" / "here").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "above" / "here")
    assert last_state(Path(out)).resolve() == Path(last).resolve()


def test_a_wrong_line_of_a_corpus_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text(
        '{"tokens": ["a"], "mentions": []}\n\n{"tokens": ["a"], "mentions": [{"start": 0, "end": 9, "types": []}]}\n'
    )
    with pytest.raises(InputError, match=r"bad\.jsonl:3: expected a mention's 0 <= start < end <= 1"):
        run(tmp_path, typing=[str(bad)])


def test_a_validation_corpus_that_cannot_score_detection_is_refused(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "t.jsonl", typing_rows())
    with pytest.raises(InputError, match=r"t\.jsonl: expected sentences that supervise detection, found none"):
        run(tmp_path, detection_dev=[path])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dropout", 1.0),
        ("epochs", 0),
        ("batch_pieces", 0),
        ("max_pieces", 15),
        ("max_pieces", 513),
        ("held_out", 1.0),
        ("lstm_layers", 0),
    ],
)
def test_values_out_of_range_are_named_by_flag(name: str, value: float) -> None:
    with pytest.raises(SettingsError, match="--" + name.replace("_", "-")):
        PretrainSettings(**{name: value})  # type: ignore[arg-type]


def test_features_for_which_the_disk_has_no_space_are_one_line_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OutputError, match="No space left on device"):
        run(tmp_path, encoder_lr=0.0)
    assert list((tmp_path / ".features").iterdir()) == []
