"""`ousianer convert`: runs, gold and corrections from and to other people's tools."""

from __future__ import annotations

import sys

import typer

from ousianer_cli.commands.options import command
from ousianer_cli.outputs.streams import is_stream
from ousianer_cli.settings import require
from ousianer_cli.settings.convert import ConvertSettings


def _readable() -> tuple[str, ...]:
    from ousianer_cli.formats.annotations.exchange import format_names, readable_formats

    return format_names(readable_formats())


def _written() -> tuple[str, ...]:
    from ousianer_cli.formats.annotations.exchange import format_names
    from ousianer_cli.formats.registry import written_formats

    return format_names(written_formats())


@command(ConvertSettings, choices={"format": _readable, "to": _written})
def convert(settings: ConvertSettings) -> None:
    """Convert a run, gold or corrections to another format: for annotation tools, and back.

    Offsets, types, names inside names, ids and confidences go along where the format holds them; what it cannot hold
    is counted and said.
    """
    given = require(settings.input, "input", "convert", "what to convert", "INPUT")
    to = require(settings.to, "to", "convert", "the format to write", "--to FORMAT")
    out = require(settings.out, "out", "convert", "where to write", "-o OUT")
    from ousianer_cli.formats.annotations.exchange import convert as run

    done = run(
        given,
        out,
        to,
        settings.source,
        format=settings.format,
        run_id=settings.run_id,
        after_xml_declaration=settings.after_xml_declaration,
        empty=settings.empty,
    )
    for line in done.notes:
        print(f"warning: reading: {line}", file=sys.stderr)
    for reason, count in sorted(done.lost.items()):
        print(f"warning: writing: {count:,} {reason}", file=sys.stderr)
    typer.echo(f"{done.read_as} -> {done.written_as}: documents {done.documents:,}, names {done.names:,}")
    if not is_stream(out):
        typer.echo(f"wrote {out}")
