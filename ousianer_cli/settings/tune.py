"""What `ousianer tune` is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings import flag, setting


@dataclass(frozen=True)
class TuneSettings:
    """`[tune]` of ousianer.toml; its tables `[tune.pretrain]` and `[tune.finetune]` are the search spaces."""

    out: str = setting("", doc="folder for the study")
    trials: int = setting(50, doc="trials of the study in all; 0 only lays the study down")
    timeout: float = setting(0.0, doc="minutes after which no further trial begins; 0 sets no limit")
    seed: int = setting(1, doc="seed of the sampler; trainings keep the phase's own")
    seeds: int = setting(1, doc="trainings a trial: the phase's own seed and those after it; the score is their mean")
    sampler: Literal["tpe", "random", "grid"] = setting("tpe", doc="how settings are drawn from the space")
    pruner: Literal["median", "none"] = setting(
        "median", doc="median: end a training that is below the median of those before it at the same validation"
    )
    held_out: float = setting(
        0.1, doc="share of the fine-tuning sentences held out where no validation corpus is given"
    )
    pretrain: dict[str, Any] = setting({}, doc="search space over [pretrain]")
    finetune: dict[str, Any] = setting({}, doc="search space over [finetune]")

    def __post_init__(self) -> None:
        for name, least in (("trials", 0), ("timeout", 0), ("seeds", 1)):
            if getattr(self, name) < least:
                raise SettingsError(f"{flag(name)}: expected at least {least}, found {getattr(self, name)}")
        if not 0 < self.held_out < 1:
            raise SettingsError(f"--held-out: expected a share between 0 and 1, found {self.held_out}")
