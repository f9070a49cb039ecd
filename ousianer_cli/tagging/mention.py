"""What tagging gives: typed names of a document, at code points of its text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ousianer_cli.errors import OutputError
from ousianer_cli.formats.documents.document import Document
from ousianer_cli.tagging.summary import Summary

Span = tuple[int, int]
"""Code points [start, end) of a document's text."""


class TypeProbability(NamedTuple):
    """A type and how probable a model takes it to be, in [0, 1]."""

    type: str
    probability: float


@dataclass(frozen=True, slots=True)
class Mention:
    """A name: code points [start, end) of its document's text, the characters there, its type and confidence."""

    start: int
    end: int
    text: str
    type: str
    """Spelled as in the taxonomy (`GPE.UrbanArea.City`); of a model without target types, the most specific class of
    `yago`."""
    confidence: float
    """In (0, 1]: `detection` times how sure the model is of the type."""
    detection: float = 1.0
    """How probable it is that these words are a name."""
    alternatives: tuple[TypeProbability, ...] = ()
    """Target types, the most probable first, the chosen one among them; `-` is a name outside the taxonomy."""
    yago: tuple[TypeProbability, ...] = ()
    """YAGO (WordNet) classes, the most probable first. Each has its own probability: a city is a `location` too."""
    nested: bool = False
    """Whether it lies inside another name of the document."""


@dataclass(frozen=True, slots=True)
class TaggedDocument:
    """A document, the words of its sentences, its names in text order, and what was counted in it."""

    document: Document
    sentences: tuple[tuple[Span, ...], ...]
    mentions: tuple[Mention, ...]
    counts: Summary = field(default_factory=Summary, compare=False)


def mention_at(document: Document, start: int, end: int, type_name: str, confidence: float, **details: Any) -> Mention:
    """The name at code points [start, end) of a document, checked against its text; the rest as in `Mention`.

    Raises:
        OutputError: offsets outside the text, blank edges, or a place before the XML declaration's end where that is
            counted from.
    """
    surface = document.text[start:end]
    if not (document.offset_shift <= start < end <= len(document.text)) or surface != surface.strip() or not surface:
        raise OutputError(
            f"{document.source or document.id}: expected a name inside the text at {start}-{end - 1}, "
            f"found {surface[:40]!r}; this is a fault of ousianer, please report it with the document"
        )
    return Mention(start, end, surface, type_name, confidence, **details)
