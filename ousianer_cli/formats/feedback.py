"""A person's corrections, as `ousianer finetune --feedback FILE` reads them: two layouts, or another tool's export.

**With the sentence.** A header line names the columns, in any order: `sentence`, `start`, `end`, `type`, and `mention`
if wanted; letter case does not matter. Cells are parted by tabs, commas or semicolons and may be quoted as spreadsheets
do (`sheets`). `start` and `end` count code points in the sentence's cell, from 0, end INCLUSIVE as in EDL files. With a
`mention` column the two must agree; with `mention` alone (no `start` and `end` columns, or both cells empty) the
mention must occur exactly once in its sentence.

**EDL rows.** 8 to 11 columns as in a run, parted by tabs, no header; columns 3 (mention string), 4 (`docid:start-end`),
6 (type) and 7 (`NAM`) are used. They need the documents they point into (`--source`).

**Exports** of brat, Label Studio, Prodigy, doccano and CoNLL are read as well (`formats.feedback_exports`).

In all, a type is a path of the target taxonomy, `-` for a name that lies outside it, or `no name` for words that are no
name at all, or whose boundaries are wrong. Whether a type is known, and its letter case, are for the caller to judge.
Lines that are blank or begin with `#` are passed over. The layout is told from the first other line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ousianer_cli.errors import InputError
from ousianer_cli.formats.document import Document
from ousianer_cli.formats.edl import parse_row
from ousianer_cli.formats.sentences import sentences_of
from ousianer_cli.formats.sheets import Row, read_sheet

NO_NAME = "no name"
"""In the type's column: these words are no name, or its boundaries are wrong; detection learns it, typing does not."""

_COLUMNS = ("sentence", "start", "end", "type", "mention")
_LAYOUTS = "a header 'sentence<TAB>start<TAB>end<TAB>type', or EDL rows of 8 to 11 columns"
_OFFSETS = "offsets count characters from 0, and the end is inclusive"


@dataclass(frozen=True, slots=True)
class FeedbackItem:
    """One corrected mention: code points [start, end) of `text`, its right type, and the line that says so."""

    text: str
    start: int
    end: int
    type: str
    path: str
    line: int

    @property
    def mention(self) -> str:
        """The mention as it stands in the text."""
        return self.text[self.start : self.end]


def is_no_name(type_name: str) -> bool:
    """Whether a type's cell says `no name`, in any letter case, with a blank, a hyphen or an underline."""
    return re.sub(r"[\s_-]+", " ", type_name.strip()).lower() == NO_NAME


def read_feedback(path: str | Path, documents: Mapping[str, Document] | None = None) -> list[FeedbackItem]:
    """Read a feedback file of either layout, in file order.

    Args:
        path: the file.
        documents: document id -> document, for EDL rows; the text of an item is then the sentence that holds the
            mention, or the name alone for the author of a post, which stands in no sentence.

    Raises:
        InputError: with file and line, for a file that cannot be read or is empty, a wrong column, an offset outside
            the text, a mention that is not at its place, EDL rows without documents, or of a document not among them.
    """
    from ousianer_cli.formats.feedback_exports import export_format, read_export

    path = Path(path)
    if path.exists() and not _has_header(path) and (form := export_format(path)) is not None:
        return read_export(path, form)
    rows = read_sheet(path, _COLUMNS, "a feedback file")
    if not rows:
        raise InputError("feedback rows", "no row at all", path=path, remedy=f"write {_LAYOUTS}")
    number, cells = rows[0].line, rows[0].cells
    header = [cell.strip().lower() for cell in cells]
    if "sentence" in header:
        return _sentence_items(path, number, header, rows[1:])
    if 8 <= len(cells) <= 11:
        return _edl_items(path, rows, documents)
    raise InputError(_LAYOUTS, f"{len(cells)} columns without such a header", path=path, line=number)


def _has_header(path: Path) -> bool:
    """Whether a file is surely of the first layout, however it is parted and encoded."""
    try:
        rows = read_sheet(path, _COLUMNS, "a feedback file")
    except InputError as error:
        return "UTF-16" in error.expected  # exports are UTF-8
    return bool(rows) and "sentence" in {cell.strip().lower() for cell in rows[0].cells}


def _sentence_items(path: Path, header_line: int, header: list[str], rows: list[Row]) -> list[FeedbackItem]:
    while header and not header[-1]:  # a spreadsheet's empty columns on the right
        header = header[:-1]
    unknown = [name for name in header if name not in _COLUMNS]
    missing = [name for name in ("sentence", "type") if name not in header]
    placed = "start" in header and "end" in header
    if unknown or missing or len(set(header)) < len(header) or not (placed or "mention" in header):
        raise InputError(
            "the columns sentence, type, and start and end or mention",
            ", ".join(header),
            path=path,
            line=header_line,
        )
    if not rows:
        raise InputError("feedback rows under the header", "none", path=path, line=header_line)
    return [_sentence_item(path, header, row, placed) for row in rows]


def _sentence_item(path: Path, header: list[str], row: Row, placed: bool) -> FeedbackItem:
    """A row's correction; of two readings the first whose mention is of whole words, else the first that fits."""
    found: list[FeedbackItem] = []
    refused: list[InputError] = []
    for cells in (row.cells, row.unquoted):
        if cells is not None:
            try:
                found.append(_read_item(path, header, cells, row.line, placed))
            except InputError as error:
                refused.append(error)
    if not found:
        raise refused[0]
    return next((item for item in found if _whole(item)), found[0])


def _whole(item: FeedbackItem) -> bool:
    """Whether a mention begins and ends where words and blanks do."""
    before, after = item.text[: item.start][-1:], item.text[item.end :][:1]
    return item.mention.strip() == item.mention and not (before.isalnum() or after.isalnum())


def _read_item(path: Path, header: list[str], cells: list[str], number: int, placed: bool) -> FeedbackItem:
    while len(cells) > len(header) and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) != len(header):
        expected = f"{len(header)} columns, as the header has"
        remedy = "part columns by what parts the header's, and quote a cell that holds it"
        raise InputError(expected, str(len(cells)), path=path, line=number, remedy=remedy)
    row = dict(zip(header, cells, strict=True))
    text, mention = row["sentence"], row.get("mention", "")
    type_name = row["type"].strip()
    if not type_name:
        raise InputError("a type, or - for none of the taxonomy", "an empty cell", path=path, line=number)
    if placed and (row["start"].strip() or row["end"].strip()):
        start, end = _offsets(row["start"], row["end"], len(text), path, number)
        if mention.strip():
            _check_mention(mention, text[start:end], path, number)
    else:
        start, end = _find(mention.strip(), text, path, number)
    if not text[start:end].strip():
        raise InputError("a mention with a visible character", repr(text[start:end]), path=path, line=number)
    return FeedbackItem(text, start, end, type_name, str(path), number)


def _offsets(start_cell: str, end_cell: str, length: int, path: Path, line: int) -> tuple[int, int]:
    """Code points [start, end) from the file's end-inclusive cells."""
    cells = start_cell.strip(), end_cell.strip()
    if all(re.fullmatch(r"[0-9]{1,9}", cell) for cell in cells):
        start, end = int(cells[0]), int(cells[1])
        if start <= end < length:
            return start, end + 1
    raise InputError(
        f"0 <= start <= end <= {length - 1} (end inclusive) in a sentence of {length} characters",
        f"start {cells[0]!r}, end {cells[1]!r}",
        path=path,
        line=line,
    )


def _find(mention: str, text: str, path: Path, line: int) -> tuple[int, int]:
    pattern = rf"(?<!\w){re.escape(mention)}(?!\w)"
    found = [match.span() for match in re.finditer(pattern, text)] if mention else []
    if len(found) != 1:
        raise InputError(
            "start and end, or a mention that stands once in its sentence",
            f"{mention!r} {len(found)} times" if mention else "neither",
            path=path,
            line=line,
            remedy="give start and end",
        )
    return found[0]


def _edl_items(path: Path, rows: list[Row], documents: Mapping[str, Document] | None) -> list[FeedbackItem]:
    items = []
    for row_of in rows:
        number = row_of.line
        row = parse_row("\t".join(row_of.cells), path=path, line=number)

        def bad(expected: str, found: str, remedy: str, number: int = number) -> InputError:
            return InputError(expected, found, path=path, line=number, remedy=remedy)

        if documents is None:
            raise bad("the documents that EDL rows point into", "none", "give their file or folder with --source")
        document = documents.get(row.doc)
        if document is None:
            remedy = f"give the folder that holds it; --source has {len(documents)} documents"
            raise bad("a document of --source", f"the id {row.doc!r}", remedy)
        if row.mention_type != "NAM":
            raise bad("NAM in column 7", repr(row.mention_type), "leave out what is no name")
        start, end = row.start + document.offset_shift, row.end + document.offset_shift + 1
        if not 0 <= start < end <= len(document.text):
            length = len(document.text)
            raise bad(f"offsets within the {length} characters of {row.doc}", f"{row.start}-{row.end}", _OFFSETS)
        _check_mention(row.text, document.text[start:end], path, number)
        left, right = context(document, start, end)
        if right == left:
            place = f"{row.text!r} at {row.start}-{row.end}"
            remedy = "markup and left-out quotes cannot be learned from: remove the row"
            raise bad(f"a mention inside one segment of {row.doc}", place, remedy)
        text = document.text[left:right]
        items.append(FeedbackItem(text, start - left, end - left, row.type, str(path), number))
    return items


def context(document: Document, start: int, end: int) -> tuple[int, int]:
    """The sentence [start, end) that holds a mention, the mention itself for a post's author, else an empty stretch."""
    if any((author.start, author.end) == (start, end) for author in document.authors):
        return start, end
    segment = next((s for s in document.segments if s.start <= start and end <= s.end), None)
    if segment is None:
        return start, start
    # A split that parts the mention is wrong there, so all the sentences that it touches are taken together.
    sentences = sentences_of(document.visible, segment.start, segment.end)
    held = [(a, b) for a, b in sentences if a < end and start < b]
    return min([start, *(a for a, _ in held)]), max([end, *(b for _, b in held)])


def _check_mention(claimed: str, found: str, path: Path, line: int) -> None:
    """Compare as EDL files write mentions: blanks of any kind and number are one blank."""
    if claimed.split() != found.split():
        raise InputError(
            f"the mention {claimed!r} at this place", f"the text {found!r}", path=path, line=line, remedy=_OFFSETS
        )
