"""Tables keep every figure at any width."""

import io
import re

import pytest
from rich.console import Console

from ousianer_cli.scoring.measures import OPEN, READINGS, Prf
from ousianer_cli.scoring.runs import Report, RunScore
from ousianer_cli.scoring.tables import score_tables, type_tables


def report():
    readings = (*READINGS, OPEN)
    runs = []
    for number, name in enumerate(("short", "a-run-with-a-name-longer-than-its-column-can-be")):
        measures = {
            reading.key: Prf(number * 100 + place, 1000, number * 100 + place, 1000)
            for place, reading in enumerate(readings, 1)
        }
        types = {"per": measures, "gpe|loc": measures}
        runs.append(RunScore(name, f"{name}.tab", 1000, 1000, 900, measures, types=types))
    return Report("gold.tab", "aida-edl", 0.5, readings, tuple(runs))


def printed(tables, width):
    out = io.StringIO()
    console = Console(file=out, width=width, highlight=False)
    for table in tables:
        console.print(table)
    return out.getvalue()


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_every_run_reading_and_figure_is_there(width):
    text = printed(score_tables(report(), width), width)
    for run in report().runs:
        for prf in run.measures.values():
            assert f"{prf.precision:.3f} {prf.recall:.3f} {prf.f1:.3f}" in text
    for heading in ("span", "strict type", "coarse type", "descendant", "(2019 code)", "ancestor", "both", "open"):
        assert heading in text
    assert "taxonomy aida-edl, decay 0.5" in text
    assert max(map(len, text.splitlines())) <= width


def test_a_wide_terminal_has_one_table():
    assert len(score_tables(report(), 200)) == 1
    assert len(score_tables(report(), 80)) > 1


def test_type_table_has_a_row_a_type():
    for width in (70, 80, 120):
        text = printed(type_tables(report().runs[0], report().readings, width), width)
        assert re.search(r"gpe\|loc +1000 +1000 +0\.002 0\.002 0\.002", text)
        assert "per" in text and "strict type" in text and "0.007 0.007 0.007" in text
