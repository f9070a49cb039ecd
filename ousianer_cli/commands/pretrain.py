"""`ousianer pretrain`: learn detection and YAGO typing together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings import resolve
from ousianer_cli.settings.pretrain import PAPER, PretrainSettings

_FILES = "FILE"


def pretrain(
    detection: Annotated[
        list[str] | None, typer.Option(metavar=_FILES, help="Corpus whose names are all marked (repeat for more).")
    ] = None,
    typing: Annotated[
        list[str] | None, typer.Option(metavar=_FILES, help="Corpus whose mentions carry YAGO/WordNet types (repeat).")
    ] = None,
    typing_open: Annotated[
        list[str] | None,
        typer.Option(metavar=_FILES, help="Typing corpus with coarse labels: nothing is learned below a label."),
    ] = None,
    joint: Annotated[
        list[str] | None,
        typer.Option(metavar=_FILES, help="Corpus that feeds each loss as its own lines say; labels are open."),
    ] = None,
    joint_closed: Annotated[
        list[str] | None,
        typer.Option(metavar=_FILES, help="The same with closed labels, as `prepare names` writes."),
    ] = None,
    detection_dev: Annotated[
        list[str] | None,
        typer.Option(metavar=_FILES, help="Validation corpus for detection; without one, a share is held out."),
    ] = None,
    typing_dev: Annotated[
        list[str] | None,
        typer.Option(metavar=_FILES, help="Validation corpus for typing; without one, a share is held out."),
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Folder for the model.")] = None,
    encoder: Annotated[
        str | None, typer.Option(help="Hugging Face id or folder; minilm, shipped or tiny by name.")
    ] = None,
    start: Annotated[
        list[str] | None,
        typer.Option(
            help="Model folder to go on from: its encoder, weights and types; of several, the mean of the weights.",
            metavar="DIR...",
        ),
    ] = None,
    encoder_layers: Annotated[int | None, typer.Option(help="Lower encoder layers to keep; 0 keeps all.")] = None,
    mix_layers: Annotated[
        list[int] | None, typer.Option(help="Layer of the scalar mix (repeat); 0 is the embeddings.")
    ] = None,
    encoder_lr: Annotated[
        float | None, typer.Option(help="Learning rate of the encoder; 0 freezes it and caches its features.")
    ] = None,
    freeze_embeddings: Annotated[
        bool | None, typer.Option(help="Leave word embeddings as they are when the rest is tuned.")
    ] = None,
    lr: Annotated[float | None, typer.Option(help="Learning rate of everything else (Adam).")] = None,
    warmup: Annotated[float | None, typer.Option(help="Share of the steps over which learning rates rise.")] = None,
    lstm_hidden: Annotated[int | None, typer.Option(help="Hidden size of each direction of the BiLSTM.")] = None,
    lstm_layers: Annotated[int | None, typer.Option(help="Layers of the BiLSTM.")] = None,
    dropout: Annotated[float | None, typer.Option(help="Dropout before and after the BiLSTM.")] = None,
    shape_size: Annotated[int | None, typer.Option(help="Size of word-shape features; 0 leaves them out.")] = None,
    shape_input: Annotated[
        bool | None, typer.Option(help="Add word shapes to the input of a tuned encoder too.")
    ] = None,
    piece_dropout: Annotated[
        float | None, typer.Option(help="Share of sub-word pieces hidden behind the mask piece in training.")
    ] = None,
    pooling: Annotated[str | None, typer.Option(help="Mention pooling: first, mean, ends.")] = None,
    mention_size: Annotated[int | None, typer.Option(help="Size of a mention vector; 0 takes the pooled one.")] = None,
    detection_weight: Annotated[float | None, typer.Option(help="Weight of the detection loss.")] = None,
    typing_weight: Annotated[float | None, typer.Option(help="Weight of the typing loss.")] = None,
    detection_repeat: Annotated[
        int | None, typer.Option(help="How often an epoch shows each detection sentence.")
    ] = None,
    min_mentions: Annotated[int | None, typer.Option(help="Mentions a type needs to enter the inventory.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the corpora.")] = None,
    steps: Annotated[int | None, typer.Option(help="Steps of training in place of passes; 0 goes by --epochs.")] = None,
    stream: Annotated[
        str | None,
        typer.Option(help="Read typing corpora from disk while training: auto (folders of shards), yes, no."),
    ] = None,
    stream_buffer: Annotated[
        int | None, typer.Option(help="Streamed sentences held in memory and shuffled at a time.")
    ] = None,
    batch_pieces: Annotated[int | None, typer.Option(help="Padded sub-word pieces a batch.")] = None,
    max_pieces: Annotated[int | None, typer.Option(help="Pieces a sentence may have; longer ones are split.")] = None,
    recase: Annotated[float | None, typer.Option(help="Share of sentences shown in another case.")] = None,
    held_out: Annotated[float | None, typer.Option(help="Share held out where no validation corpus is given.")] = None,
    validate_every: Annotated[int | None, typer.Option(help="Steps between validations; 0: once an epoch.")] = None,
    patience: Annotated[int | None, typer.Option(help="Validations without gain before stopping.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of weights, order and dropout.")] = None,
    threads: Annotated[int | None, typer.Option(help="CPU threads; 0 leaves the choice to PyTorch.")] = None,
    preset: Annotated[str | None, typer.Option(help="'paper': every hyperparameter of Hagiwara et al. (2019).")] = None,
    decay: Annotated[bool | None, typer.Option(help="Let learning rates fall linearly to zero.")] = None,
    clip: Annotated[float | None, typer.Option(help="Largest gradient norm; 0 does not clip.")] = None,
    typing_sees_encoder: Annotated[bool | None, typer.Option(help="Pool encoder states for typing too.")] = None,
    direct: Annotated[
        bool, typer.Option("--direct", help="Make it a Direct model: YAGO types mapped by --mapping, no fine-tuning.")
    ] = False,
    mapping: Annotated[str, typer.Option(help="YAGO -> target table of --direct; the shipped one by default.")] = "",
    taxonomy: Annotated[str, typer.Option(help="Target taxonomy of --direct.")] = "aida-edl",
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run whose state stands beside --out.")
    ] = False,
    config: Annotated[
        Path | None, typer.Option(help="Settings file; ousianer.toml of the working folder by default.")
    ] = None,
) -> None:
    """Pretrain: detection on fully marked corpora, typing on YAGO silver, each source feeding only its own loss."""
    from ousianer_cli.commands.flags import overrides_of, preset_of
    from ousianer_cli.training import pretrain as training

    if mapping and not direct:
        raise SettingsError("--mapping: expected --direct beside it, found it alone; a table is for a Direct model")
    settings = resolve(
        PretrainSettings,
        "pretrain",
        overrides_of(locals(), PretrainSettings),
        config=config,
        preset=preset_of(preset, PAPER),
    )
    best = training.pretrain(settings, resume=resume)
    typer.echo(
        f"best at step {best['step']}: "
        + ", ".join(
            f"{kind} {name} F1 {m['f1']:.3f}" for kind in ("detection", "typing") for name, m in best[kind].items()
        )
    )
    if direct:
        from ousianer_cli.settings.finetune import FinetuneSettings
        from ousianer_cli.training.finetune import finetune

        made = FinetuneSettings(base=settings.out, out=settings.out, direct=True, mapping=mapping, taxonomy=taxonomy)
        finetune(made, report=typer.echo)
        typer.echo(f"next: ousianer tag INPUT --model {settings.out} -o run.tab")
    else:
        typer.echo(f"wrote {settings.out}\nnext: ousianer finetune {settings.out} --train FILE -o DIR, or --direct")
