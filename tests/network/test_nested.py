"""Stretches inside names: which are candidates, where they stand, and which are chosen."""

from __future__ import annotations

import torch

from ousianer_cli.network.nested import LONGEST, NestedHead, candidates, choose_nested, place_features


def test_every_stretch_but_the_whole_is_a_candidate() -> None:
    assert candidates((3, 5)) == [(3, 4), (4, 5)]
    assert len(candidates((0, 4))) == 9
    assert candidates((7, 8)) == []
    assert candidates((0, LONGEST + 1)) == []


def test_places_say_where_a_stretch_stands() -> None:
    first, last = place_features([(2, 3), (4, 6)], [(2, 6), (2, 6)])
    assert first.tolist() == torch.tensor([1, 0, 0, 0.6, 0.2, 0.5]).tolist()
    assert last.tolist() == torch.tensor([0, 1, 0.4, 0, 0.4, 0.5]).tolist()
    assert place_features([], []).shape == (0, 6)


def test_the_most_probable_stretches_that_do_not_overlap_are_chosen() -> None:
    spans = [(0, 1), (0, 2), (1, 2), (3, 4), (2, 4)]
    assert choose_nested(spans, [0.6, 0.9, 0.8, 0.7, 0.4]) == [1, 3]
    assert choose_nested(spans, [0.6, 0.9, 0.8, 0.7, 0.4], 0.95) == []


def test_the_head_learns_that_the_first_word_is_a_name() -> None:
    torch.manual_seed(1)
    head = NestedHead(4, hidden=8, dropout=0.0)
    spans = candidates((0, 3))
    places = place_features(spans, [(0, 3)] * len(spans))
    vectors = torch.randn(len(spans), 4)
    wanted = torch.tensor([float(s == (0, 1)) for s in spans])
    optimizer = torch.optim.Adam(head.parameters(), lr=0.05)
    for _ in range(100):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(head(vectors, vectors, places), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    chances = torch.sigmoid(head(vectors, vectors, places)).tolist()
    assert choose_nested(spans, chances) == [spans.index((0, 1))]
