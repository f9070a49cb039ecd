"""LDC source documents (newswire, forum, web text) and plain text, read with code-point offsets into the raw file.

The markup is SGML as often as XML, and not always well formed, so it is scanned, not parsed into a tree: nothing is
ever expanded, fetched or moved, and every position is a position in the file. A segment is text between two tags that
part it; inline tags (`<b>`, `<a href>`) and comments stay inside and are passed over (`Document.hidden`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ousianer_cli.errors import InputError
from ousianer_cli.formats.document import Author, Document, Segment, SegmentKind
from ousianer_cli.formats.sentences import paragraphs_of, split_paragraphs, trim
from ousianer_cli.formats.visible import Span, VisibleText
from ousianer_cli.formats.words import word_set

ContentKind = Literal["ltf", "newswire", "forum", "web", "text", "xml"]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a reader of documents keeps, and how it counts."""

    authors: bool = True
    """Give the posters' names in `author="…"` as `Document.authors`."""
    quotes: bool = False
    """Keep text inside `<quote>`."""
    after_xml_declaration: bool = False
    """Let rows count from after the first `<?xml …?>` line."""
    strict: bool = False
    """Make an error of what would be a warning."""
    forced: bool = False
    """The format was asked for by name, whatever the content looks like."""


class Tag(NamedTuple):
    """One piece of markup: code points [start, end); `name` is lower-case, and empty for comments and declarations."""

    start: int
    end: int
    name: str = ""
    closes: bool = False
    empty: bool = False


_TAG = re.compile(
    r"""<(?P<close>/?)(?P<name>[A-Za-z][\w.:-]*)(?=[\s/>])
        (?: (?:\s+[\w.:-]+\s*=\s*(?:"[^"]{0,20000}"|'[^']{0,20000}'|[^\s"'<>]*[^\s"'<>/]))*+\s*(?P<empty>/?)>
          | [^<>]*> )   # not well formed (a quoted value may hold '>', this may not): up to the next '>'
      | <!--|<!\[CDATA\[|<\?|<!(?=[A-Za-z])""",
    re.VERBOSE,
)
_DECLARATION = re.compile(r"<![A-Za-z]+[^<>\[]*(?:\[[^\]]*\][^<>]*)?>")
_ATTRIBUTE = re.compile(r"""([\w.:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""")
_XML_DECLARATION = re.compile(r"<\?xml\s[^>]*\?>[ \t]*(?:\r\n|\n|\r)?")
_PROLOGUE = re.compile(r"\s*(?:<\?[^>]*\?>|<!--.*?-->|<![A-Za-z]+[^<>\[]*(?:\[[^\]]*\][^<>]*)?>)", re.DOTALL)
_ID_SUFFIX = re.compile(
    r"(?:\.(?:df|mpdf|nw|wb|web|cmp|ltf|rsd|psm|src))?\.(?:xml|sgml?|txt)$|\.(?:ltf|rsd|mpdf|cmp)$", re.IGNORECASE
)


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
_ROOTS = frozenset({"doc", "docs", "html", "body", "headline", "text", "post", "thread", "docid", "docno"})

QUOTED = "quoted passages"
OUTSIDE_ZONES = "passages outside headline, text and posts"
UNKNOWN_TAGS = "tags of unknown name (text kept)"
AUTHORS_OFF = "posters' names (--no-authors)"


def document_id(name: str) -> str:
    """A document's id without a file suffix that some releases leave on it: `X.df.xml`, `X.nw.xml`, `X.RSD.TXT` -> `X`.

    Blanks inside it, which column 4 of a run cannot hold, become `_` (`my notes.txt` -> `my_notes`).
    """
    # A file's name need not be UTF-8: other bytes are written as `\\xe9`.
    name = "_".join(name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace").split())
    suffix = _ID_SUFFIX.search(name, max(0, len(name) - 16))
    return (name[: suffix.start()] if suffix else name) or name


def scan_tags(text: str, start: int = 0, end: int | None = None) -> Iterator[Tag]:
    """All markup of `text[start:end]` in order. What only resembles a tag (`a < b`, `<3`, `<me@there.org>`) is text."""
    stop = len(text) if end is None else end
    position = start
    searched_for: set[str] = set()  # closing marks known to be absent from here on, so that a scan stays linear
    while match := _TAG.search(text, position, stop):
        begin, position = match.span()
        if match["name"]:
            yield Tag(begin, position, match["name"].lower(), bool(match["close"]), bool(match["empty"]))
            continue
        opener = match[0]
        if opener == "<!":
            declaration = _DECLARATION.match(text, begin, stop)
            if declaration:
                position = declaration.end()
                yield Tag(begin, position)
            continue
        closer = {"<!--": "-->", "<![CDATA[": "]]>", "<?": "?>"}[opener]
        found = -1 if closer in searched_for else text.find(closer, position, stop)
        if found < 0:
            searched_for.add(closer)
        elif opener == "<![CDATA[":  # its content is text in which nothing is a tag
            yield Tag(begin, position)
            position = found + len(closer)
            yield Tag(found, position)
        else:
            position = found + len(closer)
            yield Tag(begin, position)


def attributes(text: str, tag: Tag) -> dict[str, tuple[int, int]]:
    """A tag's attributes: lower-case name -> code points [start, end) of the value in `text`."""
    found: dict[str, tuple[int, int]] = {}
    begin = tag.start + 1 + len(tag.name)
    for match in _ATTRIBUTE.finditer(text, begin, tag.end):
        group = next(g for g in (2, 3, 4) if match[g] is not None)
        found.setdefault(match[1].lower(), match.span(group))
    return found


def detect(text: str) -> ContentKind:
    """What a file's content is, from its first tag: `text` where there is none, `xml` for XML that is no document."""
    position = 1 if text.startswith("\ufeff") else 0
    declared = False
    while prologue := _PROLOGUE.match(text, position):
        declared = declared or prologue[0].lstrip().startswith("<?xml")
        position = prologue.end()
    while position < len(text) and text[position].isspace():
        position += 1
    match = _TAG.match(text, position)
    name = (match["name"] or "").lower() if match and not match["close"] else ""
    if name == "lctl_text":
        return "ltf"
    if name not in _ROOTS:
        return "xml" if declared else "text"
    if re.search(r"<post\s[^<>]*\bauthor\s*=", text, re.IGNORECASE):
        return "forum"
    if name in ("html", "body") or re.search(r"<(?:poster|post)>", text, re.IGNORECASE):
        return "web"
    return "newswire"


def is_markup(text: str) -> bool:
    """Whether raw text is a source document's own markup, as in TAC 2015's LTF."""
    return detect(text[:65536]) in ("newswire", "forum", "web")


def declaration_shift(text: str) -> int:
    """Code points up to the end of the first line, if that is an XML declaration (39 in TAC 2015), else 0."""
    match = _XML_DECLARATION.match(text)
    return match.end() if match else 0


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
