"""The head for names inside names learns which stretches are names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_models import finetune_settings, quiet, write_rows
from torch import Tensor

from ousianer_cli.formats.corpus import Mention, Sentence
from ousianer_cli.network.checkpoint import load_model
from ousianer_cli.network.nested import Span, candidates
from ousianer_cli.network.pieces import Batch, EncodedSentence
from ousianer_cli.network.tagger import TaggerNetwork
from ousianer_cli.training.examples import Example
from ousianer_cli.training.finetune import finetune
from ousianer_cli.training.finetune.nested import (
    candidate_spans,
    corpus_candidates,
    nested_head,
    nested_instances,
    train_nested,
)


def test_candidates_follow_their_name() -> None:
    assert candidate_spans([(0, 1), (2, 4)]) == [(2, 4), (2, 3), (3, 4)]


def test_instances_keep_each_candidate_beside_its_name() -> None:
    names, nested = [[(0, 2), (3, 4)], [(1, 3)]], [[(0, 1)], []]
    vectors = np.arange(12, dtype=np.float32).reshape(6, 2)
    instances = nested_instances(names, nested, vectors)
    assert instances.wanted.tolist() == [1, 0, 0, 0]
    assert instances.inner[:, 0].tolist() == [2, 4, 8, 10] and instances.outer[:, 0].tolist() == [0, 0, 6, 6]


def test_what_marks_a_name_is_learned() -> None:
    rng = np.random.default_rng(1)
    names = [[(0, int(rng.integers(2, 5)))] for _ in range(400)]
    spans = [candidate_spans(own) for own in names]
    nested = [[(0, 1)] for _ in names]
    rows = []
    for own in spans:
        for span in own:
            vector = rng.normal(size=8).astype(np.float32)
            vector[0] = 3.0 if span == (0, 1) else -3.0
            rows.append(vector)
    instances = nested_instances(names, nested, np.stack(rows))
    head = train_nested(instances, seed=1)
    again = train_nested(instances, seed=1)
    with torch.no_grad():
        found = head(instances.inner, instances.outer, instances.places) > 0
        assert torch.equal(found, again(instances.inner, instances.outer, instances.places) > 0)
    assert (found == (instances.wanted > 0)).float().mean() > 0.99
    assert len(instances) == sum(len(candidates(own[0])) for own in names)


def test_a_corpus_that_marks_no_names_inside_names_says_nothing_of_them() -> None:
    def example(spans: list[Span], *nested: Span, detects: bool = True) -> Example:
        return Example(
            EncodedSentence(*[np.zeros(0)] * 3), spans, [], [], detects, True, False, [(s, ()) for s in nested]
        )

    flat = [example([(0, 2)]), example([(1, 4)])]
    assert corpus_candidates(flat) == [[], []]
    assert nested_head([(flat, np.zeros((0, 4), np.float32))], 1, print) is None
    marked = [example([(0, 2)]), example([(0, 2)], (0, 1), detects=False), example([(3, 5)], (4, 5))]
    assert corpus_candidates(marked) == [[(0, 2), (0, 1), (1, 2)], [], [(3, 5), (3, 4), (4, 5)]]


def test_fine_tuning_reads_each_sentence_once(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its typed mentions and the stretches inside its names come from one pass."""
    rows = [
        Sentence((*["Rome", "Police", "left", "Oslo"], str(n)), (Mention(0, 2, ("ORG",)), Mention(3, 4, ("GPE",))))
        for n in range(4)
    ]
    inside = (Mention(0, 1, ("GPE",)),)
    train = write_rows(tmp_path / "train.jsonl", [replace(row, nested=inside) for row in rows])
    read: list[int] = []
    contextualise = TaggerNetwork.contextualise

    def spy(tagger: TaggerNetwork, batch: Batch) -> tuple[Tensor, Tensor]:
        read.append(len(batch.word_mask))
        return contextualise(tagger, batch)

    monkeypatch.setattr(TaggerNetwork, "contextualise", spy)
    finetune(finetune_settings(tmp_path, base, train=[train], epochs=1), report=quiet)
    assert sum(read) == len(rows)
    assert load_model(tmp_path / "tuned").nested is not None
