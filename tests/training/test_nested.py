"""The head for names inside names learns which stretches are names."""

from __future__ import annotations

import numpy as np
import torch

from ousianer_cli.network.nested import candidates
from ousianer_cli.training.finetune.nested import candidate_spans, nested_instances, train_nested


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
