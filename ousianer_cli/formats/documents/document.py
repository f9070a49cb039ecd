"""The document that every reader produces and the tagger consumes: raw text plus the zones that may be tagged."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ousianer_cli.formats.visible import Span, VisibleText

SegmentKind = Literal["headline", "dateline", "author", "text", "post", "quote"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of running text (an LTF SEG, a paragraph, a headline): code points [start, end) of `Document.text`."""

    id: str
    start: int
    end: int
    kind: SegmentKind = "text"


@dataclass(frozen=True, slots=True)
class Author:
    """A poster's name in markup (`author="…"`), a PER name by the EDL guidelines: code points [start, end)."""

    start: int
    end: int


@dataclass(slots=True)
class Document:
    """One document with its raw text.

    All positions are code points into `text`, end-exclusive; only files use end-inclusive offsets.
    `offset_shift` is subtracted from positions when rows are written: gold may count from after the XML declaration.
    `segments` are in text order, never overlap, and hold no markup but the inline tags that `hidden` names.
    """

    id: str
    text: str
    segments: tuple[Segment, ...]
    authors: tuple[Author, ...] = ()
    lang: str = ""
    source: str = ""
    offset_shift: int = 0
    warnings: tuple[str, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    """What the reader left out, as reason -> count (quoted posts, empty segments, …); shown in the run's summary."""
    hidden: tuple[Span, ...] = ()
    """Inline markup and comments inside segments (`<b>`), in order: it parts no word and no name."""
    _visible: VisibleText | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def visible(self) -> VisibleText:
        """The text as it is read, on which sentences and words are found."""
        if self._visible is None:
            self._visible = VisibleText.of(self.text, self.hidden)
        return self._visible

    def see(self, visible: VisibleText) -> None:
        """Take the visible text from a reader that has it already."""
        self._visible = visible


_ID_SUFFIX = re.compile(
    r"(?:\.(?:df|mpdf|nw|wb|web|cmp|ltf|rsd|psm|src))?\.(?:xml|sgml?|txt)$|\.(?:ltf|rsd|mpdf|cmp)$", re.IGNORECASE
)


def document_id(name: str) -> str:
    """A document's id without a file suffix that some releases leave on it: `X.df.xml`, `X.nw.xml`, `X.RSD.TXT` -> `X`.

    Blanks inside it, which column 4 of a run cannot hold, become `_` (`my notes.txt` -> `my_notes`).
    """
    # A file's name need not be UTF-8: other bytes are written as `\\xe9`.
    name = "_".join(name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace").split())
    suffix = _ID_SUFFIX.search(name, max(0, len(name) - 16))
    return (name[: suffix.start()] if suffix else name) or name
