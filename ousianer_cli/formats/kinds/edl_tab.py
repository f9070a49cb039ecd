"""The EDL tab (`formats.edl`), as rows to score: what is read where a file looks like nothing else.

As annotated documents its rows need the documents that they point into.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ousianer_cli.errors import InputError
from ousianer_cli.formats.annotated import AnnotatedDocument, documents_of_rows
from ousianer_cli.formats.edl import EdlRow, iter_edl
from ousianer_cli.formats.labelled import CorpusReport
from ousianer_cli.formats.registry import LIKELY, PERHAPS, AnnotationOptions, Format, Sample

_ROW = re.compile(r"[^\t]*\t[^\t]*\t[^\t]*\t[^\t]+: ?\d+ ?[-\u2013] ?\d+\t")


def read_edl(path: Path, skipped: Counter[str]) -> Iterator[EdlRow]:
    """The rows of a run or of gold in order; nothing is skipped. Errors as of `formats.edl.iter_edl`."""
    return iter_edl(path)


def read_annotations(path: Path, options: AnnotationOptions, report: CorpusReport) -> Iterator[AnnotatedDocument]:
    """The documents of `options.source` with the file's rows, one annotation a row.

    Raises:
        InputError: no source was named; else as of `annotated.documents_of_rows`.
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


def _recognise(sample: Sample) -> int:
    return LIKELY if _ROW.match(sample.first) else PERHAPS


FORMATS = (Format("edl", "the EDL tab of runs and gold", _recognise, mentions=read_edl, annotations=read_annotations),)
