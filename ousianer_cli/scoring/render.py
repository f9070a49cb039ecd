"""A report as text for a terminal, Markdown, LaTeX (booktabs), CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Literal

from ousianer_cli.scoring.report import Report
from ousianer_cli.scoring.tables import Section, Sheet, main_sheet

OutputFormat = Literal["text", "markdown", "latex", "csv", "json"]

_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
        "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
        "|": r"\textbar{}", "<": r"\textless{}", ">": r"\textgreater{}",
    }
)  # fmt: skip


def rendered(report: Report, details: Sequence[Sheet], output: str, *, by_document: bool = False) -> str:
    """A report in one of the output formats: the main table, then the details; text is as wide as the terminal.

    JSON holds all figures of the report whatever the tables are; `by_document` adds those of each document.
    """
    if output == "json":
        return json.dumps(report.to_json(by_document=by_document), ensure_ascii=False, indent=2)
    if output == "csv":
        return csv_text(report, details)
    sheets = [main_sheet(report), *details]
    if output == "markdown":
        return markdown(sheets)
    if output == "latex":
        return latex(sheets)
    from rich.console import Console

    return text(sheets, Console().width)


def next_step(report: Report) -> str:
    """What a person who saw the main table alone would look at next."""
    if len(report.runs) > 1:
        return "--compare tests the runs against each other, --errors shows where each goes wrong"
    return "--errors shows what is wrong, --by-type where, --measure all every measure"


def text(sheets: Sequence[Sheet], width: int) -> str:
    """All sheets for a terminal of this many characters; words fold, figures do not."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    out = io.StringIO()
    console = Console(file=out, width=width, highlight=False, color_system=None, emoji=False, markup=False)
    for sheet in sheets:
        table = Table(box=SIMPLE_HEAD, title=Text(sheet.title), title_justify="left", padding=(0, 1, 0, 0))
        words = [*range(sheet.left), *(n for n, name in enumerate(sheet.columns) if name == "meaning")]
        for number, name in enumerate(sheet.columns):
            if number in words:
                table.add_column(Text(name), overflow="fold", vertical="top")
            else:
                table.add_column(Text(name), justify="right", no_wrap=True)
        for row in sheet.rows:
            if isinstance(row, Section):
                table.add_row(Text(row.title, style="bold"))
            else:
                indent = "  " if any(isinstance(row, Section) for row in sheet.rows) else ""
                table.add_row(Text(indent + row[0]), *(Text(cell) for cell in row[1:]))
        console.print(table)
        for note in sheet.notes:
            console.print(Text(note))
    return "\n".join(line.rstrip() for line in out.getvalue().split("\n")).rstrip("\n")


def markdown(sheets: Sequence[Sheet]) -> str:
    """GitHub's tables, the title above and the notes below each."""
    parts = []
    for sheet in sheets:
        lines = [f"**{_cell(sheet.title)}**", "", _line(sheet.columns)]
        numbers = len(sheet.columns) - sheet.left
        lines.append("|" + " --- |" * sheet.left + " ---: |" * numbers)
        for row in sheet.rows:
            cells = (f"**{row.title}**", *[""] * (len(sheet.columns) - 1)) if isinstance(row, Section) else row
            lines.append(_line(cells))
        lines += [line for note in sheet.notes for line in ("", _cell(note))]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _cell(value: str) -> str:
    return value.replace("\\", "\\\\").replace("|", "\\|").replace("_", "\\_")


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def latex(sheets: Sequence[Sheet]) -> str:
    """`table` environments with booktabs rules."""
    parts = [r"% \usepackage{booktabs}"]
    for sheet in sheets:
        count = len(sheet.columns)
        lines = [r"\begin{table}", r"\centering", r"\caption{" + sheet.title.translate(_LATEX) + "}"]
        lines.append(r"\begin{tabular}{" + "l" * sheet.left + "r" * (count - sheet.left) + "}")
        lines += [r"\toprule", _latex_row(sheet.columns), r"\midrule"]
        for number, row in enumerate(sheet.rows):
            if isinstance(row, Section):
                lines += [r"\midrule"] * (number > 0)
                lines.append(rf"\multicolumn{{{count}}}{{l}}{{\emph{{{row.title.translate(_LATEX)}}}}} \\")
            else:
                lines.append(_latex_row(row))
        lines += [r"\bottomrule", r"\end{tabular}"]
        lines += [rf"\par\footnotesize {note.translate(_LATEX)}" for note in sheet.notes]
        parts.append("\n".join([*lines, r"\end{table}"]))
    return "\n\n".join(parts)


def _latex_row(cells: Sequence[str]) -> str:
    return " & ".join(cell.translate(_LATEX) for cell in cells) + r" \\"


def csv_text(report: Report, sheets: Sequence[Sheet]) -> str:
    """The main figures unrounded, one line a run and measure; then each further sheet under a line with its title."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    bounds = [f"{name}_{side}" for name in ("precision", "recall", "f1") for side in ("low", "high")]
    writer.writerow(["run", "measure", "precision", "recall", "f1", *bounds])
    for run in report.runs:
        for reading in report.table:
            prf = run.measures[reading.key]
            interval = run.intervals.get(reading.key)
            ends: list[float | str] = (
                [end for bounds in interval for end in (bounds.low, bounds.high)] if interval else [""] * 6
            )
            writer.writerow([run.name, reading.key, prf.precision, prf.recall, prf.f1, *ends])
    for sheet in sheets:
        out.write("\n")
        writer.writerow([f"# {sheet.title}"])
        writer.writerow(sheet.columns)
        for row in sheet.rows:
            writer.writerow([f"# {row.title}"] if isinstance(row, Section) else row)
    return out.getvalue().rstrip("\n")
