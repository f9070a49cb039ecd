"""What a system type is worth under each reading, and the figures that follow."""

import pytest
from taxonomies import aida_edl

from ousianer_cli.errors import TaxonomyError
from ousianer_cli.formats.edl import EdlRow
from ousianer_cli.scoring.matching import Vocabulary, encode_rows, match_spans
from ousianer_cli.scoring.measures import Prf, TypeCredit, by_type, document_credit, pair_credit, total

CREDIT = TypeCredit(aida_edl(), 0.5, open_gold=True)
KEYS = [reading.key for reading in CREDIT.readings]


def credit_of(gold, system, **options):
    return dict(zip(KEYS, CREDIT.of(gold, system, **options), strict=True))


@pytest.mark.parametrize(
    ("gold", "system", "strict", "coarse", "descendant", "ancestor", "both", "opened"),
    [
        ("per", "per", 1, 1, 1, 1, 1, 1),
        ("per", "per.politician", 0, 1, 0.5, 0, 0.5, 1),
        ("per.politician.mayor", "per", 0, 1, 0, 0.25, 0.25, 0.25),
        ("per.politician.mayor", "per.politician.governor", 0, 1, 0, 0, 0, 0),
        ("per", "org", 0, 0, 0, 0, 0, 0),
        ("gpe", "gpe.country.country", 0, 1, 0.25, 0, 0.25, 1),
        ("gpe.country.country", "gpe.country", 0, 1, 0, 0.5, 0.5, 0.5),
        ("gpe|loc|fac", "loc", 1, 1, 1, 1, 1, 1),
        ("gpe|loc|fac", "loc.land", 0, 1, 0.5, 0, 0.5, 1),
        ("org|fac.building.school", "fac.building", 0, 1, 0, 0.5, 0.5, 0.5),
        # Types that the taxonomy lacks are worth themselves, and their top is what stands before the dot.
        ("mon", "mon", 1, 1, 1, 1, 1, 1),
        ("mon.cash.cash", "mon", 0, 1, 0, 0, 0, 0),
        ("mon|per", "per.politician", 0, 1, 0.5, 0, 0.5, 1),
        ("per", "PER", 0, 0, 0, 0, 0, 0),
        ("gpe|loc", "gpe|loc", 1, 1, 1, 1, 1, 1),
        ("-|veh", "-", 0, 0, 0, 0, 0, 0),
    ],
)
def test_worth(gold, system, strict, coarse, descendant, ancestor, both, opened):
    expected = dict(zip(KEYS, (1, strict, coarse, descendant, ancestor, both, opened), strict=True))
    assert credit_of(gold, system) == expected


def test_nominals_have_no_tree_credit():
    found = credit_of("per", "per.politician", name=False)
    assert {key for key, value in found.items() if value} == {"span", "coarse"}


def test_decay_reaches_every_reading():
    found = TypeCredit(aida_edl(), 0.1).of("per", "per.politician.mayor")
    assert found[-1] == pytest.approx(0.01)
    with pytest.raises(TaxonomyError, match="--decay"):
        TypeCredit(aida_edl(), 2.0)


def row(start, label, form="NAM", confidence=0.5):
    return EdlRow("r", "m", "x", "D", start, start, "NIL1", label, form, confidence)


def scored(gold, system):
    words = Vocabulary()
    match = match_spans(encode_rows(gold, words), encode_rows(system, words))
    weights = pair_credit(match, words, CREDIT)
    sums = document_credit(match, weights, CREDIT, len(words.docs))
    return {key: total(value) for key, value in sums.items()}, by_type(match, weights, words, CREDIT)


def test_figures_by_hand():
    gold = [row(0, "per"), row(2, "org"), row(4, "gpe|loc"), row(6, "per", "NOM")]
    system = [row(0, "per.politician"), row(2, "org"), row(6, "per")]
    whole, types = scored(gold, system)
    # With other mention types (column 7) only the span counts.
    assert (whole["span"].precision, whole["span"].recall) == (1.0, 0.75)
    assert (whole["strict"].precision, whole["strict"].recall) == (1 / 3, 1 / 4)
    assert whole["both"].f1 == pytest.approx(2 * (1.5 / 3) * (1.5 / 4) / (1.5 / 3 + 1.5 / 4))
    assert set(types) == {"gpe|loc", "org", "per", "per.politician", "per/NOM"}
    assert types["per"]["both"] == Prf(system_tp=0.0, system=1, gold_tp=0.5, gold=1)
    assert types["per.politician"]["both"] == Prf(system_tp=0.5, system=1, gold_tp=0.0, gold=0)
    assert types["gpe|loc"]["strict"] == Prf(0.0, 0, 0.0, 1)


def test_nothing_is_zero_not_an_error():
    whole, types = scored([], [])
    assert {(prf.precision, prf.recall, prf.f1) for prf in whole.values()} == {(0.0, 0.0, 0.0)}
    assert types == {}


def test_the_surest_type_of_a_span_is_scored():
    system = [row(0, "org", confidence=0.4), row(0, "per", confidence=0.6), row(0, "loc", confidence=0.6)]
    whole, _ = scored([row(0, "per")], system)
    assert (whole["strict"].system, whole["strict"].precision) == (1, 1.0)
