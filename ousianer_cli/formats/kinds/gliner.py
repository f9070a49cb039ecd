"""GLiNER's training data: `{"tokenized_text": [str], "ner": [[start, end (inclusive), label], …]}`, in tokens.

JSON lines or one array. Of mentions inside one another the outermost is the name, the others are kept as nested.
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


def read_gliner(
    paths: Sequence[str | Path], options: object = None, report: CorpusReport | None = None
) -> Iterator[LabelledSentence]:
    """One sentence a record.

    Raises:
        InputError: a record without tokens or mentions, a mention outside its tokens; with file and line.
    """
    report = report if report is not None else CorpusReport()
    for path in paths:
        for number, row, refuse in objects(path):
            tokens = strings_of(row, "tokenized_text", refuse)
            items = row.get("ner")
            if not isinstance(items, list):
                raise refuse("'ner' as a list of [start, end, label]", "none" if items is None else items)
            spans = [_span(item, len(tokens), number, refuse) for item in items]
            yield sentence_of_tokens(tokens, spans, doc_name(path), number, report)


def _span(item: Any, length: int, line: int, refuse: Refusal) -> Span:
    if not isinstance(item, list) or len(item) != 3:
        raise refuse("a mention as [start, end, label]", item)
    start, end, label = item
    if type(start) is not int or type(end) is not int or not 0 <= start <= end < length:
        raise refuse(f"a mention's 0 <= start <= end < {length} (end inclusive)", f"start {start}, end {end}")
    if not isinstance(label, str) or not label.strip():
        raise refuse("a mention's label as a string that is not empty", item)
    return Span(start, end + 1, (label.strip(),), line)


def _recognise(sample: Sample) -> int:
    return SURE if any("tokenized_text" in row for row in sample.records) else NO


FORMATS = (Format("gliner", "GLiNER's tokenized_text and ner", _recognise, corpus=CorpusReader(read_gliner)),)
