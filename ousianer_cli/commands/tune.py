"""`ousianer tune pretrain|finetune`: search a phase's settings on a held-out slice."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import typer

from ousianer_cli.commands.options import Given, OusianerCommand, command
from ousianer_cli.commands.parameters import escaped
from ousianer_cli.extras import require_extra
from ousianer_cli.settings import PROJECT_FILE
from ousianer_cli.settings import finetune as finetuning
from ousianer_cli.settings import pretrain as pretraining
from ousianer_cli.settings.tune import TuneSettings

tune_app = typer.Typer(
    name="tune",
    help=escaped("Search a phase's hyperparameters on held-out data (pip install 'ousianer[tune]')."),
    no_args_is_help=True,
)


@tune_app.command("pretrain", cls=OusianerCommand)
@command(
    TuneSettings,
    pretraining.PretrainSettings,
    name="pretrain",
    presets={"paper": pretraining.PAPER},
    resume=True,
    assignments=pretraining.PretrainSettings,
)
def tune_pretrain(chosen: TuneSettings, _: pretraining.PretrainSettings, given: Given) -> None:
    """Search the settings of `ousianer pretrain` that the table tune.pretrain of ousianer.toml names.

    A trial is a whole pretraining; one that stays below the median of the others at the same validation is ended.
    """
    _tune("pretrain", chosen, given)


@tune_app.command("finetune", cls=OusianerCommand)
@command(
    TuneSettings,
    finetuning.FinetuneSettings,
    name="finetune",
    presets={"paper": finetuning.PAPER},
    resume=True,
    assignments=finetuning.FinetuneSettings,
)
def tune_finetune(chosen: TuneSettings, _: finetuning.FinetuneSettings, given: Given) -> None:
    """Search the settings of `ousianer finetune` that the table tune.finetune of ousianer.toml names.

    Mention vectors are computed once, so that a trial takes as long as its epochs.
    """
    _tune("finetune", chosen, given)


def _tune(phase: Literal["pretrain", "finetune"], chosen: TuneSettings, given: Given) -> None:
    """Run the study, and say what it found."""
    require_extra("tune", "ousianer tune")
    from ousianer_cli.training import tune as training

    cls: type[Any] = pretraining.PretrainSettings if phase == "pretrain" else finetuning.FinetuneSettings
    found = training.tune(
        phase,
        chosen,
        lambda changes: given.settings(cls, changes),
        resume=given.resume,
        where=str(given.config or PROJECT_FILE),
        report=typer.echo,
    )
    if "score" not in found:
        typer.echo(f"no finished trial in {chosen.out} yet; go on with --resume")
        return
    typer.echo(
        f"best score {found['score']:.4f} (trial {found['trial']}); "
        f"{chosen.out} holds best.toml, trials.tsv and report.md\n"
        f"next: ousianer {phase} --config {Path(chosen.out) / 'best.toml'} -o DIR"
    )
