"""The figures of runs against one gold, as plain data: what tables, plots and JSON are made of."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ousianer_cli.scoring.calibration import Calibration, Curve, Threshold
from ousianer_cli.scoring.faults import Faults
from ousianer_cli.scoring.measures import STRICT, Prf, Reading, TypeCredit, total
from ousianer_cli.scoring.resampling import Difference, Interval

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Confidence:
    """What a run's confidences are worth under one reading."""

    calibration: Calibration
    threshold: Threshold
    curve: Curve


@dataclass(frozen=True)
class RunScore:
    """One run's figures: `measures` by key, `types` by type string and reading key (empty if not asked for).

    `sums` are [D, 4] by document of the report, for measures that add up over documents.
    """

    name: str
    path: str
    gold_mentions: int
    system_mentions: int
    matched_spans: int
    measures: dict[str, Prf]
    types: dict[str, dict[str, Prf]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    sums: dict[str, Floats] = field(default_factory=dict)
    intervals: dict[str, tuple[Interval, Interval, Interval]] = field(default_factory=dict)
    faults: Faults | None = None
    confidence: dict[str, Confidence] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """Two runs tested against each other in one measure: the second less the first."""

    first: str
    second: str
    measure: str
    precision: Difference
    recall: Difference
    f1: Difference


@dataclass(frozen=True)
class Report:
    """The figures of all runs against one gold."""

    gold: str
    taxonomy: str
    decay: float
    readings: tuple[Reading, ...]
    runs: tuple[RunScore, ...]
    warnings: tuple[str, ...] = ()
    shown: tuple[Reading, ...] = ()
    documents: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()
    resamples: int = 0
    seed: int = 1
    comparisons: tuple[Comparison, ...] = ()
    credit: TypeCredit | None = None

    @property
    def table(self) -> tuple[Reading, ...]:
        """The readings of the main table."""
        return self.shown or self.readings

    def to_json(self, *, by_document: bool = False) -> dict[str, Any]:
        """Plain values, for `json.dumps`; strict figures by genre where there are genres, by document on request."""
        return {
            "gold": self.gold,
            "taxonomy": self.taxonomy,
            "decay": self.decay,
            "documents": len(self.documents),
            "resamples": self.resamples,
            "seed": self.seed,
            "readings": {reading.key: reading.meaning for reading in self.readings},
            "warnings": list(self.warnings),
            "runs": [self._run(run, by_document) for run in self.runs],
            **({"comparisons": [asdict(comparison) for comparison in self.comparisons]} if self.comparisons else {}),
        }

    def _run(self, run: RunScore, by_document: bool) -> dict[str, Any]:
        content: dict[str, Any] = {
            "name": run.name,
            "run": run.path,
            "gold_mentions": run.gold_mentions,
            "system_mentions": run.system_mentions,
            "matched_spans": run.matched_spans,
            "measures": {key: _prf(prf) for key, prf in run.measures.items()},
        }
        if run.intervals:
            figures = ("precision", "recall", "f1")
            content["intervals"] = {
                key: {name: [bounds.low, bounds.high] for name, bounds in zip(figures, interval, strict=True)}
                for key, interval in run.intervals.items()
            }
        if run.types:
            content["by_type"] = _types(run.types)
        if run.faults:
            content["errors"] = {name: {"gold": g, "run": s} for name, (g, s) in run.faults.classes.items()}
            content["confusion"] = [{"gold": g, "run": s, "count": n} for (g, s), n in run.faults.pairs.items()]
        if run.confidence:
            content["confidence"] = {
                key: {"calibration": asdict(confidence.calibration), "threshold": asdict(confidence.threshold)}
                for key, confidence in run.confidence.items()
            }
        content["warnings"] = list(run.warnings)
        if self.genres:
            content["by_genre"] = {name: _counted(prf) for name, _, prf in self.by_genre(run, STRICT.key)}
        if by_document:
            content["by_document"] = {name: _counted(prf) for name, prf in self.by_document(run, STRICT.key)}
        return content

    def by_document(self, run: RunScore, key: str) -> list[tuple[str, Prf]]:
        """A measure's figures for each document that has mentions on either side."""
        sums = run.sums[key]
        places = np.flatnonzero(sums[:, 1] + sums[:, 3]).tolist()
        return [(self.documents[place], total(sums[place : place + 1])) for place in places]

    def by_genre(self, run: RunScore, key: str) -> list[tuple[str, int, Prf]]:
        """A measure's figures for each genre, with its number of documents."""
        names = np.array(self.genres)
        groups = ((name, np.flatnonzero(names == name)) for name in sorted(set(self.genres)))
        return [(name, len(places), total(run.sums[key][places])) for name, places in groups]


def _prf(prf: Prf) -> dict[str, float]:
    return {"precision": prf.precision, "recall": prf.recall, "f1": prf.f1, "tp": prf.system_tp}


def _counted(prf: Prf) -> dict[str, float]:
    return {"gold": prf.gold, "run": prf.system, "precision": prf.precision, "recall": prf.recall, "f1": prf.f1}


def _types(types: dict[str, dict[str, Prf]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for label, readings in types.items():
        any_prf = next(iter(readings.values()))
        result[label] = {"gold": any_prf.gold, "system": any_prf.system}
        for key, prf in readings.items():
            result[label][key] = {"precision": prf.precision, "recall": prf.recall, "f1": prf.f1}
    return result
