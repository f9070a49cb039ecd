"""Templates are cut out from the inside out, but for those that show running text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ousianer_cli.formats.wikitext.page import (
    HOLE,
    INFOBOXES,
    MAGIC_WORDS,
    MAX_TITLE,
    REFERENCES,
    TEMPLATES,
    UNCLOSED,
    UNSEEN,
    Page,
    line_end,
)
from ousianer_cli.formats.wikitext.shown import FUNCTIONS, SHOWN, Parameters, first, parameters

_BRACES = re.compile(r"\{\{+|\}\}+")
_MAX_DEPTH = 40
_INFOBOX = re.compile(
    r"infobox|taxobox|geobox|speciesbox|subspeciesbox|automatic taxobox|chembox|drugbox|starbox|.* infobox\Z|planetbox"
)
_REFERENCE = re.compile(
    r"cite |citation|sfn|harv|efn|refn|notetag|reflist|refbegin|refend|notelist|r\Z|rp\Z|ref\Z|#tag:ref|"
    r"vcite|webarchive|dead link|cn\Z|fact\Z|full citation|page needed"
)
_MAGIC = re.compile(r"(?:defaultsort|displaytitle|default_sort|defaultsortkey|defaultcategorysort):")
_DISAMBIGUATION = re.compile(
    r"(?:.* )?(?:disambiguation|disambig|disamb|dab|hndis|geodis|hndab|geodab|mathdab|roaddis|schooldis|"
    r"airport disambig|hospital disambig|callsigndis|numberdis|letter-number combination disambiguation|"
    r"chinese title disambiguation|species latin name disambiguation|human name disambiguation)\Z"
)
_SET_INDEX = re.compile(
    r"(?:sia|set index article|set index|surname|given name|shipindex|ship index|mountainindex|sport index|"
    r"storm index|.* set index|name list|names)\Z"
)
# `{{disambiguation needed}}` and its like stand inside articles.


@dataclass(slots=True)
class _Open:
    count: int
    start: int
    pieces: list[str]


def cut_templates(text: str, page: Page) -> str:
    """The text with what each template shows in its place, a hole for most."""
    if "{{" not in text:
        return text
    outer: list[str] = []
    stack: list[_Open] = []
    pieces = outer
    at = 0
    for run in _BRACES.finditer(text):
        begin = run.start()
        if begin > at:
            pieces.append(text[at:begin])
        at = run.end()
        left = at - begin
        if text[begin] == "{":
            stack.append(_Open(left, begin, []))
            pieces = stack[-1].pieces
            continue
        while left >= 2 and stack:
            top = stack[-1]
            take = 3 if left >= 3 and top.count >= 3 else 2
            content = "".join(top.pieces) if len(stack) <= _MAX_DEPTH else ""
            shown = content.partition("|")[2] if take == 3 else _template(content, page)
            top.count -= take
            left -= take
            if top.count >= 2:
                top.pieces = pieces = [shown]
            else:
                stack.pop()
                pieces = stack[-1].pieces if stack else outer
                if top.count:
                    pieces.append("{")
                pieces.append(shown)
        if left:
            pieces.append("}" * left)
    pieces.append(text[at:])
    for unclosed in stack:
        page.drop(UNCLOSED)
        content = "".join(unclosed.pieces)
        if unclosed.start == 0 or text[unclosed.start - 1] == "\n":
            # Its first line is its name; the lines of its parameters begin with a bar.
            content = content[line_end(content, 0) :]
        outer.append(content)
    return "".join(outer)


def _template(content: str, page: Page) -> str:
    """What a template shows in running text; a hole for most."""
    head, _, rest = content.partition("|")
    name = " ".join(head.translate(UNSEEN).replace("_", " ").split()).lower().removeprefix("template:")
    colon = name.find(":")
    if colon > 0:
        function, argument = name[:colon], head.partition(":")[2].strip()
        if function in FUNCTIONS:
            return FUNCTIONS[function](argument)
        if _MAGIC.match(name):
            return page.drop(MAGIC_WORDS)
    if len(name) > MAX_TITLE:
        return page.drop(TEMPLATES, HOLE)
    show = SHOWN.get(name)
    if show is None and name.startswith("lang-"):
        show = first
    if show is not None:
        return show(parameters(rest)) if rest else show(Parameters([], {}))
    if _INFOBOX.match(name):
        return page.drop(INFOBOXES, HOLE)
    if _REFERENCE.match(name):
        return page.drop(REFERENCES, HOLE)
    if _DISAMBIGUATION.match(name) and not name.startswith("r "):
        page.disambiguates = True
    elif _SET_INDEX.match(name):
        page.lists = True
    return page.drop(TEMPLATES, HOLE)
