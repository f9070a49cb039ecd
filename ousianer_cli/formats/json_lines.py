"""JSON lines as other tools write them: one object a line, and errors that name file, line and format."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ousianer_cli.errors import InputError
from ousianer_cli.formats.labelled import numbered_lines

Refusal = Callable[[str, object], InputError]
"""`refuse(expected, found)` makes the error for one line of one file."""


def objects(path: str | Path) -> Iterator[tuple[int, dict[str, Any], Refusal]]:
    """Each object of a file of JSON lines (also `.gz`) with its line number and what makes errors about it.

    Raises:
        InputError: a line that is no JSON object, with file and line.
    """
    for number, line in numbered_lines(path):
        if line.strip():
            refuse = refusal(path, number)
            yield number, parsed(line, refuse), refuse


def refusal(path: str | Path, line: int) -> Refusal:
    """What makes an error about a line of a file."""

    def refuse(expected: str, found: object) -> InputError:
        shown = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, default=str)
        remedy = "correct the line, or name another --format"
        return InputError(expected, shown[:80], path=path, line=line, remedy=remedy)

    return refuse


def parsed(line: str, refuse: Refusal) -> dict[str, Any]:
    """The object that a line holds."""
    try:
        row: Any = json.loads(line)
    except json.JSONDecodeError as error:
        raise refuse("a JSON object", f"invalid JSON ({error.msg} at column {error.colno})") from None
    if not isinstance(row, dict):
        raise refuse("a JSON object", row)
    return row


def text_of(row: Mapping[str, Any], refuse: Refusal) -> str:
    """A record's `text`, which must be a string."""
    text = row.get("text")
    if not isinstance(text, str):
        raise refuse("'text' as a string", "none" if text is None else text)
    return text


def offsets_of(start: object, end: object, text: str, refuse: Refusal) -> tuple[int, int]:
    """A span's code points [start, end) of a text, checked."""
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(text):
        raise refuse(f"a span's 0 <= start < end <= {len(text)} (end exclusive)", f"start {start}, end {end}")
    return start, end
