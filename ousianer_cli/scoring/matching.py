"""Runs and gold as columns of integer codes, and the spans that they share.

Everything after reading works on numpy arrays: M mentions of one file, P pairs of a gold and a system mention with the
same span. Spans match exactly: same document, same start, same end.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ousianer_cli.formats.edl import EdlRow

Ints = NDArray[np.int64]


class Codes:
    """Strings numbered from 0 in the order of first use."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._code: dict[str, int] = {}

    def code(self, name: str) -> int:
        """The number of a string, a new one at its first use."""
        number = self._code.get(name)
        if number is None:
            number = self._code[name] = len(self.names)
            self.names.append(name)
        return number

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class Vocabulary:
    """The codes that all tables of one scoring job share: documents, type strings, mention types, KB and NIL ids."""

    docs: Codes = field(default_factory=Codes)
    labels: Codes = field(default_factory=Codes)
    forms: Codes = field(default_factory=Codes)
    entities: Codes = field(default_factory=Codes)


@dataclass(frozen=True)
class MentionTable:
    """The rows of one file as columns [M]: codes into a `Vocabulary`, offsets (end inclusive), confidence, line."""

    doc: Ints
    start: Ints
    end: Ints
    label: Ints
    form: Ints
    entity: Ints
    confidence: NDArray[np.float64]
    line: Ints

    def __len__(self) -> int:
        return len(self.doc)

    def take(self, places: Ints) -> MentionTable:
        """The rows at these places, in their order."""
        codes = (self.doc, self.start, self.end, self.label, self.form, self.entity)
        doc, start, end, label, form, entity = (column[places] for column in codes)
        return MentionTable(doc, start, end, label, form, entity, self.confidence[places], self.line[places])


@dataclass(frozen=True)
class Match:
    """Gold and system mentions with one row a span, and the pairs [P] of places in them that have the same span."""

    gold: MentionTable
    system: MentionTable
    gold_place: Ints
    system_place: Ints

    def __len__(self) -> int:
        return len(self.gold_place)


def encode_rows(rows: Iterable[EdlRow], vocabulary: Vocabulary) -> MentionTable:
    """Rows to columns, in their order; new strings are added to the vocabulary."""
    doc, start, end, label, form, entity, line = (array("q") for _ in range(7))
    confidence = array("d")
    docs, labels = vocabulary.docs.code, vocabulary.labels.code
    forms, entities = vocabulary.forms.code, vocabulary.entities.code
    for row in rows:
        doc.append(docs(row.doc))
        start.append(row.start)
        end.append(row.end)
        label.append(labels(row.type))
        form.append(forms(row.mention_type))
        entity.append(entities(row.kb_id))
        confidence.append(row.confidence)
        line.append(row.line)

    def ints(column: array[int]) -> Ints:
        return np.array(column, dtype=np.int64)

    return MentionTable(
        doc=ints(doc),
        start=ints(start),
        end=ints(end),
        label=ints(label),
        form=ints(form),
        entity=ints(entity),
        confidence=np.array(confidence, dtype=np.float64),
        line=ints(line),
    )


def join_tables(tables: Sequence[MentionTable]) -> MentionTable:
    """The rows of several tables of one vocabulary, one table after the other."""
    if not tables:
        none = np.empty(0, dtype=np.int64)
        return MentionTable(none, none, none, none, none, none, np.empty(0, dtype=np.float64), none)
    names = ("doc", "start", "end", "label", "form", "entity", "line")
    columns = {name: np.concatenate([getattr(table, name) for table in tables]) for name in names}
    return MentionTable(**columns, confidence=np.concatenate([table.confidence for table in tables]))


def combine(columns: Sequence[Ints]) -> Ints:
    """One number a row [M] for columns [M] of whole numbers, equal where all columns are."""
    result = np.zeros(len(columns[0]), dtype=np.int64)
    size = 1
    for column in columns:
        if not len(column):
            return result
        low = int(column.min())
        width = int(column.max()) - low + 1
        if size * width >= 2**62:
            # Too many combinations for one number: renumber what there is.
            _, codes = np.unique(result, return_inverse=True)
            result, size = codes.reshape(-1).astype(np.int64), int(codes.max()) + 1
        if size * width >= 2**62:
            _, codes = np.unique(column, return_inverse=True)
            column, low, width = codes.reshape(-1).astype(np.int64), 0, int(codes.max()) + 1
        result = result * width + (column - low)
        size *= width
    return result


def span_codes(tables: Sequence[MentionTable]) -> list[Ints]:
    """For each table its rows' spans [M] as numbers that are equal across tables where document, start and end are.

    The numbers are in the order of documents and offsets, but not without gaps.
    """
    doc, start, end = (np.concatenate([getattr(t, name) for t in tables]) for name in ("doc", "start", "end"))
    codes = combine([doc, start, end - start])
    return np.split(codes, np.cumsum([len(t) for t in tables])[:-1])


def top_rows(spans: Ints, confidence: NDArray[np.float64]) -> Ints:
    """Places of the row that is scored for each span: the most confident one, the first in the file among equals."""
    order = np.argsort(spans, kind="stable")
    sorted_spans = spans[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = sorted_spans[1:] != sorted_spans[:-1]
    if not first.all():
        # lexsort is stable, so equal confidences keep the order of the file.
        order = np.lexsort((-confidence, spans))
    return order[first].astype(np.int64, copy=False)


def shared(first: Ints, second: Ints) -> tuple[Ints, Ints]:
    """Places of equal numbers in two sorted arrays without repeats."""
    if not len(first):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    place = np.minimum(np.searchsorted(first, second), len(first) - 1)
    second_place = np.flatnonzero(first[place] == second)
    return place[second_place].astype(np.int64, copy=False), second_place.astype(np.int64, copy=False)


def match_spans(gold: MentionTable, system: MentionTable) -> Match:
    """One row a span on either side, and the pairs of equal spans, in the order of documents and offsets."""
    gold_spans, system_spans = span_codes([gold, system])
    gold_top, system_top = top_rows(gold_spans, gold.confidence), top_rows(system_spans, system.confidence)
    gold_place, system_place = shared(gold_spans[gold_top], system_spans[system_top])
    return Match(gold.take(gold_top), system.take(system_top), gold_place, system_place)
