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
        found = self._code.get(name)
        if found is None:
            found = self._code[name] = len(self.names)
            self.names.append(name)
        return found

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


def span_codes(tables: Sequence[MentionTable]) -> list[Ints]:
    """For each table its rows' spans [M] as numbers that are equal across tables where document, start and end are."""
    doc, start, end = (np.concatenate([getattr(t, name) for t in tables]) for name in ("doc", "start", "end"))
    order = np.lexsort((end, start, doc))
    columns = [column[order] for column in (doc, start, end)]
    new = np.ones(len(order), dtype=np.int64)
    if len(order):
        new[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    codes = np.empty(len(order), dtype=np.int64)
    codes[order] = np.cumsum(new) - 1
    return np.split(codes, np.cumsum([len(t) for t in tables])[:-1])


def top_rows(spans: Ints, confidence: NDArray[np.float64]) -> Ints:
    """Places of the row that is scored for each span: the most confident one, the first in the file among equals."""
    # lexsort is stable, so equal confidences keep the order of the file.
    order = np.lexsort((-confidence, spans))
    sorted_spans = spans[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = sorted_spans[1:] != sorted_spans[:-1]
    return order[first].astype(np.int64, copy=False)


def match_spans(gold: MentionTable, system: MentionTable) -> Match:
    """One row a span on either side, and the pairs of equal spans, in the order of documents and offsets."""
    gold_spans, system_spans = span_codes([gold, system])
    gold_top, system_top = top_rows(gold_spans, gold.confidence), top_rows(system_spans, system.confidence)
    _, gold_place, system_place = np.intersect1d(
        gold_spans[gold_top], system_spans[system_top], assume_unique=True, return_indices=True
    )
    return Match(gold.take(gold_top), system.take(system_top), gold_place, system_place)
