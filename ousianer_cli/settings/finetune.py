"""What `ousianer finetune` is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings import setting

Reading = Literal["closed", "open", "mean"]


@dataclass(frozen=True)
class FinetuneSettings:
    """`[finetune]` of ousianer.toml."""

    base: str = setting("", doc="model folder to start from; with --feedback alone, the shipped model")
    out: str = setting("", doc="folder for the model")
    train: list[str] = setting(
        [], doc="corpora whose mentions carry admissible target types; one named n times weighs n times as much"
    )
    dev: list[str] = setting([], doc="validation corpora; detection is scored too where they mark all names")
    dev_labels: Reading = setting(
        "closed",
        doc="how validation labels are read: closed; open, which takes what lies below a label as right; mean of both",
    )
    feedback: list[str] = setting([], doc="corrected mentions: EDL rows (with --source) or rows with their sentence")
    source: list[str] = setting([], doc="documents of the feedback's EDL rows")
    taxonomy: str = setting("aida-edl", doc="target taxonomy: aida, aida-edl, a TSV or a neleval JSON")
    mapping: str = setting(
        "", doc="YAGO -> target table, for Direct models and for depth below open labels; empty takes the shipped one"
    )
    direct: bool = setting(False, doc="write the Direct model: no conversion layer, types mapped by the table")
    loss: Literal["soft", "hard", "credit"] = setting(
        "soft", doc="soft: y* = yW; hard: plain cross-entropy; credit: minus the log of the expected credit, decay .5"
    )
    credit: Literal["ancestor", "descendant", "both"] = setting("both", doc="direction of W in loss and decoder")
    decay: float = setting(0.5, doc="what one level of distance leaves of the credit in the decoder")
    loss_decay: float = setting(0.1, doc="the same in the loss; small values keep the target sharp")
    depth: float = setting(0.0, doc="share of an open label's mass that evidence may move below it")
    reads: Literal["logits", "probabilities", "vectors", "both"] = setting(
        "vectors", doc="input of the conversion layer"
    )
    hidden: int = setting(200, doc="hidden size of the conversion layer")
    dropout: float = setting(0.3, doc="dropout in the conversion layer")
    tune_projection: bool = setting(False, doc="tune the type projection too (detection never reads it)")
    decoding: Literal["argmax", "expected"] = setting("expected", doc="argmax, or the type of highest expected credit")
    coarse_prior: float = setting(0.0, doc="share of gold that expected-credit decoding takes to stop at the top type")
    lr: float = setting(1e-3, doc="peak learning rate (AdamW)")
    weight_decay: float = setting(0.01, doc="AdamW weight decay")
    warmup_steps: int = setting(200, doc="steps over which the learning rate rises; it falls linearly to zero after")
    epochs: int = setting(20, doc="passes over the mentions")
    batch_size: int = setting(256, doc="most mentions a batch; few mentions make smaller ones, of 16 at least")
    patience: int = setting(6, doc="validations without gain before tuning stops")
    feedback_weight: float = setting(3.0, doc="weight of a feedback mention beside one of the replay file")
    replay_keep: float = setting(
        0.8, doc="with feedback: share of the model's own answers in what replayed mentions are trained towards"
    )
    replay_limit: int = setting(14000, doc="mentions kept in the replay file")
    balance: bool = setting(True, doc="give each training corpus weight by the square root of its mentions")
    batch_pieces: int = setting(4096, doc="padded sub-word pieces a batch when mention vectors are computed")
    vectors: str = setting("", doc="folder that keeps mention vectors from run to run; empty keeps none")
    seed: int = setting(1, doc="seed of weights and order")

    def __post_init__(self) -> None:
        if self.direct and self.train:
            raise SettingsError("--direct and --train: expected one of them, found both; a Direct model is not trained")
        if self.tune_projection and self.reads == "vectors":
            raise SettingsError(
                "--tune-projection and --reads vectors: expected one of them, found both; "
                "a layer that reads vectors alone never sees the projection"
            )
        for name in ("decay", "loss_decay", "depth", "dropout", "coarse_prior", "replay_keep"):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingsError(f"--{name.replace('_', '-')}: expected 0 to 1, found {getattr(self, name)}")
        for name in ("epochs", "batch_size", "hidden"):
            if getattr(self, name) < 1:
                raise SettingsError(f"--{name.replace('_', '-')}: expected at least 1, found {getattr(self, name)}")


PAPER: dict[str, Any] = {
    "reads": "logits",
    "hidden": 200,
    "dropout": 0.0,
    "loss": "soft",
    "loss_decay": 0.5,
    "decoding": "argmax",
    "coarse_prior": 0.0,
    "lr": 1e-5,
    "warmup_steps": 2500,
    "depth": 0.0,
    "balance": False,
}
"""`--preset paper`: the choices of Hagiwara et al. (2019) for this phase."""
