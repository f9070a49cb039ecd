"""The combined format of neleval: one mention a line with its candidates, most of it optional.

`docid TAB start TAB end [TAB id [TAB score [TAB type [TAB id TAB score TAB type]...]]]`, offsets inclusive. A type
joins entity type and mention type (`per/NAM`), or is a JSON object with the key `type`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from ousianer_cli.errors import InputError
from ousianer_cli.formats.edl import EdlRow, refuse_unreadable
from ousianer_cli.formats.json_text import JsonFault, parse_json
from ousianer_cli.formats.registry import LIKELY, NO, Format
from ousianer_cli.formats.sample import Sample
from ousianer_cli.formats.text import not_utf8, open_bytes, unreadable

UNLINKED = "NIL"
"""The id of a mention that has no candidate."""

_EXPECTED = "docid, start, end, then id, score and type of each candidate"


def parse_combined(text: str, *, path: str | Path | None = None, line: int = 0) -> list[EdlRow]:
    """The rows of one line without its line end: one a candidate, one without a type where there is none.

    `mention_type` is what stands after the last `/` of the type, empty if there is none.
    """

    def invalid(expected: str, found: str, remedy: str = "see docs/scoring.md, Inputs") -> InputError:
        return InputError(expected, found[:100], path=path, line=line, remedy=remedy)

    refuse_unreadable(text, path=path, line=line)
    cells = text.rstrip("\t").split("\t")
    if len(cells) < 3:
        raise invalid(f"at least 3 tab-separated columns ({_EXPECTED})", f"{len(cells)} ('{text[:60]}')")
    doc, *offsets = cells[:3]
    if not doc or any(not (number.isascii() and number.isdecimal() and len(number) <= 9) for number in offsets):
        raise invalid("a document id and two offsets below 1,000,000,000", f"'{' '.join(cells[:3])}'")
    start, end = int(offsets[0]), int(offsets[1])
    if end < start:
        raise invalid("an inclusive end that is not before the start", f"'{start} {end}'")
    # Trailing tabs may be empty columns of the candidates.
    candidates = text.split("\t")[3:]
    while len(candidates) > 1 and not candidates[-1] and len(candidates) % 3 != 0:
        candidates.pop()
    if not candidates or candidates == [""]:
        return [EdlRow("", "", "", doc, start, end, UNLINKED, "", "", 1.0, line)]
    if len(candidates) > 2 and len(candidates) % 3:
        raise invalid("id, score and type of each candidate", f"{len(candidates)} columns after the offsets")
    rows = []
    for place in range(0, len(candidates), 3):
        identity, score, kind = (*candidates[place : place + 3], "", "")[:3]
        try:
            confidence = float(score) if score else 1.0
        except ValueError:
            raise invalid("a number as score", f"'{score}'") from None
        if not math.isfinite(confidence) or "_" in score:
            raise invalid("a finite number as score", f"'{score}'")
        label, slash, form = _type_of(kind, invalid).rpartition("/")
        if not slash:
            label, form = form, ""
        rows.append(EdlRow("", "", "", doc, start, end, identity, label, form, confidence, line))
    return rows


def _type_of(kind: str, invalid: Callable[[str, str], InputError]) -> str:
    if not kind.startswith("{"):
        return kind
    try:
        content = parse_json(kind)
    except JsonFault:
        raise invalid("a type, or a JSON object with the key 'type'", f"'{kind}'") from None
    return str(content.get("type") or "")


def iter_combined(path: str | Path, skipped: Counter[str] | None = None) -> Iterator[EdlRow]:
    """The rows of a file in order; `InputError` with file and line for anything malformed. Nothing is skipped."""
    path = Path(path)
    try:
        handle = open_bytes(path)
    except OSError as error:
        raise unreadable("a file in neleval's combined format", path, error) from None
    with handle:
        for number, raw in enumerate(handle, 1):
            try:
                text = raw.decode("utf-8")
            except UnicodeDecodeError as error:
                raise not_utf8(path, number, error) from None
            yield from parse_combined(text[:-1] if text.endswith("\n") else text, path=path, line=number)


def _recognise(sample: Sample) -> int:
    cells = sample.first.split("\t")
    return LIKELY if len(cells) >= 3 and all(cell.isascii() and cell.isdecimal() for cell in cells[1:3]) else NO


FORMATS = (Format("combined", "neleval's combined format", _recognise, mentions=iter_combined),)
