"""Decisions as a feedback file: what `ousianer finetune --feedback` reads, each name with its sentence.

A name and a name outside the taxonomy stand with their type and `-`. Words that are no name have `NO_NAME` in the
type's column: typing learns nothing from them, detection does. Where boundaries were moved, the old stretch is no name
and the new one is one.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ousianer_cli.formats.sentences import sentences_of
from ousianer_cli.review.decisions import NO_NAME, Decisions, agreed
from ousianer_cli.review.names import ReviewDocument
from ousianer_cli.taxonomy.tree import OUTSIDE

COLUMNS = ("document", "sentence", "start", "end", "type", "mention")
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

    @property
    def rows(self) -> int:
        """All rows."""
        return self.names + self.outside + self.no_names


def feedback_text(decisions: Decisions, documents: Mapping[str, ReviewDocument]) -> tuple[str, Counts]:
    """The file's text and what is in it."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow(COLUMNS)
    names = outside = no_names = disputed = elsewhere = 0
    for place, verdicts in decisions.places():
        document = documents.get(place.doc)
        if document is None:
            elsewhere += 1
            continue
        verdict = agreed(verdicts)
        disputed += len({v.type for v in verdicts}) > 1
        names += verdict not in (OUTSIDE, NO_NAME)
        outside += verdict == OUTSIDE
        no_names += verdict == NO_NAME
        left, right = sentence_around(document, place.start, place.end)
        text = _BLANK.sub(" ", document.text[left:right])
        start, end = place.start - left, place.end - left
        writer.writerow((place.doc, text, start, end - 1, verdict, text[start:end]))
    return out.getvalue(), Counts(names, outside, no_names, disputed, elsewhere)


def sentence_around(document: ReviewDocument, start: int, end: int) -> tuple[int, int]:
    """The sentence [start, end) around a name; the name alone for a poster, which stands in no sentence."""
    segment = next((s for s in document.document.segments if s.start <= start and end <= s.end), None)
    if segment is None:
        return start, end
    held = [
        (a, b) for a, b in sentences_of(document.document.visible, segment.start, segment.end) if a < end and start < b
    ]
    return min([start, *(a for a, _ in held)]), max([end, *(b for _, b in held)])
