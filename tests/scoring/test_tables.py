"""Tables in every output format."""

import csv
import io

import pytest

from ousianer_cli.scoring.measures import OPEN, READINGS, STRICT, Prf
from ousianer_cli.scoring.render import csv_text, latex, markdown, text
from ousianer_cli.scoring.report import Report, RunScore
from ousianer_cli.scoring.resampling import Interval
from ousianer_cli.scoring.tables import Section, Sheet, main_sheet, type_sheet


def report(runs=2, shown=()):
    readings = (*READINGS, OPEN)
    found = []
    for number, name in enumerate(("short", "a_run-with-a-name-longer-than-its-column-can-be")[:runs]):
        measures = {
            reading.key: Prf(number * 100 + place, 1000, number * 100 + place, 1000)
            for place, reading in enumerate(readings, 1)
        }
        types = {"per": measures, "gpe|loc": measures}
        bounds = {key: (Interval(0.1, 0.2),) * 3 for key in measures}
        found.append(RunScore(name, f"{name}.tab", 1000, 1000, 900, measures, types=types, intervals=bounds))
    return Report(
        "gold.tab", "aida-edl", 0.5, readings, tuple(found), shown=shown, documents=("D",) * 12, resamples=1000
    )


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_every_run_reading_and_figure_is_there(width):
    out = text([main_sheet(report())], width)
    for run in report().runs:
        for prf in run.measures.values():
            assert f"{prf.precision:.3f}  {prf.recall:.3f}  {prf.f1:.3f}  [0.100, 0.200]" in out
    for heading in ("span", "strict type", "coarse type", "descendant", "(2019 code)", "ancestor", "both", "open"):
        assert heading in out
    assert "taxonomy aida-edl, decay 0.5" in out
    assert "1,000 resamples of 12 documents" in out
    assert max(map(len, out.splitlines())) <= width


def test_one_measure_is_a_row_a_run():
    sheet = main_sheet(report(shown=(STRICT,)))
    assert sheet.columns == ("run", "Prec.", "Rec.", "F1", "95% of F1")
    assert [row[0] for row in sheet.rows] == ["short", "a_run-with-a-name-longer-than-its-column-can-be"]
    assert sheet.rows[0][1:4] == ("0.002", "0.002", "0.002")


def test_one_run_is_a_row_a_measure_and_several_runs_are_sections():
    assert len(main_sheet(report(runs=1)).rows) == len(READINGS) + 1
    rows = main_sheet(report()).rows
    assert sum(isinstance(row, Section) for row in rows) == len(READINGS) + 1
    assert len(rows) == 3 * (len(READINGS) + 1)


def test_type_table_has_a_row_a_type():
    sheet = type_sheet(report().runs[0], report().readings)
    assert sheet.rows[1] == ("gpe|loc", "1000", "1000", *("0.002",) * 3, "0.006", "0.007")
    for width in (80, 120):
        assert max(map(len, text([sheet], width).splitlines())) <= width


def test_markdown_is_a_table_with_everything_escaped():
    lines = markdown([main_sheet(report(shown=(STRICT,)))]).splitlines()
    assert lines[2] == "| run | Prec. | Rec. | F1 | 95% of F1 |"
    assert lines[3] == "| --- | ---: | ---: | ---: | ---: |"
    assert lines[4] == "| short | 0.002 | 0.002 | 0.002 | [0.100, 0.200] |"
    assert "a\\_run" in lines[5]
    assert "gpe\\|loc" in markdown([type_sheet(report().runs[0], report().readings)])
    assert "| **strict type** |  |  |  |  |" in markdown([main_sheet(report())])


def test_latex_is_booktabs_with_everything_escaped():
    out = latex([main_sheet(report()), Sheet("a & b_c%", ("x#", "y"), [("{1}", "$")])])
    assert out.count(r"\toprule") == out.count(r"\bottomrule") == out.count(r"\begin{tabular}") == 2
    assert r"\multicolumn{5}{l}{\emph{strict type}} \\" in out
    assert r"a\_run" in out and r"95\% of F1" in out
    assert r"\caption{a \& b\_c\%}" in out and r"x\# & y \\" in out and r"\{1\} & \$ \\" in out


def test_csv_has_unrounded_figures_a_line_a_run_and_measure():
    rows = list(csv.DictReader(io.StringIO(csv_text(report(), []))))
    assert len(rows) == 2 * (len(READINGS) + 1)
    assert rows[1]["measure"] == "strict" and float(rows[1]["f1"]) == pytest.approx(0.002)
    assert float(rows[1]["f1_high"]) == 0.2
    more = csv_text(report(), [type_sheet(report().runs[0], report().readings)])
    assert "\n\n# short by type\ntype,gold,run" in more
