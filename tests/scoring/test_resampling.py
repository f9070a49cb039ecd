"""Intervals and tests: reproducible, right in cases that are known, and fast."""

import time

import numpy as np
import pytest

from ousianer_cli.scoring.resampling import bootstrap, compare, figures, intervals, permutation, sensible


def sums(rng, documents, right):
    """Documents of ten gold and ten system mentions, each right with a probability."""
    tp = rng.binomial(10, right, size=documents).astype(float)
    ten = np.full(documents, 10.0)
    return np.stack([tp, ten, tp, ten], axis=1)


def test_figures_of_sums():
    assert figures(np.array([1.0, 2.0, 1.0, 4.0])).tolist() == [0.5, 0.25, pytest.approx(1 / 3)]
    assert figures(np.zeros(4)).tolist() == [0.0, 0.0, 0.0]


def test_the_same_seed_gives_the_same_draws_and_another_others():
    table = sums(np.random.default_rng(0), 30, 0.6)[None]
    assert np.array_equal(bootstrap(table, 500, 7), bootstrap(table, 500, 7))
    assert not np.array_equal(bootstrap(table, 500, 7), bootstrap(table, 500, 8))
    alone, together = bootstrap(table, 500, 7), bootstrap(np.concatenate([table, table * 2]), 500, 7)
    assert np.allclose(alone[0], together[0]) and np.allclose(together[0], together[1])


def test_intervals_are_those_of_the_binomial():
    """F1 of independent mentions: the standard error is known."""
    documents, right = 400, 0.7
    table = sums(np.random.default_rng(1), documents, right)
    f1 = intervals(bootstrap(table[None], 5000, 1))[0][2]
    half = 1.96 * np.sqrt(right * (1 - right) / (documents * 10))
    observed = figures(table.sum(axis=0))[2]
    assert f1.low < observed < f1.high
    assert (f1.high - f1.low) / 2 == pytest.approx(half, rel=0.15)


def test_intervals_cover_as_often_as_they_say():
    rng = np.random.default_rng(2)
    tables = np.stack([sums(rng, 60, 0.5) for _ in range(200)])
    hits = sum(one[2].low <= 0.5 <= one[2].high for one in intervals(bootstrap(tables, 1000, 3)))
    assert 180 <= hits <= 199


def test_runs_that_differ_and_runs_that_do_not():
    rng = np.random.default_rng(4)
    first, better, alike = sums(rng, 200, 0.6), sums(rng, 200, 0.7), sums(rng, 200, 0.6)
    drawn = bootstrap(np.stack([first, better, alike]), 2000, 1)
    _, _, gain = compare(first, better, drawn[0], drawn[1], 2000, 1)
    assert gain.difference > 0 and 0 < gain.low < gain.difference < gain.high
    assert gain.permutation_p == pytest.approx(1 / 2001) and gain.bootstrap_p == pytest.approx(2 / 2001)
    _, _, none = compare(first, alike, drawn[0], drawn[2], 2000, 1)
    assert none.permutation_p > 0.05 and none.bootstrap_p > 0.05 and none.low < 0 < none.high
    _, _, back = compare(better, first, drawn[1], drawn[0], 2000, 1)
    assert back.difference == pytest.approx(-gain.difference)
    _, _, same = compare(first, first, drawn[0], drawn[0], 2000, 1)
    assert (same.difference, same.permutation_p, same.bootstrap_p) == (0.0, 1.0, 1.0)


def test_permutation_by_trying_all_swaps():
    first = np.array([[1.0, 2, 1, 2], [2, 2, 2, 2], [0, 1, 0, 3]])
    second = np.array([[2.0, 2, 2, 2], [1, 3, 1, 2], [1, 1, 1, 3]])
    found = permutation(first, second, 4000, 1)[:, 2]
    every = set()
    for bits in range(8):
        swap = np.array([bits >> n & 1 for n in range(3)], dtype=bool)[:, None]
        one, other = np.where(swap, second, first).sum(axis=0), np.where(swap, first, second).sum(axis=0)
        every.add(round(float(figures(one)[2] - figures(other)[2]), 9))
    assert set(np.round(found, 9).tolist()) == every


def test_very_many_documents_have_fewer_resamples():
    assert sensible(500, 10_000) == 10_000
    assert sensible(20_000, 10_000) == 2_500
    assert sensible(10**6, 10_000) == 1_000
    assert sensible(10**6, 200) == 200


def test_ten_thousand_resamples_of_500_documents_in_five_seconds():
    rng = np.random.default_rng(5)
    tables = np.stack([sums(rng, 500, 0.6) for _ in range(3 * 7)])
    begin = time.process_time()
    drawn = bootstrap(tables, 10_000, 1)
    intervals(drawn)
    compare(tables[0], tables[7], drawn[0], drawn[7], 10_000, 1)
    assert time.process_time() - begin < 5
