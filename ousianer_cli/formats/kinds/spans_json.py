"""Spans over text in JSON lines, as Prodigy and spaCy write them.

One line is `{"text": str, "spans": [{"start", "end" (exclusive), "label"}], "id": …}`, positions in code points, with
`ents` in place of `spans` in what spaCy's `Doc.to_json` gives; other keys are passed over (`tokens`, since words are
our own, and `meta`). A span may say `nested`, and in `noun` the common noun for what it names. Of spans inside one
another the outermost is the name, the others are kept as nested; of crossing ones the longer stays. Records that
Prodigy's `answer` rejects or ignores are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from ousianer_cli.formats.annotations.annotated import AnnotatedDocument, detailed, details, in_text_order
from ousianer_cli.formats.documents.source import plain_document, text_document
from ousianer_cli.formats.json_lines import Refusal, json_line, objects, offsets_of, record_id, text_of
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

FLAGGED = "spans flagged as nested that lie in no other (read as names)"


def read_spans(
    paths: Sequence[str | Path], options: object = None, report: CorpusReport | None = None
) -> Iterator[LabelledSentence]:
    """The sentences of each record, in order; a record is a document.

    Raises:
        InputError: a record without text or spans, a span outside its text or without label; with file and line.
    """
    report = report if report is not None else CorpusReport()
    for path in paths:
        yield from _read(Path(path), report)


def _read(path: Path, report: CorpusReport) -> Iterator[LabelledSentence]:
    for number, row, refuse in objects(path):
        text = text_of(row, refuse)
        items = _items(row, refuse)
        spans = [_span(item, text, number, path, refuse) for item in items]
        answer = row.get("answer", "accept")
        if answer != "accept":
            report.drop(f"records whose answer is '{answer}'")
            continue
        for item, span in zip(items, spans, strict=True):
            if item.get("nested") and not any(_inside(span, other) for other in spans):
                report.drop(FLAGGED)
        document = plain_document(text, record_id(row, path, number))
        yield from labelled_sentences(document, spans, report)


def read_annotations(path: Path, options: AnnotationOptions, report: CorpusReport) -> Iterator[AnnotatedDocument]:
    """The texts of the records with their spans, in order; errors as of `read_spans`."""
    for number, row, refuse in objects(path):
        text, answer = text_of(row, refuse), row.get("answer")
        items = _items(row, refuse)
        spans = [_span(item, text, number, path, refuse) for item in items]
        if answer not in (None, "accept"):
            report.drop(f"records whose answer is '{answer}'")
            continue
        found = in_text_order(
            detailed(span.start, span.end, span.labels[0], item, refuse, number)
            for item, span in zip(items, spans, strict=True)
        )
        meta = row.get("meta")
        given = meta.get("doc") if isinstance(meta, dict) else None
        name = str(given) if given not in (None, "") else record_id(row, path, number)
        yield AnnotatedDocument(text_document(text, name, source=str(path)), found, by_person=answer is not None)


def write_annotations(documents: Iterable[AnnotatedDocument], out: TextIO, options: WriteOptions) -> None:
    """One record a document; Prodigy keeps what else stands in a span, and shows `meta`."""
    for item in documents:
        spans = [
            {"start": start, "end": end, "label": name.type, **details(name)}
            for name in item.annotations
            for start, end in [item.span(name)]
        ]
        answer = {"answer": "accept"} if item.by_person else {}
        out.write(json_line({"text": item.text, "spans": spans, "meta": {"doc": item.document.id}, **answer}))


def _items(row: dict[str, Any], refuse: Refusal) -> list[Any]:
    items = row.get("ents" if _of_spacy(row) else "spans")
    if not isinstance(items, list):
        raise refuse("'spans' as a list, beside 'text'", "none" if items is None else items)
    return items


def _of_spacy(row: dict[str, Any]) -> bool:
    """Whether a record is a `Doc`, whose `spans`, if it has some, are groups of other things."""
    return isinstance(row.get("ents"), list) and not isinstance(row.get("spans"), list)


def _span(item: Any, text: str, line: int, path: Path, refuse: Refusal) -> Span:
    if not isinstance(item, dict):
        raise refuse("a span with 'start', 'end' and 'label'", item)
    start, end = offsets_of(item.get("start"), item.get("end"), text, refuse)
    label, noun, string = item.get("label"), item.get("noun") or "", item.get("text")
    if not isinstance(label, str) or not label.strip():
        raise refuse("a span's 'label' as a string that is not empty", item)
    if not isinstance(noun, str):
        raise refuse("a span's 'noun' as a string", item)
    if isinstance(string, str) and string != text[start:end]:
        raise refuse(f"'{text[start:end]}', which stands at {start}-{end}, as the span's 'text'", f"'{string}'")
    return Span(start, end, (label.strip(),), line, str(path), noun.strip())


def _inside(span: Span, other: Span) -> bool:
    return (span.start, span.end) != (other.start, other.end) and other.start <= span.start and span.end <= other.end


def _recognise(sample: Sample) -> int:
    return SURE if any("text" in row and ("spans" in row or _of_spacy(row)) for row in sample.records) else NO


FORMATS = (
    Format(
        "spans",
        "text and spans, as Prodigy and spaCy write them",
        _recognise,
        corpus=CorpusReader(read_spans),
        annotations=read_annotations,
        writer=AnnotationWriter(write_annotations),
    ),
)
