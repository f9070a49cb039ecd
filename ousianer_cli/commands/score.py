"""`ousianer score`: precision, recall and F1 of runs against gold."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings import PROJECT_FILE, resolve

if TYPE_CHECKING:
    from ousianer_cli.scoring.runs import Report


def score(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="GOLD RUN...",
            help=f"EDL tab files; 'gold' and 'runs' of the score table in {PROJECT_FILE} where left out.",
            show_default=False,
        ),
    ] = None,
    taxonomy: Annotated[
        str | None, typer.Option(help="aida-edl (if left out), aida, or a taxonomy file (TSV or JSON).")
    ] = None,
    decay: Annotated[
        float | None, typer.Option(help="Credit for each level between system type and gold type; 0.5 if left out.")
    ] = None,
    open: Annotated[
        bool | None, typer.Option("--open/--no-open", help="Add the open reading: full credit for any type below gold.")
    ] = None,
    by_type: Annotated[bool, typer.Option("--by-type", help="Also a table by type for each run.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
    config: Annotated[Path | None, typer.Option(help=f"Project file; {PROJECT_FILE} if left out.")] = None,
) -> None:
    """Score runs against gold: span, strict and coarse types, and credit along the type tree in three readings.

    Spans match exactly. The readings of tree credit are: descendant (a system type below
    gold, as the 2019 scorer's code computed it), ancestor (above gold), both. Gold types may have
    alternatives: gpe|loc|fac.
    """
    report = score_report(files or [], taxonomy=taxonomy, decay=decay, open=open, by_type=by_type, config=config)
    for warning in (*report.warnings, *(warning for run in report.runs for warning in run.warnings)):
        print(f"warning: {warning}", file=sys.stderr)
    if json:
        import json as json_module

        print(json_module.dumps(report.to_json(), ensure_ascii=False, indent=2))
        return
    from rich.console import Console

    from ousianer_cli.scoring.tables import score_tables, type_tables

    console = Console(highlight=False)
    for table in score_tables(report, console.width):
        console.print(table)
    for run in report.runs if by_type else ():
        for table in type_tables(run, report.readings, console.width):
            console.print(table)


def score_report(
    files: list[Path],
    *,
    taxonomy: str | None = None,
    decay: float | None = None,
    open: bool | None = None,
    by_type: bool = False,
    config: Path | None = None,
) -> Report:
    """What the command prints; `files` are gold and runs, each taken from the project file where it is not given.

    Raises:
        OusiaError: a missing setting, asked for by name; an unreadable or malformed file; an unknown taxonomy.
    """
    from ousianer_cli.scoring.runs import ScoreSettings, score_files
    from ousianer_cli.taxonomy.tree import load_taxonomy

    overrides = {
        "gold": str(files[0]) if files else None,
        "runs": [str(path) for path in files[1:]],
        "taxonomy": taxonomy,
        "decay": decay,
        "open": open,
    }
    chosen = resolve(ScoreSettings, "score", overrides, config=config)
    place = config or PROJECT_FILE
    if not chosen.gold:
        raise SettingsError(f"missing setting: the gold file; give GOLD first, or 'gold' in [score] of {place}")
    if not chosen.runs:
        raise SettingsError(f"missing setting: the runs to score; give RUN after GOLD, or 'runs' in [score] of {place}")
    return score_files(
        chosen.gold,
        chosen.runs,
        load_taxonomy(chosen.taxonomy),
        decay=chosen.decay,
        open=chosen.open,
        types=by_type,
    )
