"""The measures of the TAC KBP entity track, as neleval defines them: sets, partial spans, and clusters of mentions.

A measure names an aggregate, a filter, and the fields that make two annotations the same: `sets:is_linked:span+kbid`.
NIL ids have no KB id, so all of them are equal where ids are compared, and their full id only where mentions are
clustered. Measures other than those over clusters add up over documents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ousianer_cli.scoring.clusters import CLUSTER_MEASURES, cluster_counts
from ousianer_cli.scoring.matching import Ints, MentionTable, Vocabulary, combine, shared
from ousianer_cli.scoring.measures import Reading

Floats = NDArray[np.float64]
OVERLAPS = ("overlap-maxmax", "overlap-maxsum", "overlap-summax", "overlap-sumsum")
FIELDS = ("span", "docid", "type", "kbid")
FILTERS = ("", "is_linked", "is_nil")


@dataclass(frozen=True)
class TrackMeasure:
    """One measure: its name, aggregate, fields of comparison and filter (empty, `is_linked` or `is_nil`)."""

    name: str
    aggregate: str
    fields: tuple[str, ...]
    filter: str = ""

    @property
    def clusters(self) -> bool:
        """Whether it compares clusters of mentions across documents."""
        return self.aggregate in CLUSTER_MEASURES

    @property
    def meaning(self) -> str:
        """What it compares, in words."""
        of = {"": "", "is_linked": " of linked mentions", "is_nil": " of NIL mentions"}[self.filter]
        what = "+".join(self.fields) + of
        if self.clusters:
            return f"{self.aggregate} over clusters of {what}"
        return f"shared {what}" if self.aggregate == "sets" else f"{self.aggregate}: partial spans, {what}"

    def reading(self) -> Reading:
        """The measure as a row of a table."""
        return Reading(self.name, self.name, self.meaning)


def _named(*measures: tuple[str, str, str, str]) -> dict[str, TrackMeasure]:
    return {name: TrackMeasure(name, kind, tuple(fields.split("+")), rest) for name, kind, fields, rest in measures}


TRACK_MEASURES: Mapping[str, TrackMeasure] = _named(
    ("strong_mention_match", "sets", "span", ""),
    ("strong_typed_mention_match", "sets", "span+type", ""),
    ("strong_linked_mention_match", "sets", "span", "is_linked"),
    ("strong_link_match", "sets", "span+kbid", "is_linked"),
    ("strong_nil_match", "sets", "span", "is_nil"),
    ("strong_all_match", "sets", "span+kbid", ""),
    ("strong_typed_link_match", "sets", "span+type+kbid", "is_linked"),
    ("strong_typed_nil_match", "sets", "span+type", "is_nil"),
    ("strong_typed_all_match", "sets", "span+type+kbid", ""),
    ("entity_match", "sets", "docid+kbid", "is_linked"),
    ("mention_ceaf", "mention_ceaf", "span", ""),
    ("typed_mention_ceaf", "mention_ceaf", "span+type", ""),
    ("mention_ceaf_plus", "mention_ceaf", "span+kbid", ""),
    ("typed_mention_ceaf_plus", "mention_ceaf", "span+type+kbid", ""),
    ("entity_ceaf", "entity_ceaf", "span", ""),
    ("b_cubed", "b_cubed", "span", ""),
    ("b_cubed_plus", "b_cubed", "span+kbid", ""),
    ("pairwise", "pairwise", "span", ""),
    ("muc", "muc", "span", ""),
    *((name, name, "span", "") for name in OVERLAPS),
)


def parse_measure(name: str) -> TrackMeasure | None:
    """A measure by its name or written out (`aggregate:filter:field+field`); None if it is neither."""
    if name in TRACK_MEASURES:
        return TRACK_MEASURES[name]
    if name.count(":") != 2:
        return None
    aggregate, rest, fields = name.split(":")
    rest = "" if rest == "None" else rest
    parts = tuple(fields.split("+"))
    if aggregate not in ("sets", *OVERLAPS, *CLUSTER_MEASURES) or rest not in FILTERS or not set(parts) <= set(FIELDS):
        return None
    return TrackMeasure(name, aggregate, parts, rest)


@dataclass(frozen=True)
class Marks:
    """Annotations as columns [M], comparable across the two sides that were made together.

    `kbid` is -1 for mentions without a KB entry. `type` joins type and mention type.
    """

    doc: Ints
    start: Ints
    end: Ints
    span: Ints
    type: Ints
    entity: Ints
    kbid: Ints
    nil: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.doc)

    def take(self, places: Ints) -> Marks:
        """The annotations at these places."""
        return Marks(*(getattr(self, name)[places] for name in self.__dataclass_fields__))

    def where(self, condition: str) -> Marks:
        """Those that a filter leaves."""
        if not condition:
            return self
        return self.take(np.flatnonzero(self.nil if condition == "is_nil" else ~self.nil).astype(np.int64, copy=False))

    def column(self, field: str) -> Ints:
        """The column of a field of comparison."""
        return self.doc if field == "docid" else np.asarray(getattr(self, field))


def make_marks(
    gold: MentionTable, system: MentionTable, vocabulary: Vocabulary, gold_label: Ints | None = None
) -> tuple[Marks, Marks]:
    """Both sides as marks; `gold_label` stands in for gold's types (an alternative that the system chose)."""
    names = vocabulary.entities.names
    is_nil = np.fromiter((name.startswith("NIL") for name in names), dtype=bool, count=len(names))
    forms = max(len(vocabulary.forms), 1)
    spans = combine([np.concatenate([getattr(t, name) for t in (gold, system)]) for name in ("doc", "start", "end")])
    sides = []
    for table, span, label in ((gold, spans[: len(gold)], gold_label), (system, spans[len(gold) :], None)):
        nil = is_nil[table.entity]
        kind = (table.label if label is None else label) * forms + table.form
        kbid = np.where(nil, -1, table.entity)
        sides.append(Marks(table.doc, table.start, table.end, span, kind, table.entity, kbid, nil))
    return sides[0], sides[1]


def keys(gold: Marks, system: Marks, fields: Sequence[str]) -> tuple[Ints, Ints]:
    """What the annotations of both sides are compared by, as numbers."""
    codes = combine([np.concatenate([gold.column(field), system.column(field)]) for field in fields])
    return codes[: len(gold)], codes[len(gold) :]


def document_sums(measure: TrackMeasure, gold: Marks, system: Marks, documents: int) -> Floats:
    """Sums [documents, 4] of a measure that adds up over documents: system tp, system count, gold tp, gold count."""
    if measure.aggregate != "sets":
        return _overlap_sums(measure, gold, system, documents)
    gold, system = gold.where(measure.filter), system.where(measure.filter)
    gold_keys, system_keys = keys(gold, system, measure.fields)
    (gold_keys, gold_at), (system_keys, system_at) = _unique(gold_keys), _unique(system_keys)
    gold_place, system_place = shared(gold_keys, system_keys)
    return stack(
        [
            (system.doc[system_at[system_place]], None),
            (system.doc[system_at], None),
            (gold.doc[gold_at[gold_place]], None),
            (gold.doc[gold_at], None),
        ],
        documents,
    )


def stack(columns: Sequence[tuple[Ints, Floats | None]], documents: int) -> Floats:
    """Sums by document [documents, C] of the weights of each column's mentions (1 each, if None)."""
    sums = [np.bincount(doc, weights=weights, minlength=documents) for doc, weights in columns]
    return np.stack(sums, axis=1).astype(np.float64)


def _unique(codes: Ints) -> tuple[Ints, Ints]:
    values, where = np.unique(codes, return_index=True)
    return values, where.astype(np.int64, copy=False)


def _overlap_sums(measure: TrackMeasure, gold: Marks, system: Marks, documents: int) -> Floats:
    """Partial spans: each mention is worth the share of it that mentions of the other side cover.

    `max` counts the one that covers most, `sum` all together; the first mode is gold's, the second the system's. Pairs
    are found by one walk backwards over both sides, which passes over some where spans of one side lie in one another.
    """
    modes = measure.aggregate.removeprefix("overlap-")
    fields = [field for field in measure.fields if field != "span"] + ["docid"]
    all_gold, all_system = gold, system
    gold, system = gold.where(measure.filter), system.where(measure.filter)
    gold_keys, system_keys = keys(gold, system, fields)
    gold_hits: dict[int, list[tuple[int, int]]] = {}
    system_hits: dict[int, list[tuple[int, int]]] = {}
    gold_order, system_order = (
        np.lexsort((-side.end, side.start, side_keys)) for side, side_keys in ((gold, gold_keys), (system, system_keys))
    )
    golds = _entries(gold, gold_keys, gold_order)
    systems = _entries(system, system_keys, system_order)
    while golds and systems:
        (gold_key, gold_start, gold_end), gold_at = golds[-1]
        (system_key, system_start, system_end), system_at = systems[-1]
        if gold_key == system_key and gold_start <= -system_end and system_start <= -gold_end:
            gold_hits.setdefault(gold_at, []).append((system_start, -system_end))
            system_hits.setdefault(system_at, []).append((gold_start, -gold_end))
        if systems[-1][0] > golds[-1][0]:
            systems.pop()
        else:
            golds.pop()
    gold_weight = _covered(gold, gold_hits, modes[:3])
    system_weight = _covered(system, system_hits, modes[3:])
    return stack(
        [
            (system.doc, system_weight),
            (all_system.doc, None),
            (gold.doc, gold_weight),
            (all_gold.doc, None),
        ],
        documents,
    )


def _entries(side: Marks, side_keys: Ints, order: NDArray[np.intp]) -> list[tuple[tuple[int, int, int], int]]:
    columns = (side_keys[order].tolist(), side.start[order].tolist(), (-side.end[order]).tolist())
    return list(zip(zip(*columns, strict=True), order.tolist(), strict=True))


def _covered(side: Marks, hits: Mapping[int, list[tuple[int, int]]], mode: str) -> Floats:
    weight = np.zeros(len(side), dtype=np.float64)
    for at, others in hits.items():
        start, end = int(side.start[at]), int(side.end[at])
        if mode == "max":
            count = max(min(end, last) - max(start, first) for first, last in others) + 1
        else:
            count = _union(start, end, others)
        weight[at] = count / (end - start + 1)
    return weight


def _union(start: int, end: int, others: Sequence[tuple[int, int]]) -> int:
    """How many characters of a mention the others cover together."""
    count, reached = 0, start
    for first, last in sorted(others):
        count += max(0, min(end, last) - max(reached, first) + 1)
        reached = max(reached, last + 1)
    return count


def cluster_totals(measure: TrackMeasure, gold: Marks, system: Marks) -> tuple[float, float, float, float]:
    """System numerator and denominator, gold numerator and denominator of a measure over clusters."""
    gold, system = gold.where(measure.filter), system.where(measure.filter)
    gold_keys, system_keys = keys(gold, system, measure.fields)
    return cluster_counts(measure.aggregate, gold_keys, gold.entity, system_keys, system.entity)


def _mask(marks: Marks, condition: str) -> NDArray[np.bool_]:
    if condition == "is_nil":
        return marks.nil
    return ~marks.nil if condition else np.ones(len(marks), dtype=bool)
