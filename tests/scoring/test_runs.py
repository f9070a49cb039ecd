"""From files to a report: what is warned about, and what the JSON holds."""

import json
import subprocess
import sys

import pytest

from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.scoring.runs import ScoreOptions, display_names, score_files
from ousianer_cli.scoring.track import TRACK_MEASURES
from ousianer_cli.settings.score import ScoreSettings
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
        ([("D", 0, "per")], [("D", 0, "per"), ("D", 0, "org")], 1, "1 spans have several types, first in line 1"),
        ([("D", 0, "per")], [("D", 0, "per|org")], 1, "1 rows have alternatives"),
        ([("D", 0, "per")], [("D", 0, "per", "nam")], 1, "1 rows have 'nam' in column 7"),
        ([("D", 0, "per")], [("D", 0, "per", "NOM")], 1, "1 NOM rows"),
        ([("D", 0, "per")], [("E", 0, "per")], 1, "no document in common with gold (run: E …, gold: D …)"),
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


@pytest.mark.parametrize("label", ["per.wizard", "wizard", "PER.Wizard", "per|wizard"])
def test_unknown_types_are_refused_with_file_and_line(tmp_path, label):
    gold = tab(tmp_path / "gold.tab", ("D", 0, "per"))
    run = tab(tmp_path / "run.tab", ("D", 0, "PER"), ("D", 2, "law"), ("D", 4, label))
    with pytest.raises(InputError, match=r"run\.tab:3: expected a type of taxonomy 'aida-edl', found '"):
        score_files(gold, [run], aida_edl(), options=ScoreOptions(unknown_types="refuse"))
    assert score_files(gold, [run], aida_edl()).runs[0].warnings


def test_ids_that_are_missing_are_named(tmp_path):
    path = tab(tmp_path / "run.tab", ("D", 0, "per"))
    path.write_text(path.read_text().replace("NIL1", ""), encoding="utf-8")
    (scored,) = score_files(path, [path], aida_edl()).runs
    assert "1 rows have no id in column 5, first in line 1" in scored.warnings[0]


def test_measures_over_alternatives_follow_the_run(tmp_path):
    gold = tab(tmp_path / "gold.tab", ("D", 0, "gpe|loc"), ("D", 2, "per"))
    run = tab(tmp_path / "run.tab", ("D", 0, "loc"), ("D", 2, "org"))
    names = ("strong_typed_mention_match", "typed_mention_ceaf", "overlap-maxmax:None:span+type")
    (scored,) = score_files(gold, [run], aida_edl(), options=ScoreOptions(measures=names)).runs
    assert [scored.measures[name].f1 for name in names] == [0.5, 0.5, 0.5]


def test_all_measures_have_intervals_but_those_over_clusters(tmp_path):
    rows = [(f"D{n % 7}", n * 2, "per") for n in range(40)]
    gold, run = tab(tmp_path / "gold.tab", *rows), tab(tmp_path / "run.tab", *rows[5:], ("D0", 1, "org"))
    report = score_files(gold, [run], aida_edl(), options=ScoreOptions(measures=("all",), resamples=200))
    (scored,) = report.runs
    over_clusters = {name for name, one in TRACK_MEASURES.items() if one.clusters}
    assert set(scored.measures) - set(scored.intervals) == over_clusters
    assert set(scored.measures) >= {*TRACK_MEASURES, "hierarchical", "loose-macro", "level-3", "typing", "both"}
    for low, high in ((one[2].low, one[2].high) for one in scored.intervals.values()):
        assert 0 <= low <= high <= 1
    again = score_files(gold, [run], aida_edl(), options=ScoreOptions(measures=("all",), resamples=200))
    assert again.runs[0].intervals == scored.intervals
    other = score_files(gold, [run], aida_edl(), options=ScoreOptions(measures=("all",), resamples=200, seed=2))
    assert other.runs[0].intervals != scored.intervals


def test_figures_by_document_and_genre_add_up(tmp_path):
    rows = [(f"D_{('NW', 'DF')[n % 2]}_{n % 6}", n * 2, "per") for n in range(40)]
    gold, run = tab(tmp_path / "gold.tab", *rows), tab(tmp_path / "run.tab", *rows[:30], ("D_NW_9", 1, "org"))
    report = score_files(gold, [run], aida_edl(), options=ScoreOptions(genres=""))
    (scored,) = report.runs
    documents = report.by_document(scored, "strict")
    genres = report.by_genre(scored, "strict")
    assert sum(prf.gold_tp for _, prf in documents) == sum(prf.gold_tp for _, _, prf in genres) == 30
    assert [(name, count) for name, count, _ in genres] == [("DF", 3), ("NW", 4)]
    assert dict(documents)["D_NW_9"].f1 == 0.0


def test_names_must_fit_the_runs(tmp_path):
    gold = tab(tmp_path / "gold.tab", ("D", 0, "per"))
    with pytest.raises(SettingsError, match="--names: expected 1 names, one a run, found 2"):
        score_files(gold, [gold], aida_edl(), options=ScoreOptions(names=("a", "b")))
    for name, hint in (("strickt", "did you mean strict"), ("run.tab", "files stand before --measure")):
        with pytest.raises(SettingsError, match=f"--measure: .*{hint}"):
            score_files(gold, [gold], aida_edl(), options=ScoreOptions(measures=(name,)))


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
