"""Runs as JSON lines, one document a line with its text: what `ousianer tag --format jsonl` writes.

`{"id", "text", "mentions": [{"start", "end" (exclusive), "text", "type", "confidence", "detection", "alternatives",
"yago", "nested"}]}`, positions in code points of that `text`; a mention must have `start`, `end` and `type`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from ousianer_cli.formats.annotations.annotated import AnnotatedDocument, Annotation, detailed, details, in_text_order
from ousianer_cli.formats.annotations.edl_rows import edl_rows
from ousianer_cli.formats.documents.source import text_document
from ousianer_cli.formats.edl import EdlRow
from ousianer_cli.formats.json_lines import Refusal, json_line, objects, offsets_of, record_id, text_of
from ousianer_cli.formats.labelled import CorpusReport
from ousianer_cli.formats.registry import NO, SURE, AnnotationOptions, AnnotationWriter, Format, WriteOptions
from ousianer_cli.formats.sample import Sample


def read_annotations(path: Path, options: AnnotationOptions, report: CorpusReport) -> Iterator[AnnotatedDocument]:
    """The documents of a run, in order; `options` are not needed, since the lines hold the texts.

    Raises:
        InputError: a line that is none of a run, with file and line.
    """
    for number, row, refuse in objects(path):
        text, name = text_of(row, refuse), record_id(row, path, number)
        items = row.get("mentions")
        if not isinstance(items, list):
            raise refuse("'mentions' as a list, beside 'text'", "none" if items is None else items)
        document = text_document(text, name, source=str(path))
        yield AnnotatedDocument(document, in_text_order(_annotation(item, text, number, refuse) for item in items))


def _annotation(item: Any, text: str, line: int, refuse: Refusal) -> Annotation:
    if not isinstance(item, dict):
        raise refuse("a mention with 'start', 'end' and 'type'", item)
    start, end = offsets_of(item.get("start"), item.get("end"), text, refuse)
    kind, string = item.get("type"), item.get("text")
    if not isinstance(kind, str) or not kind:
        raise refuse("a mention's 'type' as a string that is not empty", item)
    if isinstance(string, str) and string != text[start:end]:
        raise refuse(f"'{text[start:end]}', which stands at {start}-{end}, as the mention's 'text'", f"'{string}'")
    return detailed(start, end, kind, item, refuse, line)


def read_mentions(path: Path, skipped: Counter[str]) -> Iterator[EdlRow]:
    """The names as the rows that `ousianer convert --to edl` makes of them; nothing is skipped.

    Raises:
        InputError: a line that is none of a run, with file and line.
    """
    return edl_rows(read_annotations(path, AnnotationOptions(), CorpusReport()), WriteOptions())


def write_annotations(documents: Iterable[AnnotatedDocument], out: TextIO, options: WriteOptions) -> None:
    """One line a document, with all that is known of its names."""
    for item in documents:
        mentions = [
            {"start": start, "end": end, "text": item.text_of(name), "type": name.type, **details(name)}
            for name in item.annotations
            for start, end in [item.span(name)]
        ]
        out.write(json_line({"id": item.document.id, "text": item.text, "mentions": mentions}))


def _recognise(sample: Sample) -> int:
    return SURE if any("text" in row and isinstance(row.get("mentions"), list) for row in sample.records) else NO


FORMATS = (
    Format(
        "run",
        "a run's JSON lines (tag --format jsonl)",
        _recognise,
        mentions=read_mentions,
        annotations=read_annotations,
        writer=AnnotationWriter(write_annotations),
    ),
)
