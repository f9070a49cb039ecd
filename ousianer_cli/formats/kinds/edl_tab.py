"""The EDL tab (`formats.edl`), as rows to score: what is read where a file looks like nothing else.

As annotated documents its rows need the documents that they point into.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import TextIO

from ousianer_cli.errors import InputError
from ousianer_cli.formats.annotated import AnnotatedDocument, edl_row
from ousianer_cli.formats.edl import EdlRow, NilClusters, format_row, iter_edl
from ousianer_cli.formats.labelled import CorpusReport
from ousianer_cli.formats.placed import documents_of_rows
from ousianer_cli.formats.registry import LIKELY, PERHAPS, AnnotationOptions, AnnotationWriter, Format, WriteOptions
from ousianer_cli.formats.sample import Sample

_HELD = ("form", "confidence", "kb_id", "mention_id", "run_id")
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
    """A row for each name, with the ids that it has; new mention ids and NIL ids (clusters of a string and top type)
    where it has none, and confidence 1 where none is known.

    Raises:
        OutputError: a name that no row can hold, such as one of a document whose id has blanks.
    """
    items = list(documents)
    taken = {name.mention_id for item in items for name in item.annotations}
    known = {name.kb_id for item in items for name in item.annotations}
    clusters = NilClusters()
    given: dict[str, str] = {}
    numbers = count(1)
    written: set[str] = set()
    for item in items:
        for name in sorted(item.annotations, key=lambda a: (a.start, a.end)):
            options.lose_details(name, _HELD)
            run_id = name.run_id or options.run_id
            mention_id = name.mention_id
            if not mention_id or mention_id in written:
                options.lost["mention ids given anew, since they stood twice"] += bool(mention_id)
                mention_id = next(new for n in numbers if (new := f"{run_id}-{n:07d}") not in taken)
            written.add(mention_id)
            kb_id = name.kb_id
            if not kb_id:
                new = clusters.id_of(item.text_of(name), name.type)
                kb_id = given.setdefault(new, next(i for n in count(int(new[3:])) if (i := f"NIL{n:06d}") not in known))
                known.add(kb_id)
            options.lost["names without a confidence have 1"] += name.confidence is None
            out.write(format_row(edl_row(item, name, run_id=run_id, mention_id=mention_id, kb_id=kb_id)) + "\n")


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
