"""`ousianer diff`: what changed from one run to another."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import typer

from ousianer_cli.commands.options import command
from ousianer_cli.settings import require
from ousianer_cli.settings.diff import DiffSettings

if TYPE_CHECKING:
    from ousianer_cli.scoring.difference import Difference


@command(DiffSettings)
def diff(settings: DiffSettings) -> None:
    """Show what changed from an old run to a new one: names added, removed, retyped, with moved boundaries; by type.

    Exit code 0: every name has the same place and type (confidences and ids do not count); 1: some differ; 2: a run
    cannot be read.
    """
    old = require(settings.old, "old", "diff", "the run before", "OLD")
    new = require(settings.new, "new", "diff", "the run after", "NEW")
    from ousianer_cli.formats.annotations.exchange import read_marked
    from ousianer_cli.formats.labelled import CorpusReport
    from ousianer_cli.scoring.difference import CHANGED, compare_runs, contexts, to_json

    report = CorpusReport()
    difference = compare_runs((old, read_marked(old, report=report)), (new, read_marked(new, report=report)))
    for line in report.lines():
        print(f"warning: {line}", file=sys.stderr)
    texts = contexts(difference.changes, settings.source) if settings.source else {}
    if settings.format == "json":
        print(json.dumps(to_json(difference, texts), ensure_ascii=False, indent=1))
    else:
        print_text(difference, settings, texts)
    if any(difference.counts[kind] for kind in CHANGED):
        raise typer.Exit(1)


def print_text(difference: Difference, settings: DiffSettings, texts: dict[str, str]) -> None:
    """The tables, then examples of each kind of change."""
    from rich.console import Console

    from ousianer_cli.scoring.difference import CHANGED, example, sheets
    from ousianer_cli.scoring.render import text

    width = Console().width
    print(text(sheets(difference, tops=settings.by == "top"), width))
    for kind in CHANGED:
        groups = difference.groups(kind)
        if not groups or not settings.examples or not settings.most:
            continue
        print(f"\n{kind.value}")
        for title, found in groups[: settings.most]:
            print(f"{len(found):7,}  {title}")
            for item in found[: settings.examples]:
                print(f"           {example(item, texts)}")
        if len(groups) > settings.most:
            rest = sum(len(found) for _, found in groups[settings.most :])
            print(f"{rest:7,}  of {len(groups) - settings.most} more types (--most)")
