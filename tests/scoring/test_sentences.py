"""Labelled sentences scored: matching, credit in every reading, thresholds, and figures by sentence and document."""

from __future__ import annotations

import numpy as np
import pytest

from ousianer_cli.errors import TaxonomyError
from ousianer_cli.scoring.measures import Prf, total
from ousianer_cli.scoring.sentences import (
    MEASURE_OF_READING,
    MEASURES,
    THRESHOLDS,
    MatchedNames,
    SentenceScorer,
    by_document,
    choose_threshold,
    f1_difference,
    f1_interval,
    match_names,
)
from ousianer_cli.taxonomy.tree_files import load_taxonomy

SCORER = SentenceScorer(load_taxonomy("aida-edl"))
GOLD = [
    {(0, 2): ("PER.Politician",), (3, 4): ("-",), (5, 6): ("GPE", "LOC", "-")},
    {(1, 2): ("GPE.UrbanArea.City",)},
    {},
]


def test_every_measure_of_a_matched_span() -> None:
    credit = dict(zip(MEASURES[1:], SCORER.credit(("PER.Politician",), "PER"), strict=True))
    assert credit == {
        "span": 1, "coarse": 1, "strict": 0, "descendant": 0, "ancestor": 0.5, "both": 0.5, "open": 0.5, "mean": 0.5,
    }  # fmt: skip
    credit = dict(zip(MEASURES[1:], SCORER.credit(("PER",), "PER.Politician.Mayor"), strict=True))
    assert credit == {
        "span": 1, "coarse": 1, "strict": 0, "descendant": 0.25, "ancestor": 0, "both": 0.25, "open": 1, "mean": 0.625,
    }  # fmt: skip
    assert SCORER.credit(("GPE", "LOC"), "LOC").tolist() == [1.0] * 8
    assert SCORER.credit(("PER",), "ORG").tolist() == [1.0] + [0.0] * 7


def test_outside_is_right_for_a_gold_name_that_admits_it() -> None:
    assert SCORER.credits([("-",), ("GPE", "-"), ("PER",)], ["-", "-", "-"], "both").tolist() == [1.0, 1.0, 0.0]
    assert SCORER.credit(("-",), "PER").tolist() == [1.0] + [0.0] * 7


def test_a_type_that_the_taxonomy_lacks_is_refused() -> None:
    with pytest.raises(TaxonomyError):
        SCORER.credit(("PER",), "Nobody")


def test_names_outside_the_taxonomy_are_on_neither_side_but_in_detection() -> None:
    names = match_names(GOLD, [[(0, 2), (3, 4), (5, 6), (6, 7)], [(1, 2)], []])
    sums = SCORER.sums(names, ["PER", "PER", "LOC", "-", "GPE"])
    assert sums["detection"].tolist() == [[3, 4, 3, 3], [1, 1, 1, 1], [0, 0, 0, 0]]
    assert sums["span"].tolist() == [[2, 3, 2, 2], [1, 1, 1, 1], [0, 0, 0, 0]]
    assert sums["strict"].tolist() == [[1, 3, 1, 2], [0, 1, 0, 1], [0, 0, 0, 0]]
    assert sums["both"].tolist() == [[1.5, 3, 1.5, 2], [0.25, 1, 0.25, 1], [0, 0, 0, 0]]
    assert sums["ancestor"].tolist() == sums["both"].tolist()
    assert not sums["descendant"][1].any(where=[True, False, True, False])
    assert set(sums) == set(MEASURES)


def test_a_confidence_below_the_threshold_leaves_a_name_to_detection_alone() -> None:
    names = match_names(GOLD, [[(0, 2)], [(1, 2)], []])
    sums = SCORER.sums(names, ["PER.Politician", "GPE"], np.array([0.5, 0.499]), 0.5)
    assert sums["span"][:, 1].tolist() == [1, 0, 0]
    assert sums["strict"][:, 0].tolist() == [1, 0, 0]
    assert sums["detection"][:, 0].tolist() == [1, 1, 0]


def test_a_span_that_stands_twice_and_one_that_cuts_a_token_match_once_and_never() -> None:
    names = match_names([{(0, 1): ("PER",)}], [[(0, 1), (0, 1), None]])
    assert names.found_gold == [("PER",), None, None]
    assert SCORER.sums(names, ["PER"] * 3)["strict"].tolist() == [[1, 3, 1, 1]]


def test_units_must_agree() -> None:
    with pytest.raises(ValueError, match="zip"):
        match_names(GOLD, [[]])


def test_threshold_is_the_least_about_as_good_as_the_best() -> None:
    names = match_names([{(0, 1): ("PER",), (2, 3): ("GPE",)}], [[(0, 1), (2, 3), (4, 5), (6, 7)]])
    f1 = SCORER.f1_by_threshold(names, ["PER", "GPE", "ORG", "ORG"], np.array([0.9, 0.8, 0.1, 0.2]))
    assert len(f1) == len(THRESHOLDS)
    assert f1[0] == pytest.approx(2 / 3)
    assert choose_threshold(f1) == (0.225, 1.0)
    assert choose_threshold(np.array([0.5, 0.5019, 0.5035] + [0.0] * 22)) == (0.025, 0.5019)


def test_readings_of_labels_name_measures() -> None:
    assert set(MEASURE_OF_READING.values()) <= set(MEASURES)
    names = MatchedNames.in_one_unit([("GPE",)], [("GPE",), None])
    figures = {
        reading: total(SCORER.sums(names, ["GPE.UrbanArea.City", "PER"])[measure])
        for reading, measure in MEASURE_OF_READING.items()
    }
    assert figures["closed"] == Prf.of(0.25, 2, 1)
    assert figures["open"] == Prf.of(1.0, 2, 1)
    assert figures["mean"] == Prf.of(0.625, 2, 1)


def test_sums_by_document_keep_the_total_and_widen_the_unit() -> None:
    sums = np.array([[1.0, 2, 1, 2], [0, 1, 0, 0], [3, 3, 3, 4]])
    joined = by_document(sums, ["b", "a", "b"])
    assert joined.tolist() == [[4, 5, 4, 6], [0, 1, 0, 0]]
    assert total(joined) == total(sums)


def test_intervals_and_differences_are_those_of_the_draws() -> None:
    same = np.tile([1.0, 2, 1, 2], (30, 1))
    interval = f1_interval(same)
    assert (interval.low, interval.high) == (0.5, 0.5)
    assert f1_interval(np.zeros((0, 4))).high == 0
    mixed = same.copy()
    mixed[::2] = [2, 2, 2, 2]
    interval = f1_interval(mixed)
    assert interval.low < total(mixed).f1 < interval.high
    found = f1_difference(same, mixed)
    assert found.difference == pytest.approx(total(mixed).f1 - 0.5)
    assert found.permutation_p < 0.01 < f1_difference(mixed, mixed).permutation_p
