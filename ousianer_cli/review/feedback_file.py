"""Decisions as a feedback file: what `ousianer finetune --feedback` reads, each name with its sentence.

A name and a name outside the taxonomy stand with their type and `-`. Words that are no name have `NO_NAME` in the
type's column: typing learns nothing from them, detection does. Where boundaries were moved, the old stretch is no name
and the new one is one.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ousianer_cli.formats.feedback.items import NO_NAME
from ousianer_cli.formats.feedback.sheets import guarded
from ousianer_cli.formats.sentences import sentences_of
from ousianer_cli.review.decisions import Decisions, Place, Verdict, agreed
from ousianer_cli.review.names import ReviewDocument
from ousianer_cli.taxonomy.tree import OUTSIDE

COLUMNS = ("sentence", "start", "end", "type", "mention")
_BLANK = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Counts:
    """What a feedback file holds."""

    names: int = 0
    outside: int = 0
    no_names: int = 0
    disputed: int = 0
    """Places of which annotators say different things; what most say counts, of equals what was said last."""
    elsewhere: int = 0
    """Decisions on documents that are not at hand; they stay in the journal."""
    unfit: int = 0
    """Names that begin or end inside a word, or cross another that more annotators, or a later one, marked."""
    repeated: int = 0
    """Names that stand in the same place of the same sentence of another document; what was said last counts."""


@dataclass(frozen=True, slots=True)
class _Row:
    place: Place
    verdicts: Sequence[Verdict]
    type: str

    @property
    def standing(self) -> tuple[int, float]:
        """How many annotators say so, and when the last of them did."""
        times = [v.time for v in self.verdicts if v.type == self.type]
        return len(times), max(times)


def feedback_text(decisions: Decisions, documents: Mapping[str, ReviewDocument]) -> tuple[str, Counts]:
    """The file's text and what is in it."""
    found = [_Row(place, verdicts, agreed(verdicts)) for place, verdicts in decisions.places()]
    here = [row for row in found if row.place.doc in documents]
    fit = _fitting(here, documents)
    cells: dict[tuple[str, int, int], tuple[float, str]] = {}
    for row in fit:
        document, (_, start, end) = documents[row.place.doc], row.place
        left, right = sentence_around(document, start, end)
        key = (_BLANK.sub(" ", document.text[left:right]), start - left, end - left)
        if key not in cells or cells[key][0] <= row.standing[1]:
            cells[key] = row.standing[1], row.type
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow(COLUMNS)
    for (text, start, end), (_, verdict) in cells.items():
        writer.writerow((text, start, end - 1, verdict, text[start:end]))
    types = Counter(verdict for _, verdict in cells.values())
    text = "\n".join(map(guarded, out.getvalue().split("\n")))
    return text, Counts(
        names=types.total() - types[OUTSIDE] - types[NO_NAME],
        outside=types[OUTSIDE],
        no_names=types[NO_NAME],
        disputed=sum(len({v.type for v in row.verdicts}) > 1 for row in here),
        elsewhere=len(found) - len(here),
        unfit=len(here) - len(fit),
        repeated=len(fit) - len(cells),
    )


def _fitting(rows: Sequence[_Row], documents: Mapping[str, ReviewDocument]) -> list[_Row]:
    """The rows, in their order, that can be learned together: of whole words, and none crossing another."""
    taken: dict[str, list[Place]] = {}
    kept: set[Place] = set()
    for row in sorted(rows, key=lambda r: r.standing, reverse=True):
        doc, start, end = row.place
        if row.type != NO_NAME:
            crosses = any(a < start < b < end or start < a < end < b for _, a, b in taken.get(doc, ()))
            if crosses or documents[doc].whole_words(start, end) != (start, end):
                continue
            taken.setdefault(doc, []).append(row.place)
        kept.add(row.place)
    return [row for row in rows if row.place in kept]


def sentence_around(document: ReviewDocument, start: int, end: int) -> tuple[int, int]:
    """The sentence [start, end) around a name; the name alone for a poster, which stands in no sentence."""
    segment = next((s for s in document.document.segments if s.start <= start and end <= s.end), None)
    if segment is None:
        return start, end
    held = [
        (a, b) for a, b in sentences_of(document.document.visible, segment.start, segment.end) if a < end and start < b
    ]
    return min([start, *(a for a, _ in held)]), max([end, *(b for _, b in held)])
