"""Tokens of OntoNotes as they were in the text."""

from __future__ import annotations

import html
import re

_SLASHED = re.compile(r"/[^\w\s/]")
_PART_OF_TOKEN = (("-LAB-", "<"), ("-RAB-", ">"), ("-AMP-", "&"))
_WHOLE_TOKEN = {
    "-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}", "``": '"', "''": '"', "`": "'",
}  # fmt: skip


def surface(token: str) -> str:
    """A treebank token as the text has it: `-LRB-` -> `(`, ` `` ` -> `"`, `/.` -> `.`, `1\\/2` -> `1/2`."""
    token = whole_characters(token)
    if _SLASHED.fullmatch(token):
        return token[1]
    return _WHOLE_TOKEN.get(token, token.replace("\\/", "/").replace("\\*", "*"))


def whole_characters(text: str) -> str:
    """A text in which `-LAB-` is `<` again, also inside a token."""
    for written, meant in _PART_OF_TOKEN:
        text = text.replace(written, meant)
    return html.unescape(text) if "&" in text and ";" in text else text
