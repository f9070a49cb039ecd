"""One correction of a mention, whatever file it stands in, and the sentence that it is learned from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ousianer_cli.formats.documents.document import Document
from ousianer_cli.formats.sentences import sentences_of

NO_NAME = "no name"
"""In the type's column: these words are no name, or its boundaries are wrong; detection learns it, typing does not."""


@dataclass(frozen=True, slots=True)
class FeedbackItem:
    """One corrected mention: code points [start, end) of `text`, its right type, and the line that says so."""

    text: str
    start: int
    end: int
    type: str
    path: str
    line: int

    @property
    def mention(self) -> str:
        """The mention as it stands in the text."""
        return self.text[self.start : self.end]


def is_no_name(type_name: str) -> bool:
    """Whether a type's cell says `no name`, or `not a name`, in any letter case, with blanks, hyphens or underlines, in
    quotation marks, or with a full stop."""
    return re.sub(r"[\s_-]+", " ", type_name.strip(" \t.\"'“”")).lower() in (NO_NAME, "noname", "not a name")


def context(document: Document, start: int, end: int) -> tuple[int, int]:
    """The sentence [start, end) that holds a mention, the mention itself for a post's author, else an empty stretch."""
    if any((author.start, author.end) == (start, end) for author in document.authors):
        return start, end
    segment = next((s for s in document.segments if s.start <= start and end <= s.end), None)
    if segment is None:
        return start, start
    # A split that parts the mention is wrong there, so all the sentences that it touches are taken together.
    sentences = sentences_of(document.visible, segment.start, segment.end)
    held = [(a, b) for a, b in sentences if a < end and start < b]
    return min([start, *(a for a, _ in held)]), max([end, *(b for _, b in held)])
