"""How predictions of every peer are scored: the project's own credit and resampling, sentence by sentence.

Measures are those of `ousianer_cli.scoring.sentences`: exact spans; a name outside the taxonomy counts in `detection`
only. Sums are [D, 4] over D sentences, or documents where the corpus has any: credit won, system mentions, credit won,
gold mentions. Runs with several seeds are pooled: their sums are added unit by unit, so that a unit stays what is
resampled.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ousianer_cli.errors import InputError
from ousianer_cli.formats.corpus import Sentence
from ousianer_cli.scoring.measures import total
from ousianer_cli.scoring.resampling import bootstrap, intervals
from ousianer_cli.scoring.sentences import (
    MatchedNames,
    SentenceScorer,
    by_document,
    choose_threshold,
    f1_difference,
    match_names,
)
from ousianer_cli.taxonomy.tree_files import load_taxonomy

FIGURES = ("strict", "both", "ancestor", "descendant", "coarse", "span", "detection")
"""strict: the very type, or one of gold's alternatives; both, ancestor: credit .5 a level along the tree, either way or
only for a type above gold; descendant: the 2019 scorer's, only for one below; span: the span of a name of the taxonomy;
coarse: the same top type; detection: all names, whatever their type."""
RESAMPLES, SEED = 10_000, 1

Floats = NDArray[np.float64]
Predictions = list[list[dict[str, Any]]]


@cache
def scorer() -> SentenceScorer:
    """The scorer of the peers' taxonomy."""
    return SentenceScorer(load_taxonomy("aida-edl"))


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
    """[D, 4] of each of FIGURES, by document where there are any; typed ones only from a score of `least` on."""
    names, types, scores = _matched(sentences, predictions)
    tables = scorer().sums(names, types, scores, least)
    # A sentence of no document is a unit by itself.
    units = [s.document or f"\0{place}" for place, s in enumerate(sentences)]
    return {name: by_document(tables[name], units) for name in FIGURES}


def threshold(sentences: Sequence[Sentence], predictions: Predictions) -> float:
    """The least score a typed mention needs, chosen on the held-out part as `ousianer finetune` chooses its own."""
    return choose_threshold(scorer().f1_by_threshold(*_matched(sentences, predictions)))[0]


def _matched(sentences: Sequence[Sentence], predictions: Predictions) -> tuple[MatchedNames, list[str], Floats]:
    gold = [{(m.start, m.end): m.types for m in s.mentions} for s in sentences]
    found = [[None if m.get("partial") else (m["start"], m["end"]) for m in row] for row in predictions]
    types = [m["type"] for row in predictions for m in row]
    return match_names(gold, found), types, np.array([m["score"] for row in predictions for m in row])


def f1(table: Floats) -> float:
    """F1 of sums [D, 4]."""
    return total(table).f1


def summary(tables: dict[str, Floats]) -> dict[str, dict[str, float]]:
    """P, R, F1 and the 95% interval of F1 of each figure."""
    resampled = bootstrap(np.stack([tables[name] for name in FIGURES]), RESAMPLES, SEED)
    result = {}
    for name, (_, _, interval) in zip(FIGURES, intervals(resampled), strict=True):
        prf = total(tables[name])
        result[name] = {"p": prf.precision, "r": prf.recall, "f1": prf.f1, "low": interval.low, "high": interval.high}
    return result


def differences(theirs: dict[str, Floats], ours: dict[str, Floats]) -> dict[str, dict[str, float]]:
    """F1 of ours less theirs in each figure: difference, interval, two-sided p of the paired permutation test."""
    result = {}
    for name in FIGURES:
        d = f1_difference(theirs[name], ours[name], RESAMPLES, SEED)
        result[name] = {"difference": d.difference, "low": d.low, "high": d.high, "p": d.permutation_p}
    return result
