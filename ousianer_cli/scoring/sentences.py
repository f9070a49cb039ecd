"""Labelled sentences scored: which names were found, and what their types are worth in several readings.

Gold gives each name the types that it admits (`-`: a name outside the taxonomy), a system one type and a confidence.
Spans match exactly. What is counted follows `ousianer score`: a name whose gold admits nothing but `-`, and one that
the system types `-`, is on neither side of the typed measures; `detection` counts all names whatever their type.

Sums are [U, 4] over U units, each a sentence or a document: credit won, system names, credit won, gold names. They are
what `scoring.resampling` draws from and what `scoring.measures.total` makes precision, recall and F1 of.
Letters: U units, G gold names, F found names, R measures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ousianer_cli.scoring.resampling import Difference, Floats, Interval, bootstrap, compare, figures, intervals
from ousianer_cli.taxonomy.credit import open_credit
from ousianer_cli.taxonomy.tree import OUTSIDE, Taxonomy

LabelSet = tuple[str, ...]
Span = tuple[int, int]
Ints = NDArray[np.int64]

TYPED = ("span", "coarse", "strict", "descendant", "ancestor", "both", "open", "mean")
MEASURES = ("detection", *TYPED)
"""detection: all names, whatever their type. The others count names of the taxonomy: span, the span alone; coarse, the
same top type; strict, one of gold's types itself; descendant, ancestor, both: decay**k for a type k levels below gold
(the scorer of 2019), above it, or either way; open: as both, but whatever lies below gold is right; mean: the mean of
both and open."""

MEASURE_OF_READING = {"closed": "both", "open": "open", "mean": "mean"}
"""How validation labels may be read, and the measure that reads them so."""

THRESHOLDS = tuple(round(0.025 * i, 3) for i in range(25))
SLACK = 0.002
RESAMPLES, SEED = 1000, 1


@dataclass(frozen=True, slots=True)
class MatchedNames:
    """Gold and found names of U units, matched by their spans."""

    units: int
    gold_unit: Ints
    """[G] the unit of each gold name."""
    gold: Sequence[LabelSet]
    """[G] the types that each gold name admits."""
    found_unit: Ints
    """[F] the unit of each found name."""
    found_gold: Sequence[LabelSet | None]
    """[F] the types that gold admits at the found span; None where gold has no name there."""

    @classmethod
    def in_one_unit(cls, gold: Sequence[LabelSet], found_gold: Sequence[LabelSet | None]) -> MatchedNames:
        """Names whose sentences do not matter, since no interval is asked for."""
        return cls(1, np.zeros(len(gold), np.int64), gold, np.zeros(len(found_gold), np.int64), found_gold)


def match_names(gold: Sequence[Mapping[Span, LabelSet]], found: Sequence[Sequence[Span | None]]) -> MatchedNames:
    """Match found spans with gold's, unit by unit.

    Args:
        gold: for each unit the admissible types of each span.
        found: for each unit its spans. None is a name that can match nothing, such as one that cuts a token; a span
            that stands twice matches once.

    Raises:
        ValueError: `gold` and `found` differ in their number of units.
    """
    at_found: list[LabelSet | None] = []
    for known, spans in zip(gold, found, strict=True):
        left = dict(known)
        at_found += [None if span is None else left.pop(span, None) for span in spans]
    return MatchedNames(
        len(gold),
        np.asarray([unit for unit, known in enumerate(gold) for _ in known], dtype=np.int64),
        [types for known in gold for types in known.values()],
        np.asarray([unit for unit, spans in enumerate(found) for _ in spans], dtype=np.int64),
        at_found,
    )


def inside(types: Iterable[str]) -> LabelSet:
    """Gold's types without `-`; none for a name outside the taxonomy."""
    return tuple(name for name in types if name != OUTSIDE)


@dataclass(slots=True)
class SentenceScorer:
    """Scores typed names against a taxonomy; `decay` is what one level of distance leaves of the credit.

    Types are node names as training lines and models have them (`PER.Politician`), `-` for outside.
    """

    taxonomy: Taxonomy
    decay: float = 0.5
    _known: dict[tuple[LabelSet, str], Floats] = field(init=False, default_factory=dict)

    def credit(self, gold: LabelSet, system: str) -> Floats:
        """[R] what a system's type is worth beside gold's, in the order of `TYPED`.

        Raises:
            TaxonomyError: a type that is none of the taxonomy, or gold without any.
        """
        key = gold, system
        if key not in self._known:
            closed = {
                direction: open_credit(
                    self.taxonomy, gold, system, direction=direction, decay=self.decay, open_gold=False
                )
                for direction in ("descendant", "ancestor", "both")
            }
            below = open_credit(self.taxonomy, gold, system, decay=self.decay, open_gold=True)
            coarse = self._top(system) in {self._top(name) for name in gold}
            self._known[key] = np.array(
                [1.0, coarse, system in gold, *closed.values(), below, (closed["both"] + below) / 2], dtype=np.float64
            )
        return self._known[key]

    def credits(self, gold: Sequence[LabelSet], system: Sequence[str], measure: str) -> Floats:
        """[M] what the types given to M gold names are worth; `-` is right where gold admits it."""
        column = TYPED.index(measure)
        return np.array([self.credit(g, s)[column] for g, s in zip(gold, system, strict=True)], dtype=np.float64)

    def sums(
        self,
        names: MatchedNames,
        types: Sequence[str],
        confidences: NDArray[np.floating] | None = None,
        threshold: float = 0.0,
    ) -> dict[str, Floats]:
        """Sums [U, 4] of each of `MEASURES`.

        Args:
            types: [F] the type of each found name.
            confidences: [F]; with `threshold`, names below it count in `detection` alone.
        """
        written = self._written(types)
        if confidences is not None:
            written = written & (np.asarray(confidences) >= threshold)
        credits = self._credits(names, types)
        found_any = np.array([types is not None for types in names.found_gold], dtype=np.float64)
        gold_any, gold_inside = np.ones(len(names.gold)), _inside(names)
        result = {"detection": _table(names, found_any, np.ones(len(found_any)), gold_any)}
        for column, measure in enumerate(TYPED):
            result[measure] = _table(names, credits[:, column] * written, written.astype(np.float64), gold_inside)
        return result

    def f1_by_threshold(
        self, names: MatchedNames, types: Sequence[str], confidences: NDArray[np.floating], measure: str = "both"
    ) -> Floats:
        """[T] F1 over all units where only names from each of `THRESHOLDS` on are written."""
        credits = self._credits(names, types)[:, TYPED.index(measure)]
        kept = [self._written(types) & (np.asarray(confidences) >= threshold) for threshold in THRESHOLDS]
        gold = _inside(names).sum()
        return figures(np.array([[credits[k].sum(), k.sum(), credits[k].sum(), gold] for k in kept], np.float64))[:, 2]

    def _credits(self, names: MatchedNames, types: Sequence[str]) -> Floats:
        """[F, R] what each found name is worth; 0 where gold has no name of the taxonomy, or the system gives `-`."""
        credits = np.zeros((len(types), len(TYPED)))
        for place, (gold, system) in enumerate(zip(names.found_gold, types, strict=True)):
            admitted = inside(gold or ())
            if admitted and system != OUTSIDE:
                credits[place] = self.credit(admitted, system)
        return credits

    @staticmethod
    def _written(types: Sequence[str]) -> NDArray[np.bool_]:
        return np.array([name != OUTSIDE for name in types], dtype=bool)

    def _top(self, name: str) -> str:
        return name if name == OUTSIDE else self.taxonomy.top(name)


def choose_threshold(f1: Floats) -> tuple[float, float]:
    """(threshold, its F1) from F1 at each of `THRESHOLDS`, the mean over validation sets where there are several.

    The least of those that are about as good as the best: on text unlike the validation set a high one costs recall.
    """
    place = int(np.flatnonzero(f1 >= f1.max() - SLACK)[0])
    return THRESHOLDS[place], float(f1[place])


def by_document(sums: Floats, documents: Sequence[str]) -> Floats:
    """Sums [D, 4] of documents, in the order of their first sentences, from sums [U, 4] of sentences."""
    place = {name: i for i, name in enumerate(dict.fromkeys(documents))}
    joined = np.zeros((len(place), sums.shape[1]))
    np.add.at(joined, [place[name] for name in documents], sums)
    return joined


def f1_interval(sums: Floats, resamples: int = RESAMPLES, seed: int = SEED) -> Interval:
    """The 95% interval of F1 from sums [U, 4], units drawn with replacement."""
    return intervals(bootstrap(sums[None], resamples, seed))[0][2] if len(sums) else Interval(0.0, 0.0)


def f1_difference(first: Floats, second: Floats, resamples: int = RESAMPLES, seed: int = SEED) -> Difference:
    """F1 of the second system less that of the first, over the same units [U, 4], with interval and paired tests."""
    drawn = bootstrap(np.stack([first, second]), resamples, seed)
    return compare(first, second, drawn[0], drawn[1], resamples, seed)[2]


def _inside(names: MatchedNames) -> Floats:
    return np.array([bool(inside(types)) for types in names.gold], dtype=np.float64)


def _table(names: MatchedNames, won: Floats, system: Floats, gold: Floats) -> Floats:
    columns = [
        np.bincount(unit, weights=weights, minlength=names.units)
        for unit, weights in ((names.found_unit, won), (names.found_unit, system), (names.gold_unit, gold))
    ]
    return np.stack([columns[0], columns[1], columns[0], columns[2]], axis=1)
