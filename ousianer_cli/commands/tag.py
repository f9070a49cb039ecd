"""`ousianer tag`: documents to a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ousianer_cli.commands.options import Given, command
from ousianer_cli.outputs.streams import is_stream
from ousianer_cli.settings.tag import TagSettings

if TYPE_CHECKING:
    from ousianer_cli.tagging.summary import Summary


@command(TagSettings, resume=True)
def tag(settings: TagSettings, given: Given) -> None:
    """Tag documents and write the run, by default an EDL tab (8 columns), with a summary of what was left out.

    Until the run is whole, its finished parts lie in a folder beside it; --resume goes on with them, whatever ended
    the run, and gives the same bytes. So do any number of workers, and shards that are merged.
    """
    from ousianer_cli.tagging.parts import unfinished
    from ousianer_cli.tagging.run import run_tag

    try:
        print_summary(run_tag(settings, resume=given.resume), settings)
    except BaseException:
        if settings.out and (left := unfinished(settings.out)):
            typer.echo(f"{left}; go on with --resume", err=True)
        raise


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
    if settings.shard:
        typer.echo(f"wrote {out}, shard {settings.shard}\nnext: ousianer merge, with all shards and -o FILE")
        return
    typer.echo(f"wrote {out}")
    if settings.format == "edl" and not summary.rows:
        typer.echo(f"next: ousianer score GOLD {out}, or ousianer validate {out} --source INPUT")
