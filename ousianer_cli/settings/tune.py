"""Settings of `ousianer tune`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ousianer_cli.settings.base import Settings
from ousianer_cli.settings.fields import setting


@dataclass(frozen=True)
class TuneSettings(Settings):
    """`[tune]` of ousianer.toml; its tables `[tune.pretrain]` and `[tune.finetune]` are the search spaces."""

    out: str = setting(
        "",
        doc="Folder for the study and its best settings.",
        role="output",
        kind="study",
        flags=("-o",),
        group="study",
        metavar="DIR",
    )
    trials: int = setting(
        50, minimum=0, doc="Total trials of the study, over all workers; 0 only creates the study.", group="study"
    )
    timeout: float = setting(
        0.0, minimum=0, doc="Minutes after which this worker starts no further trial; 0 sets no limit.", group="study"
    )
    seed: int = setting(1, minimum=0, doc="Seed of the sampler; trainings keep the phase's own.", group="study")
    seeds: int = setting(
        1,
        minimum=1,
        doc="Trainings a trial: the phase's own seed and those after it; the score is their mean.",
        group="study",
    )
    sampler: Literal["tpe", "random", "grid"] = setting(
        "tpe", doc="How settings are drawn from the space.", group="study"
    )
    pruner: Literal["median", "none"] = setting(
        "median",
        doc="median: stop a training that is below the median of earlier ones at the same validation.",
        group="study",
    )
    held_out: float = setting(
        0.1,
        above=0,
        below=1,
        doc="Share of the sentences of --train held out where --dev is not given.",
        group="study",
        only="finetune",
    )
    pretrain: dict[str, Any] = setting({}, doc="Search space over [pretrain].")
    finetune: dict[str, Any] = setting({}, doc="Search space over [finetune].")
