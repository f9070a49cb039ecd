"""A person's corrections, as `ousianer finetune --feedback FILE` reads them: three layouts, or another tool's export.

**With the sentence.** A header line names the columns, in any order: `sentence`, `start`, `end`, `type`, and `mention`
if wanted; letter case does not matter, and other columns are passed over. Cells are parted by tabs, commas, semicolons
or bars and may be quoted as spreadsheets do (`sheets`). `start` and `end` count code points in the sentence's cell,
from 0, end INCLUSIVE as in EDL files. With a `mention` column the two must agree (`places`); one of the two
and the mention are enough; with `mention` alone it must occur exactly once in its sentence.

**With the document's id.** `doc` (or `docid`) takes the place of `sentence`; offsets then count in the document, as
those of EDL rows do, and `mention` alone must occur exactly once in it. The documents come by `--source`.

**EDL rows.** 8 to 11 columns as in a run, parted by tabs, commas or semicolons, no header; columns 3 (mention string),
4 (`docid:start-end`), 6 (type) and 7 (`NAM`) are used. They need the documents they point into (`--source`).

**Exports** of brat, Label Studio, Prodigy, doccano and CoNLL are read as well (`formats.feedback.exports`).

In all, a type is a path of the target taxonomy, `-` for a name that lies outside it, or `no name` for words that are no
name at all, or whose boundaries are wrong. Whether a type is known, and its letter case, are for the caller to judge.
Lines that are blank or begin with `#` are passed over. The layout is told from the first other line.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path

from ousianer_cli.errors import InputError
from ousianer_cli.formats.documents.document import Document
from ousianer_cli.formats.feedback.documents import are_edl_cells, document_item, edl_item
from ousianer_cli.formats.feedback.items import FeedbackItem, is_no_name
from ousianer_cli.formats.feedback.places import placed
from ousianer_cli.formats.feedback.sheets import Row, sheet_rows, sheet_text, unquoted

DOC = ("doc", "docid", "doc_id", "document")
"""Names of the column of documents' ids."""
_COLUMNS = ("sentence", *DOC, "start", "end", "type", "mention")
_MEANT = {"text": "sentence", "label": "type", "tag": "type", "class": "type", "entity": "mention", "name": "mention"}
"""Columns of other tables, whose offsets mostly end otherwise, and what they would be called here."""
_NEEDED = frozenset({"sentence", "start", "end", "type"})
_LAYOUTS = "a header 'sentence<TAB>start<TAB>end<TAB>type', or EDL rows of 8 to 11 columns"


def read_feedback(
    path: str | Path,
    documents: Mapping[str, Document] | None = None,
    *,
    report: Callable[[str], None] = lambda _: None,
) -> list[FeedbackItem]:
    """Read a feedback file of either layout, in file order.

    Args:
        path: the file.
        documents: document id -> document, for EDL rows; the text of an item is then the sentence that holds the
            mention, or the name alone for the author of a post, which stands in no sentence.
        report: hears what was passed over: columns, comments that look like rows, what an export leaves out.

    Raises:
        InputError: with file and line, for a file that cannot be read or is empty, a wrong column, an offset outside
            the text, a mention that is not at its place, EDL rows without documents, or of a document not among them.
    """
    from ousianer_cli.formats.feedback.exports import export_format, read_export
    from ousianer_cli.formats.misplaced import no_table

    path = Path(path)
    rows: list[Row] = []
    damaged: InputError | None = None
    if not path.is_dir():
        text = sheet_text(path, "a feedback file")
        try:
            rows = sheet_rows(text, path, _COLUMNS, report, needed="type", fits=are_edl_cells)
        except InputError as error:
            damaged = error
    header = [unquoted(cell).lower() for cell in rows[0].cells] if rows else []
    if "sentence" in header:
        return _sentence_items(path, rows[0].line, header, rows[1:], report)
    if {"type", *DOC} & set(header) > {"type"}:
        return _document_items(path, rows[0].line, header, rows[1:], documents, report)
    if rows and are_edl_cells(rows[0].cells):
        return [edl_item(path, row, documents) for row in rows]
    if (form := export_format(path)) is not None:
        return read_export(path, form, report)
    if path.is_dir():
        raise InputError("a feedback file", "a folder", path=path, remedy="name its files, or a folder of brat's")
    if what := no_table(path, marked=False):
        raise InputError("a feedback file", what, path=path, remedy=f"write {_LAYOUTS}")
    if damaged is not None:
        raise damaged
    if not rows:
        raise InputError("feedback rows", "no row at all", path=path, remedy=f"write {_LAYOUTS}")
    if 8 <= len(header) <= 11:
        return [edl_item(path, row, documents) for row in rows]
    if text.lstrip()[:1] in ("{", "["):
        raise _no_export(text, path)
    found = ", ".join(repr(cell if len(cell) <= 30 else f"{cell[:30]}…") for cell in rows[0].cells[:6])
    found = f"{len(header)} columns without such a header: {found}"
    raise InputError(_LAYOUTS, found, path=path, line=rows[0].line, remedy=_remedy(text, header))


def _remedy(text: str, header: list[str]) -> str:
    """What to do about a table whose first line is no header."""
    if re.search(r'\[\{[^}]*"+start"+:', text):
        return "this is an export with JSON in its cells: export it as JSON"
    names = header if len(header) > 1 else re.split("[,;|]", header[0])
    meant = [f"'{name}' to '{_MEANT[name]}'" for name in map(unquoted, names) if name in _MEANT]
    if meant:
        return f"rename {', '.join(meant)}; the end is inclusive"
    return "name the columns in the first line"


def _no_export(text: str, path: Path) -> InputError:
    """The error for JSON that is no tool's export."""
    expected, remedy = "an export of Label Studio, Prodigy or doccano", "export it anew, or write rows with a header"
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    number = lines[0][0]
    try:
        first = json.loads(text if text.lstrip()[0] == "[" else lines[0][1])
    except (ValueError, RecursionError) as error:
        line = number + getattr(error, "lineno", 1) - 1
        return InputError(expected, f"broken JSON ({error})", path=path, line=line, remedy=remedy)
    first = first[0] if isinstance(first, list) and first else first
    if isinstance(first, list) and first:
        raise InputError(expected, "JSON lists in a list", path=path, line=number, remedy=remedy)
    found = f"JSON with {', '.join(map(repr, list(first)[:6]))}" if first and isinstance(first, dict) else "empty JSON"
    return InputError(expected, found, path=path, line=number, remedy=remedy)


def _sentence_items(
    path: Path, line: int, header: list[str], rows: list[Row], report: Callable[[str], None]
) -> list[FeedbackItem]:
    header, rows = _under_header(path, line, header, rows, report)
    return [_sentence_item(path, header, row) for row in rows]


def _document_items(
    path: Path,
    line: int,
    header: list[str],
    rows: list[Row],
    documents: Mapping[str, Document] | None,
    report: Callable[[str], None],
) -> list[FeedbackItem]:
    header = ["doc" if name in DOC else name for name in header]
    header, rows = _under_header(path, line, header, rows, report)
    return [document_item(path, row.line, _cells(path, header, row.cells, row.line), documents) for row in rows]


def _under_header(
    path: Path, line: int, header: list[str], rows: list[Row], report: Callable[[str], None]
) -> tuple[list[str], list[Row]]:
    """(the header without empty columns on its right, the rows below it), both checked."""
    while header and not header[-1]:  # a spreadsheet's empty columns on the right
        header = header[:-1]
    known = [name for name in header if name in _COLUMNS]
    placed_or_named = "mention" in known or {"start", "end"} <= set(known)
    if "type" not in known or len(set(known)) < len(known) or not placed_or_named:
        expected = "the columns sentence (or doc), type, and start and end or mention"
        found = ", ".join(header)
        raise InputError(expected, found, path=path, line=line, remedy=_remedy("", header))
    unused = DOC if "sentence" in header else ()
    unknown = [name or "one without a name" for name in header if name not in _COLUMNS or name in unused]
    if unknown:
        report(f"{path}:{line}: columns passed over: {', '.join(unknown)}")
    if not rows:
        raise InputError("feedback rows under the header", "none", path=path, line=line)
    again = [row for row in rows if [unquoted(cell).lower() for cell in row.cells[: len(header)]] == header]
    if again:
        report(f"{path}:{again[0].line}: the header once more, passed over ({len(again)} such lines)")
    return header, [row for row in rows if row not in again]


def _sentence_item(path: Path, header: list[str], row: Row) -> FeedbackItem:
    """A row's correction; of two readings the first whose mention is of whole words, else the first that fits."""
    found: list[FeedbackItem] = []
    refused: list[InputError] = []
    for cells in (row.cells, row.unquoted):
        if cells is not None:
            try:
                found.append(_read_item(path, header, cells, row.line))
            except InputError as error:
                refused.append(error)
    if not found:
        raise refused[0]
    return next((item for item in found if _whole(item)), found[0])


def _whole(item: FeedbackItem) -> bool:
    """Whether a mention begins and ends where words and blanks do."""
    before, after = item.text[: item.start][-1:], item.text[item.end :][:1]
    return item.mention.strip() == item.mention and not (before.isalnum() or after.isalnum())


def _cells(path: Path, header: list[str], cells: list[str], number: int) -> dict[str, str]:
    """Column -> cell of a row."""
    while len(cells) > len(header) and not cells[-1].strip():
        cells = cells[:-1]
    if set(header[len(cells) :]).isdisjoint(_NEEDED):  # empty cells at a row's end that a program left out
        cells = cells + [""] * (len(header) - len(cells))
    if len(cells) != len(header):
        expected = f"{len(header)} columns, as the header has"
        remedy = "part columns by what parts the header's, and quote a cell that holds it"
        if any("\n" in cell for cell in cells):
            remedy = "close the quotation mark that begins a cell here"
        raise InputError(expected, str(len(cells)), path=path, line=number, remedy=remedy)
    row = {name: cell for name, cell in zip(header, cells, strict=True) if name in _COLUMNS}
    merged = "merged cells are saved in their first row alone: fill this one in"
    for name, expected in (
        ("sentence", "a sentence"),
        ("doc", "a document's id"),
        ("type", "a type, or - for none of the taxonomy"),
    ):
        if name in row and not row[name].strip() and not (name == "doc" and "sentence" in row):
            raise InputError(expected, "an empty cell", path=path, line=number, remedy=merged)
    return row


def _read_item(path: Path, header: list[str], cells: list[str], number: int) -> FeedbackItem:
    row = _cells(path, header, cells, number)
    text, mention = row["sentence"], row.get("mention", "")
    type_name = row["type"].strip()

    def refuse(expected: str, found: str, remedy: str) -> InputError:
        return InputError(expected, found, path=path, line=number, remedy=remedy)

    offsets = row.get("start", ""), row.get("end", "")
    start, end = placed(text, *offsets, mention, refuse)
    stretch = text[start:end]
    if not is_no_name(type_name) and not (mention.strip() and all(offsets)):  # offsets and mention confirm one another
        if all(unicodedata.category(c)[0] in "PZC" for c in stretch):
            remedy = "correct the offsets, or call it 'no name'"
            raise refuse("a mention with a letter, a digit or a symbol", repr(stretch), remedy)
        inner = stretch.rstrip(",;: ")
        if inner != stretch:
            remedy = f"did you mean {inner!r}, at {start}-{start + len(inner) - 1}? The end is inclusive"
            raise refuse("a mention without a comma or colon at its end", repr(stretch), remedy)
    return FeedbackItem(text, start, end, type_name, str(path), number)
