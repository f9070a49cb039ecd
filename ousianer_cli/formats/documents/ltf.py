"""LTF, the Linguistic Data Consortium's XML for raw text in segments, read as documents.

`LCTL_TEXT > DOC+ > (HEADLINE|DATELINE|AUTHORLINE|TEXT)+`, `TEXT > (P|SEG)+`, `P > SEG+`, `SEG > ORIGINAL_TEXT?,
TOKEN*`; `start_char` and `end_char` are code points of the raw text, end inclusive. Element names are matched without
namespace.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from lxml import etree

from ousianer_cli.errors import InputError
from ousianer_cli.formats.documents.document import Document, Segment, SegmentKind, document_id
from ousianer_cli.formats.documents.markup import declaration_shift, is_markup
from ousianer_cli.formats.documents.options import ReadOptions
from ousianer_cli.formats.documents.source import markup_document
from ousianer_cli.formats.sentences import trim
from ousianer_cli.formats.visible import VisibleText
from ousianer_cli.formats.xml_guard import ShortTags

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_KINDS: dict[str, SegmentKind] = {
    "HEADLINE": "headline",
    "DATELINE": "dateline",
    "AUTHORLINE": "author",
    "TEXT": "text",
}
_MD5 = re.compile(r"[0-9a-f]{32}\Z")


WITHOUT_OFFSETS = "SEGs without offsets"
INVALID_OFFSETS = "SEGs whose offsets are no whole numbers"
WITHOUT_TEXT = "SEGs without text"
DISAGREEING = "SEGs whose text and offsets disagree"
OVERLAPPING = "SEGs that overlap another"
ENTITIES = "SEGs with an entity reference"
# A gap longer than this between two SEGs is a broken offset, not text: filling it would only exhaust memory.
_MAX_GAP = 10_000_000


def read_ltf(
    handle: IO[bytes], name: str, *, source: str = "", options: ReadOptions | None = None
) -> Iterator[Document]:
    """The documents of one LTF file, one DOC in memory at a time.

    The raw text is rebuilt from the SEGs: gaps are newlines, and so is what is missing to `raw_text_char_length`. A
    document whose raw text is source markup (TAC 2015) gives the same segments as its source file.

    Args:
        handle: the file, open for reading bytes.
        name: the id for a DOC that has none.
        source: the path to name in messages and in `Document.source`.
    Raises:
        InputError: broken XML (file and line), another root than LCTL_TEXT; with `options.strict`, any disagreement
        too.
    """
    options = options or ReadOptions()
    events = etree.iterparse(
        ShortTags(handle, source or name),
        events=("end",),
        tag="{*}DOC",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    number = 0
    try:
        for _, element in events:
            parent = element.getparent()
            if parent is None or _local(parent) != "LCTL_TEXT":
                raise _not_ltf(_local(element if parent is None else parent), source or name)
            number += 1
            yield _read_doc(element, parent, name if number == 1 else f"{name}-{number}", source, options)
            element.clear()
            while element.getprevious() is not None:
                del parent[0]
    except etree.XMLSyntaxError as error:
        raise InputError(
            "well-formed LTF",
            f"broken XML ({error.msg})",
            path=source or name,
            line=error.lineno,
            remedy="mend the file",
        ) from None
    if not number and events.root is not None and _local(events.root) != "LCTL_TEXT":
        raise _not_ltf(_local(events.root), source or name)


def _not_ltf(found: str, path: str) -> InputError:
    return InputError("LTF (root LCTL_TEXT)", f"root {found}", path=path, remedy="check --input-format")


def _local(element: Any) -> str:
    tag = element.tag
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""


@dataclass(slots=True)
class _Seg:
    id: str
    start: int
    end: int
    text: str
    kind: SegmentKind


def _read_doc(doc: Any, root: Any, name: str, source: str, options: ReadOptions) -> Document:
    skipped: Counter[str] = Counter()
    warnings: list[str] = []
    segs = [seg for element in doc.iter("{*}SEG") if (seg := _read_seg(element, doc, skipped)) is not None]
    segs.sort(key=lambda seg: seg.start)
    pieces: list[str] = []
    placed: list[_Seg] = []
    position = 0
    for seg in segs:
        if seg.start < position:
            skipped[OVERLAPPING] += 1
            continue
        if seg.start - position > _MAX_GAP:
            skipped[DISAGREEING] += 1
            continue
        text = seg.text
        if len(text) != seg.end - seg.start:
            skipped[DISAGREEING] += 1
            text = text[: max(0, seg.end - seg.start)]
        elif text.strip():
            placed.append(seg)
        pieces += ["\n" * (seg.start - position), text]
        position = seg.start + len(text)
    for reason in (INVALID_OFFSETS, OVERLAPPING, DISAGREEING, ENTITIES):
        if skipped[reason]:
            warnings.append(f"{skipped[reason]} {reason}, left out")
    raw = "".join(pieces) + "\n" * _missing(doc, position, warnings)
    digest = (doc.get("raw_text_md5") or "").strip().lower()
    if _MD5.match(digest) and digest != hashlib.md5(raw.encode("utf-8")).hexdigest():
        warnings.append("the rebuilt raw text does not have the md5 that raw_text_md5 gives")
    doc_id = document_id(doc.get("id") or "") or name
    if not doc.get("id"):
        warnings.append(f"DOC has no id; '{name}' is used")
    if warnings and options.strict:
        raise InputError(
            f"DOC {doc_id} in agreement with itself",
            "; ".join(warnings),
            path=source or name,
            line=doc.sourceline,
            remedy="mend the file or leave out --strict",
        )
    lang = doc.get("lang") or doc.get(_XML_LANG) or root.get("lang") or root.get(_XML_LANG) or ""
    if is_markup(raw):
        document = markup_document(raw, name, source=source, options=options, doc_id=doc_id)
        skipped.update(document.skipped)
        warnings += document.warnings
        segments, authors, hidden = document.segments, document.authors, document.hidden
    else:
        visible = VisibleText.of(raw)
        segments, authors, hidden = tuple(filter(None, (_segment(seg, visible) for seg in placed))), (), ()
    return Document(
        id=doc_id,
        text=raw,
        segments=segments,
        authors=authors,
        lang=lang,
        source=source,
        offset_shift=declaration_shift(raw) if options.after_xml_declaration else 0,
        warnings=tuple(warnings),
        skipped={reason: count for reason, count in skipped.items() if count},
        hidden=hidden,
    )


def _segment(seg: _Seg, visible: VisibleText) -> Segment | None:
    start, end = trim(visible.raw, *visible.snapped(seg.start, seg.end))
    return Segment(seg.id, start, end, seg.kind) if start < end else None


def _missing(doc: Any, length: int, warnings: list[str]) -> int:
    """Newlines to add so that the raw text has its declared length."""
    given = (doc.get("raw_text_char_length") or "").strip()
    if given.isdecimal() and len(given) < 10 and length <= int(given) <= length + _MAX_GAP:
        return int(given) - length
    if given.isdecimal():
        warnings.append(f"the SEGs make {length} characters of raw text, raw_text_char_length says {given}")
    return 0


def _read_seg(element: Any, doc: Any, skipped: Counter[str]) -> _Seg | None:
    start, end = _offset(element, "start_char"), _offset(element, "end_char")
    given = [element.get(name) for name in ("start_char", "end_char")]
    if (start is None or end is None) and all(given):
        skipped[INVALID_OFFSETS] += 1
        return None
    original = next(element.iterchildren("{*}ORIGINAL_TEXT"), None)
    if start is None or end is None:
        skipped[WITHOUT_OFFSETS] += 1
        return None
    if next(element.iter(etree.Entity), None) is not None:
        skipped[ENTITIES] += 1
        return None
    text = _content(original) if original is not None else _text_of_tokens(element, start, end + 1)
    if text is None:
        skipped[DISAGREEING] += 1
        return None
    if not text:
        skipped[WITHOUT_TEXT] += 1
        return None
    kind: SegmentKind = "text"
    for ancestor in element.iterancestors():
        if ancestor is doc:
            break
        if found := _KINDS.get(_local(ancestor)):
            kind = found
    return _Seg(element.get("id") or f"segment-{start}", start, end + 1, text, kind)


def _content(element: Any) -> str:
    """An element's text, comments and processing instructions left out."""
    parts = [element.text or ""]
    for child in element:
        parts += [_content(child) if isinstance(child.tag, str) else "", child.tail or ""]
    return "".join(parts)


def _offset(element: Any, name: str) -> int | None:
    value = (element.get(name) or "").strip()
    return int(value) if value.isdecimal() and value.isascii() and len(value) < 16 else None


def _text_of_tokens(seg: Any, start: int, end: int) -> str | None:
    """A SEG's text from its TOKENs, blanks between them; "" when it has none, None when they do not fit its span."""
    tokens = [(_content(t), _offset(t, "start_char"), _offset(t, "end_char")) for t in seg.iterchildren("{*}TOKEN")]
    if not tokens:
        return ""
    spans = [(left, right, word) for word, left, right in tokens if left is not None and right is not None]
    if len(spans) < len(tokens):
        joined = " ".join(word for word, _, _ in tokens)
        return joined if len(joined) == end - start else None
    pieces: list[str] = []
    position = start
    for left, right, word in sorted(spans):
        if left < position or right >= end or len(word) != right + 1 - left or left - position > _MAX_GAP:
            return None
        pieces += [" " * (left - position), word]
        position = right + 1
    return "".join(pieces) + " " * (end - position) if end - position <= _MAX_GAP else None
