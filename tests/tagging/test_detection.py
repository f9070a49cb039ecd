"""Sequences of several documents share a piece of work; each document still gets its own, and its own errors."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import torch
from tiny_models import capitals_model

from ousianer_cli.network.inference import Detected
from ousianer_cli.network.packed import PackedNetwork
from ousianer_cli.network.pieces import EncodedSentence
from ousianer_cli.tagging import detection as detection_module
from ousianer_cli.tagging.detection import Detection

SENTENCE = ["Ada", "Brun", "left", "Oslo"]


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """The words of the sequences that ran together, piece of work by piece of work."""
    seen: list[list[int]] = []
    packed = PackedNetwork.__call__

    def counted(self: PackedNetwork, sequences: list[EncodedSentence]) -> list[tuple[torch.Tensor, ...]]:
        seen.append([sequence.words for sequence in sequences])
        return packed(self, sequences)  # type: ignore[return-value]

    monkeypatch.setattr(PackedNetwork, "__call__", counted)
    return seen


Held = tuple[Detection, list[EncodedSentence], threading.Event]


@pytest.fixture
def held() -> Iterator[Held]:
    """A detector in two threads, both of them busy until the event is set; 21 documents of a sentence each."""
    model = capitals_model()
    detection = Detection(model, None, "cpu", 2, "fp32")
    gate = threading.Event()
    for _ in range(2):
        detection._pool.submit(gate.wait, 30)
    yield detection, model.tokenizer.encode([SENTENCE + ["rain"] * n for n in range(21)]), gate
    gate.set()


def spans_of(found: list[Detected]) -> list[list[tuple[int, int]]]:
    return [one.spans for one in found]


def test_what_waits_is_shared_out_by_length_the_eldest_first(held: Held, groups: list[list[int]]) -> None:
    detection, sequences, gate = held
    mixed = [sequences[n] for n in (9, 0, 19, 10, 1, 18, 11, 2, 17)]
    joints = [detection.start([s], spans_of) for s in mixed]
    gate.set()
    assert [joint.result() for joint in joints] == [[[(0, 2), (3, 4)]]] * len(mixed)
    assert sorted(n for group in groups for n in group) == sorted(s.words for s in mixed)
    if PackedNetwork(detection._network).rows == 8:
        assert sorted(map(sorted, groups)) == [[4, 5], [6], [13, 14, 15], [21], [22], [23]]


def test_no_more_run_together_than_is_worth_it(held: Held, groups: list[list[int]]) -> None:
    detection, sequences, gate = held
    joint = detection.start(sequences, len)
    gate.set()
    assert joint.result() == 21
    assert max(map(len, groups)) <= PackedNetwork(detection._network).rows


def test_an_error_is_raised_for_each_document_that_it_met(
    held: Held, groups: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    detection, sequences, gate = held
    joints = [detection.start([s], len) for s in sequences[:3]]

    def fail(self: PackedNetwork, sequences: list[EncodedSentence]) -> None:
        raise MemoryError("too large")

    with monkeypatch.context() as broken:
        broken.setattr(PackedNetwork, "__call__", fail)
        gate.set()
        for joint in joints:
            with pytest.raises(MemoryError, match="too large"):
                joint.result()
    assert detection.start(sequences[3:4], len).result() == 1
    assert groups == [[7]]


def test_what_was_given_up_does_not_run(held: Held, groups: list[list[int]]) -> None:
    detection, sequences, gate = held
    unwanted, wanted = (detection.start([s], len) for s in sequences[:2])
    unwanted.give_up()
    gate.set()
    assert wanted.result() == 1
    assert groups == [[5]]


def test_batches_of_a_document_as_a_gpu_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their way, on a CPU, since tests have no GPU."""
    monkeypatch.setattr(detection_module, "BATCH_PIECES", 60)
    model = capitals_model()
    detection = Detection(model, None, "cpu", 2, "fp32")
    detection._packed = None
    sizes: list[int] = []
    find = detection._in_batch
    monkeypatch.setattr(detection, "_in_batch", lambda sequences: (sizes.append(len(sequences)), find(sequences))[1])
    sequences = model.tokenizer.encode([SENTENCE + ["rain"] * n for n in (3, 0, 5, 0)])
    assert detection.start(sequences, spans_of).result() == [[(0, 2), (3, 4)]] * 4
    assert detection.start([], len).result() == 0
    assert sum(sizes) == 4 and len(sizes) > 1
