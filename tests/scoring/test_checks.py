"""What is said about input that would change a score unseen."""

import pytest
from edl_files import tab, warnings_of
from taxonomies import aida_edl

from ousianer_cli.scoring.scores import ScoreOptions, score_files


@pytest.mark.parametrize(
    ("gold", "run", "side", "words"),
    [
        ([("D", 0, "per")], [("D", 0, "PER")], 1, "1 rows have a type with capitals (PER x1, first in line 1)"),
        ([("D", 0, "Per")], [("D", 0, "per")], 0, "1 rows have a type with capitals (Per x1"),
        ([("D", 0, "per")], [("D", 0, "mon"), ("D", 1, "mon")], 1, "2 rows have a type that aida-edl lacks (mon x2"),
        ([("D", 0, "per")], [("D", 0, "per"), ("D", 0, "per")], 1, "1 duplicate lines (same place and type), first in"),
        ([("D", 0, "per")], [("D", 0, "per"), ("D", 0, "org")], 1, "1 spans have several types, first in line 1"),
        ([("D", 0, "per")], [("D", 0, "per|org")], 1, "1 rows have alternatives"),
        ([("D", 0, "per")], [("D", 0, "per", "nam")], 1, "1 rows have 'nam' in column 7"),
        ([("D", 0, "per")], [("D", 0, "per", "NOM")], 1, "1 NOM rows"),
        ([("D", 0, "per")], [("E", 0, "per")], 1, "no document in common with gold (run: E …, gold: D …)"),
        ([("D", 0, "per")], [("d", 0, "per")], 1, "gold: D …); 1 ids agree but for case"),
        ([("D", 0, "per")], [("D.ltf.xml", 0, "per")], 1, "1 ids agree without their ending (.txt, .xml, …)"),
        ([("D", 0, "per")], [("docs/D", 0, "per")], 1, "1 ids agree without the folders before them"),
        ([("D", 0, "per")], [("D", 0, "per"), ("E", 0, "per")], 1, "are not in gold (E …, first in line 2)"),
        ([("D", 0, "per"), ("E", 0, "per")], [("D", 0, "per")], 1, "1 documents of gold with 1 rows have none here (E"),
        ([("D", 0, "per"), ("D", 1, "-")], [("D", 0, "per")], 0, "1 rows of type '-'"),
        ([("D", 0, "-|veh")], [("D", 0, "veh")], 0, "1 rows with '-' among their alternatives"),
        ([], [("D", 0, "per")], 0, "no mentions"),
        ([("D", 0, "per")], [], 1, "no mentions"),
    ],
)
def test_what_would_change_a_score_unseen_is_named(tmp_path, gold, run, side, words):
    found = warnings_of(tmp_path, gold, run)
    # Another mention type is told twice: what it is, and that it costs the type of gold's span.
    rest = [sentence for sentence in found[side] if "in column 7, first in line 1 (gold line 1)" not in sentence]
    assert [words in sentence for sentence in rest] == [True]
    assert (len(found[side]) > 1) == ("nam" in words or "NOM" in words)
    assert found[1 - side] == ()


def test_reversed_columns_are_named_and_not_refused(tmp_path):
    gold = tab(tmp_path / "gold.tab", ("D", 0, "per"))
    run = tab(tmp_path / "run.tab", ("D", 0, "NAM", "per"))
    options = ScoreOptions(unknown_types="refuse")
    (scored,) = score_files(gold, [run], aida_edl(), options=options).runs
    assert scored.measures["strict"].f1 == 0.0
    assert "the mention type in column 6 and the type in column 7, first in line 1" in scored.warnings[0]


def test_ids_that_are_missing_are_named(tmp_path):
    path = tab(tmp_path / "run.tab", ("D", 0, "per"))
    path.write_text(path.read_text().replace("NIL1", ""), encoding="utf-8")
    (scored,) = score_files(path, [path], aida_edl()).runs
    assert "1 rows have no id in column 5, first in line 1" in scored.warnings[0]


def test_duplicates_are_not_several_types(tmp_path):
    run = [("D", 0, "per"), ("D", 0, "per"), ("D", 1, "per"), ("D", 1, "org")]
    duplicate, several = warnings_of(tmp_path, [("D", 0, "per"), ("D", 1, "per")], run)[1]
    assert duplicate.startswith(f"{tmp_path / 'run.tab'}: 1 duplicate lines")
    assert ": 1 spans have several types" in several
