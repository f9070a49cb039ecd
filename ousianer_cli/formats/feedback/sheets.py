"""Tables as people save them from a spreadsheet or write them by hand: rows of cells with the line that each begins at.

Cells are parted by tabs, commas, semicolons or bars, told from the header; lines end in LF, CRLF or CR; the text is
UTF-8 or UTF-16, with or without a byte order mark, or UTF-32 with one. Cells of all but tab-separated files may be
quoted (RFC 4180), over several lines too; in typographic marks they may all be. In tab-separated files a quotation mark
may also be a part of the text, so there a cell counts as quoted only where it begins and ends with a mark and every
mark inside is doubled, at least one of them or the header's own cells being so, and one without a mark inside has two
readings (`Row.unquoted`); a row that lacks cells, its last one having a mark that is never closed, goes on in the next
line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from ousianer_cli.errors import InputError
from ousianer_cli.formats.first_bytes import kind_of_binary, remedy_for
from ousianer_cli.formats.text import not_utf8, open_bytes, unreadable

_PARTED = ("\t", ";", ",", "|")
_ABOVE = 20
"""Rows among which a header is looked for."""
_TYPOGRAPHIC = re.compile("[“„«](.*)[”“»]", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table, and the line of the file that it begins at, from 1."""

    line: int
    cells: list[str]
    unquoted: list[str] | None = None
    """The cells without marks that may be the text's own or quote it; None where there are no such marks."""


def sheet_rows(
    text: str,
    path: Path,
    known: Collection[str],
    report: Callable[[str], None] = lambda _: None,
    *,
    needed: str = "",
    fits: Callable[[list[str]], bool] = lambda _: False,
) -> list[Row]:
    """The rows of a table but for blank ones and those that begin with `#`; a first row `sep=;` is passed over, and so
    is what stands above the header.

    Args:
        text: the table, as `sheet_text` gives it.
        path: its file, for messages.
        known: names of columns, in small letters, by which a header and what parts it are told; a table without any of
            them is taken as parted by tabs.
        report: hears of rows that begin with `#` and have as many cells as the header, and of rows above the header.
        needed: the name that a header below other rows has to have; without it the first row alone may be the header.
        fits: whether the first line's cells are those of a table without a header, by which what parts them is told.

    Raises:
        InputError: marks around cells that are not closed, or the like, with the line.
    """
    lines = text.split("\n")
    tops = [line for line in lines if not _passed_over(line) and not _separator(line)][:_ABOVE]
    headers = [line for line in tops if len(_names(line, _parting(line, known)) & set(known)) > 1]
    below = next((line for line in headers if needed and needed in _names(line, _parting(line, known))), "")
    first = below or next(iter(tops), "")
    by = _parting(first, known)
    if len(_names(first, by) & set(known)) < 2:
        by = next((mark for mark in _PARTED if fits(_cells_of(first, mark))), "\t")
    rows = _tab_rows(lines, first) if by == "\t" else _comma_rows(text, by, path)
    above = lines.index(first) if below else 0
    if passed := [row for row in rows if row.line <= above]:
        rows = rows[len(passed) :]
        if rows and any(sum(map(bool, row.cells)) >= sum(map(bool, rows[0].cells)) for row in passed):
            found, remedy = f"rows above it (it is line {rows[0].line})", "move it to the top"
            raise InputError("the header above all rows", found, path=path, line=passed[0].line, remedy=remedy)
        report(f"{path}:{passed[0].line}: {len(passed)} rows above the header passed over")
    if by == "|":
        rows = _without_frame(rows)
    if rows and all(_TYPOGRAPHIC.fullmatch(cell.strip()) for cell in rows[0].cells if cell.strip()):
        rows = [Row(row.line, [_without_marks(cell) for cell in row.cells]) for row in rows]
    notes = [n for n, line in enumerate(lines, 1) if line.startswith("#") and line.count(by) >= max(first.count(by), 1)]
    if notes and len(_names(first, by) & set(known)) > 1:
        many = f"this line and {len(notes) - 1} more" if len(notes) > 1 else "this line"
        report(f"{path}:{notes[0]}: {many} passed over for the # at its beginning; quote a sentence that begins so")
    return rows


def guarded(row: str) -> str:
    """A tab-separated row as it is to be written: its first cell in marks where `#` would make a note of the row."""
    if not row.startswith("#"):
        return row
    first, tab, rest = row.partition("\t")
    doubled = first.replace('"', '""')
    return f'"{doubled}"{tab}{rest}'


def sheet_text(path: Path, what: str) -> str:
    """The text of a table, its lines ended by line feeds; `what` was expected, for messages.

    Raises:
        InputError: a file that cannot be read, or is not text in UTF-8, UTF-16 or UTF-32.
    """
    try:
        with open_bytes(path) as handle:
            data = handle.read()
    except OSError as error:
        raise unreadable(what, path, error) from None
    wide = _utf16_without_mark(data[:200])
    kind = None if wide or (data.isascii() and b"\0" not in data) else kind_of_binary(data[:4096])
    if kind is not None and "UTF-" not in kind:
        remedy = "save the sheet as CSV (UTF-8) or tab-separated text" if "office" in kind else remedy_for(kind)
        raise InputError(what, kind, path=path, remedy=remedy)
    encoding = "utf-8-sig"
    if data[:4] in (b"\xff\xfe\0\0", b"\0\0\xfe\xff"):
        encoding = "utf-32"
    elif data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif wide:
        encoding = wide
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-8-sig":
            raise not_utf8(path, data.count(b"\n", 0, error.start) + 1, error) from None
        raise InputError("UTF-8 or UTF-16", f"neither ({error.reason})", path=path, remedy="save it as UTF-8") from None
    text = text.replace("\r\r\n", "\n").replace("\r\n", "\n")
    end = re.search("[\r\n]", text)
    return text.replace("\r", "\n") if end is not None and end[0] == "\r" else text


def _utf16_without_mark(head: bytes) -> str:
    """The encoding of bytes in which every other one of plain letters is 0; empty where it is another."""
    high, low = head[::2].count(0), head[1::2].count(0)
    if min(high, low) or max(high, low) < 5:
        return ""
    return "utf-16-be" if high else "utf-16-le"


def unquoted(cell: str) -> str:
    """A column's name without blanks and marks of any kind around it."""
    return cell.strip(" \t\n\xa0\u200b\ufeff\"'“”„«»")


def _passed_over(line: str) -> bool:
    return not line.strip(" \t,;|\xa0") or line.startswith("#")


def _separator(line: str) -> bool:
    return re.fullmatch(r"sep=.", line.strip(), re.IGNORECASE) is not None


def _parting(line: str, known: Collection[str]) -> str:
    """What parts the cells of a header, by the names of columns that it has."""
    return max(_PARTED, key=lambda mark: (len(_names(line, mark) & set(known)), -_PARTED.index(mark)))


def _cells_of(line: str, mark: str) -> list[str]:
    """The cells of one line; none where they are no table's."""
    try:
        return next(csv.reader([line], delimiter=mark), [])
    except csv.Error:  # a cell of more than 131,072 characters
        return []


def _names(line: str, mark: str) -> set[str]:
    return {unquoted(cell).lower() for cell in line.split(mark)}


def _comma_rows(text: str, by: str, path: Path) -> list[Row]:
    reader = csv.reader(io.StringIO(text), delimiter=by, skipinitialspace=True)
    rows = []
    lines = text.split("\n")
    line = 1
    try:
        for cells in reader:
            begun, line = line, reader.line_num + 1
            if (
                not any(cell.strip() for cell in cells)
                or lines[begun - 1].startswith("#")
                or _separator(by.join(cells))
            ):
                continue
            rows.append(Row(begun, cells))
    except csv.Error as error:
        raise InputError("a table of cells", str(error), path=path, line=line, remedy="save it anew") from None
    return rows


def _without_frame(rows: list[Row]) -> list[Row]:
    """Rows of a table drawn with bars: without the bars at both edges, the line below the header, and padding."""
    framed = bool(rows) and not rows[0].cells[0].strip() and not rows[0].cells[-1].strip()
    trimmed = [Row(row.line, [cell.strip() for cell in (row.cells[1:-1] if framed else row.cells)]) for row in rows]
    return [row for row in trimmed if not all(re.fullmatch(":?-+:?", cell) for cell in row.cells)]


def _without_marks(cell: str) -> str:
    found = _TYPOGRAPHIC.fullmatch(cell.strip())
    return found[1] if found else cell


def _tab_rows(lines: list[str], first: str) -> list[Row]:
    width = len(first.split("\t"))
    all_quoted = all(_QUOTED.fullmatch(cell) for cell in first.split("\t"))
    rows = []
    at = 0
    while at < len(lines):
        line, number = lines[at], at + 1
        at += 1
        if _passed_over(line) or _separator(line):
            continue
        end, count = _row_end(lines, at, width)
        if end > at and count == width:
            line, at = "\n".join(lines[number - 1 : end]), end
        cells = [_cell(cell, all_quoted) for cell in line.split("\t")]
        unquoted = [_cell(cell, True) for cell in line.split("\t")]
        rows.append(Row(number, cells, unquoted if unquoted != cells else None))
    return rows


def _row_end(lines: list[str], at: int, width: int) -> tuple[int, int]:
    """Where a row ends whose line is the one before `at`, and how many cells it has.

    It goes on while it lacks cells and a mark is open.
    """
    last = lines[at - 1].rpartition("\t")[2]
    count, marked, is_open = lines[at - 1].count("\t") + 1, last.startswith('"'), last.count('"') % 2 == 1
    while count < width and marked and is_open and at < len(lines):
        before, tab, last = lines[at].rpartition("\t")
        if tab:
            count, marked, is_open = count + before.count("\t") + 1, last.startswith('"'), last.count('"') % 2 == 1
        else:
            is_open ^= last.count('"') % 2 == 1
        at += 1
    return at, count


def _cell(cell: str, quoted: bool) -> str:
    found = _QUOTED.fullmatch(cell.strip())
    if found is None or not (quoted or '""' in found[1] or "\n" in found[1]):
        return cell
    return found[1].replace('""', '"')
