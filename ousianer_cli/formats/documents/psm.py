"""`.psm.xml`, what was stripped from a forum or web text beside its LTF or `rsd.txt`: headlines, posts, quotes,
authors.

`<string type="post" begin_offset="12" char_length="40">` marks code points of the raw text.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import IO

from lxml import etree

from ousianer_cli.errors import InputError
from ousianer_cli.formats.documents.document import Author, Document, Segment, SegmentKind, document_id
from ousianer_cli.formats.documents.options import ReadOptions
from ousianer_cli.formats.documents.source import AUTHORS_OFF, QUOTED
from ousianer_cli.formats.sentences import trim
from ousianer_cli.formats.xml_guard import ShortTags

_KINDS: dict[str, SegmentKind] = {
    "headline": "headline",
    "title": "headline",
    "subject": "headline",
    "dateline": "dateline",
    "author": "author",
    "poster": "author",
    "byline": "author",
    "post": "post",
    "quote": "quote",
}
BEYOND = "psm regions beyond the text"
# Where regions lie in one another, the first of these decides.
_PRECEDENCE: tuple[SegmentKind, ...] = ("quote", "author", "headline", "dateline", "post")


@dataclass(frozen=True, slots=True)
class Region:
    """Code points [start, end) of the raw text, and what they were in the source."""

    start: int
    end: int
    kind: SegmentKind


def read_psm(handle: IO[bytes], source: str, doc_id: str = "") -> tuple[list[Region], list[str]]:
    """The regions of a psm file in order, and a line for what could not be used; other types are passed over.

    `doc_id` is the document it should be of, where it names one.

    Raises:
        InputError: broken XML, with file and line.
    """
    regions: list[Region] = []
    unusable = 0
    notes: list[str] = []
    try:
        parser = etree.iterparse(
            ShortTags(handle, source),
            events=("end",),
            tag="{*}string",
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
        )
        for _, element in parser:
            begin, length = (element.get(name) or "" for name in ("begin_offset", "char_length"))
            kind = _KINDS.get((element.get("type") or "").strip().lower())
            element.clear()
            if kind is None:
                continue
            if not all(number.isdecimal() and len(number) < 10 for number in (begin, length)):
                unusable += 1
                continue
            regions.append(Region(int(begin), int(begin) + int(length), kind))
    except etree.XMLSyntaxError as error:
        raise InputError(
            "well-formed psm",
            f"broken XML ({error.msg})",
            path=source,
            line=error.lineno,
            remedy="mend or remove the file",
        ) from None
    regions.sort(key=lambda r: (r.start, r.end))
    root = parser.root
    tag = etree.QName(root).localname if root is not None else ""
    named = (root.get("id") or root.get("docid") or "") if root is not None else ""
    if tag.lower() != "psm":
        notes.append(f"{source}: expected <psm>, found <{tag}>")
    if doc_id and named and document_id(named) != document_id(doc_id):
        notes.append(f"{source} says that it is of {named!r}")
    if unusable:
        notes.append(f"{source}: {unusable} strings without usable offsets")
    return regions, notes


def apply_psm(
    document: Document, regions: Sequence[Region], options: ReadOptions | None = None, warnings: Sequence[str] = ()
) -> Document:
    """The document with its segments cut at the regions' edges and of the regions' kinds.

    Quotes are left out and counted unless `options.quotes`; author regions become `Document.authors` instead of
    segments. Regions outside the text are left out with a warning (an error with `options.strict`).
    """
    options = options or ReadOptions()
    notes = list(warnings)
    length = len(document.text)
    inside = [r for r in regions if r.end <= length and r.start < r.end]
    if outside := sum(r.end > length for r in regions):
        notes.append(f"{outside} psm regions reach beyond the {length} characters of the text, left out")
    notes += _cut_words(document.text, inside)
    if notes and options.strict:
        raise InputError(
            "a psm that fits its text", notes[0], path=document.source, remedy="leave out --strict or the psm"
        )

    edges, kinds = _intervals(inside)
    skipped = Counter(document.skipped)
    if outside:
        skipped[BEYOND] += outside
    segments: list[Segment] = []
    for segment in document.segments:
        pieces = _cut(document.text, segment, edges, kinds)
        for number, (piece, kind) in enumerate(pieces):
            if kind == "quote" and not options.quotes:
                skipped[QUOTED] += 1
            elif kind != "author":  # which is a name by itself, given below
                segments.append(piece if len(pieces) == 1 else replace(piece, id=f"{piece.id}.{number}"))
    authors = set(document.authors)
    for start, end, kind in zip(edges, edges[1:], kinds, strict=False):
        left, right = trim(document.text, start, end)
        if kind != "author" or left == right:
            continue
        if options.authors:
            authors.add(Author(left, right))
        else:
            skipped[AUTHORS_OFF] += 1
    return replace(
        document,
        segments=tuple(segments),
        authors=tuple(sorted(authors, key=lambda a: a.start)),
        skipped=dict(skipped),
        warnings=(*document.warnings, *notes),
    )


def _cut_words(text: str, regions: Sequence[Region]) -> list[str]:
    """A line for regions that begin or end inside a word, as those do that were counted on another text."""
    cut = _cuts(text, regions)
    if not cut or 10 * cut < len(regions):
        return []
    note = f"{cut} of {len(regions)} psm regions begin or end inside a word"
    other = text.replace("\r\n", "\n")
    if other != text and not _cuts(other, regions):
        note += ": they count \\r\\n as one character, the text has it as two"
    return [note]


def _cuts(text: str, regions: Sequence[Region]) -> int:
    return sum(
        any(0 < edge < len(text) and text[edge - 1 : edge + 1].isalnum() for edge in (r.start, r.end)) for r in regions
    )


def _intervals(regions: Sequence[Region]) -> tuple[list[int], list[SegmentKind | None]]:
    """Edges in order, and the kind of the text from each edge to the next."""
    changes: dict[int, list[tuple[SegmentKind, int]]] = {}
    for region in regions:
        changes.setdefault(region.start, []).append((region.kind, 1))
        changes.setdefault(region.end, []).append((region.kind, -1))
    edges = sorted(changes)
    kinds: list[SegmentKind | None] = []
    open_regions: Counter[SegmentKind] = Counter()
    for edge in edges:
        for kind, step in changes[edge]:
            open_regions[kind] += step
        kinds.append(next((kind for kind in _PRECEDENCE if open_regions[kind] > 0), None))
    return edges, kinds


def _cut(
    text: str, segment: Segment, edges: Sequence[int], kinds: Sequence[SegmentKind | None]
) -> list[tuple[Segment, SegmentKind | None]]:
    """A segment's pieces between edges at which the kind changes, with the regions' kind (None: no region)."""
    pieces: list[tuple[Segment, SegmentKind | None]] = []
    index = bisect_right(edges, segment.start)
    start, kind = segment.start, kinds[index - 1] if index else None
    while start < segment.end:
        while index < len(edges) and edges[index] < segment.end and kinds[index] == kind:
            index += 1
        stop = min(edges[index], segment.end) if index < len(edges) else segment.end
        left, right = trim(text, start, stop)
        if left < right:
            pieces.append((replace(segment, start=left, end=right, kind=kind or segment.kind), kind))
        start = stop
        if index < len(edges):
            kind = kinds[index]
            index += 1
    return pieces
