"""Namespaces of the English Wikipedia by their names, and what a redirect leads to."""

from __future__ import annotations

import html
import re

NAMESPACES: dict[str, int] = {
    "media": -2,
    "special": -1,
    "talk": 1,
    "user": 2,
    "user talk": 3,
    "wikipedia": 4,
    "project": 4,
    "wp": 4,
    "wikipedia talk": 5,
    "project talk": 5,
    "wt": 5,
    "file": 6,
    "image": 6,
    "file talk": 7,
    "image talk": 7,
    "mediawiki": 8,
    "mediawiki talk": 9,
    "template": 10,
    "template talk": 11,
    "tm": 10,
    "help": 12,
    "help talk": 13,
    "category": 14,
    "category talk": 15,
    "portal": 100,
    "portal talk": 101,
    "book": 108,
    "book talk": 109,
    "draft": 118,
    "draft talk": 119,
    "mos": 126,
    "mos talk": 127,
    "education program": 446,
    "education program talk": 447,
    "timedtext": 710,
    "timedtext talk": 711,
    "module": 828,
    "module talk": 829,
    "gadget": 2300,
    "gadget talk": 2301,
    "gadget definition": 2302,
    "topic": 2600,
}
"""Names and aliases of the English Wikipedia's namespaces, lower-case with blanks -> number."""

_REDIRECT = re.compile(r"\s*#redirect\s*+:?\s*\[\[\s*+:?([^\[\]|{}\n]{1,600})(?:\|[^\[\]\n]*)?\]\]", re.IGNORECASE)


def split_namespace(title: str) -> tuple[int, str]:
    """A title's namespace by its English prefix, and the title without it; (0, title) for articles."""
    prefix, colon, rest = title.partition(":")
    if colon:
        number = NAMESPACES.get(" ".join(prefix.replace("_", " ").split()).lower())
        if number is not None:
            return number, rest.strip(" _")
    return 0, title


def redirect_link(text: str) -> str | None:
    """What `#REDIRECT [[…]]` at the beginning of a page's text leads to, as written (entities decoded), with its
    section; None if there is none."""
    found = _REDIRECT.match(text)
    return None if found is None else html.unescape(found[1]).strip()


def redirect_of_text(text: str) -> str | None:
    """As `redirect_link`, without the section; None where nothing is left."""
    return (redirect_link(text) or "").partition("#")[0].strip() or None
