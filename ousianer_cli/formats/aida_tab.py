"""AIDA annotation (`*_arg_mentions.tab`): a header line, then one mention a line.

`child_uid` is the document (an LTF's id), `textoffset_startchar` and `textoffset_endchar` code points, end inclusive;
`type`, `subtype` and `subsubtype` the levels of the type, `unspecified` where one is missing; `EMPTY_NA` means none.
`level`, where there is such a column, tells names (`nam`), nominals (`nom`) and pronouns (`pro`) apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ousianer_cli.errors import InputError
from ousianer_cli.formats.edl import EdlRow, normalise_mention_string

COLUMNS = ("argmention_id", "child_uid", "textoffset_startchar", "textoffset_endchar", "type")
"""Columns that must be there; text_string, subtype, subsubtype and level are used where they are."""

NO_OFFSETS = "mentions without text offsets (of images or sound)"
_MISSING = ("", "EMPTY_NA")


def iter_aida(path: str | Path, skipped: Counter[str] | None = None) -> Iterator[EdlRow]:
    """The mentions of a file in order, each with a NIL id of its own; those without offsets are counted in `skipped`.

    Raises:
        InputError: an unreadable file, a missing column, a line with another number of columns, a bad offset, a missing
            type; with file and line.
    """
    path = Path(path)
    skipped = Counter() if skipped is None else skipped
    try:
        handle = path.open("rb")
    except OSError as error:
        found = f"no readable file ({error.strerror})"
        raise InputError("an AIDA tab", found, path=path, remedy="check the path") from None
    with handle:
        place: dict[str, int] = {}
        for number, raw in enumerate(handle, 1):

            def bad(expected: str, found: str, number: int = number) -> InputError:
                return InputError(expected, found[:100], path=path, line=number, remedy="see docs/scoring.md, Inputs")

            try:
                text = raw.decode("utf-8").rstrip("\n")
            except UnicodeDecodeError as error:
                raise bad("UTF-8", f"byte 0x{raw[error.start]:02x} at byte {error.start + 1}") from None
            if "\0" in text:
                raise bad("text", "a NUL character")
            if text.endswith("\r"):
                raise bad("a line end of \\n", "\\r\\n")
            if text.startswith("\ufeff"):
                raise bad("text from the first byte on", "a byte order mark")
            cells = text.split("\t")
            if not place:
                place = {name.strip().lower(): i for i, name in enumerate(cells)}
                missing = [name for name in COLUMNS if name not in place]
                if missing:
                    raise bad(f"a header with the columns {', '.join(COLUMNS)}", f"none called {missing[0]}")
                continue
            if len(cells) != len(place):
                raise bad(f"{len(place)} tab-separated columns, as in the header", str(len(cells)))

            def cell(name: str, cells: list[str] = cells, place: dict[str, int] = place) -> str:
                value = cells[place[name]].strip() if name in place else ""
                return "" if value in _MISSING else value

            offsets = cell("textoffset_startchar"), cell("textoffset_endchar")
            if not any(offsets):
                skipped[NO_OFFSETS] += 1
                continue
            if any(not (value.isascii() and value.isdecimal() and len(value) <= 9) for value in offsets):
                raise bad("numbers as text offsets", f"'{offsets[0]}' and '{offsets[1]}'")
            start, end = int(offsets[0]), int(offsets[1])
            if end < start:
                raise bad("an inclusive end that is not before the start", f"{start}-{end}")
            levels = [cell(name).lower() for name in ("type", "subtype", "subsubtype")]
            known = [level for level in levels if level and level != "unspecified"]
            if not known or known != levels[: len(known)]:
                raise bad("type, subtype and subsubtype, none missing above another", f"'{'.'.join(levels)}'")
            doc = cell("child_uid")
            if not doc:
                raise bad("a document in child_uid", "none")
            identity = cell("argmention_id")
            form = cell("level").upper() or "NAM"
            string = normalise_mention_string(cell("text_string"))
            nil = f"NIL-{identity}"
            yield EdlRow("aida", identity, string, doc, start, end, nil, ".".join(known), form, 1.0, number)
    if not place:
        raise InputError("a header line", "an empty file", path=path, line=1)
