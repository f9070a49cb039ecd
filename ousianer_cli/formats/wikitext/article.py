"""An article: the steps in MediaWiki's order, then each paragraph through mwparserfromhell."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ousianer_cli.extras import require_extra
from ousianer_cli.formats.mediawiki import redirect_of_text
from ousianer_cli.formats.wikitext.extensions import cut_extensions
from ousianer_cli.formats.wikitext.lines import MAGIC_WORD, paragraphs
from ousianer_cli.formats.wikitext.links import LINK_TRAIL, cut_links, link_target
from ousianer_cli.formats.wikitext.page import (
    BOLD,
    EXTERNAL_LINKS,
    HOLE,
    MAGIC_WORDS,
    MARKS,
    MARKS_TAKEN,
    MAX_TITLE,
    OVERLONG,
    UNSEEN,
    WITHOUT_TEXT,
    WORDLESS,
    Anchor,
    Article,
    Page,
    WikitextError,
)
from ousianer_cli.formats.wikitext.running import RunningText
from ousianer_cli.formats.wikitext.tags import cut_html
from ousianer_cli.formats.wikitext.templates import cut_templates

MAX_CHARS = 4_000_000
"""Code points of wikitext above which a page is refused; MediaWiki itself allows 2 MiB."""
MAX_PARAGRAPH = 100_000
"""Code points of wikitext above which a paragraph is left out."""


def parse_article(title: str, page_id: int, wikitext: str) -> Article:
    """The running text and the anchors of a page.

    Args:
        title: the page's own title, as the dump has it.
        page_id: handed through.
        wikitext: the page's text, as the dump has it.
    Raises:
        WikitextError: a page above `MAX_CHARS`, or one that mwparserfromhell cannot take. SettingsError:
            mwparserfromhell is not installed.
    """
    if len(wikitext) > MAX_CHARS:
        raise WikitextError(f"{len(wikitext):,} code points of wikitext, above the limit of {MAX_CHARS:,}")
    page = Page(title)
    if redirect_of_text(wikitext) is not None:
        return Article(title, page_id, "", [], [], page.left_out, "redirect")
    text = wikitext.translate(MARKS_TAKEN) if MARKS.search(wikitext) else wikitext
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = cut_extensions(text, page)
    text = cut_templates(text, page)
    text = cut_links(text, page)
    text = cut_html(text, page)
    text = MAGIC_WORD.sub(lambda _: page.drop(MAGIC_WORDS), text)
    for paragraph, in_lead in paragraphs(text, page):
        _add_paragraph(paragraph, in_lead, page)
    return Article(title, page_id, "".join(page.pieces), page.anchors, page.bolds, page.left_out, page.kind())


# What a hole leaves behind: empty brackets, a comma or a semicolon beside a bracket, a blank before a stop.
_HOLE_IN_BRACKETS = re.compile(r"\(\s*(?:\ue000[\s,;:]*)+\)")
_HOLE_AFTER_BRACKET = re.compile(r"\((?:[\s,;:]*\ue000)+[\s,;:]*")
_HOLE_BEFORE_BRACKET = re.compile(r"(?<!\s)\s*+(?:[,;:]\s*+)?\ue000+[\s,;:]*+\)")
_HOLE_BEFORE_STOP = re.compile(r"(?<!\s)\s*+\ue000++(?=[,.;])")
_HOLE_THEN_BRACKET = re.compile(r"\ue000[\s,;:]*\)")
_HOLE_THEN_STOP = re.compile(r"\ue000[,.;]")
_SCHEMES = r"\[(?:https?:|ftps?:|//|mailto:|irc:|news:)"
_LINKISH = re.compile(rf"\[\[[^\[\]]*+(?:\[[^\[\]]*+\][^\[\]]*+)*+\]\]|{_SCHEMES}[^\[\]]*+\]|[\[\]]", re.IGNORECASE)
_EXTERNAL = re.compile(_SCHEMES, re.IGNORECASE)
_BRACKETS = str.maketrans({"[": "&#91;", "]": "&#93;"})
_WORD = re.compile(r"\w")
_PIPE_TRICK = re.compile(r"(?:[^:]*:)?(.*?)(?:\s*\([^()]*\)|,.*)?\s*\Z", re.DOTALL)


def _tame(found: re.Match[str]) -> str:
    """A link as it is; a bracket of none as a character reference, which the parser cannot take for a link."""
    whole = found[0]
    if whole.startswith("[[") and "[" in whole[2:] and not _EXTERNAL.search(whole):
        return f"[[{whole[2:-2].translate(_BRACKETS)}]]"
    return whole if len(whole) > 1 and whole.strip("[]") else whole.translate(_BRACKETS)


def _tidy_holes(paragraph: str) -> str:
    # The searches ahead begin with a fixed letter, which is fast; most paragraphs need no more.
    if "(" in paragraph:
        paragraph = _HOLE_IN_BRACKETS.sub(HOLE, paragraph)
        paragraph = _HOLE_AFTER_BRACKET.sub("(", paragraph)
        if _HOLE_THEN_BRACKET.search(paragraph):
            paragraph = _HOLE_BEFORE_BRACKET.sub(")", paragraph)
    if _HOLE_THEN_STOP.search(paragraph):
        paragraph = _HOLE_BEFORE_STOP.sub("", paragraph)
    return paragraph


def _add_paragraph(paragraph: str, in_lead: bool, page: Page) -> None:
    if len(paragraph) > MAX_PARAGRAPH:
        page.drop(OVERLONG)
        return
    if HOLE in paragraph:
        paragraph = _tidy_holes(paragraph)
    line = _Line(page)
    # Only links and entities are left for the parser; anything else that it would try, it would try at length.
    if "[" in paragraph or "&" in paragraph:
        paragraph = paragraph.replace("<", "&lt;").replace("{", "&#123;")
        if "[" in paragraph:
            paragraph = _LINKISH.sub(_tame, paragraph)
        parse = _parse()
        try:
            nodes = parse(paragraph, skip_style_tags=True).nodes
        except Exception as error:  # the parser's own faults, which are of many classes
            raise WikitextError(f"mwparserfromhell: {type(error).__name__}: {error}") from None
        line.add_nodes(nodes)
    else:
        line.add(paragraph)
    line.finish(in_lead)


class _Line(RunningText):
    """A paragraph of wikitext at work."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page
        self.anchors: list[Anchor] = []
        self.bolds: list[tuple[int, int]] = []
        self.bold_since = -1

    def add(self, text: str) -> None:
        if BOLD not in text:
            self.append(text)
            return
        for number, part in enumerate(text.split(BOLD)):
            if number:
                if self.bold_since < 0:
                    self.bold_since = self.length
                else:
                    self.bolds.append((self.bold_since, self.length))
                    self.bold_since = -1
            self.append(part)

    def add_nodes(self, nodes: list[Any]) -> None:
        trail_of = -1  # the anchor, or the link's beginning, that letters right after it belong to
        for node in nodes:
            kind = type(node).__name__
            if kind == "Text":
                text = node.value
                if trail_of >= 0:
                    trail = LINK_TRAIL.match(text)
                    if trail:
                        self.add(trail[0])
                        last = self.anchors[trail_of]
                        self.anchors[trail_of] = Anchor(last.start, self.length, last.target, last.section)
                        text = text[trail.end() :]
                self.add(text)
                trail_of = -1
            elif kind == "Wikilink":
                trail_of = self._add_link(node)
            else:
                trail_of = -1
                if kind == "HTMLEntity":
                    self.add(_entity(node))
                elif kind == "ExternalLink":
                    self._add_external(node)
                elif kind == "Tag" and node.contents is not None:
                    self.add_nodes(node.contents.nodes)
                elif kind not in ("Comment", "Template", "Argument"):
                    self.add(str(node))

    def _add_external(self, node: Any) -> None:
        if not node.brackets:
            self.add(str(node.url))
        elif node.title is None:
            self.page.drop(EXTERNAL_LINKS)
        else:
            self.add_nodes(node.title.nodes)

    def _add_link(self, node: Any) -> int:
        """Show a link; the number of its anchor, or -1 if it got none."""
        raw = str(node.title).translate(UNSEEN)
        shown: list[Any] | None = None if node.text is None else node.text.nodes
        plain = html.unescape(raw) if "&" in raw else raw
        if "\n" in plain:
            plain = " ".join(plain.split())
        if shown is None:
            label = plain.strip().removeprefix(":").strip()
        elif not shown:
            label = _pipe_trick(plain)
        else:
            label = ""
        begin = self.length
        if label:
            self.add(label)
        elif shown:
            self._add_label(shown)
        begin, end = self.trimmed(begin, self.length)
        target, section = link_target(plain, self.page.left_out)
        if target and begin < end:
            self.anchors.append(Anchor(begin, end, target, section))
            return len(self.anchors) - 1
        if target or target is None:
            self.page.drop(WITHOUT_TEXT)
        return -1

    def _add_label(self, nodes: list[Any]) -> None:
        """What a link shows; a link within a link is text."""
        for node in nodes:
            kind = type(node).__name__
            if kind == "Text":
                self.add(node.value)
            elif kind == "HTMLEntity":
                self.add(_entity(node))
            elif kind == "Wikilink":
                self.add(str(node.title if node.text is None else node.text))
            elif kind == "ExternalLink":
                self._add_external(node)
            elif kind not in ("Comment", "Template", "Argument"):
                self.add(str(node))

    def finish(self, in_lead: bool) -> None:
        text = self.text()
        page = self.page
        if not _WORD.search(text):
            if text:
                page.drop(WORDLESS)
            return
        is_first = not page.pieces
        if not is_first:
            page.pieces.append("\n\n")
            page.length += 2
        base = page.length
        page.pieces.append(text)
        page.length += len(text)
        page.anchors += [Anchor(a.start + base, a.end + base, a.target, a.section) for a in self.anchors]
        if is_first and in_lead:
            for begin, end in self.bolds:
                span = text[begin:end]
                begin += len(span) - len(span.lstrip())
                end = begin + len(span.strip())
                if begin < end:
                    page.bolds.append((begin, end))


def _entity(node: Any) -> str:
    text = str(node)
    shown = html.unescape(text)
    return " " if not shown.strip() else shown


def _pipe_trick(title: str) -> str:
    found = _PIPE_TRICK.match(title.strip().removeprefix(":")) if len(title) <= MAX_TITLE else None
    return found[1].strip() if found else title


@lru_cache(maxsize=1)
def _parse() -> Callable[..., Any]:
    require_extra("wikipedia", "reading wikitext", "mwparserfromhell")
    import mwparserfromhell

    parse: Callable[..., Any] = mwparserfromhell.parse
    return parse
