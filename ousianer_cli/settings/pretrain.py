"""What `ousianer pretrain` is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings import setting


@dataclass(frozen=True)
class PretrainSettings:
    """`[pretrain]` of ousianer.toml."""

    detection: list[str] = setting([], doc="corpora whose names are all marked; they feed the detection loss")
    typing: list[str] = setting([], doc="corpora whose mentions carry YAGO/WordNet types; they feed the typing loss")
    typing_open: list[str] = setting(
        [], doc="typing corpora with coarse labels: types below a label are neither right nor wrong"
    )
    joint: list[str] = setting(
        [], doc="corpora that feed each loss as their own lines say ('supervises'); labels are open, as above"
    )
    joint_closed: list[str] = setting([], doc="the same with closed labels: types below a label count as wrong")
    detection_dev: list[str] = setting(
        [], doc="validation corpora for detection; without them a share of each is held out"
    )
    typing_dev: list[str] = setting([], doc="validation corpora for typing; without them a share of each is held out")
    out: str = setting("", doc="folder for the model")
    encoder: str = setting(
        "minilm", doc="Hugging Face id or folder; 'minilm' is a package, 'tiny' a random one for dry runs"
    )
    start: list[str] = setting(
        [],
        doc="model folder to go on from: its encoder in place of 'encoder', its weights and types; of several that "
        "went on from one another, the mean of the weights",
    )
    encoder_layers: int = setting(0, doc="lower encoder layers to keep; 0 keeps all")
    mix_layers: list[int] = setting(
        [], doc="layers in the scalar mix; 0 is the embeddings, -1 the last; empty takes all but 0"
    )
    encoder_lr: float = setting(1e-4, doc="learning rate of the encoder; 0 freezes it (the paper)")
    freeze_embeddings: bool = setting(
        True, doc="leave the encoder's word embeddings as they are when the rest is tuned"
    )
    lr: float = setting(1e-3, doc="learning rate of everything but the encoder (Adam)")
    warmup: float = setting(0.05, doc="share of the steps over which learning rates rise")
    decay: bool = setting(True, doc="let learning rates fall linearly to zero")
    clip: float = setting(1.0, doc="largest gradient norm; 0 does not clip")
    lstm_hidden: int = setting(200, doc="hidden size of each direction of the BiLSTM")
    lstm_layers: int = setting(2, doc="layers of the BiLSTM")
    dropout: float = setting(0.5, doc="dropout before and after the BiLSTM")
    shape_size: int = setting(32, doc="size of the projected word-shape features; 0 leaves them out")
    shape_input: bool = setting(False, doc="add word shapes to the input of a tuned encoder too")
    piece_dropout: float = setting(0.0, doc="share of the sub-word pieces hidden behind the mask piece in training")
    pooling: Literal["first", "mean", "ends"] = setting("ends", doc="how a mention's words become one vector")
    mention_size: int = setting(256, doc="size of a mention vector; 0 takes the pooled one as it is (the paper)")
    typing_sees_encoder: bool = setting(True, doc="pool encoder states for typing too")
    detection_weight: float = setting(1.0, doc="weight of the detection loss (per sentence)")
    typing_weight: float = setting(1.0, doc="weight of the typing loss (per mention)")
    detection_repeat: int = setting(1, doc="how often an epoch shows each detection sentence")
    min_mentions: int = setting(30, doc="mentions a type needs to enter the type inventory")
    epochs: int = setting(3, doc="passes over the corpora")
    steps: int = setting(
        0, doc="steps of training in place of passes; validation then comes 'epochs' times; 0 goes by passes"
    )
    stream: Literal["auto", "yes", "no"] = setting(
        "auto", doc="read typing corpora from disk while training: auto for folders of shards, yes for all, no for none"
    )
    stream_buffer: int = setting(
        20_000, doc="streamed sentences held in memory and shuffled at a time; a larger buffer mixes better"
    )
    batch_pieces: int = setting(1600, doc="padded sub-word pieces a batch")
    max_pieces: int = setting(256, doc="pieces a sentence may have; longer ones are split between words")
    passage_pieces: int = setting(
        0, doc="pieces of a passage: sentences of a document are read together up to so many; 0 reads each by itself"
    )
    passage_cut: float = setting(
        0.0, doc="share of the places between sentences where a passage is cut in training, anew at each showing"
    )
    hide_case: float = setting(0.0, doc="share of the words whose case is hidden in training")
    recase: float = setting(0.1, doc="share of the sentences shown in small letters, capitals or title case")
    held_out: float = setting(
        0.05, doc="share of the sentences held out for validation where no validation corpus is given"
    )
    validate_every: int = setting(0, doc="steps between validations; 0 validates once an epoch")
    patience: int = setting(3, doc="validations without gain before training stops")
    seed: int = setting(1, doc="seed of weights, order and dropout")
    threads: int = setting(0, doc="CPU threads; 0 leaves PyTorch's choice")

    def __post_init__(self) -> None:
        if not 0 <= self.dropout < 1:
            raise SettingsError(f"--dropout: expected 0 <= dropout < 1, found {self.dropout}")
        for name in ("epochs", "batch_pieces", "min_mentions", "detection_repeat", "lstm_hidden", "lstm_layers"):
            if getattr(self, name) < 1:
                raise SettingsError(f"--{name.replace('_', '-')}: expected at least 1, found {getattr(self, name)}")
        if self.steps < 0:
            raise SettingsError(f"--steps: expected at least 0, found {self.steps}")
        if self.stream_buffer < 1:
            raise SettingsError(f"--stream-buffer: expected at least 1, found {self.stream_buffer}")
        if not 16 <= self.max_pieces <= 512:
            raise SettingsError(f"--max-pieces: expected 16 to 512, found {self.max_pieces}")
        for name in ("piece_dropout", "hide_case", "passage_cut"):
            if not 0 <= getattr(self, name) < 1:
                flag = f"--{name.replace('_', '-')}"
                raise SettingsError(f"{flag}: expected 0 <= share < 1, found {getattr(self, name)}")
        if not 0 <= self.passage_pieces <= self.max_pieces:
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
        if not 0 <= self.held_out < 1:
            raise SettingsError(f"--held-out: expected 0 <= share < 1, found {self.held_out}")


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
