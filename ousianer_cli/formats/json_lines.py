"""JSON lines as other tools write them: one object a line, and errors that name file, line and format."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ousianer_cli.errors import InputError
from ousianer_cli.formats.json_text import JsonFault, parse_json
from ousianer_cli.formats.labelled import doc_name
from ousianer_cli.formats.text import filled_lines, first_line, read_text

_FILLING = re.compile(r"[\s,]*")

Refusal = Callable[[str, object], InputError]
"""`refuse(expected, found)` makes the error for one line of one file."""


def objects(path: str | Path) -> Iterator[tuple[int, dict[str, Any], Refusal]]:
    """Each object of a file of JSON lines (also `.gz`), with its line and what makes errors about it; also those of an
    array, or one object over several lines.

    Raises:
        InputError: a line that is no JSON object, with file and line.
    """
    for line, found, refuse in values(path):
        yield line, _object(found, refuse), refuse


def values(path: str | Path) -> Iterator[tuple[int, Any, Refusal]]:
    """As `objects`, whatever the values are. Where the first line is an array that begins with a string, each line is a
    value.

    Raises:
        InputError: a line that is no JSON, with file and line.
    """
    first = first_line(path).lstrip()
    if first.startswith("[") and not _is_value(first):
        yield from _of_array(path)
    elif first.strip() == "{":  # one object over several lines
        refuse = refusal(path, 1)
        yield 1, _json(read_text(path, "a corpus file"), refuse), refuse
    else:
        for number, line in filled_lines(path, "a corpus file"):
            refuse = refusal(path, number)
            yield number, _json(line, refuse), refuse


def _is_value(first: str) -> bool:
    """Whether a first line that begins an array is a value of its own, such as a pair of a text and its spans."""
    return re.match(r'\[\s*"', first) is not None


def _of_array(path: str | Path) -> Iterator[tuple[int, Any, Refusal]]:
    """The values of an array, each with the line that it begins in."""
    text = read_text(path, "a corpus file")
    decoder = json.JSONDecoder()
    place, line = text.index("[") + 1, 1
    counted = 0
    while True:
        place = _FILLING.match(text, place).end()  # type: ignore[union-attr]
        line += text.count("\n", counted, place)
        counted = place
        if text.startswith("]", place):
            return
        refuse = refusal(path, line)
        try:
            found, place = decoder.raw_decode(text, place)
        except json.JSONDecodeError as error:
            raise refusal(path, error.lineno)("an array of JSON objects", f"invalid JSON ({error.msg})") from None
        yield line, found, refuse


def refusal(path: str | Path, line: int) -> Refusal:
    """What makes an error about a line of a file."""

    def refuse(expected: str, found: object) -> InputError:
        shown = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, default=str)
        remedy = "correct the line, or name another --format"
        return InputError(expected, shown[:80], path=path, line=line, remedy=remedy)

    return refuse


def parsed(line: str, refuse: Refusal) -> dict[str, Any]:
    """The object that a line holds."""
    return _object(_json(line, refuse), refuse)


def _object(found: Any, refuse: Refusal) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise refuse("a JSON object", found)
    return found


def _json(text: str, refuse: Refusal) -> Any:
    try:
        return parse_json(text)
    except JsonFault as error:
        raise refuse("a JSON object", f"invalid JSON ({error})") from None


def strings_of(row: Mapping[str, Any], key: str, refuse: Refusal) -> list[str]:
    """A record's list of words, which must be there and none of them blank."""
    words = row.get(key)
    if not isinstance(words, list) or not words or not all(isinstance(w, str) and w.strip() for w in words):
        raise refuse(f"'{key}' as a list of non-empty strings", "none" if words is None else words)
    return words


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


def labelled_offsets(
    start: object, end: object, label: object, text: str, item: object, refuse: Refusal
) -> tuple[int, int, str]:
    """A span's code points [start, end) of a text and its label, checked; `item` is the span as it stands."""
    first, last = offsets_of(start, end, text, refuse)
    if not isinstance(label, str) or not label.strip():
        raise refuse("a span's label as a string that is not empty", item)
    return first, last, label.strip()


def record_id(row: Mapping[str, Any], path: str | Path, number: int) -> str:
    """A record's own `id`, or the file's name and the line number."""
    given = row.get("id")
    return str(given) if given not in (None, "") else f"{doc_name(path)}-{number}"


_LINE_ENDS = {ord(c): f"\\u{ord(c):04x}" for c in "\x85\u2028\u2029"}
"""Line ends to some readers of lines, though not to JSON."""


def json_line(row: Mapping[str, Any]) -> str:
    """A record as one line, with its line end."""
    return json.dumps(row, ensure_ascii=False).translate(_LINE_ENDS) + "\n"
