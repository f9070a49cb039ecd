"""Files as they are scored: types that nobody knows, and names outside the taxonomy."""

import pytest
from edl_files import tab
from taxonomies import aida_edl

from ousianer_cli.errors import InputError
from ousianer_cli.scoring.scores import ScoreOptions, score_files


@pytest.mark.parametrize("label", ["per.wizard", "wizard", "PER.Wizard", "per|wizard"])
def test_unknown_types_are_refused_with_file_and_line(tmp_path, label):
    gold = tab(tmp_path / "gold.tab", ("D", 0, "per"))
    run = tab(tmp_path / "run.tab", ("D", 0, "PER"), ("D", 2, "law"), ("D", 4, label))
    with pytest.raises(InputError, match=r"run\.tab:3: expected a type of taxonomy 'aida-edl', found '"):
        score_files(gold, [run], aida_edl(), options=ScoreOptions(unknown_types="refuse"))
    assert score_files(gold, [run], aida_edl()).runs[0].warnings


def test_gold_outside_is_no_mention_and_its_document_is_known(tmp_path):
    gold = tab(tmp_path / "gold.tab", ("D", 0, "per"), ("E", 0, "-"), ("D", 5, "-|veh"))
    run = tab(tmp_path / "run.tab", ("D", 0, "per"), ("D", 5, "veh.aircraft"), ("E", 0, "org"))
    (scored,) = score_files(gold, [run], aida_edl()).runs
    assert (scored.gold_mentions, scored.system_mentions, scored.matched_spans) == (2, 3, 2)
    assert scored.measures["descendant"].recall == pytest.approx(1.5 / 2)
    assert scored.warnings == ()
