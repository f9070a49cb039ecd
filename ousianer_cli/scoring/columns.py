"""EDL tabs as columns, without a Python object for each row.

Blocks of lines are taken apart as arrays of bytes. A block with anything out of the ordinary goes, line by line,
through `formats.edl.parse_line`, which takes the rarer spellings and names file and line of whatever is wrong: both
ways accept the same lines and give the same columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ousianer_cli.errors import InputError
from ousianer_cli.formats.edl import parse_line
from ousianer_cli.formats.text import open_bytes
from ousianer_cli.scoring.matching import Codes, Ints, MentionTable, Vocabulary, encode_rows, join_tables

BLOCK = 4 << 20
"""Bytes a block: some 50,000 lines, so that its arrays stay in the processor's cache."""

_TAB, _LINE_END, _HYPHEN, _COLON, _ZERO, _UNDERSCORE = 9, 10, 45, 58, 48, 95
_MAX_DIGITS = 9
_MAX_FIELD = 256
_MIX = np.uint64(0x9E3779B97F4A7C15)

Bytes = NDArray[np.uint8]


def read_edl_table(path: str | Path, vocabulary: Vocabulary) -> MentionTable:
    """All rows of an EDL tab as columns [M], in the order of the file.

    Raises:
        InputError: an unreadable file, or a malformed line, with file and line.
    """
    path = Path(path)
    tables = []
    line = 1
    for block in _blocks(path):
        table = _columns(block, line, vocabulary)
        if table is None:
            table = encode_rows(
                (parse_line(raw, path=path, line=n) for n, raw in enumerate(block.split(b"\n")[:-1], line)), vocabulary
            )
        line += len(table)
        tables.append(table)
    return join_tables(tables)


def _blocks(path: Path) -> Iterator[bytes]:
    """The file in pieces that end with a line end."""
    try:
        with open_bytes(path) as handle:
            rest = b""
            while piece := handle.read(BLOCK):
                cut = piece.rfind(b"\n") + 1
                if cut:
                    yield rest + piece[:cut]
                    rest = piece[cut:]
                else:
                    rest += piece
            if rest:
                yield rest + b"\n"
    except OSError as error:
        found = f"no readable file ({error.strerror})"
        raise InputError("an EDL tab file", found, path=path, remedy="check the path") from None


def _columns(block: bytes, first_line: int, vocabulary: Vocabulary) -> MentionTable | None:
    """The columns of a block, or None if any of its lines is not of the plainest kind."""
    if b"\r" in block or b"\0" in block or b"\xef\xbb\xbf" in block:
        return None
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        return None
    data = np.frombuffer(block, dtype=np.uint8)
    line_ends = np.flatnonzero(data == _LINE_END)
    tabs = np.flatnonzero(data == _TAB)
    first = np.searchsorted(tabs, np.concatenate([[0], line_ends[:-1] + 1]))
    count = np.diff(np.append(first, len(tabs)))
    if ((count < 7) | (count > 10)).any():
        return None
    place_begin, place_end = tabs[first + 2] + 1, tabs[first + 3]
    end, begin = _number(data, place_end)
    if (begin == place_end).any() or (data[begin - 1] != _HYPHEN).any():
        return None
    stop = begin - 1
    start, begin = _number(data, stop)
    if (begin == stop).any() or (data[begin - 1] != _COLON).any() or (end < start).any():
        return None
    doc = _codes(data, place_begin, begin - 1, vocabulary.docs, _plain_doc)
    entity = _codes(data, place_end + 1, tabs[first + 4], vocabulary.entities)
    label = _codes(data, tabs[first + 4] + 1, tabs[first + 5], vocabulary.labels, _plain_type)
    form = _codes(data, tabs[first + 5] + 1, tabs[first + 6], vocabulary.forms, bool)
    last = np.where(count == 7, line_ends, tabs[np.minimum(first + 7, len(tabs) - 1)])
    confidence = _confidence(data, tabs[first + 6] + 1, last)
    if doc is None or entity is None or label is None or form is None or confidence is None:
        return None
    line = np.arange(first_line, first_line + len(line_ends), dtype=np.int64)
    return MentionTable(doc, start, end, label, form, entity, confidence, line)


def _number(data: Bytes, stop: Ints) -> tuple[Ints, Ints]:
    """The numbers [M] that end before `stop`, of nine digits at most, and where they begin (`stop`: there is none)."""
    at = stop - 1
    value = np.zeros(len(stop), dtype=np.int64)
    going = np.ones(len(stop), dtype=bool)
    scale = 1
    for _ in range(_MAX_DIGITS):
        digit = data[at].astype(np.int64) - _ZERO
        going &= (digit >= 0) & (digit <= 9)
        if not going.any():
            break
        value += np.where(going, digit * scale, 0)
        at -= going
        scale *= 10
    return value, at + 1


def _cells(data: Bytes, begin: Ints, end: Ints) -> Bytes | None:
    """Fields as rows of an array [M, width], filled up with NUL to a multiple of eight; None if one is very long."""
    length = end - begin
    width = max(int(length.max()), 1)
    if width > _MAX_FIELD:
        return None
    cells = np.zeros((len(begin), -(-width // 8) * 8), dtype=np.uint8)
    place = np.arange(width)
    inside = place < length[:, None]
    cells[:, :width] = np.where(inside, data[np.minimum(begin[:, None] + place, len(data) - 1)], 0)
    return cells


def _codes(data: Bytes, begin: Ints, end: Ints, codes: Codes, sound: Any = None) -> Ints | None:
    """The codes [M] of a column's strings; None if one of them is not `sound`."""
    cells = _cells(data, begin, end)
    if cells is None:
        return None
    numbers = cells.view(np.uint64)
    mixed = numbers[:, 0].copy()
    for column in numbers.T[1:]:
        mixed = (mixed ^ (mixed >> np.uint64(29))) * _MIX + column
    _, where, inverse = np.unique(mixed, return_index=True, return_inverse=True)
    inverse = inverse.reshape(-1)
    if not np.array_equal(numbers, numbers[where[inverse]]):
        return None
    distinct = [raw.decode("utf-8") for raw in cells[where].view(f"S{cells.shape[1]}")[:, 0].tolist()]
    if sound is not None and not all(map(sound, distinct)):
        return None
    # Numbered in the order of the file, as they are when rows are read one by one.
    mapping = np.empty(len(distinct), dtype=np.int64)
    for place in np.argsort(where, kind="stable").tolist():
        mapping[place] = codes.code(distinct[place])
    return mapping[inverse]


def _plain_doc(name: str) -> bool:
    return name.isascii() and not any(character <= " " or character == "\x7f" for character in name) and bool(name)


def _plain_type(name: str) -> bool:
    return bool(name) and "" not in name.split("|")


def _confidence(data: Bytes, begin: Ints, end: Ints) -> NDArray[np.float64] | None:
    cells = _cells(data, begin, end)
    if cells is None or (cells == _UNDERSCORE).any():
        return None
    try:
        values = cells.view(f"S{cells.shape[1]}")[:, 0].astype(np.float64)
    except ValueError:
        return None
    return values if bool(((values > 0.0) & (values <= 1.0)).all()) else None
