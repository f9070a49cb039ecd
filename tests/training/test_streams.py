"""Streamed corpora: the same sentences as from memory, in an order that seed and corpora alone decide."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tiny_models import CITY, PERSON, detection_rows, pretrain_settings, sentence, write_rows

from ousianer_cli.corpus import store, store_schema
from ousianer_cli.corpus.store_write import ShardWriter, write_shard
from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.formats.corpus import Mention, Sentence, read_corpus, write_corpus
from ousianer_cli.network.encoder import load_tokenizer
from ousianer_cli.settings.pretrain import PretrainSettings
from ousianer_cli.taxonomy.wordnet import WordNet
from ousianer_cli.training import streams
from ousianer_cli.training.examples import Example
from ousianer_cli.training.order import Order, StreamedOrder, TrainingBatch
from ousianer_cli.training.pretrain import pretrain
from ousianer_cli.training.pretrain.corpora import Corpora, load_corpora, training_order
from ousianer_cli.training.pretrain.start import new_model
from ousianer_cli.training.pretrain.step import new_optimizer, training_step
from ousianer_cli.training.pretrain.targets import TypeTargets


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_schema, "ROW_GROUP", 8)


def silver(number: int = 90) -> list[Sentence]:
    """Typed sentences of several lengths; some are longer than the piece limit of the tests, some have no types."""
    rows = []
    for n in range(number):
        text = f"No {n} : Ada Brun saw Rome" + " again" * (n % 7) + " and again" * (12 if n % 30 == 0 else 0)
        types = () if n % 13 == 5 else (PERSON,)
        rows.append(sentence(text, ("Ada Brun", types), ("Rome", types and (CITY,)), supervises="typing"))
    return rows


def settings_of(folder: Path, **changes: Any) -> PretrainSettings:
    """Settings with `silver` as JSON lines for typing; `typing_dev` is held out."""
    settings = pretrain_settings(folder, **{"max_pieces": 100, "typing_dev": [], "held_out": 0.15, **changes})
    if "typing" not in changes:
        settings["typing"] = [write_rows(folder / "silver.jsonl", silver())]
    return PretrainSettings(**settings)


def shards(folder: Path, rows: list[Sentence]) -> str:
    with ShardWriter(folder, rows_per_shard=20) as writer:
        for row in rows:
            writer.write(row, how="link")
    return str(folder)


def ordered(settings: PretrainSettings) -> tuple[Corpora, Order]:
    corpora = load_corpora(settings, load_tokenizer("tiny"), WordNet.load())
    return corpora, training_order(corpora, settings)


def key(example: Example) -> tuple[Any, ...]:
    pieces = example.encoded.piece_ids.tobytes()
    return pieces, tuple(example.spans), tuple(example.labels), example.detects, example.types, example.open_labels


def shown(order: Order) -> dict[int, list[tuple[Any, ...]]]:
    """The sentences of each epoch in the order in which they are shown."""
    epochs: dict[int, list[tuple[Any, ...]]] = {}
    for step in range(order.total):
        batch = order.at(step)
        assert len(batch.indices) == len(batch.examples) > 0
        assert batch.words == [e.encoded.words for e in batch.examples]
        epochs.setdefault(batch.epoch, []).extend(map(key, batch.examples))
    return epochs


# ---- what is shown --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("buffer", [1, 25, 10_000])
@pytest.mark.parametrize("kind", ["lines", "shards"])
def test_each_epoch_shows_each_sentence_once_as_from_memory(tmp_path: Path, buffer: int, kind: str) -> None:
    loaded = settings_of(tmp_path, detection_repeat=2)
    typing = loaded.typing if kind == "lines" else [shards(tmp_path / "shards", silver())]
    streamed = dataclasses.replace(loaded, typing=typing, stream="yes", stream_buffer=buffer)
    (in_memory, memory), (on_disk, disk) = ordered(loaded), ordered(streamed)
    assert on_disk.stream is not None and in_memory.stream is None
    assert on_disk.inventory == in_memory.inventory and on_disk.counts == in_memory.counts
    assert on_disk.counts["sentences split at the piece limit"] > 0
    wanted = {epoch: Counter(examples) for epoch, examples in shown(memory).items()}
    assert {epoch: Counter(examples) for epoch, examples in shown(disk).items()} == wanted
    assert len(wanted) == 2
    assert {n for sentence, n in wanted[0].items() if sentence[3]} == {2}, "detection sentences are shown twice"
    dev = {name: [key(e) for e in examples] for name, examples in in_memory.typing_dev.items()}
    assert {name: [key(e) for e in examples] for name, examples in on_disk.typing_dev.items()} == dev
    assert 0 < len(dev["held out"]) < 40


def test_a_buffer_that_holds_all_gives_the_very_model_that_loading_gives(tmp_path: Path) -> None:
    rows = silver(40)
    parts = {"typing": rows[:25], "open": rows[25:], "joint": rows[:9] + detection_rows()}
    files = {name: write_rows(tmp_path / f"{name}.jsonl", part) for name, part in parts.items()}
    given = {"typing": [files["typing"]], "typing_open": [files["open"]], "joint": [files["joint"]]}
    for name in ("no", "yes"):
        pretrain(
            settings_of(tmp_path / name, stream=name, recase=0.5, batch_pieces=800, **given), report=lambda _: None
        )
    loaded, streamed = ((tmp_path / n / "base" / "model.safetensors").read_bytes() for n in ("no", "yes"))
    assert loaded == streamed


def test_buffers_keep_to_their_size_and_mix_blocks_and_sources(tmp_path: Path) -> None:
    corpora, order = ordered(settings_of(tmp_path, stream="yes", stream_buffer=20, epochs=1))
    assert isinstance(order, StreamedOrder) and corpora.stream is not None
    buffers = order._planned(0)
    starts = corpora.stream.starts
    sizes = [sum(starts[b + 1] - starts[b] for b in buffer.blocks) for buffer in buffers]
    assert len(buffers) > 2 and all(20 <= size < 30 for size in sizes[:-1])
    assert sorted(b for buffer in buffers for b in buffer.blocks) == list(range(len(corpora.stream.places)))
    assert any(np.diff(buffer.blocks).max() > 1 for buffer in buffers[:-1]), "blocks are not taken as they lie"
    # Sentences in memory come with each buffer by its share of the epoch.
    for buffer, size in zip(buffers, sizes, strict=True):
        assert abs(len(buffer.resident) - len(corpora.train) * size / len(corpora.stream)) <= 1
    assert sum(len(buffer.resident) for buffer in buffers) == len(corpora.train) == 12


def test_the_order_is_the_seeds_and_epochs_differ(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, stream="yes", stream_buffer=20)
    first, again = (shown(ordered(settings)[1]) for _ in range(2))
    other = shown(ordered(dataclasses.replace(settings, seed=2))[1])
    assert first == again
    assert first != other and first[0] != first[1]
    assert Counter(first[0]) == Counter(first[1]) == Counter(other[0])


def test_any_step_can_be_reached_at_once_by_reading_its_buffer_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(tmp_path, stream="yes", stream_buffer=20)
    _, order = ordered(settings)
    wanted = [order.at(step).indices for step in range(order.total)]
    corpora, fresh = ordered(settings)
    assert corpora.stream is not None
    read: list[int] = []
    original = streams.TypingStream.examples
    monkeypatch.setattr(
        streams.TypingStream, "examples", lambda stream, n, *parts: read.append(n) or original(stream, n, *parts)
    )
    step = order.total - 2
    assert fresh.at(step).indices == wanted[step]
    assert 0 < len(read) < len(corpora.stream.places)
    assert fresh.at(0).indices == wanted[0]


def test_a_second_run_over_the_same_files_needs_no_survey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(tmp_path, stream="yes", stream_buffer=20, typing_open=[shards(tmp_path / "s", silver(30))])
    (first, order), added = ordered(settings), len(list((tmp_path / ".surveys").iterdir()))
    surveyed: list[Any] = []
    original = streams.read_parts
    monkeypatch.setattr(streams, "read_parts", lambda block, rows: surveyed.append(block) or original(block, rows))
    again, same_order = ordered(settings)
    assert not surveyed and added == len(list((tmp_path / ".surveys").iterdir())) == 1
    assert first.stream is not None and again.stream is not None
    for name in ("places", "starts", "part_starts", "lengths", "words", "closed", "mentions", "counts"):
        assert getattr(first.stream, name) == getattr(again.stream, name), name
    assert shown(order) == shown(same_order)
    for one, other in zip(first.stream.dev, again.stream.dev, strict=True):
        assert key(one) == key(other) and one.weights == other.weights
        assert np.array_equal(one.encoded.first_piece, other.encoded.first_piece)
        assert np.array_equal(one.encoded.shapes, other.encoded.shapes)
    # Other limits, another share or other files are another survey.
    for change in ({"max_pieces": 90}, {"held_out": 0.2}, {"typing_open": []}):
        surveyed.clear()
        ordered(dataclasses.replace(settings, **change))
        assert surveyed, change
    write_rows(tmp_path / "silver.jsonl", silver(91))
    surveyed.clear()
    ordered(settings)
    assert surveyed


def test_a_folder_that_counts_several_times_is_surveyed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = shards(tmp_path / "shards", silver())
    once = ordered(settings_of(tmp_path / "one", typing=[folder]))[0].stream
    read: Counter[store.Block] = Counter()
    original = streams.read_parts
    monkeypatch.setattr(streams, "read_parts", lambda block, rows: read.update([block]) or original(block, rows))
    thrice = ordered(settings_of(tmp_path / "three", typing=[f"{folder}*2", folder]))[0].stream
    assert once is not None and thrice is not None
    assert read == dict.fromkeys(store.store_blocks(folder), 1)
    assert thrice.places == 3 * once.places and thrice.lengths == 3 * once.lengths
    assert thrice.starts[-1] == len(thrice) == 3 * len(once) and thrice.mentions == 3 * once.mentions
    assert thrice.closed == {name: 3 * count for name, count in once.closed.items()}
    assert list(map(key, thrice.dev)) == 3 * list(map(key, once.dev))


def test_a_survey_without_validation_sentences_is_kept_too(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, stream="yes", held_out=0.0)
    (first, _), (again, _) = ordered(settings), ordered(settings)
    assert first.stream is not None and again.stream is not None
    assert first.stream.dev == again.stream.dev == [] and first.stream.lengths == again.stream.lengths


def test_folders_of_shards_are_streamed_unasked_and_files_loaded(tmp_path: Path) -> None:
    one = tmp_path / "one.parquet"
    write_shard(one, silver(20))
    folder = shards(tmp_path / "shards", silver())
    settings = settings_of(tmp_path, typing=[str(one), folder])
    corpora, order = ordered(settings)
    assert corpora.stream is not None
    assert {p.block.file.parent.name for p in corpora.stream.places} == {"shards"}
    assert sum(e.types for e in corpora.train) > 10
    assert sum(map(len, shown(order).values())) == 2 * (len(corpora.train) + len(corpora.stream))
    loaded, _ = ordered(dataclasses.replace(settings, stream="no"))
    assert loaded.stream is None and len(loaded.train) == len(corpora.train) + len(corpora.stream)


@pytest.mark.parametrize("stream", ["no", "yes"])
def test_steps_in_place_of_epochs(tmp_path: Path, stream: str) -> None:
    settings = settings_of(tmp_path, stream=stream, stream_buffer=20, epochs=1)
    _, epoch = ordered(settings)
    for steps in (3, epoch.total, 2 * epoch.total + 1):
        _, order = ordered(dataclasses.replace(settings, steps=steps))
        assert order.total == steps
        last = order.at(steps - 1)
        assert last.indices and (stream == "yes" or last.epoch == (steps - 1) // epoch.total)
    assert [order.at(s).indices for s in range(epoch.total)] == [epoch.at(s).indices for s in range(epoch.total)]


def test_a_large_corpus_holds_a_bounded_number_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST_HELD_OUT", 5)
    corpora, _ = ordered(settings_of(tmp_path, stream="yes", held_out=0.5))
    assert corpora.stream is not None
    assert 0 < len(corpora.stream.dev) <= 12
    in_dev = {key(e) for e in corpora.typing_dev["held out"]}
    assert not in_dev & {key(e) for n in range(len(corpora.stream.places)) for e in corpora.stream.examples(n)}


# ---- runs -----------------------------------------------------------------------------------------------------------


def test_a_resumed_run_ends_with_exactly_the_weights_of_an_uninterrupted_one(tmp_path: Path) -> None:
    changes = {"stream": "yes", "stream_buffer": 20, "epochs": 2, "patience": 99, "recase": 0.5}
    changes |= {"batch_pieces": 800, "validate_every": 4}
    reported: list[str] = []
    pretrain(settings_of(tmp_path / "whole", **changes), report=reported.append)
    parted = settings_of(tmp_path / "parted", **changes)
    total = int(next(line for line in reported if " steps, " in line).split(" steps, ")[0].split(" ")[-1])
    for stop in (total // 3, 2 * total // 3, None):
        pretrain(parted, resume=stop != total // 3, stop_after=stop, report=lambda _: None)
    for folder in ("base", "base.last"):
        (wanted,), (found,) = (
            list(map(load_file, (tmp_path / n / folder).glob("model*.safetensors"))) for n in ("whole", "parted")
        )
        assert all(torch.equal(wanted[n], found[n]) for n in wanted), folder


def test_a_frozen_encoder_says_that_nothing_is_cached(tmp_path: Path) -> None:
    reported: list[str] = []
    settings = settings_of(tmp_path, stream="yes", encoder_lr=0.0, epochs=1)
    best = pretrain(settings, report=reported.append)
    assert any("features of the frozen encoder are computed anew in each step" in line for line in reported)
    assert any("of the typing sentences are streamed in" in line and "held out" in line for line in reported)
    assert not (tmp_path / ".features").exists() and best["typing"]["held out"]["n"] > 0


def test_corpora_that_change_under_a_run_are_told(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, stream="yes", stream_buffer=20)
    _, order = ordered(settings)
    rows = list(read_corpus(settings.typing[0]))
    write_corpus(settings.typing[0], [*rows[10:20], *rows])
    message = r"silver\.jsonl:\d+: expected the sentences that stood here when the run began, found others; leave"
    with pytest.raises(InputError, match=message):
        shown(order)


def test_nothing_to_stream_or_to_hold_out_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected typing sentences to train on, found none in the streamed corpora"):
        ordered(settings_of(tmp_path, typing=[shards(tmp_path / "empty", detection_rows())]))
    with pytest.raises(SettingsError, match=r"--held-out: .* streamed typing sentences, found 1e-06"):
        ordered(settings_of(tmp_path, stream="yes", held_out=1e-6))
    for name, value in (("steps", -1), ("stream_buffer", 0)):
        with pytest.raises(SettingsError, match="--" + name.replace("_", "-")):
            PretrainSettings(**{name: value})  # type: ignore[arg-type]


# ---- weights --------------------------------------------------------------------------------------------------------


def typing_gradient(settings: PretrainSettings, rows: list[Sentence], folder: Path) -> tuple[Any, dict[str, Any]]:
    """The inventory, and the gradients of one step over `rows` that feed typing alone."""
    path = write_rows(folder / "weighted.jsonl", rows)
    chosen = dataclasses.replace(settings, typing=[path], detection=[], held_out=0.0, recase=0.0, dropout=0.0, clip=0.0)
    corpora = load_corpora(chosen, load_tokenizer("tiny"), WordNet.load())
    torch.manual_seed(0)
    model = new_model(chosen, load_tokenizer("tiny"), corpora.inventory)
    targets = TypeTargets(corpora.inventory, WordNet.load())
    optimizer = new_optimizer(model.tagger, chosen)
    losses = training_step(model.tagger, TrainingBatch.whole(corpora.train), targets, chosen, optimizer, 0)
    gradients = {n: p.grad for n, p in model.tagger.named_parameters() if p.grad is not None}
    return corpora.inventory, {"loss": torch.tensor(losses["typing"]), **gradients}


def weighted(*weights: float) -> list[Sentence]:
    """One sentence with a person and a city of the given weights, others that make both types known."""
    marked = (Mention(0, 2, (PERSON,), weights[0]), Mention(3, 4, (CITY,), weights[1]))
    known = [sentence("Carl Ott saw Bonn", ("Carl Ott", (PERSON,)), ("Bonn", (CITY,))) for _ in range(3)]
    return [Sentence(("Ada", "Brun", "saw", "Rome"), marked, "d", "typing"), *known]


def same(left: dict[str, Any], right: dict[str, Any]) -> bool:
    return left.keys() == right.keys() and all(torch.allclose(left[n], right[n], atol=1e-6) for n in left)


def test_a_mention_of_weight_zero_changes_nothing(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    without = [dataclasses.replace(weighted(1, 1)[0], mentions=weighted(1, 1)[0].mentions[1:]), *weighted(1, 1)[1:]]
    wanted = typing_gradient(settings, without, tmp_path)
    found = typing_gradient(settings, weighted(0.0, 1.0), tmp_path)
    assert found[0] == wanted[0] and same(found[1], wanted[1])
    assert not same(typing_gradient(settings, weighted(0.5, 1.0), tmp_path)[1], wanted[1])


def test_a_mention_of_weight_two_counts_as_two(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    doubled = [weighted(1, 1)[0], *weighted(1, 1)]
    _, wanted = typing_gradient(settings, doubled, tmp_path)
    _, found = typing_gradient(settings, weighted(2, 2), tmp_path)
    assert same(found, wanted)
    assert not same(typing_gradient(settings, weighted(1, 1), tmp_path)[1], wanted)
