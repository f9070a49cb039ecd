"""`ousianer finetune`: move a pretrained model to a target taxonomy, or improve a model from feedback."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ousianer_cli.settings import resolve
from ousianer_cli.settings.finetune import PAPER, FinetuneSettings


def finetune(
    base: Annotated[
        str | None,
        typer.Argument(metavar="[BASE]", help="Model folder to start from; with --feedback alone, the shipped model."),
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Folder for the model.")] = None,
    train: Annotated[
        list[str] | None, typer.Option(metavar="FILE...", help="Corpora whose mentions carry admissible target types.")
    ] = None,
    dev: Annotated[list[str] | None, typer.Option(metavar="FILE...", help="Validation corpora.")] = None,
    dev_labels: Annotated[
        str | None,
        typer.Option(help="How validation labels are read: closed, open (a type below one is right), mean of both."),
    ] = None,
    feedback: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE...", help="Corrected mentions: EDL rows (with --source) or rows with their sentence."
        ),
    ] = None,
    source: Annotated[
        list[str] | None, typer.Option(metavar="INPUT...", help="Documents of the feedback's EDL rows.")
    ] = None,
    taxonomy: Annotated[
        str | None, typer.Option(help="aida, aida-edl, a TSV (type, parent) or a neleval JSON.")
    ] = None,
    mapping: Annotated[str | None, typer.Option(help="YAGO -> target table; the shipped one by default.")] = None,
    direct: Annotated[
        bool | None, typer.Option("--direct", help="Write the Direct model: YAGO types mapped by the table.")
    ] = None,
    loss: Annotated[str | None, typer.Option(help="soft (y* = yW), hard (plain cross-entropy) or credit.")] = None,
    credit: Annotated[
        str | None, typer.Option(help="Direction of W in loss and decoder: ancestor, descendant, both.")
    ] = None,
    decay: Annotated[
        float | None, typer.Option(help="What a level of distance leaves of the credit in the decoder.")
    ] = None,
    loss_decay: Annotated[float | None, typer.Option(help="The same in the loss.")] = None,
    depth: Annotated[
        float | None, typer.Option(help="Share of an open label's mass that YAGO evidence may move below it.")
    ] = None,
    reads: Annotated[
        str | None, typer.Option(help="Input of the conversion layer: logits, probabilities, vectors, both.")
    ] = None,
    hidden: Annotated[int | None, typer.Option(help="Hidden size of the conversion layer.")] = None,
    dropout: Annotated[float | None, typer.Option(help="Dropout in the conversion layer.")] = None,
    tune_projection: Annotated[
        bool | None, typer.Option("--tune-projection/--keep-projection", help="Tune the type projection too.")
    ] = None,
    decoding: Annotated[str | None, typer.Option(help="argmax, or expected (credit).")] = None,
    coarse_prior: Annotated[
        float | None, typer.Option(help="Share of gold taken to stop at the top type (expected-credit decoding).")
    ] = None,
    lr: Annotated[float | None, typer.Option(help="Peak learning rate (AdamW).")] = None,
    weight_decay: Annotated[float | None, typer.Option(help="AdamW weight decay.")] = None,
    warmup_steps: Annotated[int | None, typer.Option(help="Steps over which the learning rate rises.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the mentions.")] = None,
    batch_size: Annotated[
        int | None, typer.Option(help="Most mentions a batch; few mentions make smaller ones.")
    ] = None,
    patience: Annotated[int | None, typer.Option(help="Validations without gain before stopping.")] = None,
    feedback_weight: Annotated[
        float | None, typer.Option(help="Weight of a feedback mention beside a replayed one.")
    ] = None,
    replay_keep: Annotated[
        float | None,
        typer.Option(
            help="With feedback: share of the model's own answers in what replayed mentions are trained towards."
        ),
    ] = None,
    replay_limit: Annotated[int | None, typer.Option(help="Mentions kept in the replay file.")] = None,
    balance: Annotated[
        bool | None, typer.Option(help="Weigh each training corpus by the square root of its mentions.")
    ] = None,
    batch_pieces: Annotated[
        int | None, typer.Option(help="Padded sub-words a batch when vectors are computed.")
    ] = None,
    vectors: Annotated[
        str | None, typer.Option(metavar="DIR", help="Keep mention vectors there, so that the next tuning is quicker.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of weights and order.")] = None,
    preset: Annotated[str | None, typer.Option(help="'paper': every hyperparameter of Hagiwara et al. (2019).")] = None,
    config: Annotated[
        Path | None, typer.Option(help="Settings file; ousianer.toml of the working folder by default.")
    ] = None,
) -> None:
    """Tune a conversion layer from YAGO types to a target taxonomy; with feedback, tune it again on corrections.

    Nothing that detection uses is changed. The model folder keeps a replay file (vectors and labels, no text), so that
    feedback can be added later without the original corpora.
    """
    from ousianer_cli.commands.flags import overrides_of, preset_of
    from ousianer_cli.training import finetune as training

    settings = resolve(
        FinetuneSettings,
        "finetune",
        overrides_of(locals(), FinetuneSettings),
        config=config,
        preset=preset_of(preset, PAPER),
    )
    training.finetune(settings, report=typer.echo)
    typer.echo(f"next: ousianer tag INPUT --model {settings.out} -o run.tab")
