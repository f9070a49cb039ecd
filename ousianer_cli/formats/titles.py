"""Titles of Wikipedia pages in one form, wherever they come from: links, redirects, dumps, YAGO's names, tables.

The form is MediaWiki's own (its manual, "Help:Page name"), so that the same page has the same title in all of them.
"""

from __future__ import annotations

import html
import unicodedata
from urllib.parse import unquote

INVISIBLE = frozenset("\u00ad\u200b\u200e\u200f\u2060\ufeff")
"""Characters without width: soft hyphen, zero-width blank, marks of direction, word joiner, byte order mark.

The joiners U+200C and U+200D stay: they change how a word is written.
"""

PLAIN = r"[A-Z0-9][\x21\x22\x24\x27-\x5e\x60-\x7e]*(?: [\x21\x22\x24\x27-\x5e\x60-\x7e]+)*"
"""What matches this is in form already: a regular expression for where calling Python for each title is slow."""

_BIDI = ("\u061c", *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A)))
_IN_TITLES: dict[int, str | None] = dict.fromkeys(map(ord, (*INVISIBLE, *_BIDI))) | {ord("_"): " ", 0x180E: " "}


def normalise_title(text: str) -> str:
    """A title in MediaWiki's form: entities and %XX decoded, blanks for underscores, one at a time, no section, no
    leading colon, nothing invisible, accents composed (NFC), the first letter a capital. Idempotent on titles; empty
    for what names no page.
    """
    return title_and_section(text)[0]


def title_and_section(text: str) -> tuple[str, str | None]:
    """A title as `normalise_title` gives it, and the section of the page that it leads to; None for the whole page."""
    if "&" in text:
        text = html.unescape(text)
    if "%" in text:
        text = unquote(text, errors="replace")
    section: str | None = None
    if "#" in text:
        text, _, rest = text.partition("#")
        section = " ".join(rest.replace("_", " ").split()) or None
    if text.isascii():
        title = " ".join(text.replace("_", " ").split()).lstrip(": ")
        return title[:1].upper() + title[1:], section
    title = " ".join(text.translate(_IN_TITLES).split()).lstrip(": ")
    title = unicodedata.normalize("NFC", title)
    first = title[:1].upper()
    if len(first) == 1:
        # A capital may compose with a mark that its small letter does not.
        title = unicodedata.normalize("NFC", first + title[1:])
    return title, section


def page_title(text: str) -> str:
    """The title of a whole page; empty for a section of one, which is something else than the page."""
    title, section = title_and_section(text)
    return "" if section else title
