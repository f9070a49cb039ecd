"""Documents from whatever a user names: files, folders, LTF archives, list files. One document in memory at a time."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ousianer_cli.errors import InputError
from ousianer_cli.formats.documents.archives import Archives, Unit, opened
from ousianer_cli.formats.documents.companions import compared_with_rsd, with_psm
from ousianer_cli.formats.documents.document import Document
from ousianer_cli.formats.documents.markup import detect, is_html_page
from ousianer_cli.formats.documents.options import ReadOptions
from ousianer_cli.formats.documents.report import (
    DUPLICATE_ID,
    MALFORMED,
    NO_DOCUMENT,
    SKIPPED,
    ReadReport,
    duplicate_error,
    duplicate_warning,
    no_document_error,
)
from ousianer_cli.formats.documents.units import bare_name, find_units
from ousianer_cli.formats.first_bytes import binary_error, kind_of_binary
from ousianer_cli.formats.marked import surely_marked
from ousianer_cli.formats.registry import Format, document_formats, formats_by_name
from ousianer_cli.formats.sample import Sample

_WANTED = "a document (LTF, source XML or text)"


def read_documents(
    inputs: Sequence[str | Path],
    *,
    input_format: str | None = None,
    strict: bool = False,
    authors: bool = True,
    quotes: bool = False,
    after_xml_declaration: bool = False,
    report: ReadReport | None = None,
) -> Iterator[Document]:
    """Stream the documents of `inputs`, in the order given; folders and archives in sorted order.

    Args:
        inputs: LTF (`.ltf.xml`, `.ltf.xml.gz`, `.ltf.zip`), source files (`.xml`, `.sgm`, `.sgml`), plain text
            (`.txt`, `.rsd.txt`), any of them with `.gz`; folders, read recursively; `@list.txt`, one path a line
            (blank lines and lines that begin with `#` do not count), relative to the list's folder, or else to the
            working folder.
        input_format: one of `input_formats()`; None tells by content. `source` is any of newswire, forum and web.
        strict: make an error of malformed files in folders and lists, of duplicate ids, and of documents at odds with
        themselves.
        authors: give the `author="…"` of posts.
        quotes: keep text inside `<quote>`.
        after_xml_declaration: set `Document.offset_shift`, so that rows count from after the first `<?xml …?>` line.
        report: filled with counts and warnings.
    Raises:
        InputError: a path that does not exist; a file named outright that cannot be read; a folder with nothing to
            read. All but the second before the first document is given. At the end: files of which none gave a
            document (one without text is one).
    """
    report = report if report is not None else ReadReport()
    units = find_units(inputs, input_format, report, strict=strict)
    options = ReadOptions(authors, quotes, after_xml_declaration, strict)
    return _some(read_units(units, input_format, options, report), len(units), report)


def _some(documents: Iterator[Document], files: int, report: ReadReport) -> Iterator[Document]:
    """The documents of so many files; none at all are an error."""
    none = True
    for document in documents:
        none = False
        yield document
    if files and none:
        raise no_document_error(report, files)


def read_units(
    units: Sequence[Unit],
    wanted: str | None,
    options: ReadOptions,
    report: ReadReport,
    seen: set[str] | None = None,
) -> Iterator[Document]:
    """Stream the documents of files in the order given; one whose id is in `seen`, which grows, is left out."""
    seen = seen if seen is not None else set()
    with Archives() as archives:
        for unit in units:
            report.files += 1
            documents = _read_unit(unit, wanted, options, archives, report)
            while True:
                try:
                    document = next(documents)
                except StopIteration:
                    break
                except InputError as error:
                    if unit.explicit or options.strict:
                        raise
                    report.skipped[MALFORMED] += 1
                    report.warn(f"{SKIPPED}{error}")
                    break
                if document.id in seen:
                    if options.strict:
                        raise duplicate_error(unit.label, document.id)
                    report.skipped[DUPLICATE_ID] += 1
                    report.warn(duplicate_warning(unit.label, document.id))
                    continue
                seen.add(document.id)
                report.documents += 1
                report.left_out.update(document.skipped)
                for warning in document.warnings:
                    report.warn(f"{unit.label}: {document.id}: {warning}")
                yield document


def _format_to_read(unit: Unit, wanted: str | None, head: str, known: Mapping[str, Format]) -> Format:
    """The format that a file is read as: by its name, else the surest by its beginning, or the one asked for.

    Raises:
        InputError: what is asked for it cannot be read as.
    """
    sample = Sample(unit.name, head)
    by_name = formats_by_name(unit.name, known.values())
    likeliest = by_name[0] if by_name else max(known.values(), key=lambda form: form.recognise(sample))
    if wanted is None or wanted == likeliest.name:
        return likeliest
    form = known[wanted]
    if form.exact or likeliest.exact:
        found = "LTF" if likeliest.name == "ltf" else detect(head)
        raise InputError(f"--input-format {wanted}", found, path=unit.label, remedy="leave it out")
    return form


def _read_unit(
    unit: Unit, wanted: str | None, options: ReadOptions, archives: Archives, report: ReadReport
) -> Iterator[Document]:
    name = bare_name(unit.name)
    with opened(unit, archives) as handle:
        head = handle.peek(4096)[:4096] if isinstance(handle, io.BufferedReader) else b""
        if binary := kind_of_binary(head):
            raise binary_error(_WANTED, binary, unit.label)
        text = head.decode("utf-8", errors="replace")
        if is_html_page(text) and not unit.name.lower().endswith((".sgm", ".sgml")):
            report.warn(f"{unit.label}: an HTML page, read as plain text, its markup and scripts too")
        form = _format_to_read(unit, wanted, text, document_formats())
        if form.name == "text" and wanted is None and (marked := surely_marked(Sample(unit.name, text))):
            remedy = "name the documents themselves, in which its names stand"
            raise InputError(_WANTED, marked.described, path=unit.label, remedy=remedy)
        assert form.documents is not None
        empty = True
        for document in form.documents(handle, name, unit.label, replace(options, forced=wanted is not None)):
            empty = False
            if form.rsd_beside:
                document = compared_with_rsd(document, unit, options, archives)
            yield with_psm(document, unit, options, archives) if form.psm_beside else document
        if empty:
            report.skipped[NO_DOCUMENT] += 1
            report.warn(f"{SKIPPED}{unit.label}: {form.about} without a document")
