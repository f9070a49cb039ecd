"""`ousianer export`: a model for runtimes other than PyTorch."""

from __future__ import annotations

import typer

from ousianer_cli.commands.options import command
from ousianer_cli.errors import SettingsError
from ousianer_cli.settings import require
from ousianer_cli.settings.export import ExportSettings


@command(ExportSettings)
def export(settings: ExportSettings) -> None:
    """Write a model's network as ONNX graphs, with its tokenizer, taxonomies and the numbers that decoding needs."""
    target = require(settings.out, "out", "export", "a folder for the export", "-o DIR")
    if not settings.onnx:
        raise SettingsError("--onnx: expected a format, found none; ONNX is the only one so far, say --onnx")
    from ousianer_cli.network.onnx_export import export_onnx
    from ousianer_cli.released_models import released_model

    for line in export_onnx(settings.model or released_model(), target):
        typer.echo(line)
    typer.echo(f"wrote {target}")
