"""Settings of `ousianer finetune`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings.base import Settings
from ousianer_cli.settings.fields import MAPPING, TAXONOMIES, setting

Reading = Literal["closed", "open", "mean"]
Contradicting = Literal["drop", "relabel", "keep"]


@dataclass(frozen=True)
class FinetuneSettings(Settings):
    """`[finetune]` of ousianer.toml."""

    base: str = setting(
        "",
        doc="Model folder to start from; with --feedback alone, the shipped model.",
        role="input",
        kind="model",
        positional=True,
        metavar="BASE",
    )
    train: list[str] = setting(
        [],
        doc="Corpora whose mentions carry admissible target types; one named n times weighs n times as much.",
        role="data",
        metavar="FILE...",
    )
    dev: list[str] = setting(
        [],
        doc="Validation corpora; detection is scored too where they mark all names.",
        role="data",
        validates=True,
        metavar="FILE...",
    )
    dev_labels: Reading = setting(
        "closed",
        doc="How validation labels are read: closed; open, where types below a label are right too; mean of both.",
        group="data",
        fixed=True,
    )
    feedback: list[str] = setting(
        [],
        doc="Corrections: rows with their sentence, EDL rows (with --source), exports of other tools.",
        role="data",
        metavar="FILE...",
    )
    detection: bool = setting(
        False,
        doc="With feedback alone: teach the detector missed names, boundaries and what is no name, too.",
        group="training",
        fixed=True,
    )
    detection_replay: list[str] = setting(
        [],
        doc="With --detection: corpora with all names marked that the detector is held by; without them, the texts of "
        "--source or of the feedback as the model itself marks them.",
        role="data",
        metavar="FILE...",
    )
    source: list[str] = setting([], doc="Documents of the feedback's EDL rows.", role="input", metavar="INPUT...")
    taxonomy: str = setting("aida-edl", doc=f"Target taxonomy: {TAXONOMIES}.", role="input", kept_by_model=True)
    mapping: str = setting(
        "",
        doc=f"{MAPPING}, for Direct models and for depth below open labels.",
        role="input",
        shown="the model's own, or the shipped one",
    )
    balance: bool = setting(
        True, doc="Give each training corpus weight by the square root of its mentions.", group="data"
    )
    replay_limit: int = setting(14000, minimum=0, doc="Mentions kept in the replay file.", group="data", fixed=True)
    direct: bool = setting(
        False,
        doc="Write the Direct model: no conversion layer, types mapped by the table.",
        group="model",
        fixed=True,
    )
    reads: Literal["logits", "probabilities", "vectors", "both"] = setting(
        "vectors", doc="Input of the conversion layer.", group="model", kept_by_model=True
    )
    hidden: int = setting(200, minimum=1, doc="Hidden size of the conversion layer.", group="model", kept_by_model=True)
    dropout: float = setting(0.3, minimum=0, maximum=1, doc="Dropout in the conversion layer.", group="model")
    tune_projection: bool = setting(
        False,
        doc="Tune the type projection too (detection never reads it).",
        group="model",
        off="--keep-projection",
    )
    loss: Literal["soft", "hard", "credit"] = setting(
        "soft",
        doc="soft: y* = yW; hard: plain cross-entropy; credit: minus the log of the expected credit, decay .5.",
        group="training",
        kept_by_model=True,
    )
    loss_decay: float = setting(
        0.1,
        minimum=0,
        maximum=1,
        doc="Credit left in the loss after one level of distance; small values keep the target sharp.",
        group="training",
        kept_by_model=True,
    )
    depth: float = setting(
        0.0,
        minimum=0,
        maximum=1,
        doc="Share of an open label's probability mass that evidence may move below it.",
        group="training",
        kept_by_model=True,
    )
    lr: float = setting(1e-3, above=0, doc="Peak learning rate (AdamW).", group="training")
    weight_decay: float = setting(0.01, minimum=0, doc="AdamW weight decay.", group="training")
    warmup_steps: int = setting(
        200,
        minimum=0,
        doc="Steps over which the learning rate rises; it falls linearly to zero after.",
        group="training",
    )
    epochs: int = setting(20, minimum=1, doc="Passes over the mentions.", group="training")
    batch_size: int = setting(
        256,
        minimum=1,
        doc="Maximum mentions a batch; small data gets smaller batches, of at least 16.",
        group="training",
    )
    patience: int = setting(6, minimum=0, doc="Validations without gain before tuning stops.", group="training")
    feedback_weight: float = setting(
        3.0, minimum=0, doc="Weight of a feedback mention, relative to one of the replay file.", group="training"
    )
    feedback_share: float = setting(
        0.05,
        minimum=0,
        maximum=1,
        doc="With feedback alone: minimum share of corrected mentions in each step.",
        group="training",
    )
    feedback_steps: int = setting(
        250,
        minimum=1,
        doc="With feedback alone: training steps, in place of --epochs; many corrections take more.",
        group="training",
    )
    contradicting: Contradicting = setting(
        "relabel",
        doc="With feedback alone: what becomes of replayed mentions near the corrections that are labelled as the "
        "model erred.",
        group="training",
    )
    max_loss: float = setting(
        0.02,
        minimum=0,
        maximum=1,
        doc="With feedback alone: maximum loss of F1 on replayed guard mentions; beyond it, nothing is written.",
        group="training",
        fixed=True,
    )
    replay_keep: float = setting(
        0.8,
        minimum=0,
        maximum=1,
        doc="With feedback: share of the model's own answers in what replayed mentions are trained towards.",
        group="training",
    )
    batch_pieces: int = setting(
        4096,
        minimum=1,
        doc="Padded sub-word pieces a batch when mention vectors are computed.",
        group="training",
        fixed=True,
    )
    vectors: str = setting(
        "",
        doc="Folder that caches mention vectors, so that the next tuning is faster.",
        role="output",
        kind="cache",
        group="training",
        metavar="DIR",
    )
    seed: int = setting(1, minimum=0, doc="Seed of weights and order.", group="training", fixed=True)
    credit: Literal["ancestor", "descendant", "both"] = setting(
        "both", doc="Direction of W in loss and decoder.", group="decoding", kept_by_model=True
    )
    decay: float = setting(
        0.5,
        minimum=0,
        maximum=1,
        doc="Credit left in the decoder after one level of distance.",
        group="decoding",
        kept_by_model=True,
    )
    decoding: Literal["argmax", "expected"] = setting(
        "expected", doc="argmax, or the type of highest expected credit.", group="decoding", kept_by_model=True
    )
    coarse_prior: float = setting(
        0.0,
        minimum=0,
        maximum=1,
        doc="Share of gold that expected-credit decoding assumes to stop at the top type.",
        group="decoding",
        kept_by_model=True,
    )
    verbose: bool = setting(
        False, doc="Show every span learned from feedback, not only the first 20.", group="output", neutral=True
    )
    out: str = setting("", doc="Folder for the model.", role="output", kind="model", flags=("-o",), metavar="DIR")

    def check(self) -> None:
        """Refuse options that exclude each other, or that lack what they need."""
        if self.direct and self.train:
            raise SettingsError("--direct and --train: expected one of them, found both; a Direct model is not trained")
        if self.tune_projection and self.reads == "vectors":
            raise SettingsError(
                "--tune-projection and --reads vectors: expected one of them, found both; "
                "a layer that reads vectors alone never sees the projection"
            )
        if self.detection_replay and not self.detection:
            raise SettingsError("--detection-replay: expected --detection beside it, found it alone")
        if self.detection and (self.train or not self.feedback):
            raise SettingsError("--detection: expected --feedback alone beside it; detection is fixed otherwise")


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
