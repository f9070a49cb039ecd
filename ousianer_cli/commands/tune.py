"""`ousianer tune pretrain|finetune`: search a phase's settings on a held-out slice."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ousianer_cli.commands.lists import ListOptions
from ousianer_cli.errors import SettingsError
from ousianer_cli.settings import PROJECT_FILE, resolve

tune_app = typer.Typer(
    name="tune",
    help="Search the settings of a phase on a held-out slice (pip install 'ousianer[tune]').",
    no_args_is_help=True,
)

Out = Annotated[Path | None, typer.Option("-o", "--out", help="Folder for the study and its best settings.")]
Trials = Annotated[int | None, typer.Option(help="Trials in all, by every worker; 0 only lays the study down.")]
Timeout = Annotated[float | None, typer.Option(help="Minutes after which this worker begins no further trial.")]
Seed = Annotated[int | None, typer.Option(help="Seed of the sampler; trainings keep the phase's own.")]
Seeds = Annotated[int | None, typer.Option(help="Trainings a trial, by seeds in a row; the score is their mean.")]
Sampler = Annotated[str | None, typer.Option(help="tpe, random or grid.")]
Pruner = Annotated[str | None, typer.Option(help="median (end trainings that stay below it) or none.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Any other setting of the phase, as in ousianer.toml."),
]
Preset = Annotated[str | None, typer.Option(help="'paper': fixed settings of Hagiwara et al. (2019).")]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with the study in --out; several workers may, at the same time.")
]
Config = Annotated[
    Path | None, typer.Option(help="Settings file; ousianer.toml of the working folder by default.", show_default=False)
]


@tune_app.command("pretrain", cls=ListOptions)
def tune_pretrain(
    detection: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="Corpus whose names are all marked (repeat for more).")
    ] = None,
    typing: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="Corpus whose mentions carry YAGO/WordNet types (repeat).")
    ] = None,
    typing_open: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="Typing corpus with coarse labels.")
    ] = None,
    joint: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="Corpus that feeds each loss as its own lines say.")
    ] = None,
    detection_dev: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Validation corpus for detection; without one, a share is held out."),
    ] = None,
    typing_dev: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Validation corpus for typing; without one, a share is held out."),
    ] = None,
    held_out: Annotated[float | None, typer.Option(help="Share held out where no validation corpus is given.")] = None,
    encoder: Annotated[
        str | None, typer.Option(help="Hugging Face id or folder; minilm, shipped or tiny by name.")
    ] = None,
    threads: Annotated[int | None, typer.Option(help="CPU threads; 0 leaves the choice to PyTorch.")] = None,
    out: Out = None,
    trials: Trials = None,
    timeout: Timeout = None,
    seed: Seed = None,
    seeds: Seeds = None,
    sampler: Sampler = None,
    pruner: Pruner = None,
    set: Set = None,
    preset: Preset = None,
    resume: Resume = False,
    config: Config = None,
) -> None:
    """Search the settings of `ousianer pretrain` that the table tune.pretrain of ousianer.toml names.

    A trial is a whole pretraining; one that stays below the median of the others at the same validation is ended.
    """
    given = locals()
    phase = {k: given[k] for k in ("detection", "typing", "typing_open", "joint", "detection_dev", "typing_dev")}
    phase |= {k: given[k] for k in ("held_out", "encoder", "threads")}
    _tune("pretrain", phase, given)


@tune_app.command("finetune", cls=ListOptions)
def tune_finetune(
    base: Annotated[
        str | None,
        typer.Argument(metavar="[BASE]", help="Model folder to start from; with --feedback alone, the shipped model."),
    ] = None,
    train: Annotated[
        list[str] | None, typer.Option(metavar="FILE...", help="Corpora whose mentions carry admissible target types.")
    ] = None,
    dev: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE...", help="Validation corpora; without one, a share of --train is held out."),
    ] = None,
    held_out: Annotated[float | None, typer.Option(help="Share of --train held out where --dev is not given.")] = None,
    feedback: Annotated[list[str] | None, typer.Option(metavar="FILE...", help="Corrected mentions.")] = None,
    source: Annotated[
        list[str] | None, typer.Option(metavar="INPUT...", help="Documents of the feedback's EDL rows.")
    ] = None,
    taxonomy: Annotated[
        str | None, typer.Option(help="aida, aida-edl, a TSV (type, parent) or a neleval JSON.")
    ] = None,
    mapping: Annotated[str | None, typer.Option(help="YAGO -> target table; the shipped one by default.")] = None,
    out: Out = None,
    trials: Trials = None,
    timeout: Timeout = None,
    seed: Seed = None,
    seeds: Seeds = None,
    sampler: Sampler = None,
    pruner: Pruner = None,
    set: Set = None,
    preset: Preset = None,
    resume: Resume = False,
    config: Config = None,
) -> None:
    """Search the settings of `ousianer finetune` that the table tune.finetune of ousianer.toml names.

    Mention vectors are computed once, so that a trial takes as long as its epochs.
    """
    given = locals()
    phase = {k: given[k] for k in ("base", "train", "dev", "feedback", "source", "taxonomy", "mapping")}
    _tune("finetune", phase, given)


def _tune(phase: str, flags: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Settings from file, preset and flags; then the study, and what it found."""
    try:
        from ousianer_cli.training import tune as training
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "optuna":
            raise
        raise SettingsError(
            "ousianer tune needs Optuna, which is not installed; pip install 'ousianer[tune]'"
        ) from None
    from ousianer_cli.commands.flags import preset_of
    from ousianer_cli.settings.finetune import PAPER as FINETUNE_PAPER
    from ousianer_cli.settings.finetune import FinetuneSettings
    from ousianer_cli.settings.pretrain import PAPER as PRETRAIN_PAPER
    from ousianer_cli.settings.pretrain import PretrainSettings
    from ousianer_cli.settings.tune import TuneSettings

    config = given["config"]
    cls: type = PretrainSettings if phase == "pretrain" else FinetuneSettings
    paper = preset_of(given["preset"], PRETRAIN_PAPER if phase == "pretrain" else FINETUNE_PAPER)
    fixed = settings_of(given["set"] or []) | {k: v for k, v in flags.items() if v is not None}
    own = ("out", "trials", "timeout", "seed", "seeds", "sampler", "pruner", *(["held_out"] * (phase == "finetune")))
    chosen = resolve(TuneSettings, "tune", {k: _text(given[k]) for k in own}, config=config)

    def build(changes: Mapping[str, Any]) -> Any:
        return resolve(cls, phase, {**fixed, **changes}, config=config, preset=paper)

    where = str(config or PROJECT_FILE)
    found = training.tune(phase, chosen, build, resume=given["resume"], where=where, report=typer.echo)  # type: ignore[arg-type]
    if "score" not in found:
        typer.echo(f"no finished trial in {chosen.out} yet; go on with --resume")
        return
    typer.echo(
        f"best score {found['score']:.4f} (trial {found['trial']}); "
        f"{chosen.out} holds best.toml, trials.tsv and report.md\n"
        f"next: ousianer {phase} --config {Path(chosen.out) / 'best.toml'} -o DIR"
    )


def settings_of(words: list[str]) -> dict[str, Any]:
    """`NAME=VALUE` words as settings; a value that is no TOML is text."""
    settings: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.isidentifier():
            raise SettingsError(f"--set: expected NAME=VALUE, found {word!r}")
        try:
            settings[name] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            settings[name] = value
    return settings


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value
