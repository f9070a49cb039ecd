"""Where a run goes wrong: classes of errors, and which types are taken for which."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ousianer_cli.scoring.hierarchy import TypePath, TypePaths
from ousianer_cli.scoring.matching import Ints, Match, MentionTable, Vocabulary, span_codes
from ousianer_cli.scoring.measures import TypeCredit

CORRECT, MENTION_TYPE = "correct", "mention type only"
TOO_GENERAL, TOO_SPECIFIC = "type too general", "type too specific"
WRONG_LEVEL = ("wrong top type", "wrong second level", "wrong third level", "wrong deeper level")
UNKNOWN_TYPE = "type not in the taxonomy"
BOUNDARY, MISSED, SPURIOUS, OUTSIDE = "boundary", "missed", "spurious", "outside"
CLASSES = (
    CORRECT, TOO_GENERAL, TOO_SPECIFIC, *WRONG_LEVEL, UNKNOWN_TYPE, MENTION_TYPE, BOUNDARY, MISSED, SPURIOUS, OUTSIDE,
)  # fmt: skip
MEANINGS = {
    CORRECT: "span, type and mention type are gold's",
    TOO_GENERAL: "the run's type lies above gold's",
    TOO_SPECIFIC: "the run's type lies below gold's",
    WRONG_LEVEL[0]: "the top types differ",
    WRONG_LEVEL[1]: "equal top types, then they part",
    WRONG_LEVEL[2]: "equal to the second level, then they part",
    WRONG_LEVEL[3]: "equal to the third level or further, then they part",
    UNKNOWN_TYPE: "gold's span with a type that the taxonomy lacks",
    MENTION_TYPE: "span and type are gold's, column 7 is not",
    BOUNDARY: "overlaps a mention of the other side, at other offsets",
    MISSED: "gold's mention, and none of the run overlaps it",
    SPURIOUS: "the run's mention, and none of gold overlaps it",
    OUTSIDE: "the run's mention, where gold has a name outside the taxonomy (-)",
}


@dataclass(frozen=True)
class Faults:
    """Mentions by class: (of gold, of the run); and pairs of types on shared spans with their counts."""

    classes: dict[str, tuple[int, int]]
    pairs: dict[tuple[str, str], int]
    missed: dict[str, int]
    spurious: dict[str, int]

    def confused(self) -> list[tuple[str, str, int]]:
        """Pairs of different types (gold, run, count), the most frequent first."""
        different = [(gold, system, n) for (gold, system), n in self.pairs.items() if system not in gold.split("|")]
        return sorted(different, key=lambda item: (-item[2], item[0], item[1]))


def find_faults(
    match: Match, strict: NDArray[np.float64], outside: MentionTable, vocabulary: Vocabulary, credit: TypeCredit
) -> Faults:
    """The faults of one run.

    Args:
        strict: 1 for each pair [P] with the very type and mention type. outside: gold's rows of type `-`.
    """
    names = vocabulary.labels.names
    paths = TypePaths(credit.taxonomy)
    gold_label, system_label = match.gold.label[match.gold_place], match.system.label[match.system_place]
    width = max(len(names), 1)
    kinds, kind, counts = np.unique(gold_label * width + system_label, return_inverse=True, return_counts=True)
    labels = [divmod(code, width) for code in kinds.tolist()]
    class_of = np.array([_type_class(names[g], names[s], paths, credit) for g, s in labels], dtype=np.int64)
    of_pair = class_of[kind.reshape(-1)] if len(kind) else np.empty(0, dtype=np.int64)
    equal = of_pair == CLASSES.index(CORRECT)
    of_pair = np.where(equal & (strict < 1.0), CLASSES.index(MENTION_TYPE), of_pair)
    by_class = np.bincount(of_pair, minlength=len(CLASSES)).tolist()
    classes = {name: (int(n), int(n)) for name, n in zip(CLASSES, by_class, strict=True)}
    gold_left = _rest(match.gold, match.gold_place)
    system_left = _rest(match.system, match.system_place)
    gold_touched, system_touched = overlapping(gold_left, match.system), overlapping(system_left, match.gold)
    out = np.zeros(len(system_left), dtype=bool)
    if len(outside):
        outside_spans, left_spans = span_codes([outside, system_left])
        out = np.isin(left_spans, outside_spans) & ~system_touched
    classes[BOUNDARY] = int(gold_touched.sum()), int(system_touched.sum())
    classes[MISSED] = int((~gold_touched).sum()), 0
    classes[SPURIOUS] = 0, int((~system_touched & ~out).sum())
    classes[OUTSIDE] = 0, int(out.sum())
    pairs = {(names[g], names[s]): int(n) for (g, s), n in zip(labels, counts.tolist(), strict=True)}
    return Faults(classes, pairs, _by_label(gold_left, names), _by_label(system_left, names))


def _rest(table: MentionTable, taken: Ints) -> MentionTable:
    free = np.ones(len(table), dtype=bool)
    free[taken] = False
    return table.take(np.flatnonzero(free).astype(np.int64, copy=False))


def _by_label(table: MentionTable, names: list[str]) -> dict[str, int]:
    counts = np.bincount(table.label, minlength=len(names)).tolist()
    return {name: n for name, n in zip(names, counts, strict=True) if n}


def overlapping(table: MentionTable, other: MentionTable) -> NDArray[np.bool_]:
    """Whether each mention [M] shares a character with any mention of another table."""
    if not len(table) or not len(other):
        return np.zeros(len(table), dtype=bool)
    span = int(max(table.end.max(), other.end.max())) + 1
    order = np.argsort(other.doc * span + other.start, kind="stable")
    starts = (other.doc * span + other.start)[order]
    # The furthest end so far; positions of later documents are larger, so it never reaches over from an earlier one.
    reach = np.maximum.accumulate((other.doc * span + other.end)[order])
    last = np.searchsorted(starts, table.doc * span + table.end, side="right") - 1
    touched = (last >= 0) & (reach[np.maximum(last, 0)] >= table.doc * span + table.start)
    return np.asarray(touched)


def _type_class(gold: str, system: str, paths: TypePaths, credit: TypeCredit) -> int:
    """The number of the class of a pair of types, column 7 aside; of gold's alternatives the nearest counts."""
    if system == gold or system in gold.split("|"):
        return CLASSES.index(CORRECT)
    if not credit.knows(system):
        return CLASSES.index(UNKNOWN_TYPE)
    return CLASSES.index(level_class(paths.of(system), paths.alternatives(gold)))


def level_class(path: TypePath, ways: Iterable[TypePath]) -> str:
    """The class of a wrong type, by where its path parts from the nearest of gold's (of equals, from the first)."""
    way = max(ways, key=lambda line: _common(line, path))
    common = _common(way, path)
    if common == len(path):
        return TOO_GENERAL
    if common == len(way):
        return TOO_SPECIFIC
    return WRONG_LEVEL[min(common, len(WRONG_LEVEL) - 1)]


def _common(path: TypePath, other: TypePath) -> int:
    size = 0
    for left, right in zip(path, other, strict=False):
        if left != right:
            break
        size += 1
    return size


def coarse_matrix(faults: Faults, credit: TypeCredit) -> tuple[list[str], dict[tuple[str, str], int]]:
    """Pairs of top types with their counts; gold `(none)` is a spurious mention, run `(none)` a missed one.

    Where an alternative of gold has the run's top type, it is the one that counts.
    """
    cells: dict[tuple[str, str], int] = {}

    def add(gold: str, system: str, count: int) -> None:
        cells[gold, system] = cells.get((gold, system), 0) + count

    for (gold, system), count in faults.pairs.items():
        tops = [credit.top(kind) for kind in gold.split("|")]
        top = credit.top(system)
        add(top if top in tops else tops[0], top, count)
    for gold, count in faults.missed.items():
        add(credit.top(gold.split("|")[0]), NONE, count)
    for system, count in faults.spurious.items():
        add(NONE, credit.top(system), count)
    names = sorted({name for pair in cells for name in pair} - {NONE})
    return [*names, NONE], cells


NONE = "(none)"
