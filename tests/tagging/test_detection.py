"""Sequences of several documents share a piece of work; each document still gets its own, and its own errors."""

from __future__ import annotations

import pytest
import torch
from tiny_models import capitals_model

from ousianer_cli.network.packed import PackedNetwork
from ousianer_cli.network.pieces import EncodedSentence
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


def documents(count: int) -> tuple[Detection, list[EncodedSentence], int]:
    """A detector in two threads, so many documents of a sentence each, and how many sequences run together."""
    model = capitals_model()
    detection = Detection(model, None, "cpu", 2, "fp32")
    sequences = model.tokenizer.encode([SENTENCE + ["rain"] * n for n in range(count)])
    return detection, sequences, PackedNetwork(model.tagger).rows


def test_documents_wait_for_others_of_like_length_and_no_longer_than_somebody_asks(groups: list[list[int]]) -> None:
    detection, sequences, rows = documents(19)
    joints = [detection.start([s], lambda found: [f.spans for f in found]) for s in sequences]
    results = [joint.result() for joint in joints]
    assert results == [[[(0, 2), (3, 4)]]] * 19
    assert sorted(n for group in groups for n in group) == list(range(4, 23))
    if rows == 8:
        full, rest = sorted(groups[:2]), sorted(groups[2:])
        assert full == [list(range(11, 3, -1)), list(range(19, 11, -1))]
        assert rest == [[21, 20], [22]]


def test_an_error_is_raised_for_each_document_that_it_met(
    groups: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    detection, sequences, _ = documents(3)
    joints = [detection.start([s], len) for s in sequences[:2]]

    def fail(self: PackedNetwork, sequences: list[EncodedSentence]) -> None:
        raise MemoryError("too large")

    with monkeypatch.context() as broken:
        broken.setattr(PackedNetwork, "__call__", fail)
        for joint in joints:
            with pytest.raises(MemoryError, match="too large"):
                joint.result()
    assert detection.start(sequences[2:], len).result() == 1
    assert groups == [[6]]


def test_what_was_given_up_does_not_run(groups: list[list[int]]) -> None:
    detection, sequences, _ = documents(2)
    unwanted, wanted = (detection.start([s], len) for s in sequences)
    unwanted.give_up()
    assert wanted.result() == 1
    assert groups == [[5]]
