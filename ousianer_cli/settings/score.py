"""What `ousianer score` is told."""

from __future__ import annotations

from dataclasses import dataclass

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings import setting

RESAMPLES = 10_000


@dataclass(frozen=True)
class ScoreSettings:
    """The table `[score]` of the project file."""

    gold: str | None = setting(None, doc="gold: an EDL tab, or another of the formats that are read")
    runs: list[str] = setting([], doc="runs to score")
    names: list[str] = setting([], doc="names of the runs in tables, in their order")
    taxonomy: str = setting("aida-edl", doc="aida, aida-edl, or a taxonomy file")
    decay: float = setting(0.5, doc="credit for each level between system type and gold type, from 0 to 1")
    open: bool = setting(False, doc="also score with full credit for any type below a gold type")
    measure: list[str] = setting([], doc="measures to show; all for every one")
    resamples: int = setting(RESAMPLES, doc="resamples of documents for intervals and tests; 0 for none")
    seed: int = setting(1, doc="seed of the resamples")

    def __post_init__(self) -> None:
        if not 0.0 <= self.decay <= 1.0:
            raise SettingsError(f"--decay ([score] decay): expected a number from 0 to 1, found {self.decay}")
        if self.resamples < 0 or 0 < self.resamples < 100:
            raise SettingsError(f"--resamples ([score] resamples): expected 0 or 100 and more, found {self.resamples}")
