"""LDC source documents (newswire, forum, web text) and plain text, read with code-point offsets into the raw file.

The markup is SGML as often as XML, and not always well formed, so it is scanned, not parsed into a tree: nothing is
ever expanded, fetched or moved, and every position is a position in the file. A segment is text between two tags that
part it; inline tags (`<b>`, `<a href>`) and comments stay inside and are passed over (`Document.hidden`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ousianer_cli.errors import InputError
from ousianer_cli.formats.documents.document import Author, Document, Segment, SegmentKind, document_id
from ousianer_cli.formats.documents.markup import (
    ContentKind,
    Tag,
    attributes,
    declaration_shift,
    detect,
    is_markup,
    scan_tags,
)
from ousianer_cli.formats.documents.options import ReadOptions
from ousianer_cli.formats.sentences import paragraphs_of, split_paragraphs, trim
from ousianer_cli.formats.visible import Span, VisibleText
from ousianer_cli.formats.words import word_set

_ZONES: dict[str, SegmentKind] = {
    "headline": "headline",
    "hl": "headline",
    "title": "headline",
    "subject": "headline",
    "dateline": "dateline",
    "author": "author",
    "byline": "author",
    "poster": "author",
    "speaker": "author",
    "text": "text",
    "post": "post",
    "quote": "quote",
}
_NO_TEXT = word_set("""docid docno doctype doctitle datetime date_time date postdate endtime keyword keywords slug
    source url script style header trailer preamble""")
_INLINE = word_set("""a abbr acronym b bdi bdo big cite code data del dfn em font hyperlink i img ins kbd mark nobr q rp
    rt ruby s samp small span strike strong sub sup time tt u var wbr""")
_BLOCK = word_set("""p br hr li ul ol dl dt dd div table tr td th tbody thead h1 h2 h3 h4 h5 h6 pre blockquote center
    body html head doc docs turn sent sentence section root thread message""")

QUOTED = "quoted passages"
OUTSIDE_ZONES = "passages outside headline, text and posts"
UNKNOWN_TAGS = "tags of unknown name (text kept)"
AUTHORS_OFF = "posters' names (--no-authors)"


def source_documents(
    text: str, name: str, *, source: str = "", kind: ContentKind | None = None, options: ReadOptions | None = None
) -> Iterator[Document]:
    """The document of a source file, or one for each `<DOC>` if there are several.

    A single document's text is the whole file. Where a file holds several, each one's text, and so its offsets, begins
    at its own `<DOC`.

    Args:
        text: the file as decoded, line ends untouched.
        name: the id for a document that gives none (the file's name without suffix).
        kind: what to read it as; None tells by content.
    Raises:
        InputError: with `options.strict`, markup that is out of balance.
    """
    options = options or ReadOptions()
    kind = kind or detect(text)
    if kind == "text":
        yield plain_document(text, name, source=source, options=options)
        return
    starts = [tag.start for tag in scan_tags(text) if tag.name == "doc" and not tag.closes]
    if len(starts) < 2:
        yield markup_document(text, name, source=source, options=options)
        return
    for number, (begin, end) in enumerate(zip(starts, [*starts[1:], len(text)], strict=True), 1):
        yield markup_document(text[begin:end], f"{name}-{number}", source=source, options=options)


def plain_document(text: str, name: str, *, source: str = "", options: ReadOptions | None = None) -> Document:
    """Plain text (`rsd.txt`): one segment a paragraph, paragraphs parted by blank lines."""
    options = options or ReadOptions()
    spans = split_paragraphs(text)
    return Document(
        id=name,
        text=text,
        segments=tuple(Segment(f"segment-{n}", a, b) for n, (a, b) in enumerate(spans)),
        source=source,
        offset_shift=declaration_shift(text) if options.after_xml_declaration else 0,
    )


def text_document(text: str, name: str, *, source: str = "") -> Document:
    """A text that stood in a record of its own under an id: plain, or a source document with its markup."""
    return (
        markup_document(text, name, source=source, doc_id=name)
        if is_markup(text)
        else plain_document(text, name, source=source)
    )


def markup_document(
    text: str, name: str, *, source: str = "", options: ReadOptions | None = None, doc_id: str | None = None
) -> Document:
    """One source document with markup. Its id is `doc_id`, or what the markup says, or `name`."""
    options = options or ReadOptions()
    scan = _Scan(text, options)
    scan.run()
    warnings = tuple(scan.warnings)
    if warnings and options.strict:
        raise InputError(
            "balanced markup", warnings[0], path=source or name, remedy="mend the file or leave out --strict"
        )
    document = Document(
        id=doc_id or scan.doc_id or name,
        text=text,
        segments=tuple(Segment(f"segment-{n}", a, b, k) for n, (a, b, k) in enumerate(scan.segments)),
        authors=tuple(scan.authors),
        source=source,
        offset_shift=declaration_shift(text) if options.after_xml_declaration else 0,
        warnings=warnings,
        skipped=dict(scan.skipped),
        hidden=tuple(scan.hidden),
    )
    document.see(scan.visible)
    return document


class _Scan:
    """One pass over a document's tags with a stack of open zones."""

    def __init__(self, text: str, options: ReadOptions) -> None:
        self.text = text
        self.options = options
        self.doc_id = ""
        self.segments: list[tuple[int, int, SegmentKind]] = []
        self.hidden: list[Span] = []
        self.authors: list[Author] = []
        self.skipped: Counter[str] = Counter()
        self.warnings: list[str] = []
        self._stack: list[str] = []
        self._passages: list[tuple[int, int, SegmentKind | None]] = []  # in order; None: in no zone
        self._has_body = False
        self._unopened = 0
        self._unclosed = 0

    def run(self) -> None:
        text, cursor = self.text, 0
        id_zone = -1
        for tag in scan_tags(text):
            name = tag.name
            if not name or name in _INLINE:
                self.hidden.append((tag.start, tag.end))
                continue
            self._passage(cursor, tag.start)
            cursor = tag.end
            if name in ("docid", "docno"):
                if not tag.closes:
                    id_zone = tag.end
                elif id_zone >= 0 and not self.doc_id:
                    self.doc_id = document_id(text[id_zone : tag.start])
            if name in _ZONES or name in _NO_TEXT:
                if tag.closes:
                    self._close(name)
                elif not tag.empty:
                    self._open(name)
            elif name == "doc":
                if tag.closes:
                    self._unclosed += len(self._stack)
                    self._stack.clear()
                elif not self.doc_id and (value := attributes(text, tag).get("id")):
                    self.doc_id = document_id(text[slice(*value)])
            elif name not in _BLOCK:
                self.skipped[UNKNOWN_TAGS] += 1
            if name == "post" and not tag.closes:
                self._author(tag)
        self._passage(cursor, len(text))
        self._unclosed += len(self._stack)
        self.visible = VisibleText.of(text, self.hidden)
        self._cut()
        if self._unopened:
            self.warnings.append(f"{self._unopened} closing tags without an opening one")
        if self._unclosed:
            self.warnings.append(f"{self._unclosed} zones that are never closed")

    def _open(self, name: str) -> None:
        stack = self._stack
        # Headlines, ids, dates and the like hold no other zone: one that is still open was never closed.
        while stack and stack[-1] not in ("text", "post", "quote"):
            stack.pop()
            self._unclosed += 1
        if name in ("text", "post") and name in stack:
            while name in stack:
                stack.pop()
                self._unclosed += 1
        stack.append(name)
        self._has_body = self._has_body or name in ("text", "post")

    def _close(self, name: str) -> None:
        stack = self._stack
        # A quote ends with its post, never the other way round.
        barrier = next((i for i in range(len(stack) - 1, -1, -1) if stack[i] == "post"), -1) if name == "quote" else -1
        for i in range(len(stack) - 1, barrier, -1):
            if stack[i] == name:
                self._unclosed += len(stack) - 1 - i
                del stack[i:]
                return
        self._unopened += 1

    def _author(self, tag: Tag) -> None:
        value = attributes(self.text, tag).get("author")
        if value is None:
            return
        start, end = trim(self.text, *value)
        if start == end:
            return
        if self.options.authors:
            self.authors.append(Author(start, end))
        else:
            self.skipped[AUTHORS_OFF] += 1

    def _passage(self, start: int, end: int) -> None:
        """Note text between two tags that part it, in the zone that is open."""
        zone = self._stack[-1] if self._stack else ""
        if start < end and zone not in _NO_TEXT:
            kind = None if not zone else "quote" if "quote" in self._stack else _ZONES[zone]
            self._passages.append((start, end, kind))

    def _cut(self) -> None:
        """The paragraphs of the passages as segments; those in no zone only where the document has no body."""
        for start, end, kind in self._passages:
            spans = paragraphs_of(self.visible, start, end)
            if not spans:
                continue
            if kind is None and self._has_body:
                self.skipped[OUTSIDE_ZONES] += len(spans)
            elif kind == "quote" and not self.options.quotes:
                self.skipped[QUOTED] += len(spans)
            else:
                self.segments.extend((a, b, kind or "text") for a, b in spans)
