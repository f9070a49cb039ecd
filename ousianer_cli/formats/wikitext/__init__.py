"""Wikitext into clean running text, with the links as anchors on it.

What is no running text (templates, tables, references, lists, galleries …) is cut out first by linear scans that follow
MediaWiki's own order: comments and extension tags, templates from the inside out, links to files and categories, HTML,
then lines. What is left, one paragraph at a time, goes through mwparserfromhell. So a mark that is never closed costs a
line or a paragraph, never the rest of the page, and the time grows with the length of the page and not faster.

The rules are those of the English Wikipedia.
"""

from ousianer_cli.formats.wikitext.article import MAX_CHARS, MAX_PARAGRAPH, parse_article
from ousianer_cli.formats.wikitext.links import LINK_TRAIL, link_target
from ousianer_cli.formats.wikitext.page import (
    HEADINGS,
    LIST_ITEMS,
    WITHOUT_TEXT,
    Anchor,
    Article,
    Kind,
    WikitextError,
    list_title,
)
from ousianer_cli.formats.wikitext.running import RunningText

__all__ = [
    "HEADINGS",
    "LINK_TRAIL",
    "LIST_ITEMS",
    "MAX_CHARS",
    "MAX_PARAGRAPH",
    "WITHOUT_TEXT",
    "Anchor",
    "Article",
    "Kind",
    "RunningText",
    "WikitextError",
    "link_target",
    "list_title",
    "parse_article",
]
