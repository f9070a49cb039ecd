"""`ousianer finetune`: move a pretrained model to a target taxonomy, or improve a model from feedback."""

from __future__ import annotations

import typer

from ousianer_cli.commands.options import command
from ousianer_cli.settings.finetune import PAPER, FinetuneSettings


@command(FinetuneSettings, presets={"paper": PAPER})
def finetune(settings: FinetuneSettings) -> None:
    """Tune a conversion layer from YAGO types to a target taxonomy; with feedback, tune it again on corrections.

    Nothing that detection uses is changed. The model folder keeps a replay file (vectors and labels, no text), so that
    feedback can be added later without the original corpora.
    """
    from ousianer_cli.training import finetune as training

    training.finetune(settings, report=typer.echo)
    typer.echo(f"next: ousianer tag INPUT --model {settings.out} -o run.tab")
