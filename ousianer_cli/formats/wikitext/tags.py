"""HTML: tags of running text go, lists and tables go with what is in them."""

from __future__ import annotations

import re

from ousianer_cli.formats.wikitext.extensions import EXTENSIONS
from ousianer_cli.formats.wikitext.page import (
    BOLD,
    BREAK,
    ITALIC,
    LIST_ITEMS,
    PARAGRAPH,
    TABLES,
    UNCLOSED,
    Page,
)
from ousianer_cli.formats.words import word_set

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)(?![\w-])[^<>]*>")
_BLOCKS = word_set("p div blockquote center hr dd dt section h1 h2 h3 h4 h5 h6 form fieldset caption")
_INLINE = word_set(
    """
    span small big sub sup u s strike del ins cite var abbr font code tt kbd samp q bdi bdo mark data time wbr ruby rb
    rp rt noinclude onlyinclude dfn a section translate tvar rtc nobr
    """
)
_CUT_HTML = {"ul": LIST_ITEMS, "ol": LIST_ITEMS, "dl": LIST_ITEMS, "table": TABLES}
_BREAKS = re.compile(r"<br[^<>]*>(?:\s*+<br[^<>]*>)++", re.IGNORECASE)


def cut_html(text: str, page: Page) -> str:
    """The text without HTML; bold and italics as marks of our own."""
    if "<" not in text:
        return text
    if "<br" in text or "<BR" in text:
        text = _BREAKS.sub(PARAGRAPH, text)
    tags = list(_TAG.finditer(text))
    if not tags:
        return text
    ends = _matching_ends(tags)
    out: list[str] = []
    at = 0
    for number, tag in enumerate(tags):
        begin = tag.start()
        if begin < at:
            continue
        name = tag[2].lower()
        instead = ""
        end = tag.end()
        if name in _CUT_HTML:
            if number in ends:
                end = tags[ends[number]].end()
            page.drop(_CUT_HTML[name] if number in ends else UNCLOSED)
            instead = PARAGRAPH
        elif name == "br":
            instead = f"{BREAK} "  # the mark keeps a line that begins so from being preformatted
        elif name in ("b", "strong"):
            instead = BOLD
        elif name in ("i", "em"):
            instead = ITALIC
        elif name == "li":
            instead = "" if tag[1] else "\n* "
        elif name in _BLOCKS:
            instead = PARAGRAPH
        elif name not in _INLINE and name not in EXTENSIONS:
            continue
        out.append(text[at:begin])
        out.append(instead)
        at = end
    out.append(text[at:])
    return "".join(out)


def _matching_ends(tags: list[re.Match[str]]) -> dict[int, int]:
    """The number of each opening list or table tag -> the number of its end."""
    stack: list[int] = []
    ends: dict[int, int] = {}
    for number, tag in enumerate(tags):
        name = tag[2].lower()
        if name not in _CUT_HTML or tag[0].endswith("/>"):
            continue
        if not tag[1]:
            stack.append(number)
        elif stack and tags[stack[-1]][2].lower() == name:
            ends[stack.pop()] = number
    return ends
