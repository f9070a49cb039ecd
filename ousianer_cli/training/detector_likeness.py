"""Replayed words that are like corrected ones, and tagged as the detector erred.

A person who corrects a few places means their kind; other places of it in the replay, held to the detector's old
answer, would teach the opposite (as of types, see `finetune.neighbours`). They are known by lying as near to the
corrected words as most of these lie to one another, among the words of the same old tag: in a space whitened by these,
in which what tells the kind from other words of its tag counts, and not what they all share.
Letters: N replayed words, C corrected ones, K size of a word's vector.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

NEAREST = 3
"""A word is as near to a kind as the mean of so many nearest of it is."""
FEWEST = 3
"""One corrected word is a case, so many with one error are a kind."""
QUANTILE = 0.25
"""A quarter of the corrected words may lie farther from the others than a word that counts as near."""
LEAST = 0.3
"""The least cosine that counts as near."""
FEWEST_OF_TAG = 50
"""Of fewer words of a tag there is no telling what they share."""
SAMPLE = 8000
"""Words of a tag by which the space is whitened at most."""


def near_words(
    replayed: Tensor, tags: Tensor, corrected: Tensor, old: Tensor, new: Tensor, halves: tuple[int, int]
) -> Tensor:
    """Which replayed words contradict corrections: mask [N].

    Args:
        replayed: vectors [N, K], and their tags [N] by the detector.
        corrected: vectors [C, K] of words whose tag the corrections change, with their old and new tags [C].
        halves: sizes of the two parts of a vector, which weigh the same.
    """
    near = torch.zeros(len(replayed), dtype=torch.bool)
    for tag in sorted(set(old.tolist())):
        places = torch.nonzero(tags == tag).flatten()
        if len(places) < FEWEST_OF_TAG:
            continue
        words = _even(replayed[places], halves)
        whitened = _whitening(words)
        own = whitened(words)
        for wanted in sorted(set(new[old == tag].tolist())):
            rows = (old == tag) & (new == wanted)
            if int(rows.sum()) >= FEWEST:
                kind = whitened(_even(corrected[rows], halves))
                near[places[_nearness(own @ kind.T) >= _reach(kind)]] = True
    return near


def _even(vectors: Tensor, halves: tuple[int, int]) -> Tensor:
    """Vectors [., K] with each part of unit length."""
    return torch.cat([F.normalize(part, dim=1) for part in torch.split(vectors.float(), list(halves), dim=1)], dim=1)


def _whitening(words: Tensor) -> Callable[[Tensor], Tensor]:
    """What maps vectors [., K] into the space whitened by some words, to unit length."""
    sample = words[:: max(1, len(words) // SAMPLE)]
    centre = sample.mean(dim=0)
    covariance = torch.cov(sample.T)
    # Directions in which the words hardly differ are noise, and are not blown up.
    shrunk = covariance + covariance.diagonal().mean().clamp(min=1e-8) * torch.eye(len(covariance))
    inverse = torch.linalg.inv(torch.linalg.cholesky(shrunk))
    return lambda vectors: F.normalize((vectors - centre) @ inverse.T, dim=1)


def _reach(kind: Tensor) -> float:
    """How near corrected words [C, K] lie to one another, but for the `QUANTILE` farthest."""
    return max(LEAST, float(_nearness_to_the_others(kind).quantile(QUANTILE)))


def _nearness(likeness: Tensor, most: int | None = None) -> Tensor:
    """The mean of the few largest cosines in each row of [., C]: [.]; `most` bounds their number."""
    count = min(NEAREST, likeness.shape[1] if most is None else most)
    return likeness.topk(count, dim=1).values.mean(dim=1)


def _nearness_to_the_others(kind: Tensor) -> Tensor:
    """How near each of a kind's vectors [C, K], which are of unit length, lies to the others: [C]."""
    likeness = (kind @ kind.T).fill_diagonal_(-2.0)
    return _nearness(likeness, len(kind) - 1)
