"""The EDL tab (`formats.edl`), as rows to score: what is read where a file looks like nothing else.

As annotated documents its rows need the documents that they point into.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from ousianer_cli.errors import InputError
from ousianer_cli.formats.annotations.annotated import AnnotatedDocument
from ousianer_cli.formats.annotations.edl_rows import edl_rows
from ousianer_cli.formats.annotations.placed import documents_of_rows
from ousianer_cli.formats.edl import EdlRow, format_row, iter_edl
from ousianer_cli.formats.labelled import CorpusReport
from ousianer_cli.formats.registry import LIKELY, PERHAPS, AnnotationOptions, AnnotationWriter, Format, WriteOptions
from ousianer_cli.formats.sample import Sample

_ROW = re.compile(r"[^\t]*\t[^\t]*\t[^\t]*\t[^\t]+: ?\d+ ?[-\u2013] ?\d+\t")


def read_edl(path: Path, skipped: Counter[str]) -> Iterator[EdlRow]:
    """The rows of a run or of gold in order; nothing is skipped. Errors as of `formats.edl.iter_edl`."""
    return iter_edl(path)


def read_annotations(path: Path, options: AnnotationOptions, report: CorpusReport) -> Iterator[AnnotatedDocument]:
    """The documents of `options.source` with the file's rows, one annotation a row.

    Raises:
        InputError: no source was named; else as of `placed.documents_of_rows`.
    """
    if not options.source:
        found = "offsets alone"
        raise InputError("the documents of the rows", found, path=path, remedy="name them with --source INPUT")
    rows = ((str(path), row) for row in iter_edl(path))
    yield from documents_of_rows(
        rows,
        options.source,
        report,
        empty=options.empty,
        after_xml_declaration=options.after_xml_declaration,
    )


def write_annotations(documents: Iterable[AnnotatedDocument], out: TextIO, options: WriteOptions) -> None:
    """A row for each name, as `edl_rows` makes them.

    Raises:
        OutputError: a name that no row can hold, such as one of a document whose id has blanks.
    """
    for row in edl_rows(documents, options):
        out.write(format_row(row) + "\n")


def _recognise(sample: Sample) -> int:
    return LIKELY if _ROW.match(sample.first) or sample.name.endswith(".tab") else PERHAPS


FORMATS = (
    Format(
        "edl",
        "the EDL tab of runs and gold",
        _recognise,
        mentions=read_edl,
        annotations=read_annotations,
        writer=AnnotationWriter(write_annotations),
    ),
)
