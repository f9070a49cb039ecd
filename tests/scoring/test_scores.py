"""Runs against gold, from files to figures."""

import subprocess
import sys

import pytest
from edl_files import tab, warnings_of
from taxonomies import aida_edl

from ousianer_cli.errors import SettingsError
from ousianer_cli.scoring.scores import ScoreOptions, score_files
from ousianer_cli.scoring.track import TRACK_MEASURES
from ousianer_cli.settings.score import ScoreSettings


def test_sound_input_is_scored_without_a_word(tmp_path):
    rows = [("D", 0, "per"), ("D", 2, "gpe.country.country")]
    assert warnings_of(tmp_path, rows, rows) == ((), ())


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


def test_a_gold_file_scores_one_against_itself(tmp_path):
    gold = tab(tmp_path / "gold.tab", ("D", 0, "per"), ("D", 2, "gpe|loc"), ("E", 2, "org", "NOM"), ("E", 4, "strange"))
    (scored,) = score_files(gold, [gold], aida_edl(), open_gold=True).runs
    assert {prf.f1 for prf in scored.measures.values()} == {1.0}


def test_scoring_imports_no_torch():
    code = (
        "import sys, ousianer_cli.scoring.scores, ousianer_cli.scoring.tables, ousianer_cli.commands.score, "
        "ousianer_cli.commands.validate, ousianer_cli.taxonomy.mapping; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_measures_over_alternatives_follow_the_run(tmp_path):
    gold = tab(tmp_path / "gold.tab", ("D", 0, "gpe|loc"), ("D", 2, "per"))
    run = tab(tmp_path / "run.tab", ("D", 0, "loc"), ("D", 2, "org"))
    names = ("strong_typed_mention_match", "typed_mention_ceaf", "overlap-maxmax:None:span+type")
    (scored,) = score_files(gold, [run], aida_edl(), options=ScoreOptions(measures=names)).runs
    assert [scored.measures[name].f1 for name in names] == [0.5, 0.5, 0.5]


def test_a_decay_out_of_range_is_refused_by_flag():
    with pytest.raises(SettingsError, match="--decay"):
        ScoreSettings(decay=1.5)
