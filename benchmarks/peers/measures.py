"""How predictions of every peer are scored: the project's own credit and resampling, sentence by sentence.

Exact spans; a name outside the taxonomy counts in `detection` only, as in `benchmarks/validation.py`, whose `worth`
gives the credit. Sums are [D, 4] over D sentences: credit won, system mentions, credit won, gold mentions. Runs with
several seeds are pooled: their sums are added sentence by sentence, so that a sentence stays the unit of resampling.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ousianer_cli.errors import InputError
from ousianer_cli.formats.corpus import Sentence
from ousianer_cli.scoring.resampling import bootstrap, compare, figures, intervals
from ousianer_cli.taxonomy.credit import open_credit
from ousianer_cli.taxonomy.tree import OUTSIDE, Taxonomy, load_taxonomy

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from validation import MEASURES, worth  # noqa: E402

FIGURES = ("strict", "both", "ancestor", "coarse", "detection")
"""strict: the very type, or one of gold's alternatives; both, ancestor: credit .5 a level along the tree, either way or
only for a type above gold; coarse: the same top type; detection: all names, whatever their type."""
GRID = [round(0.025 * i, 3) for i in range(25)]
SLACK = 0.002
RESAMPLES, SEED = 10_000, 1

Floats = NDArray[np.float64]
Predictions = list[list[dict[str, Any]]]


@cache
def _taxonomy() -> Taxonomy:
    return load_taxonomy("aida-edl")


@cache
def credit(gold: tuple[str, ...], system: str) -> tuple[float, ...]:
    """Credit of a matched span in the order of FIGURES without `detection`."""
    known = dict(zip(MEASURES[1:], worth(_taxonomy(), gold, system), strict=True))
    known["ancestor"] = open_credit(_taxonomy(), gold, system, direction="ancestor", open=False)
    return tuple(float(known[name]) for name in FIGURES[:-1])


def read_predictions(path: Path, sentences: Sequence[Sentence]) -> Predictions:
    """Mentions of each sentence, in the order of the corpus.

    Raises:
        InputError: other sentences than the corpus has, with file and line.
    """
    rows: Predictions = []
    with path.open(encoding="utf-8") as handle:
        for number, text in enumerate(handle, 1):
            row = json.loads(text)
            if number > len(sentences) or tuple(row["tokens"]) != sentences[number - 1].tokens:
                raise InputError("the corpus's own sentence", " ".join(row["tokens"])[:60], path=path, line=number)
            rows.append(row["mentions"])
    if len(rows) != len(sentences):
        raise InputError(f"{len(sentences)} sentences", str(len(rows)), path=path, remedy="train that peer again")
    return rows


def sums(sentences: Sequence[Sentence], predictions: Predictions, least: float = 0.0) -> dict[str, Floats]:
    """[D, 4] of each of FIGURES; typed figures leave out mentions with a score below `least`."""
    out = {name: np.zeros((len(sentences), 4)) for name in FIGURES}
    for place, (sentence, mentions) in enumerate(zip(sentences, predictions, strict=True)):
        gold = {(m.start, m.end): m.types for m in sentence.mentions}
        found = [m for m in mentions if not m.get("partial")]
        right = len({(m["start"], m["end"]) for m in found} & set(gold))
        out["detection"][place] = right, len(mentions), right, len(gold)
        inside = {span: tuple(t for t in types if t != OUTSIDE) for span, types in gold.items()}
        inside = {span: types for span, types in inside.items() if types}
        written = [m for m in mentions if m["type"] != OUTSIDE and m["score"] >= least]
        won = np.zeros(len(FIGURES) - 1)
        for m in written:
            types = inside.get((m["start"], m["end"]))
            if types and not m.get("partial"):
                won += credit(types, m["type"])
        for name, value in zip(FIGURES, won, strict=False):
            out[name][place] = value, len(written), value, len(inside)
    return out


def threshold(sentences: Sequence[Sentence], predictions: Predictions) -> float:
    """The least score a typed mention needs, chosen on the held-out part as `ousianer finetune` chooses its own: the
    least of the thresholds whose F1 with credit `both` is about the best."""
    scores = [f1(sums(sentences, predictions, least)["both"]) for least in GRID]
    return next(least for least, score in zip(GRID, scores, strict=True) if score >= max(scores) - SLACK)


def f1(table: Floats) -> float:
    """F1 of sums [D, 4]."""
    return float(figures(table.sum(axis=0))[2])


def summary(tables: dict[str, Floats]) -> dict[str, dict[str, float]]:
    """P, R, F1 and the 95% interval of F1 of each figure."""
    resampled = bootstrap(np.stack([tables[name] for name in FIGURES]), RESAMPLES, SEED)
    result = {}
    for name, (_, _, interval) in zip(FIGURES, intervals(resampled), strict=True):
        p, r, f = figures(tables[name].sum(axis=0)).tolist()
        result[name] = {"p": p, "r": r, "f1": f, "low": interval.low, "high": interval.high}
    return result


def differences(theirs: dict[str, Floats], ours: dict[str, Floats]) -> dict[str, dict[str, float]]:
    """F1 of ours less theirs in each figure: difference, interval, two-sided p of the paired permutation test."""
    result = {}
    for name in FIGURES:
        both = bootstrap(np.stack([theirs[name], ours[name]]), RESAMPLES, SEED)
        _, _, d = compare(theirs[name], ours[name], both[0], both[1], RESAMPLES, SEED)
        result[name] = {"difference": d.difference, "low": d.low, "high": d.high, "p": d.permutation_p}
    return result
