"""Tables as people save them from a spreadsheet or write them by hand: rows of cells with the line that each begins at.

Cells are parted by tabs, commas or semicolons, told from the header; lines end in LF or CRLF; the text is UTF-8 or
UTF-16, with or without a byte order mark. Cells of comma and semicolon files may be quoted (RFC 4180), over several
lines too. In tab-separated files a quotation mark may also be a part of the text, so there a cell counts as quoted only
where it begins and ends with a mark and every mark inside is doubled, at least one of them or the header's own cells
being so, and one without a mark inside has two readings (`Row.unquoted`); a row that lacks cells, its last one having a
mark that is never closed, goes on in the next line."""

from __future__ import annotations

import csv
import io
import re
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from ousianer_cli.errors import InputError
from ousianer_cli.formats.text import not_utf8, open_bytes, unreadable

_PARTED = ("\t", ";", ",")
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table, and the line of the file that it begins at, from 1."""

    line: int
    cells: list[str]
    unquoted: list[str] | None = None
    """The cells without marks that may be the text's own or quote it; None where there are no such marks."""


def read_sheet(path: str | Path, known: Collection[str], what: str) -> list[Row]:
    """The rows of a table but for blank ones and those that begin with `#`; a first row `sep=;` is passed over.

    Args:
        path: the file.
        known: names of columns, in small letters, by which a header and what parts it are told; a table without any of
            them is taken as parted by tabs.
        what: what was expected, for messages.

    Raises:
        InputError: a file that cannot be read, or is neither UTF-8 nor UTF-16.
    """
    path = Path(path)
    text = _decoded(path, what)
    lines = text.split("\n")
    first = next((line for line in lines if not _passed_over(line) and not _separator(line)), "")
    by = max(_PARTED, key=lambda mark: (len(_names(first, mark) & set(known)), -_PARTED.index(mark)))
    if by != "\t" and len(_names(first, by) & set(known)) > 1:
        return _comma_rows(text, by, path)
    return _tab_rows(lines, first)


def _decoded(path: Path, what: str) -> str:
    try:
        with open_bytes(path) as handle:
            data = handle.read()
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(what, path, error) from None
    encoding = "utf-8-sig"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif b"\x00" in data[:200]:  # UTF-16 without its mark: every other byte of plain letters is 0
        encoding = "utf-16-be" if data[:1] == b"\x00" else "utf-16-le"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-8-sig":
            raise not_utf8(path, data.count(b"\n", 0, error.start) + 1, error) from None
        raise InputError("UTF-8 or UTF-16", f"neither ({error.reason})", path=path, remedy="save it as UTF-8") from None
    return text.replace("\r\n", "\n")


def _passed_over(line: str) -> bool:
    return not line.strip() or line.startswith("#")


def _separator(line: str) -> bool:
    return re.fullmatch(r"sep=.", line.strip(), re.IGNORECASE) is not None


def _names(line: str, mark: str) -> set[str]:
    return {cell.strip().strip('"').strip().lower() for cell in line.split(mark)}


def _comma_rows(text: str, by: str, path: Path) -> list[Row]:
    reader = csv.reader(io.StringIO(text), delimiter=by, skipinitialspace=True)
    rows = []
    line = 1
    try:
        for cells in reader:
            begun, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in cells) or cells[0].startswith("#") or _separator(by.join(cells)):
                continue
            rows.append(Row(begun, cells))
    except csv.Error as error:
        raise InputError("a table of cells", str(error), path=path, line=line, remedy="save it anew") from None
    return rows


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
        whole, end = line, at
        while _goes_on(whole, width) and end < len(lines):
            whole, end = f"{whole}\n{lines[end]}", end + 1
        if end > at and len(whole.split("\t")) == width:
            line, at = whole, end
        cells = [_cell(cell, all_quoted) for cell in line.split("\t")]
        unquoted = [_cell(cell, True) for cell in line.split("\t")]
        rows.append(Row(number, cells, unquoted if unquoted != cells else None))
    return rows


def _goes_on(line: str, width: int) -> bool:
    cells = line.split("\t")
    return len(cells) < width and cells[-1].startswith('"') and cells[-1].count('"') % 2 == 1


def _cell(cell: str, quoted: bool) -> str:
    found = _QUOTED.fullmatch(cell.strip())
    if found is None or not (quoted or '""' in found[1] or "\n" in found[1]):
        return cell
    return found[1].replace('""', '"')
