"""Checks of what all figures of the comparison rest on: `python -m pytest benchmarks/peers/self_test.py`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import jobs  # noqa: E402
import measures  # noqa: E402
import peers_data  # noqa: E402

from ousianer_cli.formats.corpus import Mention, Sentence  # noqa: E402

TOKENS = ("Mira", "Holt", "met", "Acme", "in", "Lund", ".")
GOLD = Sentence(
    TOKENS,
    (Mention(0, 2, ("PER.Politician",)), Mention(3, 4, ("-",)), Mention(5, 6, ("GPE", "LOC", "FAC"))),
)


def predicted(*rows: tuple[int, int, str, float]) -> list[dict[str, object]]:
    return [{"start": a, "end": b, "type": t, "score": s} for a, b, t, s in rows]


def test_tags_and_spans_are_inverse() -> None:
    line = jobs.Line(list(TOKENS), [(0, 1, "PER"), (1, 2, "PER"), (2, 4, "ORG.Association"), (5, 6, "OUTSIDE")])
    tags = jobs.iob2(line)
    assert tags == ["B-PER", "B-PER", "B-ORG.Association", "I-ORG.Association", "O", "B-OUTSIDE", "O"]
    assert jobs.spans_of(tags) == line.spans


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        (["I-PER", "I-PER", "O"], [(0, 2, "PER")]),
        (["B-PER", "I-ORG", "I-ORG"], [(0, 1, "PER"), (1, 3, "ORG")]),
        (["O", "B-A", "B-A"], [(1, 2, "A"), (2, 3, "A")]),
        ([], []),
    ],
)
def test_broken_tags_are_read_as_conll_reads_them(tags: list[str], spans: list[jobs.Span]) -> None:
    assert jobs.spans_of(tags) == spans


def test_flat_classes_and_back(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    mentions = [{"start": m.start, "end": m.end, "types": list(m.types)} for m in GOLD.mentions]
    path.write_text(json.dumps({"tokens": list(TOKENS), "mentions": mentions}) + "\n", encoding="utf-8")
    (line,) = jobs.read_lines(path)
    assert line.spans == [(0, 2, "PER.Politician"), (3, 4, "OUTSIDE"), (5, 6, "GPE")]
    jobs.write_predictions(tmp_path / "p.jsonl", [line], [[jobs.Found(3, 4, "OUTSIDE", 0.5)]])
    assert measures.read_predictions(tmp_path / "p.jsonl", [GOLD]) == [predicted((3, 4, "-", 0.5))]


def test_predictions_of_other_sentences_are_refused(tmp_path: Path) -> None:
    from ousianer_cli.errors import InputError

    jobs.write_predictions(tmp_path / "p.jsonl", [jobs.Line(["Other"], [])], [[]])
    with pytest.raises(InputError, match="the corpus's own sentence"):
        measures.read_predictions(tmp_path / "p.jsonl", [GOLD])


def test_credit_of_each_figure() -> None:
    found = predicted((0, 2, "PER", 0.9), (3, 4, "-", 0.9), (5, 6, "LOC", 0.9), (6, 7, "ORG", 0.9))
    tables = measures.sums([GOLD], [found])
    assert tables["strict"].tolist() == [[1.0, 3.0, 1.0, 2.0]]
    assert tables["ancestor"].tolist() == tables["both"].tolist() == [[1.5, 3.0, 1.5, 2.0]]
    assert tables["coarse"].tolist() == [[2.0, 3.0, 2.0, 2.0]]
    assert tables["detection"].tolist() == [[3.0, 4.0, 3.0, 3.0]]


def test_only_both_pays_below_gold_and_a_partial_span_matches_nothing() -> None:
    found = predicted((5, 6, "GPE.Country.Country", 0.9), (0, 2, "PER.Politician", 0.9))
    found[1]["partial"] = True
    tables = measures.sums([GOLD], [found])
    assert tables["both"][0, 0] > 0
    assert tables["ancestor"].tolist() == [[0.0, 2.0, 0.0, 2.0]]
    assert tables["detection"].tolist() == [[1.0, 2.0, 1.0, 3.0]]


def test_the_threshold_drops_what_is_wrong_and_unsure() -> None:
    found = predicted((0, 2, "PER.Politician", 0.9), (5, 6, "GPE", 0.8), (6, 7, "ORG", 0.1), (2, 3, "ORG", 0.2))
    least = measures.threshold([GOLD], [found])
    assert 0.2 < least <= 0.225
    assert measures.f1(measures.sums([GOLD], [found], least)["strict"]) == 1.0


@pytest.mark.parametrize(
    ("available", "wanted", "taken"),
    [
        ([692, 19000], 200, [100, 100]),
        ([692, 19000], 4000, [692, 3308]),
        ([5, 5], 99, [5, 5]),
        ([9, 9, 2], 11, [5, 4, 2]),
    ],
)
def test_equal_shares_as_far_as_they_go(available: list[int], wanted: int, taken: list[int]) -> None:
    assert peers_data.shares(available, wanted) == taken
