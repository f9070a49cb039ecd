"""Runs as JSON lines, one document a line with its text: what `ousianer tag --format jsonl` writes.

`{"id", "text", "mentions": [{"start", "end" (exclusive), "text", "type", "confidence", "detection", "alternatives",
"yago", "nested"}]}`, positions in code points of that `text`; a mention must have `start`, `end` and `type`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ousianer_cli.formats.annotated import AnnotatedDocument, Annotation, TypeShare, in_text_order
from ousianer_cli.formats.json_lines import Refusal, objects, offsets_of, record_id, text_of
from ousianer_cli.formats.labelled import CorpusReport
from ousianer_cli.formats.registry import NO, SURE, AnnotationOptions, Format, Sample
from ousianer_cli.formats.source import is_markup, markup_document, plain_document


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
        document = markup_document(text, name, doc_id=name) if is_markup(text) else plain_document(text, name)
        document.source = str(path)
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
    return Annotation(
        start,
        end,
        kind,
        _share(item, "confidence", refuse),
        detection=_share(item, "detection", refuse),
        alternatives=_shares(item, "alternatives", refuse),
        yago=_shares(item, "yago", refuse),
        line=line,
    )


def _share(item: dict[str, Any], key: str, refuse: Refusal) -> float | None:
    value = item.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise refuse(f"'{key}' as a number from 0 to 1", value)
    return float(value)


def _shares(item: dict[str, Any], key: str, refuse: Refusal) -> tuple[TypeShare, ...]:
    found = []
    for pair in item.get(key) or ():
        if not isinstance(pair, dict) or not isinstance(pair.get("type"), str):
            raise refuse(f"'{key}' as a list of 'type' and 'probability'", pair)
        found.append((pair["type"], _share(pair, "probability", refuse) or 0.0))
    return tuple(found)


def _recognise(sample: Sample) -> int:
    return SURE if any("text" in row and isinstance(row.get("mentions"), list) for row in sample.records) else NO


FORMATS = (Format("run", "a run's JSON lines (tag --format jsonl)", _recognise, annotations=read_annotations),)
