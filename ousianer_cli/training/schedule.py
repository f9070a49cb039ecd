"""Learning rates over the steps of a training, and when validations say that it is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch


def rate_factor(step: int, total: int, rise: int, *, decay: bool = True) -> float:
    """What share of the peak rate step 0 .. `total` - 1 trains at.

    The share rises by 1/`rise` a step to 1, and with `decay` falls linearly, to 1/(`total` - `rise`) in the last one.
    (The schedule of `transformers` has its first step at a rate of 0, which would be a step lost.)
    """
    if step < rise:
        return (step + 1) / rise
    return (total - step) / max(1, total - rise) if decay else 1.0


def set_rates(optimizer: torch.optim.Optimizer, factor: float) -> None:
    """Give each parameter group of an optimizer the factor times its `peak`."""
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * factor


@dataclass(slots=True)
class EarlyStopping:
    """The best validation so far by its `score`, and how many came after it without gain."""

    patience: int
    best: dict[str, Any] = field(default_factory=dict)
    stale: int = 0

    def update(self, metrics: Mapping[str, Any], *, latest_is_best: bool = False) -> bool:
        """Whether a validation is the best so far; `latest_is_best` where there is nothing to compare by."""
        better = not self.best or latest_is_best or metrics["score"] > self.best["score"]
        self.stale = 0 if better else self.stale + 1
        if better:
            self.best = dict(metrics)
        return better

    @property
    def exhausted(self) -> bool:
        """Whether `patience` validations have passed without gain."""
        return self.stale >= self.patience
