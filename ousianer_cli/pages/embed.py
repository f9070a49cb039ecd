"""Putting data and assets into one page, so that nothing of a document can become markup or script."""

from __future__ import annotations

import base64
import hashlib
import json
from importlib import resources
from typing import Any

_IN_SCRIPT = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def embedded_json(data: Any) -> str:
    """JSON that may stand inside `<script type="application/json">`: no `<`, `>` or `&` is in it.

    A lone half of a surrogate pair, which UTF-8 cannot hold, is written as its escape.
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_IN_SCRIPT)
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        return json.dumps(data, separators=(",", ":")).translate(_IN_SCRIPT)
    return text


def asset(name: str) -> str:
    """The text of a file of `pages/assets`."""
    return resources.files("ousianer_cli.pages").joinpath("assets", name).read_text(encoding="utf-8")


def content_hash(text: str) -> str:
    """The source expression of an inline script or style for a Content-Security-Policy: `'sha256-…'`."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def policy(scripts: list[str], styles: list[str]) -> str:
    """A Content-Security-Policy for a page that loads nothing: these inline scripts and styles alone may act."""
    script = " ".join(map(content_hash, scripts)) or "'none'"
    style = " ".join(map(content_hash, styles)) or "'none'"
    return f"default-src 'none'; script-src {script}; style-src {style}; base-uri 'none'; form-action 'none'"
