"""Figures that look into types: closure under ancestors, sets of types, levels, and typing by itself.

All of them add up over documents. A type's path leads from its top type down to it; a type that the taxonomy lacks has
the path of its dotted name. Types of mentions with different mention types (column 7) have nothing in common.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ousianer_cli.scoring.matching import Ints, Match, MentionTable, Vocabulary, span_codes
from ousianer_cli.scoring.measures import Reading
from ousianer_cli.taxonomy.tree import OUTSIDE, Taxonomy

Floats = NDArray[np.float64]
TypePath = tuple[str, ...]

HIERARCHICAL = Reading("hierarchical", "hierarchical", "shared types of both ancestor closures (Kiritchenko et al.)")
LOOSE_MICRO = Reading("loose-micro", "loose micro", "shared types of the type sets of both sides (Ling and Weld)")
LOOSE_MACRO = Reading("loose-macro", "loose macro", "each mention's share of right types, averaged (Ling and Weld)")
TYPING = Reading("typing", "typing accuracy", "share of the shared spans with the very type")
LEVELS = tuple(
    Reading(f"level-{level}", f"level {level} ({name})", f"types cut to level {level}, of mentions that reach it")
    for level, name in ((1, "top"), (2, "second"), (3, "third"))
)
HIERARCHY_READINGS = (HIERARCHICAL, LOOSE_MICRO, LOOSE_MACRO, TYPING, *LEVELS)


class TypePaths:
    """Paths of types from the top down, by the type as rows write it."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy
        self._node = {taxonomy.to_row(node): node for node in taxonomy.nodes}
        self._paths: dict[str, TypePath] = {}

    def of(self, label: str) -> TypePath:
        """The path of one type, itself last."""
        path = self._paths.get(label)
        if path is None:
            node = self._node.get(label)
            if node is None:
                parts = label.split(".")
                path = tuple(".".join(parts[:size]) for size in range(1, len(parts) + 1))
            else:
                above = reversed(self._taxonomy.ancestors(node))
                path = (*(self._taxonomy.to_row(gold) for gold in above), self._taxonomy.to_row(node))
            self._paths[label] = path
        return path

    def alternatives(self, label: str) -> list[TypePath]:
        """The paths of all alternatives of a gold type (`gpe|loc`)."""
        kinds = [kind for kind in label.split("|") if kind != OUTSIDE]
        return [self.of(kind) for kind in kinds or [label]]


def hierarchy_sums(
    gold: MentionTable, system: MentionTable, match: Match, vocabulary: Vocabulary, taxonomy: Taxonomy, strict: Floats
) -> dict[str, Floats]:
    """Sums [documents, 4] of every reading here: system tp, system count, gold tp, gold count.

    Args:
        gold, system: all rows, for the sets of types of a span.
        match: their spans, matched. strict: 1 for each pair [P] with the very type.
    """
    paths = TypePaths(taxonomy)
    names = vocabulary.labels.names
    documents = len(vocabulary.docs)
    sets: list[tuple[str, ...]] = [(name,) for name in names]
    gold_sets = _type_sets(gold, match.gold, sets)
    system_sets = _type_sets(system, match.system, sets)
    same_form = match.gold.form[match.gold_place] == match.system.form[match.system_place]
    sides = _Sides(match, same_form, documents)
    labels = match.gold.label, match.system.label
    several = gold_sets, system_sets
    result: dict[str, Floats] = {}

    def pair(gold: int, system: int) -> tuple[float, ...]:
        return _closures([(names[gold],)], [(names[system],)], paths)[0]

    def pair_of_sets(gold: int, system: int) -> tuple[float, ...]:
        return _closures([sets[gold]], [sets[system]], paths)[0]

    smallest = np.array([min(map(len, paths.alternatives(name))) for name in names], dtype=np.float64)
    closure = np.array([len(_closure(types, paths)) for types in sets], dtype=np.float64)
    inter, gold_size = sides.pairs(labels, pair, 2)
    result[HIERARCHICAL.key] = sides.sums(inter, inter, smallest[labels[1]], smallest[labels[0]], gold_size)
    inter, gold_size = sides.pairs(several, pair_of_sets, 2)
    result[LOOSE_MICRO.key] = sides.sums(inter, inter, closure[several[1]], closure[several[0]], gold_size)
    share = inter / closure[several[1]][match.system_place] if len(inter) else inter
    gold_share = inter / np.maximum(gold_size, 1.0)
    ones = np.ones(len(match.system)), np.ones(len(match.gold))
    result[LOOSE_MACRO.key] = sides.sums(share, gold_share, ones[0], ones[1])
    doc = match.gold.doc[match.gold_place]
    right, shared = (np.bincount(doc, weights=w, minlength=documents) for w in (strict, np.ones(len(doc))))
    result[TYPING.key] = np.stack([right, shared, right, shared], axis=1).astype(np.float64)
    for level, reading in enumerate(LEVELS, 1):
        reaches = (smallest >= level).astype(np.float64)

        def same_above(gold: int, system: int, level: int = level) -> tuple[float, ...]:
            path = paths.of(names[system])[:level]
            ways = (way[:level] for way in paths.alternatives(names[gold]))
            return (float(len(path) == level and path in ways),)

        (equal,) = sides.pairs(labels, same_above, 1)
        gold_counts = reaches[labels[0]]
        # An alternative that reaches the level counts where the run chose it.
        at = np.where(equal > 0, 1.0, gold_counts[match.gold_place])
        result[reading.key] = sides.sums(equal, equal, reaches[labels[1]], gold_counts, at)
    return result


class _Sides:
    """A match, and sums over its documents."""

    def __init__(self, match: Match, same_form: NDArray[np.bool_], documents: int) -> None:
        self.match, self.same_form, self.documents = match, same_form, documents

    def pairs(
        self, codes: Sequence[Ints], credit: Callable[[int, int], tuple[float, ...]], columns: int
    ) -> NDArray[np.float64]:
        """Values [columns, P] of the pairs, computed once for each kind of pair; the first is 0 for other forms."""
        gold, system = codes[0][self.match.gold_place], codes[1][self.match.system_place]
        width = int(system.max(initial=0)) + 1
        kinds, kind = np.unique(gold * width + system, return_inverse=True)
        values = np.array([credit(*divmod(code, width)) for code in kinds.tolist()], dtype=np.float64)
        of_pairs = values.reshape(-1, columns)[kind.reshape(-1)].T.copy()
        of_pairs[0] *= self.same_form
        return np.asarray(of_pairs)

    def sums(
        self, system_tp: Floats, gold_tp: Floats, system: Floats, gold: Floats, gold_at_pairs: Floats | None = None
    ) -> Floats:
        """Sums [documents, 4]; `gold_at_pairs` [P] replaces what gold's mentions of pairs count."""
        match = self.match
        if gold_at_pairs is not None:
            gold = gold.copy()
            gold[match.gold_place] = np.where(self.same_form, gold_at_pairs, gold[match.gold_place])
        columns: list[tuple[Any, Any]] = [
            (match.system.doc[match.system_place], system_tp),
            (match.system.doc, system),
            (match.gold.doc[match.gold_place], gold_tp),
            (match.gold.doc, gold),
        ]
        sums = [np.bincount(doc, weights=weights, minlength=self.documents) for doc, weights in columns]
        return np.stack(sums, axis=1)


def _closure(types: tuple[str, ...], paths: TypePaths) -> frozenset[str]:
    """All types of a set with everything above them; of alternatives the one with the fewest."""
    return frozenset(step for label in types for step in min(paths.alternatives(label), key=len))


def _closures(
    gold: Sequence[tuple[str, ...]], system: Sequence[tuple[str, ...]], paths: TypePaths
) -> list[tuple[float, float]]:
    """For pairs of type sets: how many types their closures share, and the size of gold's.

    Of gold's alternatives the one counts that agrees best with the system's types.
    """
    result = []
    for wanted, given in zip(gold, system, strict=True):
        closure = _closure(given, paths)
        chosen: set[str] = set()
        for label in wanted:
            ways = paths.alternatives(label)
            chosen |= set(_nearest(ways, closure))
        result.append((float(len(closure & chosen)), float(len(chosen))))
    return result


def _nearest(ways: Sequence[TypePath], closure: frozenset[str]) -> TypePath:
    """The path that shares most with a set of types, in proportion to both sizes; of equals the shortest."""

    def agreement(way: TypePath) -> tuple[float, int]:
        return len(closure.intersection(way)) / (len(way) + len(closure)), -len(way)

    return max(ways, key=agreement)


def _type_sets(table: MentionTable, top: MentionTable, sets: list[tuple[str, ...]]) -> Ints:
    """For each scored row [M] the number of its span's set of types; `sets` starts with one set a label, and grows."""
    if len(table) == len(top):
        return top.label
    all_spans, top_spans = span_codes([table, top])
    order = np.argsort(all_spans, kind="stable")
    spans, labels = all_spans[order], table.label[order]
    begin, stop = np.searchsorted(spans, top_spans), np.searchsorted(spans, top_spans, side="right")
    codes = top.label.copy()
    known = {types: code for code, types in enumerate(sets)}
    for place in np.flatnonzero(stop - begin > 1).tolist():
        distinct = sorted(set(labels[begin[place] : stop[place]].tolist()))
        types = tuple(sets[label][0] for label in distinct)
        if types not in known:
            known[types] = len(sets)
            sets.append(types)
        codes[place] = known[types]
    return codes
