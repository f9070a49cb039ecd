"""Each corpus feeds only the loss that it can supervise."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch
from pretrained_models import run
from tiny_models import (
    CITY,
    COUNTRY,
    MAYOR,
    PERSON,
    detection_rows,
    inventory,
    pretrain_settings,
    sentence,
    typing_rows,
    write_rows,
)

from ousianer_cli.errors import SettingsError
from ousianer_cli.network.encoder import load_tokenizer
from ousianer_cli.network.pieces import PieceTokenizer
from ousianer_cli.settings.pretrain import PretrainSettings
from ousianer_cli.taxonomy.wordnet import WordNet
from ousianer_cli.training.examples import load_examples
from ousianer_cli.training.order import TrainingBatch
from ousianer_cli.training.pretrain import corpora as corpora_module
from ousianer_cli.training.pretrain.corpora import load_corpora
from ousianer_cli.training.pretrain.start import new_model
from ousianer_cli.training.pretrain.step import new_optimizer, training_step
from ousianer_cli.training.pretrain.targets import TypeTargets


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
    losses = training_step(
        tagger, TrainingBatch.whole([corpora.train[i] for i in chosen], chosen), targets, settings, optimizer, 0
    )
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
        losses.append(
            training_step(again, TrainingBatch.whole(examples, chosen), targets, tuned, optimizer, 0, None, 1)
        )
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
    losses = training_step(
        tagger, TrainingBatch.whole([corpora.train[i] for i in both], both), targets, settings, optimizer, 0
    )
    assert set(losses) == {"detection", "typing"}
    assert not any(e.detects and e.types for e in corpora.train)
    assert sum(e.detects for e in corpora.train) == sum(e.types for e in corpora.train) == 12


def test_type_targets_hold_what_lies_above_and_mask_what_lies_below_open_labels() -> None:
    targets = TypeTargets(inventory(), WordNet.load())
    wanted, mask = targets.tensors([((MAYOR,), False), ((PERSON,), False), ((PERSON,), True), ((CITY, COUNTRY), True)])
    # The order is person, city, country, mayor.
    assert wanted.tolist() == [[1, 0, 0, 1], [1, 0, 0, 0], [1, 0, 0, 0], [0, 1, 1, 0]]
    assert mask.tolist() == [[1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 1, 1]]


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
