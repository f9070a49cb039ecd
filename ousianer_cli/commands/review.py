"""`ousianer review`: correct a run on a local web page."""

from __future__ import annotations

import sys

import typer

from ousianer_cli.commands.options import command
from ousianer_cli.extras import require_extra
from ousianer_cli.settings import require
from ousianer_cli.settings.review import ReviewSettings


@command(ReviewSettings)
def review(settings: ReviewSettings) -> None:
    """Correct a run on a local web page, and write the decisions as feedback for finetune.

    Every decision is on the disk before the page shows it as saved; the same command goes on where it was left. Ctrl-C
    ends it.
    """
    require(settings.run, "run", "review", "the run to correct", "RUN")
    require(settings.source, "source", "review", "the documents of the run")
    require(settings.out, "out", "review", "the feedback file to write", "-o FILE")
    require_extra("review", "ousianer review")
    from ousianer_cli.review.start import review as start

    def started(address: str) -> None:
        typer.echo(f"review at {address}")
        typer.echo("open it in a browser of this machine; ? on the page shows the keys; Ctrl-C here ends it")
        sys.stdout.flush()
        if settings.open:
            import webbrowser

            webbrowser.open(address)

    for line in start(settings, started, report=typer.echo):
        typer.echo(line)
