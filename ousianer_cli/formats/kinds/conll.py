"""CoNLL: one token a line, columns parted by blanks or tabs, token first and tag last unless told otherwise.

A blank line ends a sentence, `-DOCSTART-` a document. Tags may be IO, IOB1, IOB2, BIOES or BILOU, the letter before or
after the label.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ousianer_cli.formats.annotations.conll_documents import is_ours, read_conll_documents, write_conll_documents
from ousianer_cli.formats.columns import ColumnOptions, Layout, are_tagged, read_columns, rows_of
from ousianer_cli.formats.labelled import CorpusReport, LabelledSentence
from ousianer_cli.formats.registry import LIKELY, NO, PERHAPS, AnnotationWriter, CorpusReader, Format
from ousianer_cli.formats.sample import Sample

LAYOUT = Layout()


def read_conll(
    paths: Sequence[str | Path], options: ColumnOptions | None = None, report: CorpusReport | None = None
) -> Iterator[LabelledSentence]:
    """Read CoNLL files; errors as of `columns.read_columns`."""
    for path in paths:
        yield from read_columns(path, (options or ColumnOptions()).over(LAYOUT), report or CorpusReport())


def _recognise(sample: Sample) -> int:
    """Whatever has columns may be CoNLL; what marks its documents is, and what has a column of tags most likely."""
    if sample.is_json:
        return NO
    if is_ours(sample.lines):
        return LIKELY
    rows = rows_of(sample.lines)
    if are_tagged(rows):
        return LIKELY
    return PERHAPS if any(len(row) > 1 for row in rows) else NO


FORMATS = (
    Format(
        "conll",
        "one token a line, in columns",
        _recognise,
        corpus=CorpusReader(read_conll, ColumnOptions),
        annotations=read_conll_documents,
        writer=AnnotationWriter(write_conll_documents),
    ),
)
