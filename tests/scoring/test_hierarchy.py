"""Closures, sets of types and levels, by hand."""

import pytest
from taxonomies import aida_edl

from ousianer_cli.formats.edl import EdlRow
from ousianer_cli.scoring.hierarchy import hierarchy_sums
from ousianer_cli.scoring.matching import Vocabulary, encode_rows, match_spans
from ousianer_cli.scoring.measures import STRICT, TypeCredit, pair_credit, total

TREE = aida_edl()


def row(start, label, form="NAM", confidence=0.5):
    return EdlRow("r", "m", "x", "D", start, start, "NIL1", label, form, confidence)


def scored(gold, system):
    words = Vocabulary()
    gold_table, system_table = encode_rows(gold, words), encode_rows(system, words)
    match = match_spans(gold_table, system_table)
    credit = TypeCredit(TREE)
    strict = pair_credit(match, words, credit)[:, credit.readings.index(STRICT)]
    sums = hierarchy_sums(gold_table, system_table, match, words, TREE, strict)
    return {key: total(value) for key, value in sums.items()}


def test_hierarchical_by_ancestor_closure():
    gold = [row(0, "per.politician.mayor"), row(2, "org"), row(4, "gpe.country.country")]
    system = [row(0, "per.politician.governor"), row(2, "org.association"), row(6, "loc.land")]
    found = scored(gold, system)["hierarchical"]
    # Shared: per and per.politician; org. The run's closures: 3 + 2 + 2; gold's: 3 + 1 + 3 (a phantom middle counts).
    assert (found.system_tp, found.system, found.gold_tp, found.gold) == (3, 7, 3, 7)


def test_equal_runs_score_one_and_other_mention_types_nothing():
    gold = [row(0, "per.politician.mayor"), row(2, "gpe|loc.land"), row(4, "strange.type")]
    for key, prf in scored(gold, [row(0, "per.politician.mayor"), row(2, "loc.land"), row(4, "strange.type")]).items():
        assert prf.f1 == 1.0, key
    apart = scored([row(0, "per")], [row(0, "per", "NOM")])
    assert {prf.f1 for prf in apart.values()} == {0.0}


def test_of_alternatives_the_nearest_counts():
    found = scored([row(0, "org|fac.building.school")], [row(0, "fac.building")])["hierarchical"]
    assert (found.system_tp, found.system, found.gold) == (2, 2, 3)
    missed = scored([row(0, "org|fac.building.school")], [])["hierarchical"]
    assert (missed.gold_tp, missed.gold) == (0, 1)


def test_loose_measures_over_sets_of_types():
    gold = [row(0, "per.politician"), row(0, "per.police"), row(2, "org")]
    system = [row(0, "per.politician", confidence=0.9), row(0, "loc", confidence=0.1), row(2, "org")]
    found = scored(gold, system)
    # Sets with ancestors: {per, politician, police} against {per, politician, loc}; {org} against {org}.
    micro, macro = found["loose-micro"], found["loose-macro"]
    assert (micro.precision, micro.recall) == (3 / 4, 3 / 4)
    assert (macro.precision, macro.recall) == (pytest.approx((2 / 3 + 1) / 2), pytest.approx((2 / 3 + 1) / 2))
    assert (macro.system, macro.gold) == (2, 2)


def test_loose_macro_counts_unmatched_mentions():
    found = scored([row(0, "per"), row(2, "org")], [row(0, "per.politician"), row(4, "loc"), row(6, "loc")])
    assert (found["loose-macro"].precision, found["loose-macro"].recall) == (pytest.approx(0.5 / 3), 1 / 2)


def test_typing_is_over_shared_spans_alone():
    found = scored([row(0, "per"), row(2, "org"), row(4, "loc")], [row(0, "per"), row(2, "loc"), row(8, "loc")])
    assert (found["typing"].precision, found["typing"].system) == (0.5, 2)


def test_levels_are_of_mentions_that_reach_them():
    gold = [row(0, "per.politician.mayor"), row(2, "org"), row(4, "gpe.urbanarea")]
    system = [row(0, "per.politician.governor"), row(2, "org.association"), row(4, "gpe")]
    found = scored(gold, system)
    levels = [found[f"level-{n}"] for n in (1, 2, 3)]
    assert [(one.system_tp, one.system, one.gold) for one in levels] == [(3, 3, 3), (1, 2, 2), (0, 1, 1)]
