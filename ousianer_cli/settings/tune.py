"""Settings of `ousianer tune`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings import flag, setting


@dataclass(frozen=True)
class TuneSettings:
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
        50, doc="Trials of the study in all, by every worker; 0 only lays the study down.", group="study"
    )
    timeout: float = setting(
        0.0, least=0, doc="Minutes after which this worker begins no further trial; 0 sets no limit.", group="study"
    )
    seed: int = setting(1, least=0, doc="Seed of the sampler; trainings keep the phase's own.", group="study")
    seeds: int = setting(
        1,
        doc="Trainings a trial: the phase's own seed and those after it; the score is their mean.",
        group="study",
    )
    sampler: Literal["tpe", "random", "grid"] = setting(
        "tpe", doc="How settings are drawn from the space.", group="study"
    )
    pruner: Literal["median", "none"] = setting(
        "median",
        doc="median: end a training that is below the median of those before it at the same validation.",
        group="study",
    )
    held_out: float = setting(
        0.1,
        doc="Share of the sentences of --train held out where --dev is not given.",
        group="study",
        only="finetune",
    )
    pretrain: dict[str, Any] = setting({}, doc="Search space over [pretrain].")
    finetune: dict[str, Any] = setting({}, doc="Search space over [finetune].")

    def __post_init__(self) -> None:
        for name, minimum in (("trials", 0), ("timeout", 0), ("seeds", 1)):
            if getattr(self, name) < minimum:
                raise SettingsError(f"{flag(name)}: expected at least {minimum}, found {getattr(self, name)}")
        if not 0 < self.held_out < 1:
            raise SettingsError(f"--held-out: expected a share between 0 and 1, found {self.held_out}")
