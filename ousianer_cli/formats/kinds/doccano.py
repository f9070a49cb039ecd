"""doccano's JSON lines: a text with spans as `[start, end, label]`, or as entities with offsets.

`{"text": str, "label": [[start, end (exclusive), label], …]}`, also under `data` and `labels`; newer exports have
`"entities": [{"label", "start_offset", "end_offset"}]`, or entities as such lists. Positions are code points. Other
keys (`relations`, `Comments`) are passed over. Text and spans become sentences as in `formats.kinds.spans_json`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from ousianer_cli.formats.annotations.annotated import AnnotatedDocument, Annotation, in_text_order
from ousianer_cli.formats.documents.source import plain_document, text_document
from ousianer_cli.formats.json_lines import Refusal, json_line, labelled_offsets, objects, record_id, text_of
from ousianer_cli.formats.labelled import CorpusReport, LabelledSentence
from ousianer_cli.formats.registry import (
    NO,
    SURE,
    AnnotationOptions,
    AnnotationWriter,
    CorpusReader,
    Format,
    WriteOptions,
)
from ousianer_cli.formats.sample import Sample
from ousianer_cli.formats.standoff import Span, labelled_sentences

KEYS = ("label", "labels", "entities")


def read_doccano(
    paths: Sequence[str | Path], options: object = None, report: CorpusReport | None = None
) -> Iterator[LabelledSentence]:
    """The sentences of each record, in order; a record is a document.

    Raises:
        InputError: a record without text or spans, a span outside its text or without label; with file and line.
    """
    report = report if report is not None else CorpusReport()
    for path in paths:
        for number, row, text, spans in _records(path):
            yield from labelled_sentences(plain_document(text, record_id(row, path, number)), spans, report)


def read_annotations(path: Path, options: AnnotationOptions, report: CorpusReport) -> Iterator[AnnotatedDocument]:
    """The texts of the records with their spans, in order; errors as of `read_doccano`."""
    for number, row, text, spans in _records(path):
        found = in_text_order(Annotation(s.start, s.end, s.labels[0], line=number) for s in spans)
        given = row.get("doc")
        name = str(given) if given not in (None, "") else record_id(row, path, number)
        yield AnnotatedDocument(text_document(text, name, source=str(path)), found, by_person=True)


def write_annotations(documents: Iterable[AnnotatedDocument], out: TextIO, options: WriteOptions) -> None:
    """One record a document, for import as sequence labelling; doccano keeps `doc` among its metadata."""
    for number, item in enumerate(documents, 1):
        for name in item.annotations:
            options.lose_details(name)
        spans = [[*item.span(name), name.type] for name in item.annotations]
        out.write(json_line({"id": number, "text": item.text, "label": spans, "doc": item.document.id}))


def _records(path: str | Path) -> Iterator[tuple[int, dict[str, Any], str, list[Span]]]:
    """The records of a file: line, record, text and spans."""
    for number, row, refuse in objects(path):
        text = _text(row, refuse)
        yield number, row, text, [_span(item, text, number, path, refuse) for item in _items(row, refuse)]


def _text(row: dict[str, Any], refuse: Refusal) -> str:
    return text_of({"text": row["data"]} if "text" not in row and "data" in row else row, refuse)


def _items(row: dict[str, Any], refuse: Refusal) -> list[Any]:
    key = next((key for key in KEYS if key in row), "")
    items = row.get(key)
    if not isinstance(items, list):
        raise refuse("'label' (or 'labels', 'entities') as a list of spans, beside 'text'", items if key else "none")
    return items


def _span(item: Any, text: str, line: int, path: str | Path, refuse: Refusal) -> Span:
    if isinstance(item, dict):
        start, end, label = item.get("start_offset"), item.get("end_offset"), item.get("label")
    elif isinstance(item, list) and len(item) == 3:
        start, end, label = item
    else:
        raise refuse("a span as [start, end, label]", item)
    first, last, name = labelled_offsets(start, end, label, text, item, refuse)
    return Span(first, last, (name,), line, str(path))


def _recognise(sample: Sample) -> int:
    # Label Studio's minimal export has objects with lists of labels there.
    fits = any(
        ("text" in row or isinstance(row.get("data"), str))
        and any(isinstance(row.get(key), list) and not _of_lists(row[key]) for key in KEYS)
        for row in sample.records
    )
    return SURE if fits else NO


def _of_lists(items: list[Any]) -> bool:
    return any(isinstance(item, dict) and isinstance(item.get("labels"), list) for item in items)


FORMATS = (
    Format(
        "doccano",
        "doccano's text with label triples",
        _recognise,
        corpus=CorpusReader(read_doccano),
        annotations=read_annotations,
        writer=AnnotationWriter(write_annotations),
    ),
)
