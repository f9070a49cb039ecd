"""Comments and extension tags (references, galleries, math, …) are cut out."""

from __future__ import annotations

import re
from functools import lru_cache

from ousianer_cli.formats.wikitext.page import (
    BREAK,
    CODE,
    COMMENTS,
    GALLERIES,
    HOLE,
    MATH,
    PARAGRAPH,
    POEMS,
    REFERENCES,
    TEMPLATES,
    UNCLOSED,
    WIDGETS,
    Page,
    line_end,
)

EXTENSIONS = {
    "ref": REFERENCES,
    "references": REFERENCES,
    "gallery": GALLERIES,
    "math": MATH,
    "chem": MATH,
    "ce": MATH,
    "source": CODE,
    "syntaxhighlight": CODE,
    "pre": CODE,
    "poem": POEMS,
    "timeline": WIDGETS,
    "score": WIDGETS,
    "imagemap": WIDGETS,
    "hiero": WIDGETS,
    "graph": WIDGETS,
    "mapframe": WIDGETS,
    "maplink": WIDGETS,
    "inputbox": WIDGETS,
    "templatedata": WIDGETS,
    "templatestyles": WIDGETS,
    "indicator": WIDGETS,
    "categorytree": WIDGETS,
    "charinsert": WIDGETS,
    "includeonly": TEMPLATES,
    "style": CODE,
    "script": CODE,
    "nowiki": "",
}
_EXTENSION = re.compile(
    rf"""<!--|<({"|".join(EXTENSIONS)})(?![\w-])(?:[^<>"']|"[^"<>\n]*"|'[^'<>\n]*'|["'])*+>""", re.IGNORECASE
)
_LITERAL = {ord(char): f"&#{ord(char)};" for char in "[]{}|'<>*#:;=!_~-"} | {ord("\n"): " "}


def cut_extensions(text: str, page: Page) -> str:
    """The text without comments and extension tags, what `<nowiki>` holds made literal."""
    if "<" not in text:
        return text
    out: list[str] = []
    at = 0
    none_after: dict[str, int] = {}  # tag -> from here on it has no end; asked once, or many unclosed would be slow

    def find(what: str, start: int, pattern: re.Pattern[str]) -> re.Match[str] | None:
        if start >= none_after.get(what, len(text) + 1):
            return None
        found = pattern.search(text, start)
        if found is None:
            none_after[what] = start
        return found

    while opening := _EXTENSION.search(text, at):
        begin = opening.start()
        out.append(text[at:begin])
        at = opening.end()
        if opening[1] is None:
            end = find("-->", at, _COMMENT_END)
            if end is None:
                at = line_end(text, at)
                page.drop(UNCLOSED)
            else:
                at = end.end()
            page.drop(COMMENTS)
            # A line that holds nothing but comments is no line: it parts no paragraphs.
            before = out[-1].rsplit("\n", 1)
            if text[at : at + 1] == "\n" and len(before) == 2 and not before[1].strip(" \t") and begin:
                out[-1] = before[0] + "\n"
                at += 1
            elif len(before) == 2 and not before[1] or not begin:
                out.append(HOLE)
            continue
        tag = opening[1].lower()
        if opening[0].endswith("/>"):
            out.append(BREAK if tag == "nowiki" else page.drop(EXTENSIONS[tag], HOLE))
            continue
        closing = find(tag, at, _closing(tag))
        again = find(f"<{tag}", at, _opening(tag)) if closing is not None and tag == "ref" else None
        if closing is None or (again is not None and again.start() < closing.start()):
            page.drop(UNCLOSED)
            if tag == "nowiki" or tag == "references":
                continue
            page.drop(EXTENSIONS[tag])
            at = line_end(text, at)
            continue
        if tag == "nowiki":
            out.append(BREAK + text[at : closing.start()].translate(_LITERAL) + BREAK)
        else:
            block = tag not in ("ref", "math", "chem", "ce")
            out.append(page.drop(EXTENSIONS[tag], PARAGRAPH if block else HOLE))
        at = closing.end()
    out.append(text[at:])
    return "".join(out)


_COMMENT_END = re.compile("-->")


@lru_cache(maxsize=64)
def _closing(tag: str) -> re.Pattern[str]:
    return re.compile(rf"</{tag}\s*>", re.IGNORECASE)


@lru_cache(maxsize=64)
def _opening(tag: str) -> re.Pattern[str]:
    return re.compile(rf"<{tag}(?:\s[^<>]*)?(?<!/)>", re.IGNORECASE)
