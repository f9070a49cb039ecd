"""Columns of codes and the spans that two tables share."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ousianer_cli.formats.edl import EdlRow
from ousianer_cli.scoring.matching import Vocabulary, encode_rows, match_spans, span_codes, top_rows


def row(doc, start, end, label="per", confidence=0.5, line=0):
    return EdlRow("r", "m", "x", doc, start, end, "NIL1", label, "NAM", confidence, line)


def test_the_most_confident_row_of_a_span_and_the_first_among_equals():
    low, high = row("a", 1, 2, confidence=0.3), row("a", 1, 2, confidence=0.7)
    table = encode_rows([low, row("b", 1, 2), high, high], Vocabulary())
    (spans,) = span_codes([table])
    assert sorted(top_rows(spans, table.confidence).tolist()) == [1, 2]


def test_empty_tables_match_nothing():
    words = Vocabulary()
    empty, full = encode_rows([], words), encode_rows([row("a", 0, 1)], words)
    assert (len(match_spans(empty, full)), len(match_spans(full, empty)), len(match_spans(empty, empty))) == (0, 0, 0)
    assert len(match_spans(full, full)) == 1


places = st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.integers(3, 5))


@settings(deadline=None)
@given(st.lists(places, max_size=12), st.lists(places, max_size=12))
def test_pairs_are_the_shared_places(gold, system):
    words = Vocabulary()
    match = match_spans(
        encode_rows([row(*place) for place in gold], words), encode_rows([row(*place) for place in system], words)
    )

    def places_of(table, chosen):
        return [(words.docs.names[table.doc[i]], int(table.start[i]), int(table.end[i])) for i in chosen]

    everywhere = np.arange(len(match.gold)), np.arange(len(match.system))
    assert sorted(places_of(match.gold, everywhere[0])) == sorted(set(gold))
    assert sorted(places_of(match.system, everywhere[1])) == sorted(set(system))
    pairs = places_of(match.gold, match.gold_place)
    assert pairs == places_of(match.system, match.system_place)
    assert sorted(pairs) == sorted(set(gold) & set(system))
