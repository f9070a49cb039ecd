"""Batches by length, and that spans and mention vectors do not depend on them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_models import random_tuned_model

from ousianer_cli.network.inference import detect_spans, length_batches, mention_vectors


@given(st.lists(st.integers(2, 60), max_size=40), st.integers(1, 200))
def test_batches_hold_each_index_once_and_keep_to_the_budget(lengths: list[int], budget: int) -> None:
    batches = length_batches(lengths, budget)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= budget
    flat = [lengths[i] for batch in batches for i in batch]
    assert flat == sorted(flat)


SENTENCES = [
    ["Ada", "Brun", "went", "to", "Rome", "."],
    ["Rain", "."],
    ["The", "port", "of", "Oslo", "was", "closed", "for", "nine", "days", "."],
    ["Lima"],
]


def test_spans_and_vectors_do_not_depend_on_the_batch() -> None:
    model = random_tuned_model(3)
    encoded = model.tokenizer.encode(SENTENCES)
    alone = [detect_spans(model.tagger, [e], 1)[0] for e in encoded]
    assert sum(len(spans) for spans, _ in alone) > 3
    for budget in (1, 40, 4096):
        found = detect_spans(model.tagger, encoded, budget)
        assert [f[0] for f in found] == [a[0] for a in alone]
        for (_, together), (_, single) in zip(found, alone, strict=True):
            assert together == pytest.approx(single, abs=1e-5)
            assert ((together > 0) & (together <= 1)).all()
        vectors = mention_vectors(model.tagger, encoded, [f[0] for f in found], budget)
        wanted = np.concatenate(
            [mention_vectors(model.tagger, [e], [a[0]], 1) for e, a in zip(encoded, alone, strict=True)]
        )
        assert vectors.shape == (sum(len(f[0]) for f in found), model.tagger.vector_size)
        assert np.abs(vectors - wanted).max() < 1e-4


def test_sentences_without_mentions_have_no_vectors() -> None:
    model = random_tuned_model(0)
    encoded = model.tokenizer.encode(SENTENCES[:2])
    assert mention_vectors(model.tagger, encoded, [[], []], 100).shape == (0, model.tagger.vector_size)
    assert detect_spans(model.tagger, [], 100) == []
