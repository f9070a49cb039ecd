"""Every class of errors, and which types are taken for which."""

import pytest
from taxonomies import aida_edl

from ousianer_cli.formats.edl import EdlRow
from ousianer_cli.scoring.faults import NONE, coarse_matrix, find_faults
from ousianer_cli.scoring.matching import Vocabulary, encode_rows, match_spans
from ousianer_cli.scoring.measures import STRICT, TypeCredit, pair_credit

CREDIT = TypeCredit(aida_edl())


def row(start, end, label, form="NAM", doc="D"):
    return EdlRow("r", "m", "x", doc, start, end, "NIL1", label, form, 0.5)


def faults(gold, system, outside=()):
    words = Vocabulary()
    match = match_spans(encode_rows(gold, words), encode_rows(system, words))
    bare = encode_rows(outside, words)
    strict = pair_credit(match, words, CREDIT)[:, CREDIT.readings.index(STRICT)]
    return find_faults(match, strict, bare, words, CREDIT)


def classes(*arguments, **named):
    return {name: counts for name, counts in faults(*arguments, **named).classes.items() if counts != (0, 0)}


@pytest.mark.parametrize(
    ("gold", "system", "name"),
    [
        ("per.politician", "per.politician", "correct"),
        ("gpe|loc", "loc", "correct"),
        ("per.politician.mayor", "per", "type too general"),
        ("per", "per.politician", "type too specific"),
        ("per", "org", "wrong top type"),
        ("per.politician", "per.police", "wrong second level"),
        ("per.politician.mayor", "per.politician.governor", "wrong third level"),
        ("org|per.politician", "per.police", "wrong second level"),
        ("per", "strange", "type not in the taxonomy"),
    ],
)
def test_types_on_shared_spans(gold, system, name):
    assert classes([row(0, 4, gold)], [row(0, 4, system)]) == {name: (1, 1)}


def test_mention_type_alone():
    assert classes([row(0, 4, "per")], [row(0, 4, "per", "NOM")]) == {"mention type only": (1, 1)}


def test_boundary_missed_spurious_outside():
    gold = [row(0, 4, "per"), row(10, 14, "per"), row(0, 9, "org", doc="E")]
    system = [row(2, 6, "per"), row(20, 24, "per"), row(30, 34, "loc"), row(20, 29, "org", doc="E"), row(9, 9, "org")]
    found = classes(gold, system, [row(30, 34, "-")])
    assert found == {"boundary": (1, 1), "missed": (2, 0), "spurious": (0, 3), "outside": (0, 1)}


def test_one_shared_character_is_an_overlap_and_other_documents_are_not():
    assert classes([row(0, 4, "per")], [row(4, 8, "per")]) == {"boundary": (1, 1)}
    assert classes([row(0, 4, "per")], [row(5, 8, "per")]) == {"missed": (1, 0), "spurious": (0, 1)}
    assert classes([row(0, 4, "per", doc="A")], [row(0, 3, "per", doc="B")]) == {"missed": (1, 0), "spurious": (0, 1)}


def test_every_mention_is_in_one_class():
    gold = [row(n * 3, n * 3 + n % 4, "per") for n in range(30)]
    system = [row(n * 3 + n % 2, n * 3 + 2, "per.police") for n in range(35)]
    found = faults(gold, system).classes
    assert sum(g for g, _ in found.values()) == 30 and sum(s for _, s in found.values()) == 35


def test_confusions_and_the_matrix_of_top_types():
    gold = [row(0, 0, "per"), row(2, 2, "per"), row(4, 4, "org.association"), row(6, 6, "gpe|loc"), row(8, 8, "loc")]
    system = [row(0, 0, "org"), row(2, 2, "org"), row(4, 4, "org"), row(6, 6, "loc"), row(9, 9, "veh")]
    found = faults(gold, system)
    assert found.confused() == [("per", "org", 2), ("org.association", "org", 1)]
    names, cells = coarse_matrix(found, CREDIT)
    assert names == ["loc", "org", "per", "veh", NONE]
    assert cells == {
        ("per", "org"): 2, ("org", "org"): 1, ("loc", "loc"): 1, ("loc", NONE): 1, (NONE, "veh"): 1,
    }  # fmt: skip
