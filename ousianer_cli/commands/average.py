"""`ousianer average`: the mean of pretrained models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ousianer_cli.settings import require, resolve


def average(
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MODEL...", help="Pretrained models that went on from one another; MODEL*2 counts twice."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Folder for the model.")] = None,
    config: Annotated[
        Path | None, typer.Option(help="Settings file; ousianer.toml of the working folder by default.")
    ] = None,
) -> None:
    """Write the mean of pretrained models of one shape; a type's weights are the mean over the models that know it.

    The mean of models that went on from one another often does better than any of them. Its threshold and target types
    come with fine-tuning; a fine-tuned model is no part of a mean.
    """
    from ousianer_cli.commands.flags import overrides_of
    from ousianer_cli.settings.average import AverageSettings

    settings = resolve(AverageSettings, "average", overrides_of(locals(), AverageSettings), config=config)
    folders = require(settings.models, "models", "average", "models to average", "MODEL...")
    target = require(settings.out, "out", "average", "a folder for the model", "-o DIR")
    from ousianer_cli.network.average import average_folders

    for line in average_folders(folders, target):
        typer.echo(line)
    typer.echo(f"wrote {target}\nnext: ousianer finetune {target} --train FILE -o DIR")
