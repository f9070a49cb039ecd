"""Settings of `ousianer pretrain`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings.base import Settings
from ousianer_cli.settings.fields import MAPPING, TAXONOMIES, setting


@dataclass(frozen=True)
class PretrainSettings(Settings):
    """`[pretrain]` of ousianer.toml."""

    detection: list[str] = setting(
        [], doc="Corpora whose names are all marked; they feed the detection loss.", role="data", metavar="FILE..."
    )
    typing: list[str] = setting(
        [],
        doc="Corpora whose mentions carry YAGO/WordNet types; they feed the typing loss.",
        role="data",
        metavar="FILE...",
    )
    typing_open: list[str] = setting(
        [],
        doc="Typing corpora with coarse labels: types below a label are neither right nor wrong.",
        role="data",
        metavar="FILE...",
    )
    joint: list[str] = setting(
        [],
        doc="Corpora whose lines name the losses that they feed ('supervises'); labels are open, as above.",
        role="data",
        metavar="FILE...",
    )
    joint_closed: list[str] = setting(
        [],
        doc="The same with closed labels, as `prepare names` writes: types below a label count as wrong.",
        role="data",
        metavar="FILE...",
    )
    detection_dev: list[str] = setting(
        [],
        doc="Validation corpora for detection; without them a share of each is held out.",
        role="data",
        validates=True,
        metavar="FILE...",
    )
    typing_dev: list[str] = setting(
        [],
        doc="Validation corpora for typing; without them a share of each is held out.",
        role="data",
        validates=True,
        metavar="FILE...",
    )
    held_out: float = setting(
        0.05,
        minimum=0,
        below=1,
        doc="Share of the sentences held out where no validation corpus is given.",
        group="data",
        fixed=True,
    )
    min_mentions: int = setting(
        30, minimum=1, doc="Minimum mentions of a type in the inventory.", group="data", fixed=True
    )
    max_pieces: int = setting(
        256,
        minimum=16,
        maximum=512,
        doc="Maximum sub-word pieces of a sentence; longer ones are split between words.",
        group="data",
        fixed=True,
    )
    passage_pieces: int = setting(
        0,
        minimum=0,
        doc="Pieces of a passage: sentences of a document are read together up to so many; 0 reads each by itself.",
        group="data",
    )
    passage_cut: float = setting(
        0.0,
        minimum=0,
        below=1,
        doc="Share of sentence boundaries at which a passage is cut in training, drawn anew each epoch.",
        group="data",
    )
    hide_case: float = setting(
        0.0, minimum=0, below=1, doc="Share of the words whose case is hidden in training.", group="data"
    )
    recase: float = setting(
        0.1,
        minimum=0,
        maximum=1,
        doc="Share of the sentences shown in lower case, upper case or title case.",
        group="data",
    )
    stream: Literal["auto", "yes", "no"] = setting(
        "auto",
        doc="Read typing corpora from disk while training: auto for folders of shards, yes for all, no for none.",
        group="data",
    )
    stream_buffer: int = setting(
        20_000,
        minimum=1,
        doc="Streamed sentences held in memory and shuffled at a time; a larger buffer mixes better.",
        group="data",
    )
    encoder: str = setting(
        "minilm",
        doc="Encoder: a Hugging Face id or folder, or minilm, shipped, tiny (random, for dry runs).",
        group="model",
    )
    start: list[str] = setting(
        [],
        doc="Model folder to continue from: its encoder in place of --encoder, its weights and types; of several that "
        "continued one another, the mean of the weights.",
        role="input",
        kind="model",
        group="model",
        metavar="DIR...",
    )
    encoder_layers: int = setting(0, minimum=0, doc="Lower encoder layers to keep; 0 keeps all.", group="model")
    mix_layers: list[int] = setting(
        [],
        doc="Layers in the scalar mix; 0 is the embeddings, -1 the last.",
        group="model",
        shown="all but 0",
    )
    lstm_hidden: int = setting(200, minimum=1, doc="Hidden size of each direction of the BiLSTM.", group="model")
    lstm_layers: int = setting(2, minimum=1, doc="Layers of the BiLSTM.", group="model")
    dropout: float = setting(0.5, minimum=0, below=1, doc="Dropout before and after the BiLSTM.", group="model")
    shape_size: int = setting(
        32, minimum=0, doc="Size of the projected word-shape features; 0 leaves them out.", group="model"
    )
    shape_input: bool = setting(False, doc="Add word shapes to the input of a tuned encoder too.", group="model")
    pooling: Literal["first", "mean", "ends"] = setting(
        "ends", doc="How a mention's words become one vector.", group="model"
    )
    mention_size: int = setting(
        256, minimum=0, doc="Size of a mention vector; 0 takes the pooled one as it is (the paper).", group="model"
    )
    typing_sees_encoder: bool = setting(True, doc="Pool encoder states for typing too.", group="model")
    encoder_lr: float = setting(
        1e-4,
        minimum=0,
        doc="Learning rate of the encoder; 0 freezes it and caches its features (the paper).",
        group="training",
    )
    freeze_embeddings: bool = setting(
        True, doc="Keep the encoder's word embeddings fixed when the rest is tuned.", group="training"
    )
    lr: float = setting(1e-3, above=0, doc="Learning rate of everything but the encoder (Adam).", group="training")
    warmup: float = setting(0.05, minimum=0, doc="Share of the steps over which learning rates rise.", group="training")
    decay: bool = setting(True, doc="Let learning rates fall linearly to zero.", group="training")
    clip: float = setting(1.0, minimum=0, doc="Maximum gradient norm; 0 turns clipping off.", group="training")
    piece_dropout: float = setting(
        0.0,
        minimum=0,
        below=1,
        doc="Share of the sub-word pieces hidden behind the mask piece in training.",
        group="training",
    )
    detection_weight: float = setting(
        1.0, minimum=0, doc="Weight of the detection loss (per sentence).", group="training"
    )
    typing_weight: float = setting(1.0, minimum=0, doc="Weight of the typing loss (per mention).", group="training")
    detection_repeat: int = setting(
        1, minimum=1, doc="How often an epoch shows each detection sentence.", group="training"
    )
    epochs: int = setting(3, minimum=1, doc="Passes over the corpora.", group="training")
    steps: int = setting(
        0,
        minimum=0,
        doc="Steps of training in place of passes; validation then comes --epochs times; 0 goes by passes.",
        group="training",
    )
    batch_pieces: int = setting(1600, minimum=1, doc="Padded sub-word pieces a batch.", group="training")
    accumulate: int = setting(
        1,
        minimum=1,
        doc="Parts in which a batch is computed, to save memory; there is one update for all of them.",
        group="training",
    )
    bf16: bool = setting(False, doc="Run encoder and BiLSTM in bfloat16, on a GPU.", group="training")
    validate_every: int = setting(
        0, minimum=0, doc="Steps between validations; 0 validates once an epoch.", group="training"
    )
    keep_features: bool = setting(
        False,
        doc="With a frozen encoder: keep its cached features after the run, for other runs over the same sentences.",
        group="training",
        fixed=True,
        neutral=True,
    )
    patience: int = setting(3, minimum=0, doc="Validations without gain before training stops.", group="training")
    seed: int = setting(1, minimum=0, doc="Seed of weights, order and dropout.", group="training", fixed=True)
    threads: int = setting(
        0, minimum=0, doc="CPU threads; 0 leaves the choice to PyTorch.", group="training", fixed=True, neutral=True
    )
    out: str = setting("", doc="Folder for the model.", role="output", kind="model", flags=("-o",), metavar="DIR")

    def check(self) -> None:
        """Refuse options that exclude each other, or that lack what they need."""
        if self.passage_pieces > self.max_pieces:
            raise SettingsError(
                f"--passage-pieces: expected 0 to {self.max_pieces} (--max-pieces), found {self.passage_pieces}"
            )
        if self.encoder_lr == 0 and (self.shape_input or self.piece_dropout):
            flag = "--shape-input" if self.shape_input else "--piece-dropout"
            raise SettingsError(
                f"{flag} and --encoder-lr 0: expected one of them, found both; "
                "a frozen encoder's features are computed once"
            )
        if self.start and self.encoder_layers:
            raise SettingsError(
                "--start and --encoder-layers: expected one of them, found both; "
                "a model that goes on keeps the layers it has"
            )


@dataclass(frozen=True)
class DirectSettings(Settings):
    """What `[pretrain]` says of a Direct model made of the pretrained one, without fine-tuning."""

    direct: bool = setting(
        False, doc="Make it a Direct model: YAGO types mapped by --mapping, no fine-tuning.", group="decoding"
    )
    mapping: str = setting(
        "", doc=f"With --direct: {MAPPING}.", role="input", group="decoding", shown="the shipped one"
    )
    taxonomy: str = setting(
        "aida-edl", doc=f"Target taxonomy of --direct: {TAXONOMIES}.", role="input", group="decoding"
    )

    def check(self) -> None:
        """Refuse options that exclude each other, or that lack what they need."""
        if self.mapping and not self.direct:
            raise SettingsError("--mapping: expected --direct beside it, found it alone; a table is for a Direct model")


PAPER: dict[str, Any] = {
    "encoder": "bert-base-cased",
    "encoder_lr": 0.0,
    "lr": 1e-3,
    "mix_layers": [-1],
    "warmup": 0.0,
    "decay": False,
    "clip": 0.0,
    "lstm_hidden": 200,
    "lstm_layers": 2,
    "dropout": 0.5,
    "shape_size": 0,
    "pooling": "first",
    "mention_size": 0,
    "typing_sees_encoder": False,
    "recase": 0.0,
}
"""`--preset paper`: the choices of Hagiwara et al. (2019) for this phase."""
