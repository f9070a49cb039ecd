"""The page at work: what is shown of it, what was left out and why, and marks of our own in its text."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from ousianer_cli.formats.titles import INVISIBLE

TEMPLATES = "templates"
INFOBOXES = "infoboxes"
REFERENCES = "references"
TABLES = "tables"
LIST_ITEMS = "list items"
HEADINGS = "headings"
GALLERIES = "galleries"
FILES = "files"
CATEGORIES = "categories"
LANGUAGE_LINKS = "language links"
MATH = "math"
CODE = "code"
POEMS = "poems"
WIDGETS = "maps, scores and other widgets"
COMMENTS = "comments"
MAGIC_WORDS = "magic words"
EXTERNAL_LINKS = "external links without a label"
OTHER_NAMESPACES = "links to other namespaces"
SAME_PAGE = "links to a section of the page itself"
WITHOUT_TEXT = "links without text or target"
PREFORMATTED = "preformatted lines"
STRAY = "lines of a broken table or template"
UNCLOSED = "marks never closed"
OVERLONG = "paragraphs above the length limit"
WORDLESS = "paragraphs without a word"

MAX_TITLE = 255
"""Characters of a title at most, as MediaWiki has it (there: bytes)."""

Kind = Literal["article", "disambiguation", "list", "redirect"]


class WikitextError(Exception):
    """A page that is not parsed at all; for the caller to count and to go on."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link to an article: `text[start:end]` is what the page shows for it."""

    start: int
    end: int
    """Code points of `Article.text`, end-exclusive."""
    target: str
    """The title it links to, as `normalise_title` gives it; redirects are not resolved."""
    section: str | None

    def __reduce__(self) -> tuple[type[Anchor], tuple[int, int, str, str | None]]:
        # What dataclasses pickle by themselves is several times slower, and there are millions of these.
        return Anchor, (self.start, self.end, self.target, self.section)


@dataclass(slots=True)
class Article:
    """The running text of a page; paragraphs are parted by a blank line, and there is no other newline."""

    title: str
    page_id: int
    text: str
    anchors: list[Anchor]
    """In order of text, none overlapping."""
    bolds: list[tuple[int, int]]
    """[start, end) of what is bold in the first paragraph, if that stands before any heading: the title's own names."""
    left_out: Counter[str] = field(default_factory=Counter)
    """What did not become text or anchors: reason -> count."""
    kind: Kind = "article"


# Marks of our own, from the private use area; a page's own are replaced before anything else.
HOLE, BOLD, ITALIC, BREAK = "\ue000", "\ue001", "\ue002", "\ue003"
# A paragraph's end; the hole keeps a blank after it from making the next line preformatted.
PARAGRAPH = f"\n\n{HOLE}"
MARKS = re.compile(f"[{HOLE}-{BREAK}\0]")
MARKS_TAKEN = {ord(mark): "\ufffd" for mark in (HOLE, BOLD, ITALIC, BREAK, "\0")}
UNSEEN = {ord(char): None for char in (HOLE, BOLD, ITALIC, BREAK, *INVISIBLE)}
UNSEEN_MARKS = re.compile(f"[{''.join(map(chr, UNSEEN))}]")


@dataclass(slots=True)
class Page:
    """The page at work."""

    title: str
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    anchors: list[Anchor] = field(default_factory=list)
    bolds: list[tuple[int, int]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    disambiguates: bool = False
    lists: bool = False

    def drop(self, reason: str, instead: str = "") -> str:
        """Count what is left out; returns what stands in its place."""
        self.left_out[reason] += 1
        return instead

    def kind(self) -> Kind:
        """What the page is, by its title and templates."""
        if self.disambiguates or self.title.endswith("(disambiguation)"):
            return "disambiguation"
        return "list" if self.lists or list_title(self.title) else "article"


def list_title(title: str) -> bool:
    """Whether a title is by its first words that of a list."""
    return _LIST_TITLE.match(title) is not None


_LIST_TITLE = re.compile(r"(?:Lists? of|Index of|Outline of|Glossary of|Timeline of|Table of) ")


def line_end(text: str, start: int) -> int:
    """Where the line that `start` lies in ends, without its newline."""
    end = text.find("\n", start)
    return len(text) if end < 0 else end
