"""The track's measures on a few mentions, computed by hand; test_neleval_parity.py has whole files."""

import numpy as np
import pytest

from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.formats.edl import EdlRow
from ousianer_cli.scoring.matching import Vocabulary, encode_rows
from ousianer_cli.scoring.track import TRACK_MEASURES, cluster_totals, document_sums, make_marks, parse_measure
from ousianer_cli.scoring.type_weights import TypeWeights, read_type_weights, weighted_sums

GOLD = [("d", 0, 9, "per", "E1"), ("d", 20, 29, "gpe", "NIL1"), ("d", 40, 44, "org", "E2")]
RUN = [
    ("d", 0, 9, "per", "E1"),
    ("d", 20, 24, "gpe", "NIL9"),
    ("d", 40, 44, "per", "E3"),
    ("e", 60, 64, "loc", "NIL2"),
]


def sides(gold, run):
    """(gold's marks, the run's, gold's joined types, the run's)."""
    vocabulary = Vocabulary()
    tables = [
        encode_rows(
            [EdlRow("r", f"m{n}", "x", doc, a, b, kb, label, "NAM", 1.0) for n, (doc, a, b, label, kb) in enumerate(s)],
            vocabulary,
        )
        for s in (gold, run)
    ]
    names = [[f"{vocabulary.labels.names[code]}/NAM" for code in table.label.tolist()] for table in tables]
    return *make_marks(*tables, vocabulary), *names


@pytest.mark.parametrize(
    ("name", "sums"),
    [
        # [run's right, run's, gold's right, gold's] of the two documents together
        ("strong_mention_match", [2, 4, 2, 3]),
        ("strong_typed_mention_match", [1, 4, 1, 3]),
        ("strong_linked_mention_match", [2, 2, 2, 2]),
        ("strong_link_match", [1, 2, 1, 2]),
        ("strong_nil_match", [0, 2, 0, 1]),
        ("strong_all_match", [1, 4, 1, 3]),
        ("entity_match", [1, 2, 1, 2]),
        ("overlap-maxmax", [3, 4, 2.5, 3]),  # 20-24 lies in gold's 20-29, which it covers by half
        ("overlap-sumsum", [3, 4, 2.5, 3]),
    ],
)
def test_sums_of_a_measure(name, sums):
    gold, run, _, _ = sides(GOLD, RUN)
    by_document = document_sums(TRACK_MEASURES[name], gold, run, 2)
    assert by_document.sum(axis=0).tolist() == sums
    assert by_document[1].tolist() == [0, name != "entity_match" and name.count("link") == 0, 0, 0]


@pytest.mark.parametrize(("modes", "gold_share"), [("maxmax", 0.4), ("summax", 0.8), ("maxsum", 0.4), ("sumsum", 0.8)])
def test_partial_spans_by_the_best_or_all_together(modes, gold_share):
    gold, run, _, _ = sides([("d", 0, 9, "per", "E1")], [("d", 0, 3, "per", "E1"), ("d", 6, 9, "per", "E1")])
    measure = TRACK_MEASURES[f"overlap-{modes}"]
    assert document_sums(measure, gold, run, 1)[0] == pytest.approx([2, 2, gold_share, 1])


def test_clusters_of_mentions():
    spans = [("d", n, n) for n in (0, 2, 4)]
    gold = [(*span, "per", kb) for span, kb in zip(spans, ("E1", "E1", "NIL1"), strict=True)]
    run = [(*span, "per", kb) for span, kb in zip(spans, ("E1", "NIL5", "NIL5"), strict=True)]
    marks = sides(gold, run)[:2]
    assert cluster_totals(TRACK_MEASURES["mention_ceaf"], *marks) == pytest.approx((2, 3, 2, 3))
    # {0,1},{2} against {0},{1,2}: Dice 2/3 twice, over two clusters a side
    assert cluster_totals(TRACK_MEASURES["entity_ceaf"], *marks) == pytest.approx((4 / 3, 2, 4 / 3, 2))


def test_names_and_measures_written_out():
    measure = parse_measure("sets:is_linked:span+kbid")
    assert measure is not None and measure.fields == ("span", "kbid") and measure.filter == "is_linked"
    assert measure.meaning == "shared span+kbid of linked mentions" and not measure.clusters
    clusters = parse_measure("b_cubed:None:span")
    assert clusters is not None and clusters.filter == "" and clusters.clusters
    assert clusters.meaning == "b_cubed over clusters of span"
    assert parse_measure("strong_link_match") is TRACK_MEASURES["strong_link_match"]
    for wrong in ("strong", "sets:is_linked", "sets:linked:span", "sets::span+color", "bag::span"):
        assert parse_measure(wrong) is None


def test_type_weights_pay_for_pairs_and_gold_may_have_alternatives():
    gold, run, gold_names, run_names = sides(
        [("d", 0, 9, "per", "E1"), ("d", 20, 29, "gpe|loc", "E2"), ("d", 40, 44, "org", "E3")],
        [("d", 0, 9, "per.politician", "E1"), ("d", 20, 29, "loc", "E2"), ("d", 50, 54, "org", "E3")],
    )
    weights = TypeWeights({("per/NAM", "per.politician/NAM"): 0.5, ("org/NAM", "org/NAM"): 2.0}, {}, "w")
    assert weights.weight("per/NAM", "per.politician/NAM") == 0.5
    assert weights.weight("loc/NAM", "loc/NAM") == 1.0 and weights.weight("loc/NAM", "gpe/NAM") == 0.0
    measure = TRACK_MEASURES["strong_typed_mention_match"]
    sums = weighted_sums(measure, gold, run, 1, weights, gold_names, run_names)
    assert np.allclose(sums, [[1.5, 4.0, 1.5, 4.0]])  # `org` is worth two against itself, on either side
    twice = sides([("d", 0, 9, "per", "E1")] * 2, [("d", 0, 9, "per", "E1")])
    with pytest.raises(SettingsError, match="--type-weights: strong_typed_mention_match has two annotations"):
        weighted_sums(measure, *twice[:2], 1, weights, *twice[2:])


def test_a_file_of_type_weights(tmp_path):
    path = tmp_path / "weights.tsv"
    path.write_text("per/NAM\tper.a/NAM\t0.25\nper/NAM\tper.a/NAM\t0.5\nper/NAM\tper.a/NAM\t0.1\norg\torg.b\t0.5\n")
    weights, notes = read_type_weights(path)
    assert weights.values == {("per/NAM", "per.a/NAM"): 0.5, ("org/NAM", "org.b/NAM"): 0.5}
    assert weights.lines["per/NAM", "per.a/NAM"] == 1
    assert notes == [
        f"{path}: 1 rows have types without a mention type, first in line 4; read as /NAM (neleval would pass over "
        "them: a run's types are joined with column 7)"
    ]
    assert read_type_weights(path, exact=True)[0].values["org", "org.b"] == 0.5
    for line, words in (
        ("per\tper.a\n", "weight, found 'per"),
        ("a\tb\tnan\n", "a finite number as weight, found 'nan"),
    ):
        path.write_text("a\tb\t1\n" + line)
        with pytest.raises(InputError, match=rf"weights\.tsv:2: expected .*{words}"):
            read_type_weights(path)
