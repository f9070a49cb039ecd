"""Lines: headings, lists, tables and preformatted text are cut out; the rest is joined into paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ousianer_cli.formats.wikitext.page import (
    BOLD,
    HEADINGS,
    HOLE,
    ITALIC,
    LIST_ITEMS,
    PREFORMATTED,
    STRAY,
    TABLES,
    UNCLOSED,
    Page,
)

MAGIC_WORD = re.compile(
    r"__(?:NOTOC|FORCETOC|TOC|NOEDITSECTION|NEWSECTIONLINK|NONEWSECTIONLINK|NOGALLERY|HIDDENCAT|EXPECTUNUSEDCATEGORY|"
    r"NOCONTENTCONVERT|NOCC|NOTITLECONVERT|NOTC|INDEX|NOINDEX|STATICREDIRECT|DISAMBIG|EXPECTED_UNCONNECTED_PAGE)__"
)
_HEADING = re.compile(r"=.*=\s*\Z")
# A blank before a line makes MediaWiki show it as code; before a long whole sentence it is an oversight.
_INDENTED_PROSE = re.compile(r"\s{1,2}[^\Wa-z\d_].{60,}[.!?][\"”’)\]]*\s*\Z|\s{1,2}\[\[.{60,}[.!?][\"”’)\]]*\s*\Z")
_TABLE_START = re.compile(r"[\s:\ue000]*\{\|")
_TABLE_END = re.compile(r"\s*\|\}(.*)", re.DOTALL)


def paragraphs(text: str, page: Page) -> Iterator[tuple[str, bool]]:
    """The wikitext of each paragraph of running text, its lines joined by blanks, and whether it stands in the lead."""
    lines = text.split("\n")
    if "{|" in text:
        lines = _cut_tables(lines, page)
    in_lead = True
    paragraph: list[str] = []
    for line in lines:
        bare = line.replace(HOLE, "") if HOLE in line else line
        first = bare[:1]
        running = False
        if first == "=" and _HEADING.match(bare):
            page.drop(HEADINGS)
            heading = True
        else:
            heading = False
            if first in "*#:;" and first:
                page.drop(LIST_ITEMS)
            elif line[:1] in " \t" and bare.strip() and not _INDENTED_PROSE.match(bare):
                page.drop(PREFORMATTED)
            elif first in "|!" and first:
                page.drop(STRAY)
            elif bare.startswith("----"):
                pass
            else:
                running = bool(bare.strip())
        if running:
            paragraph.append(_quotes(line) if "''" in line else line)
            continue
        if paragraph:
            yield " ".join(paragraph), in_lead
            paragraph = []
        in_lead = in_lead and not heading
    if paragraph:
        yield " ".join(paragraph), in_lead


def _cut_tables(lines: list[str], page: Page) -> list[str]:
    starts: list[int] = []
    spans: dict[int, tuple[int, str]] = {}
    for number, line in enumerate(lines):
        if "|" not in line:
            continue
        if _TABLE_START.match(line):
            starts.append(number)
        elif starts and (end := _TABLE_END.match(line)):
            spans[starts.pop()] = (number, end[1])
    unclosed = set(starts)
    out: list[str] = []
    number = 0
    while number < len(lines):
        if number in spans:
            page.drop(TABLES)
            end_line, rest = spans[number]
            out += ["", rest] if rest.strip() else [""]
            number = end_line + 1
            continue
        if number in unclosed:
            page.drop(UNCLOSED)
            out.append("")
        else:
            out.append(lines[number])
        number += 1
    return out


_QUOTES = re.compile(r"('{2,})")


def _quotes(line: str) -> str:
    """Bold and italics of a line as marks of our own, by MediaWiki's rules for apostrophes; closed at its end."""
    parts = _QUOTES.split(line)
    for i in range(1, len(parts), 2):
        length = len(parts[i])
        if length == 4 or length > 5:
            keep = 3 if length == 4 else 5
            parts[i - 1] += "'" * (length - keep)
            parts[i] = "'" * keep
    runs = range(1, len(parts), 2)
    bolds = sum(len(parts[i]) in (3, 5) for i in runs)
    italics = sum(len(parts[i]) in (2, 5) for i in runs)
    if bolds % 2 and italics % 2:
        thick = [i for i in runs if len(parts[i]) == 3]
        if thick:
            i = min(thick, key=lambda i: (_apostrophe_rank(parts[i - 1]), i))
            parts[i - 1] += "'"
            parts[i] = "''"
            bolds, italics = bolds - 1, italics + 1
    for i in runs:
        parts[i] = (BOLD if len(parts[i]) != 2 else "") + (ITALIC if len(parts[i]) != 3 else "")
    if bolds % 2:
        parts.append(BOLD)
    return "".join(parts)


def _apostrophe_rank(before: str) -> int:
    """How likely an apostrophe follows: after a word of one letter first, then after another word, then a blank."""
    if before[-1:] == " " or not before:
        return 2
    return 0 if len(before) == 1 or before[-2:-1] == " " else 1
