"""A run judged by gold for showing: the same classes and counts as `ousianer score --errors`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from ousianer_cli.formats.annotations.annotated import Annotation
from ousianer_cli.formats.annotations.exchange import read_marked
from ousianer_cli.pages.judgement import Verdict, judge, parting
from ousianer_cli.scoring.faults import BOUNDARY, CORRECT, MISSED, OUTSIDE, SPURIOUS
from ousianer_cli.scoring.scores import ScoreOptions, score_files
from ousianer_cli.taxonomy.tree_files import load_taxonomy

GOLD = [
    ("D", 0, 5, "per"), ("D", 10, 20, "org.government"), ("D", 12, 15, "gpe"), ("D", 30, 34, "gpe|loc"),
    ("D", 40, 44, "-"), ("D", 50, 54, "veh"), ("E", 0, 3, "loc"),
]  # fmt: skip
RUN = [
    ("D", 0, 5, "per.politician"), ("D", 10, 18, "org"), ("D", 30, 34, "loc"), ("D", 40, 44, "per"),
    ("D", 60, 64, "fac"), ("E", 0, 3, "loc"), ("E", 2, 3, "gpe"),
]  # fmt: skip


def tab(path: Path, rows: list[tuple[str, int, int, str]]) -> Path:
    lines = [f"r\tm{n}\tx\t{doc}:{a}-{b}\tNIL{n}\t{kind}\tNAM\t0.5\n" for n, (doc, a, b, kind) in enumerate(rows)]
    path.write_text("".join(lines))
    return path


def test_counts_are_those_of_the_scorer(tmp_path: Path) -> None:
    gold, run = tab(tmp_path / "gold.tab", GOLD), tab(tmp_path / "run.tab", RUN)
    report = score_files(gold, [run], load_taxonomy("aida-edl"), options=ScoreOptions(faults=True))
    faults = report.runs[0].faults
    assert faults is not None
    right, answers = dict(read_marked(gold)), dict(read_marked(run))
    judged = [one for doc in right for one in judge(right[doc], answers[doc])]
    counts = Counter((one.verdict, one.of_gold) for one in judged)
    types = sum(n for name, (n, _) in faults.classes.items() if name.startswith(("type", "wrong")))
    assert counts == {
        (Verdict.RIGHT, False): faults.classes[CORRECT][1],
        (Verdict.RIGHT, True): faults.classes[CORRECT][0],
        (Verdict.TYPE, False): types,
        (Verdict.TYPE, True): types,
        (Verdict.BOUNDARY, False): faults.classes[BOUNDARY][1],
        (Verdict.BOUNDARY, True): faults.classes[BOUNDARY][0],
        (Verdict.MISSED, True): faults.classes[MISSED][0],
        (Verdict.SPURIOUS, False): faults.classes[SPURIOUS][1],
        (Verdict.OUTSIDE, False): faults.classes[OUTSIDE][1],
    }
    assert (types, faults.classes[OUTSIDE][1], faults.classes[BOUNDARY]) == (1, 1, (2, 2))


def test_partners_point_at_each_other() -> None:
    gold = [Annotation(0, 5, "per"), Annotation(10, 20, "org")]
    run = [Annotation(0, 5, "loc"), Annotation(12, 20, "org"), Annotation(30, 34, "per")]
    judged = judge(gold, run)
    for place, one in enumerate(judged):
        if one.partner >= 0:
            other = judged[one.partner]
            assert other.partner == place and other.of_gold != one.of_gold
    assert [one.partner >= 0 for one in judged] == [True, True, True, True, False]


@pytest.mark.parametrize(
    ("gold", "run", "words"),
    [
        ("gpe.country.country", "gpe", "too general"),
        ("gpe", "gpe.country.country", "too specific"),
        ("gpe", "loc", "wrong top type"),
        ("gpe.country", "gpe.urbanarea", "wrong second level"),
        ("loc|gpe.urbanarea.city", "gpe.urbanarea.village", "wrong third level"),
    ],
)
def test_where_types_part(gold: str, run: str, words: str) -> None:
    assert parting(Annotation(0, 1, gold), Annotation(0, 1, run)) == words
