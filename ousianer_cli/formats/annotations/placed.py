"""Rows of annotation laid beside the documents that they point into."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ousianer_cli.errors import InputError
from ousianer_cli.formats.annotations.annotated import AnnotatedDocument, annotation_of_row, in_text_order
from ousianer_cli.formats.documents.document import Document
from ousianer_cli.formats.edl import EdlRow, normalise_mention_string
from ousianer_cli.formats.labelled import CorpusReport

WITHOUT = "documents without annotation"


@dataclass(frozen=True, slots=True)
class PlacedRows:
    """A document with the rows that fit it, each with the file it stands in, and the stretches of those that do not.

    `rows` count as their file does, from `Document.offset_shift` on; `unmarked` are [start, end) of its text.
    """

    document: Document
    rows: tuple[tuple[str, EdlRow], ...]
    unmarked: tuple[tuple[int, int], ...]


def rows_in_documents(
    rows: Iterable[tuple[str, EdlRow]],
    sources: Sequence[str | Path],
    report: CorpusReport,
    *,
    annotated: Iterable[str] = (),
    empty: bool = False,
    after_xml_declaration: bool = False,
) -> Iterator[PlacedRows]:
    """The documents that rows annotate, in the documents' order, one at a time.

    Args:
        rows: mentions, each with the file it stands in; offsets inclusive.
        sources: where the documents are: LTF or what else `tag` reads.
        report: counts mentions that do not fit their document or have none, with the place of the first.
        annotated: ids of documents that were annotated, also where no row is left of them.
        empty: give the other documents of the sources too; they are counted otherwise.
        after_xml_declaration: whether offsets count from after the first `<?xml …?>` line.
    Raises:
        InputError: a source cannot be read, holds none of the annotated documents, or no mention fits its document.
    """
    from ousianer_cli.formats.documents.readers import read_documents
    from ousianer_cli.formats.documents.report import ReadReport

    waiting: dict[str, list[tuple[str, EdlRow]]] = {doc: [] for doc in annotated}
    for path, row in rows:
        waiting.setdefault(row.doc, []).append((path, row))
    total = len(waiting)
    shown = ", ".join(map(str, sources))
    reading = ReadReport()
    misfits: list[tuple[str, EdlRow, str]] = []
    fitting = others = 0
    other = ""
    for document in read_documents(sources, after_xml_declaration=after_xml_declaration, report=reading):
        here = waiting.pop(document.id, None)
        if here is None:
            others, other = others + 1, other or document.id
            if not empty:
                report.drop(WITHOUT)
                continue
            here = []
        fits: list[tuple[str, EdlRow]] = []
        unmarked: list[tuple[int, int]] = []
        for path, row in here:
            problem = misfit(document, row)
            if problem:
                misfits.append((path, row, problem))
                unmarked.append((row.start + document.offset_shift, row.end + 1 + document.offset_shift))
            else:
                fits.append((path, row))
        fitting += len(fits)
        yield PlacedRows(document, tuple(fits), tuple(unmarked))
    report.dropped.update(reading.skipped)
    if total and len(waiting) == total:
        found = f"none of {total} (such as '{next(iter(waiting))}') but {others} others (such as '{other}')"
        raise InputError("the annotated documents", found, path=shown, remedy="check --source")
    if misfits:
        path, row, problem = min(misfits, key=lambda item: (item[0], item[1].line))
        if not fitting:
            remedy = "check --source: offsets are inclusive code points of its raw text"
            raise InputError(
                "mentions whose offsets fit their documents", problem, path=path, line=row.line, remedy=remedy
            )
        report.drop(f"mentions at odds with their document's text (first: {path}:{row.line}: {problem})", len(misfits))
    lost = [item for group in waiting.values() for item in group]
    if lost:
        path, row = lost[0]
        report.drop(f"mentions of documents that --source lacks (first: {path}:{row.line}: {row.doc})", len(lost))


def misfit(document: Document, row: EdlRow) -> str:
    """What is wrong with a row's offsets or string in its document; empty if nothing is."""
    start, end = row.start + document.offset_shift, row.end + document.offset_shift
    if end >= len(document.text):
        length = len(document.text) - document.offset_shift
        return f"ends at {row.end}, but {document.id} has {length} characters"
    there = normalise_mention_string(document.text[start : end + 1])
    if row.text and there != row.text:
        return f"the text at {row.start}-{row.end} is '{there[:60]}', not '{row.text[:60]}'"
    return ""


def documents_of_rows(
    rows: Iterable[tuple[str, EdlRow]],
    sources: Sequence[str | Path],
    report: CorpusReport,
    *,
    empty: bool = False,
    after_xml_declaration: bool = False,
) -> Iterator[AnnotatedDocument]:
    """The documents of `sources` with the rows of a run or of gold as annotations, one a row.

    Arguments and errors as of `rows_in_documents`.
    """
    for placed in rows_in_documents(rows, sources, report, empty=empty, after_xml_declaration=after_xml_declaration):
        shift = placed.document.offset_shift
        found = in_text_order(annotation_of_row(row, shift) for _, row in placed.rows)
        yield AnnotatedDocument(placed.document, found)
