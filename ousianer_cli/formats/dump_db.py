"""Articles from a Wikipedia2Vec dump DB (`wikipedia2vec build-dump-db`), in the form that wikitext gives.

The DB holds text with the markup already gone, a section at a time, so some of the rules of `formats.wikitext` can only
be guessed here: a block of several lines is a list (what wraps no prose in Wikipedia), a section's first line is its
heading, and bold is the title itself where the first paragraph has it. Page ids and sections of links other than `#…`
titles are not in the DB.

A dump DB holds pickled values, as its own library reads and writes them: open only one that you built or trust.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ousianer_cli.errors import InputError
from ousianer_cli.extras import require_extra
from ousianer_cli.formats.mediawiki import DumpFaults
from ousianer_cli.formats.titles import normalise_title
from ousianer_cli.formats.wikitext import (
    HEADINGS,
    LINK_TRAIL,
    LIST_ITEMS,
    WITHOUT_TEXT,
    Anchor,
    Article,
    Kind,
    RunningText,
    link_target,
    list_title,
)

UNREADABLE = "pages that the dump DB cannot give"

_BLOCKS = re.compile(r"[^\n]+(?:\n[^\n]+)*")
_LINES = re.compile(r"[^\n]+")
_PROSE = re.compile(r".{80,}[.!?][\"”’)\]]*\s*\Z", re.DOTALL)
_EMPTY_BRACKETS = re.compile(r"\(\s*(?:[,;:]\s*)*\)")
_QUALIFIER = re.compile(r"\s*(?:\([^()]*\)|,.*)\Z")


def read_dump_db(path: str | Path, faults: DumpFaults | None = None) -> Iterator[Article]:
    """The articles of a dump DB, in its own order (by title), one in memory at a time; redirects are not among them.

    `Article.page_id` is 0: the DB has none. Pages that the DB cannot give back are noted in `faults` and passed over.

    Raises:
        InputError: no such file, or no dump DB. SettingsError: wikipedia2vec is not installed.
    """
    faults = faults if faults is not None else DumpFaults()
    db = _open(path)
    try:
        for title in db.titles():
            try:
                paragraphs = db.get_paragraphs(title)
                disambiguates = db.is_disambiguation(title)
            except Exception as error:  # whatever a damaged pickle may raise
                faults.note(UNREADABLE, f"{path}:page {title}", f"{type(error).__name__}: {error}")
                continue
            yield _article(title, paragraphs, disambiguates)
    finally:
        db.close()


def dump_db_redirects(path: str | Path) -> Iterator[tuple[str, str]]:
    """Each redirect of a dump DB: its title, and the title it leads to (without section), in the DB's order.

    Raises:
        InputError: no such file, or no dump DB. SettingsError: wikipedia2vec is not installed.
    """
    db = _open(path)
    try:
        for source, target in db.redirects():
            yield normalise_title(source), normalise_title(target)
    finally:
        db.close()


def _open(path: str | Path) -> Any:
    require_extra("wikipedia2vec", "reading a dump DB")
    from wikipedia2vec.dump_db import DumpDB

    if not Path(path).is_file():
        raise InputError("a Wikipedia2Vec dump DB", "no such file", path=path, remedy="check the path")
    try:
        db = DumpDB(str(path))
        db.page_size()
    except Exception as error:  # lmdb's own errors, of many classes
        raise InputError(
            "a Wikipedia2Vec dump DB",
            f"{type(error).__name__}: {error}",
            path=path,
            remedy="make it by `wikipedia2vec build-dump-db`",
        ) from None
    return db


def _article(title: str, sections: list[Any], disambiguates: bool) -> Article:
    pieces: list[str] = []
    anchors: list[Anchor] = []
    left_out: Counter[str] = Counter()
    length = 0
    lead_end = 0
    for number, section in enumerate(sections):
        for begin, end in _running(section.text, bool(section.abstract), left_out):
            text, spans = _clean(section.text, begin, end, section.wiki_links)
            if not any(char.isalnum() for char in text):
                continue
            if pieces:
                pieces.append("\n\n")
                length += 2
            for link_begin, link_end, link in spans:
                target, where = link_target(link.title, left_out)
                if target and link_begin < link_end:
                    anchors.append(Anchor(length + link_begin, length + link_end, target, where))
                elif target or target is None:
                    left_out[WITHOUT_TEXT] += 1
            pieces.append(text)
            length += len(text)
            if not number and section.abstract and not lead_end:
                lead_end = length
    text = "".join(pieces)
    kind: Kind = "disambiguation" if disambiguates or title.endswith("(disambiguation)") else "article"
    if kind == "article" and list_title(title):
        kind = "list"
    return Article(title, 0, text, anchors, _own_name(title, text[:lead_end]), left_out, kind)


def _running(text: str, is_lead: bool, left_out: Counter[str]) -> Iterator[tuple[int, int]]:
    """The spans of a section that look like paragraphs of running text."""
    heading = not is_lead
    for block in _BLOCKS.finditer(text):
        lines = list(_LINES.finditer(text, block.start(), block.end()))
        if heading:
            left_out[HEADINGS] += 1
            lines = lines[1:]
            heading = False
        for line in lines:
            if len(lines) == 1 or _PROSE.match(text, line.start(), line.end()):
                yield line.span()
            else:
                left_out[LIST_ITEMS] += 1


def _clean(text: str, begin: int, end: int, links: list[Any]) -> tuple[str, list[tuple[int, int, Any]]]:
    """A line with blanks collapsed and empty brackets gone, and its links with their spans in that."""
    line = RunningText()
    spans: list[tuple[int, int, Any]] = []
    at = begin
    for number, link in enumerate(links):
        link_begin, link_end = link.span
        if link_begin < at or link_end > end:
            continue
        # The DB's spans leave out the letters after a link that a page shows as part of it.
        trail = LINK_TRAIL.match(text, link_end, links[number + 1].start if number + 1 < len(links) else end)
        if trail and link_end > link_begin:
            link_end = trail.end()
        line.append(_EMPTY_BRACKETS.sub("", text[at:link_begin]))
        since = line.length
        line.append(text[link_begin:link_end])
        spans.append((*line.trimmed(since, line.length), link))
        at = link_end
    line.append(_EMPTY_BRACKETS.sub("", text[at:end]))
    return line.text(), spans


def _own_name(title: str, lead: str) -> list[tuple[int, int]]:
    """Where the first paragraph has the title, its bracketed part left off."""
    name = _QUALIFIER.sub("", title) or title
    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", lead)
    return [found.span()] if found else []
