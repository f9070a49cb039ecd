"""The beginning of a file, by which its format is recognised."""

from __future__ import annotations

import json
import re
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from ousianer_cli.formats.json_text import JsonFault, parse_json
from ousianer_cli.formats.text import first_line, numbered_lines, open_bytes

_SAMPLED_LINES = 2000
_HEAD = 8192
_JSON = re.compile(r'\s*(?:\{\s*(?:"|\}|$)|\[\s*(?:\{|\[|"|$))')


class Sample:
    """The beginning of a file, read as far as a format's `recognise` asks for it."""

    def __init__(self, path: str | Path, head: str | None = None) -> None:
        """`head` is the beginning where it was read already, such as that of a member of an archive."""
        self.path = Path(path)
        self._head = head

    @property
    def name(self) -> str:
        """The file's name in small letters, without `.gz`."""
        return self.path.name.lower().removesuffix(".gz")

    @cached_property
    def head(self) -> str:
        """The first characters, some thousands, markup and blanks as they are."""
        if self._head is not None:
            return self._head
        with open_bytes(self.path) as handle:
            return handle.read(_HEAD).decode("utf-8", errors="replace")

    @cached_property
    def first(self) -> str:
        """The first line that is not blank."""
        if self._head is not None:
            return next((line for line in self._head.splitlines() if line.strip()), "")
        return first_line(self.path)

    @cached_property
    def lines(self) -> list[str]:
        """The first 2,000 lines, without the blank ones."""
        if self._head is not None:
            return [line for line in self._head.splitlines() if line.strip()]
        return [line for _, line in islice(numbered_lines(self.path), _SAMPLED_LINES) if line.strip()]

    @property
    def is_json(self) -> bool:
        """Whether the file begins as an object, or as an array of objects, arrays or strings."""
        return _JSON.match(self.first) is not None

    @cached_property
    def records(self) -> list[dict[str, Any]]:
        """The objects of JSON lines, or of an array; none for a file of another kind."""
        if not self.is_json:
            return []
        if self.first.lstrip().startswith("["):
            return _objects("\n".join(self.lines))
        if self.first.strip() == "{":
            return _objects("\n".join(self.lines))
        return [record for line in self.lines for record in _objects(line)]


def _objects(text: str) -> list[dict[str, Any]]:
    try:
        found = parse_json(text)
    except JsonFault:  # cut off, or broken: the reader says where
        return _first_object(text)
    return [item for item in (found if isinstance(found, list) else [found]) if isinstance(item, dict)]


def _first_object(text: str) -> list[dict[str, Any]]:
    """The first object of an array that the sample does not hold whole."""
    begin = text.find("{")
    if begin < 0 or not text.lstrip().startswith("["):
        return []
    try:
        found, _ = json.JSONDecoder().raw_decode(text, begin)
    except (ValueError, RecursionError):
        return []
    return [found] if isinstance(found, dict) else []
