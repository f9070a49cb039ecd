"""Reports as tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from ousianer_cli.scoring.measures import BOTH, OPEN, STRICT, Prf, Reading
from ousianer_cli.scoring.runs import Report, RunScore

_HEAD = "Prec.  Rec.    F1"
_BLOCK = len(_HEAD) + 2
_NAME_LIMIT = 28
_TYPE_LIMIT = 26


def score_tables(report: Report, width: int = 80) -> list[Table]:
    """One row a run, P, R and F1 for each reading; several tables where one would be wider than `width` characters."""
    name_width = min(max([len("run"), *(len(run.name) for run in report.runs)]), _NAME_LIMIT)
    tables = []
    for number, group in enumerate(_groups(report.readings, width - name_width - 4)):
        title = f"gold {report.gold}: taxonomy {report.taxonomy}, decay {report.decay:g}" if number == 0 else None
        table = _table("run", name_width, group, title)
        for run in report.runs:
            table.add_row(Text(run.name), *(figures(run.measures[reading.key]) for reading in group))
        tables.append(table)
    return tables


def type_tables(run: RunScore, readings: Sequence[Reading], width: int = 80) -> list[Table]:
    """A run's figures by type: counts, then strict, `both`, and the open reading where it was asked for."""
    shown = [reading for reading in readings if reading in (STRICT, BOTH, OPEN)]
    name_width = min(max([len("type"), *(len(label) for label in run.types)]), _TYPE_LIMIT)
    tables = []
    for number, group in enumerate(_groups(shown, width - name_width - 16)):
        table = _table("type", name_width, group, f"{run.name} by type" if number == 0 else None, counts=True)
        for label, prfs in run.types.items():
            counts = prfs[STRICT.key]
            cells = (figures(prfs[reading.key]) for reading in group)
            table.add_row(Text(label), str(counts.gold), str(counts.system), *cells)
        tables.append(table)
    return tables


def figures(prf: Prf) -> Text:
    """Precision, recall and F1 to three decimals, under the heading's columns."""
    return Text(f"{prf.precision:.3f} {prf.recall:.3f} {prf.f1:.3f}")


def _heading(reading: Reading) -> Text:
    name = reading.heading.replace(": ", "\n", 1) if len(reading.heading) > len(_HEAD) else reading.heading
    return Text("\n".join([*name.replace(" (", "\n(", 1).split("\n"), _HEAD]))


def _groups(readings: Sequence[Reading], room: int) -> list[Sequence[Reading]]:
    """Readings side by side as far as `room` (characters) goes."""
    size = max(1, room // _BLOCK)
    return [readings[i : i + size] for i in range(0, len(readings), size)]


def _table(first: str, width: int, readings: Sequence[Reading], title: str | None, *, counts: bool = False) -> Table:
    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left", padding=(0, 1, 0, 0))
    table.add_column(first, min_width=width, overflow="fold", vertical="bottom")
    for heading in ("gold", "run") if counts else ():
        table.add_column(heading, justify="right", no_wrap=True, vertical="bottom")
    for reading in readings:
        table.add_column(_heading(reading), no_wrap=True, vertical="bottom")
    return table
