"""FIGER-style JSON lines, as 1k-WFB-g uses them: a mention carries several label paths (`/person`, `/person/actor`).

One line is `{"tokens": […], "mentions": [{"start", "end" (exclusive), "labels": […]}], "fileid": …}`; other keys are
ignored. Mentions may lie inside others, and are kept as nested; of crossing ones the longer stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ousianer_cli.formats.json_lines import Refusal, objects, strings_of
from ousianer_cli.formats.labelled import CorpusReport, LabelledSentence, doc_name
from ousianer_cli.formats.registry import NO, SURE, CorpusReader, Format
from ousianer_cli.formats.sample import Sample
from ousianer_cli.formats.standoff import Span, sentence_of_tokens


def read_figer_json(
    paths: Sequence[str | Path], options: object = None, report: CorpusReport | None = None
) -> Iterator[LabelledSentence]:
    """One sentence a line.

    Raises:
        InputError: a line that is not such an object, or a mention outside its tokens; with file and line.
    """
    report = report if report is not None else CorpusReport()
    for path in paths:
        for number, row, refuse in objects(path):
            tokens = strings_of(row, "tokens", refuse)
            items = row.get("mentions")
            if not isinstance(items, list):
                raise refuse("'mentions' as a list", "none" if items is None else items)
            spans = [_span(item, len(tokens), number, refuse) for item in items]
            doc = row.get("fileid")
            name = str(doc) if doc not in (None, "") else doc_name(path)
            yield sentence_of_tokens(tokens, spans, name, number, report)


def _span(item: Any, length: int, line: int, refuse: Refusal) -> Span:
    if not isinstance(item, dict):
        raise refuse("a mention with 'start', 'end' and 'labels'", item)
    start, end, labels = item.get("start"), item.get("end"), item.get("labels")
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= length:
        raise refuse(f"a mention's 0 <= start < end <= {length} (end exclusive)", f"start {start}, end {end}")
    if not isinstance(labels, list) or not labels or not all(isinstance(label, str) and label for label in labels):
        raise refuse("a mention's 'labels' as a list of non-empty strings", "none" if labels is None else labels)
    return Span(start, end, tuple(labels), line)


def _recognise(sample: Sample) -> int:
    mentions = [m for row in sample.records if isinstance(row.get("mentions"), list) for m in row["mentions"]]
    return SURE if any(isinstance(mention, dict) and "labels" in mention for mention in mentions) else NO


FORMATS = (
    Format(
        "figer-json",
        "FIGER-style JSON lines",
        _recognise,
        corpus=CorpusReader(read_figer_json, labels_of="wfbg"),
    ),
)
