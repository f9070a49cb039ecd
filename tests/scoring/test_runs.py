"""From files to a report: what is warned about, and what the JSON holds."""

import json
import subprocess
import sys

import pytest

from ousianer_cli.errors import SettingsError
from ousianer_cli.scoring.runs import ScoreSettings, display_names, score_files
from ousianer_cli.taxonomy.aida import aida_edl


def tab(path, *rows):
    """Rows are (doc, start, type[, mention type])."""
    path.parent.mkdir(exist_ok=True)
    lines = []
    for number, (doc, start, label, *form) in enumerate(rows):
        lines.append(f"r\tm{number}\tx\t{doc}:{start}-{start}\tNIL1\t{label}\t{(*form, 'NAM')[0]}\t0.5\n")
    path.write_text("".join(lines), encoding="utf-8")
    return path


def warnings_of(tmp_path, gold, run):
    report = score_files(tab(tmp_path / "gold.tab", *gold), [tab(tmp_path / "run.tab", *run)], aida_edl())
    return report.warnings, report.runs[0].warnings


def test_sound_input_is_scored_without_a_word(tmp_path):
    rows = [("D", 0, "per"), ("D", 2, "gpe.country.country")]
    assert warnings_of(tmp_path, rows, rows) == ((), ())


@pytest.mark.parametrize(
    ("gold", "run", "side", "words"),
    [
        ([("D", 0, "per")], [("D", 0, "PER")], 1, "1 rows have a type with capitals (PER x1, first in line 1)"),
        ([("D", 0, "Per")], [("D", 0, "per")], 0, "1 rows have a type with capitals (Per x1"),
        ([("D", 0, "per")], [("D", 0, "mon"), ("D", 1, "mon")], 1, "2 rows have a type that aida-edl lacks (mon x2"),
        ([("D", 0, "per")], [("D", 0, "per"), ("D", 0, "per")], 1, "1 duplicate lines (same place and type), first in"),
        ([("D", 0, "per")], [("D", 0, "per"), ("D", 0, "org")], 1, "1 spans have several types"),
        ([("D", 0, "per")], [("D", 0, "per|org")], 1, "1 rows have alternatives"),
        ([("D", 0, "per")], [("D", 0, "per", "nam")], 1, "1 rows have 'nam' in column 7"),
        ([("D", 0, "per")], [("D", 0, "per", "NOM")], 1, "1 NOM rows"),
        ([("D", 0, "per")], [("E", 0, "per")], 1, "no document in common with gold (run: E …, gold: D …)"),
        ([("D", 0, "per")], [("D", 0, "per"), ("E", 0, "per")], 1, "1 documents with 1 rows are not in gold (E …)"),
        ([("D", 0, "per"), ("E", 0, "per")], [("D", 0, "per")], 1, "1 documents of gold with 1 rows have none here (E"),
        ([("D", 0, "per"), ("D", 1, "-")], [("D", 0, "per")], 0, "1 rows of type '-'"),
        ([("D", 0, "-|veh")], [("D", 0, "veh")], 0, "1 rows with '-' among their alternatives"),
        ([], [("D", 0, "per")], 0, "no mentions"),
        ([("D", 0, "per")], [], 1, "no mentions"),
    ],
)
def test_what_would_change_a_score_unseen_is_named(tmp_path, gold, run, side, words):
    found = warnings_of(tmp_path, gold, run)
    assert [words in sentence for sentence in found[side]] == [True]
    assert found[1 - side] == ()


def test_duplicates_are_not_several_types(tmp_path):
    run = [("D", 0, "per"), ("D", 0, "per"), ("D", 1, "per"), ("D", 1, "org")]
    duplicate, several = warnings_of(tmp_path, [("D", 0, "per"), ("D", 1, "per")], run)[1]
    assert duplicate.startswith(f"{tmp_path / 'run.tab'}: 1 duplicate lines")
    assert ": 1 spans have several types" in several


def test_gold_outside_is_no_mention_and_its_document_is_known(tmp_path):
    gold = tab(tmp_path / "gold.tab", ("D", 0, "per"), ("E", 0, "-"), ("D", 5, "-|veh"))
    run = tab(tmp_path / "run.tab", ("D", 0, "per"), ("D", 5, "veh.aircraft"), ("E", 0, "org"))
    (scored,) = score_files(gold, [run], aida_edl()).runs
    assert (scored.gold_mentions, scored.system_mentions, scored.matched_spans) == (2, 3, 2)
    assert scored.measures["descendant"].recall == pytest.approx(1.5 / 2)
    assert scored.warnings == ()


def test_a_gold_file_scores_one_against_itself(tmp_path):
    gold = tab(tmp_path / "gold.tab", ("D", 0, "per"), ("D", 2, "gpe|loc"), ("E", 2, "org", "NOM"), ("E", 4, "strange"))
    (scored,) = score_files(gold, [gold], aida_edl(), open=True).runs
    assert {prf.f1 for prf in scored.measures.values()} == {1.0}


def test_json_holds_every_reading_of_every_run(tmp_path):
    gold = tab(tmp_path / "gold.tab", ("D", 0, "per"))
    types = {"a": "per.politician", "b": "per"}
    runs = [tab(tmp_path / name / "run.tab", ("D", 0, label)) for name, label in types.items()]
    report = score_files(gold, runs, aida_edl(), open=True, types=True, decay=0.25)
    content = json.loads(json.dumps(report.to_json()))
    assert [run["name"] for run in content["runs"]] == [str(path) for path in runs]
    first = content["runs"][0]
    assert set(first["measures"]) == set(content["readings"])
    assert first["measures"]["descendant"] == {"precision": 0.25, "recall": 0.25, "f1": 0.25, "tp": 0.25}
    assert first["measures"]["ancestor"]["f1"] == 0.0
    assert first["measures"]["open"]["f1"] == 1.0
    assert first["by_type"]["per"]["gold"] == 1
    assert (content["taxonomy"], content["decay"]) == ("aida-edl", 0.25)


def test_names_are_as_short_as_they_can_be():
    assert display_names(["x/a.tab", "y/b.tab"]) == ["a", "b"]
    assert display_names(["x/a.tab", "y/a.tab"]) == ["x/a.tab", "y/a.tab"]


def test_a_decay_out_of_range_is_refused_by_flag():
    with pytest.raises(SettingsError, match="--decay"):
        ScoreSettings(decay=1.5)


def test_scoring_imports_no_torch():
    code = (
        "import sys, ousianer_cli.scoring.runs, ousianer_cli.scoring.tables, ousianer_cli.commands.score, "
        "ousianer_cli.commands.validate, ousianer_cli.taxonomy.mapping; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
