"""Names of measures and runs."""

import pytest
from edl_files import tab
from taxonomies import aida_edl

from ousianer_cli.errors import SettingsError
from ousianer_cli.scoring.scores import ScoreOptions, score_files
from ousianer_cli.scoring.selection import display_names


def test_names_must_fit_the_runs(tmp_path):
    gold = tab(tmp_path / "gold.tab", ("D", 0, "per"))
    with pytest.raises(SettingsError, match="--names: expected 1 names, one a run, found 2"):
        score_files(gold, [gold], aida_edl(), options=ScoreOptions(names=("a", "b")))
    for name, hint in (("strickt", "did you mean strict"), ("run.tab", "files stand before --measure")):
        with pytest.raises(SettingsError, match=f"--measure: .*{hint}"):
            score_files(gold, [gold], aida_edl(), options=ScoreOptions(measures=(name,)))


def test_names_are_as_short_as_they_can_be():
    assert display_names(["x/a.tab", "y/b.tab"]) == ["a", "b"]
    assert display_names(["x/a.tab", "y/a.tab"]) == ["x/a.tab", "y/a.tab"]
