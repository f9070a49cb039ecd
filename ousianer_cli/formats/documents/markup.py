"""Markup of source documents, scanned as it stands: its tags, their attributes, and what kind of document they make."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

ContentKind = Literal["ltf", "newswire", "forum", "web", "text", "xml"]


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
_HTML = re.compile(r"\ufeff?\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_ROOTS = frozenset({"doc", "docs", "html", "body", "headline", "text", "post", "thread", "docid", "docno"})


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


def is_html_page(text: str) -> bool:
    """Whether a file begins as a page of the web does, rather than as a source document."""
    return _HTML.match(text) is not None


def is_markup(text: str) -> bool:
    """Whether raw text is a source document's own markup, as in TAC 2015's LTF."""
    return detect(text[:65536]) in ("newswire", "forum", "web")


def declaration_shift(text: str) -> int:
    """Code points up to the end of the first line, if that is an XML declaration (39 in TAC 2015), else 0."""
    match = _XML_DECLARATION.match(text)
    return match.end() if match else 0
