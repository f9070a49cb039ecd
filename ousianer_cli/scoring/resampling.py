"""Intervals and tests by resampling documents.

Documents are the unit, since mentions of one document are not independent. Every measure that adds up over documents is
kept as sums [D, 4]; a resample is a vector of how often each document was drawn, so all resamples of all measures and
runs are one matrix product. The same draws serve all runs, which makes their differences paired.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEVEL = 0.95
_MOST_DRAWS = 50_000_000
"""Draws beyond which the number of resamples is reduced: with very many documents intervals need fewer."""
_FEWEST = 1_000
_CHUNK = 2_000_000


@dataclass(frozen=True)
class Interval:
    """The middle 95% of a figure over all resamples."""

    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """Two runs compared in one figure: the difference, its interval, and two-sided p of both tests."""

    difference: float
    low: float
    high: float
    bootstrap_p: float
    permutation_p: float


def sensible(documents: int, resamples: int) -> int:
    """The number of resamples that are made: as asked for, or fewer (not under 1,000) for very many documents."""
    if documents * resamples <= _MOST_DRAWS:
        return resamples
    return min(resamples, max(_FEWEST, _MOST_DRAWS // documents))


def figures(sums: Floats) -> Floats:
    """Precision, recall and F1 [..., 3] of sums [..., 4]; 0 where a denominator is 0."""
    precision = _ratio(sums[..., 0], sums[..., 1])
    recall = _ratio(sums[..., 2], sums[..., 3])
    f1 = _ratio(2 * precision * recall, precision + recall)
    return np.stack([precision, recall, f1], axis=-1)


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    result = np.zeros_like(numerator)
    np.divide(numerator, denominator, out=result, where=denominator > 0)
    return result


def bootstrap(sums: Floats, resamples: int, seed: int) -> Floats:
    """Figures [K, resamples, 3] of K tables of sums [K, D, 4], documents drawn with replacement."""
    tables, documents, _ = sums.shape
    flat = np.ascontiguousarray(sums.transpose(1, 0, 2).reshape(documents, tables * 4))
    parts = [(counts @ flat).reshape(-1, tables, 4) for counts in _draws(documents, resamples, seed)]
    return figures(np.concatenate(parts).transpose(1, 0, 2))


def _draws(documents: int, resamples: int, seed: int) -> Iterator[Floats]:
    """How often each document was drawn, in chunks [.., D] of resamples."""
    rng = np.random.default_rng(seed)
    chunk = max(1, _CHUNK // documents)
    for begin in range(0, resamples, chunk):
        rows = min(chunk, resamples - begin)
        drawn = rng.integers(0, documents, size=(rows, documents), dtype=np.int64)
        drawn += np.arange(rows, dtype=np.int64)[:, None] * documents
        yield np.bincount(drawn.reshape(-1), minlength=rows * documents).reshape(rows, documents).astype(np.float64)


def intervals(resampled: Floats, level: float = LEVEL) -> list[tuple[Interval, Interval, Interval]]:
    """Percentile intervals of precision, recall and F1 for each of K tables [K, resamples, 3]."""
    tail = (1 - level) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail], axis=1)
    return [
        (Interval(*pairs[0]), Interval(*pairs[1]), Interval(*pairs[2]))
        for pairs in np.stack([low, high], axis=-1).tolist()
    ]


def permutation(first: Floats, second: Floats, resamples: int, seed: int) -> Floats:
    """Differences [resamples, 3] of figures when the runs' documents [D, 4] change sides at random."""
    documents = len(first)
    rng = np.random.default_rng(seed)
    change = second - first
    base, other = first.sum(axis=0), second.sum(axis=0)
    parts = []
    chunk = max(1, _CHUNK // documents)
    for begin in range(0, resamples, chunk):
        rows = min(chunk, resamples - begin)
        swapped = rng.integers(0, 2, size=(rows, documents), dtype=np.int8).astype(np.float64)
        moved = swapped @ change
        parts.append(figures(base + moved) - figures(other - moved))
    return np.concatenate(parts)


def compare(
    first: Floats, second: Floats, first_resampled: Floats, second_resampled: Floats, resamples: int, seed: int
) -> tuple[Difference, Difference, Difference]:
    """Precision, recall and F1 of the second run less those of the first, tested both ways.

    p of the permutation test is the share of permuted differences at least as large, either way; that of the bootstrap
    twice the share of resampled differences on the other side of 0. Both count the observed difference itself, so that
    no p is 0.

    Args:
        first, second: sums [D, 4] of the same documents.
        first_resampled, second_resampled: figures [resamples, 3] of the same draws.
    """
    observed = figures(second.sum(axis=0)) - figures(first.sum(axis=0))
    drawn = second_resampled - first_resampled
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    number = len(drawn)
    below, above = (drawn <= 0).sum(axis=0), (drawn >= 0).sum(axis=0)
    bootstrap_p = np.minimum(1.0, 2 * (np.minimum(below, above) + 1) / (number + 1))
    # Sums of the same credit in another order differ in the last bits; these are ties.
    extreme = (np.abs(permutation(first, second, resamples, seed)) >= np.abs(observed) - 1e-12).sum(axis=0)
    permutation_p = (extreme + 1) / (resamples + 1)
    columns = [column.tolist() for column in (observed, low, high, bootstrap_p, permutation_p)]
    differences = [Difference(*values) for values in zip(*columns, strict=True)]
    return differences[0], differences[1], differences[2]
