"""What the figures show is the report's: curves, bins, bars and cells."""

import pytest
from edl_files import tab
from taxonomies import aida_edl

from ousianer_cli.scoring import plots
from ousianer_cli.scoring.plots import write_plots
from ousianer_cli.scoring.scores import ScoreOptions, score_files

pytest.importorskip("matplotlib")

GOLD = [("D", 0, "per"), ("D", 2, "per"), ("D", 4, "org"), ("D", 6, "gpe")]
RUN = [("D", 0, "per"), ("D", 2, "org"), ("D", 4, "org"), ("D", 8, "gpe")]


@pytest.fixture
def figures(tmp_path, monkeypatch):
    """(name -> figure, report) of a run and a copy of gold."""
    gold = tab(tmp_path / "gold.tab", *GOLD)
    runs = [tab(tmp_path / "a.tab", *RUN), tab(tmp_path / "b b.tab", *GOLD)]
    options = ScoreOptions(faults=True, confidence=True)
    report = score_files(gold, runs, aida_edl(), types=True, options=options)
    made = {}
    monkeypatch.setattr(plots, "_save", lambda figure, folder, name: made.update({name: figure}) or [folder / name])
    assert [path.name for path in write_plots(report, tmp_path)] == [
        "precision-recall",
        "reliability",
        "types-1-a",
        "confusion-1-a",
        "types-2-b-b",
        "confusion-2-b-b",
    ]
    return made, report


def test_precision_and_recall_are_the_curve_and_a_dot_the_best_threshold(figures):
    made, report = figures
    lines = made["precision-recall"].axes[0].lines
    for number, run in enumerate(report.runs):
        one = run.confidence["strict"]
        curve, dot = lines[2 * number], lines[2 * number + 1]
        assert curve.get_xdata().tolist() == one.curve.recall.tolist()
        assert curve.get_ydata().tolist() == one.curve.precision.tolist()
        assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (one.threshold.recall, one.threshold.precision)
    assert lines[0].get_ydata().tolist() == [0.5] and lines[2].get_ydata().tolist() == [1.0]


def test_reliability_has_a_point_a_bin(figures):
    made, _ = figures
    _, first, second = made["reliability"].axes[0].lines
    assert (first.get_xdata().tolist(), first.get_ydata().tolist()) == ([0.5], [0.5])  # all rows have confidence 0.5
    assert second.get_ydata().tolist() == [1.0]
    assert first.get_label() == "a (ECE 0.000)" and second.get_label() == "b b (ECE 0.500)"


def test_bars_are_strict_f1_by_type_the_most_frequent_first(figures):
    made, _ = figures
    axes = made["types-1-a"].axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["per", "gpe", "org"]
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([2 / 3, 0, 2 / 3])
    assert [text.get_text() for text in axes.texts] == [" 2", " 1", " 1"]


def test_cells_are_pairs_of_top_types(figures):
    made, _ = figures
    axes = made["confusion-1-a"].axes[0]
    names = [label.get_text() for label in axes.get_xticklabels()]
    shown = {(names[int(t.xy[1])], names[int(t.xy[0])]): t.get_text() for t in axes.texts}
    assert shown["per", "per"] == shown["per", "org"] == shown["org", "org"] == "1"
    assert axes.images[0].get_array()[names.index("per"), names.index("org")] == 0.5
