"""`ousianer average`: the mean of pretrained models."""

from __future__ import annotations

import typer

from ousianer_cli.commands.options import command
from ousianer_cli.settings import require
from ousianer_cli.settings.average import AverageSettings


@command(AverageSettings)
def average(settings: AverageSettings) -> None:
    """Average the weights of pretrained models of one shape; a type's weights over the models that have it.

    The mean of models that went on from one another often does better than any of them. Its threshold and target types
    come with fine-tuning; a fine-tuned model is no part of a mean.
    """
    folders = require(settings.models, "models", "average", "models to average", "MODEL...")
    target = require(settings.out, "out", "average", "a folder for the model", "-o DIR")
    from ousianer_cli.network.average import average_folders

    for line in average_folders(folders, target):
        typer.echo(line)
    typer.echo(f"wrote {target}\nnext: ousianer finetune {target} --train FILE -o DIR")
