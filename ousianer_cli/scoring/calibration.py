"""What confidences are worth: calibration error, precision and recall over a threshold, and the best threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BINS = 15


@dataclass(frozen=True)
class Calibration:
    """How far confidences are from the share of right mentions.

    `ece` is the expected calibration error (Naeini et al. 2015) over 15 bins of equal width, `brier` the mean squared
    difference; `bins` are (mean confidence, share right, mentions) of the bins that hold any.
    """

    ece: float
    brier: float
    mean_confidence: float
    accuracy: float
    bins: tuple[tuple[float, float, int], ...]


@dataclass(frozen=True)
class Threshold:
    """The confidence from which on mentions are kept for the highest F1, and what it changes."""

    confidence: float
    kept: int
    of: int
    precision: float
    recall: float
    f1: float
    f1_before: float


@dataclass(frozen=True)
class Curve:
    """Precision and recall when only mentions from each confidence on are kept, highest first."""

    confidence: Floats
    precision: Floats
    recall: Floats
    kept: NDArray[np.int64]

    @property
    def f1(self) -> Floats:
        """F1 at each confidence."""
        total = self.precision + self.recall
        result = np.zeros_like(total)
        np.divide(2 * self.precision * self.recall, total, out=result, where=total > 0)
        return result


def calibration(confidence: Floats, credit: Floats) -> Calibration | None:
    """The calibration of a run's mentions [M], `credit` being 1 for a right one or its part; None without mentions."""
    if not len(confidence):
        return None
    place = np.minimum((confidence * BINS).astype(np.int64), BINS - 1).clip(0)
    count = np.bincount(place, minlength=BINS)
    sure, right = (np.bincount(place, weights=values, minlength=BINS) for values in (confidence, credit))
    full = np.flatnonzero(count)
    bins = tuple((float(sure[i] / count[i]), float(right[i] / count[i]), int(count[i])) for i in full.tolist())
    return Calibration(
        ece=float(np.abs(sure - right).sum() / len(confidence)),
        brier=float(((confidence - credit) ** 2).mean()),
        mean_confidence=float(confidence.mean()),
        accuracy=float(credit.mean()),
        bins=bins,
    )


def curve(confidence: Floats, credit: Floats, gold: float) -> Curve:
    """The curve over a run's mentions [M]; mentions of equal confidence are kept or left together."""
    order = np.argsort(-confidence, kind="stable")
    sorted_confidence = confidence[order]
    summed = np.cumsum(credit[order])
    last = np.flatnonzero(np.append(sorted_confidence[1:] != sorted_confidence[:-1], True)[: len(order)])
    kept = last + 1
    recall = summed[last] / gold if gold else np.zeros(len(last))
    return Curve(sorted_confidence[last], summed[last] / kept, recall, kept.astype(np.int64, copy=False))


def best_threshold(curve: Curve) -> Threshold | None:
    """The threshold with the highest F1, the lowest confidence among equals; None without mentions."""
    if not len(curve.kept):
        return None
    f1 = curve.f1
    best = len(f1) - 1 - int(f1[::-1].argmax())
    return Threshold(
        confidence=float(curve.confidence[best]),
        kept=int(curve.kept[best]),
        of=int(curve.kept[-1]),
        precision=float(curve.precision[best]),
        recall=float(curve.recall[best]),
        f1=float(f1[best]),
        f1_before=float(f1[-1]),
    )
