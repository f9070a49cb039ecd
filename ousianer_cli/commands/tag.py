"""`ousianer tag`: documents to a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ousianer_cli.commands.options import command
from ousianer_cli.outputs.streams import is_stream
from ousianer_cli.settings.tag import TagSettings

if TYPE_CHECKING:
    from ousianer_cli.tagging.summary import Summary


@command(TagSettings)
def tag(settings: TagSettings) -> None:
    """Tag documents and write the run, by default an EDL tab (8 columns), with a summary of what was left out."""
    from ousianer_cli.tagging.run import run_tag

    print_summary(run_tag(settings), settings)


def print_summary(summary: Summary, settings: TagSettings) -> None:
    """The run's summary on stdout, warnings on stderr."""
    for line in summary.warnings[:20]:
        typer.echo(f"warning: {line}", err=True)
    if len(summary.warnings) > 20:
        typer.echo(f"warning: and {len(summary.warnings) - 20} more", err=True)
    for line in summary.lines():
        typer.echo(line)
    out = settings.out
    if is_stream(out):
        return
    typer.echo(f"wrote {out}")
    if settings.format == "edl" and not summary.rows:
        typer.echo(f"next: ousianer score GOLD {out}, or ousianer validate {out} --source INPUT")
