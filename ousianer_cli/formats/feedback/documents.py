"""Corrections that point into documents: EDL rows, and rows with a document's id."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from ousianer_cli.errors import InputError
from ousianer_cli.formats.documents.document import Document
from ousianer_cli.formats.edl import EdlRow, parse_row
from ousianer_cli.formats.feedback.items import FeedbackItem, context
from ousianer_cli.formats.feedback.places import OFFSETS, Refusal, placed, same_mention
from ousianer_cli.formats.feedback.sheets import Row


def are_edl_cells(cells: Sequence[str]) -> bool:
    """Whether a row's cells are those of an EDL tab, empty ones on its right not counted."""
    full = _without_empty(cells)
    return 8 <= len(full) <= 11 and re.fullmatch(r'"?[^"]+:[0-9]+-[0-9]+"?', full[3].strip()) is not None


def edl_item(path: Path, row_of: Row, documents: Mapping[str, Document] | None) -> FeedbackItem:
    """The correction of an EDL row.

    Raises:
        InputError: a row that is wrong, or does not fit its document, with file and line.
    """
    refusal = _refusal(path, row_of.line)
    row = parse_row("\t".join(_without_empty(row_of.cells)), path=path, line=row_of.line)
    document = _document(row.doc, documents, refusal)
    if row.mention_type != "NAM":
        raise refusal("NAM in column 7", repr(row.mention_type), "leave out what is no name")
    start, end = row.start + document.offset_shift, row.end + document.offset_shift + 1
    if not 0 <= start < end <= len(document.text):
        length = len(document.text)
        expected = f"offsets within the {length} characters of {row.doc}"
        raise refusal(expected, f"{row.start}-{row.end}", _nearest(row, document))
    if not same_mention(row.text, document.text[start:end]):
        expected, found = f"the mention {row.text!r} at this place", f"the text {document.text[start:end]!r}"
        raise refusal(expected, found, _nearest(row, document))
    return _in_its_sentence(document, start, end, row.type, path, row_of.line, refusal)


def document_item(
    path: Path, line: int, row: Mapping[str, str], documents: Mapping[str, Document] | None
) -> FeedbackItem:
    """The correction of a row with the columns `doc`, `type`, and `start` and `end` or `mention`.

    Raises:
        InputError: as `edl_item`.
    """
    refusal = _refusal(path, line)
    document = _document(row["doc"].strip(), documents, refusal)
    shift = document.offset_shift
    offsets = row.get("start", ""), row.get("end", "")
    start, end = placed(document.text[shift:], *offsets, row.get("mention", ""), refusal)
    return _in_its_sentence(document, start + shift, end + shift, row["type"].strip(), path, line, refusal)


def _in_its_sentence(
    document: Document, start: int, end: int, kind: str, path: Path, line: int, refusal: Refusal
) -> FeedbackItem:
    left, right = context(document, start, end)
    if right == left:
        shift = document.offset_shift
        place = f"{document.text[start:end]!r} at {start - shift}-{end - 1 - shift}"
        remedy = "markup and left-out quotes cannot be learned from: remove the row"
        raise refusal(f"a mention inside one segment of {document.id}", place, remedy)
    return FeedbackItem(document.text[left:right], start - left, end - left, kind, str(path), line)


def _document(name: str, documents: Mapping[str, Document] | None, refusal: Refusal) -> Document:
    if documents is None:
        raise refusal("the documents that the rows point into", "none", "give their file or folder with --source")
    document = documents.get(name)
    if document is None:
        known = next((f"; did you mean {n!r}?" for n in (name.split(".")[0],) if n in documents), "")
        remedy = f"give the folder that holds it; --source has {len(documents)} documents{known}"
        raise refusal("a document of --source", f"the id {name!r}", remedy)
    return document


def _refusal(path: Path, line: int) -> Refusal:
    def refusal(expected: str, found: str, remedy: str) -> InputError:
        return InputError(expected, found, path=path, line=line, remedy=remedy)

    return refusal


def _without_empty(cells: Sequence[str]) -> list[str]:
    """Cells without a spreadsheet's empty columns on the right."""
    full = list(cells)
    while full and not full[-1].strip():
        full.pop()
    return full


def _nearest(row: EdlRow, document: Document) -> str:
    """What to do about a row whose mention stands elsewhere in its document."""
    shift = document.offset_shift
    starts = [m.start() - shift for m in re.finditer(re.escape(row.text), document.text)]
    if not starts:
        return OFFSETS
    start = min(starts, key=lambda at: abs(at - row.start))
    far = start - row.start
    where = f", {abs(far)} characters {'later' if far > 0 else 'earlier'}" if far else ""
    return f"{OFFSETS}; it stands at {start}-{start + len(row.text) - 1}{where}"
