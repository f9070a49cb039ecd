"""Texts paired with their entities, as people write training data for spaCy: `["text", {"entities": [[0, 3, "PER"]]}]`.

A pair a line, an array of pairs, or `{"annotations": [pair, …]}` as an annotation tool in wide use saves them. Ends are
exclusive, positions are code points. A pair is a document; texts and spans become sentences as in
`formats.kinds.spans_json`. Pairs that a tool left empty (null) are counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ousianer_cli.formats.documents.source import plain_document
from ousianer_cli.formats.json_lines import Refusal, labelled_offsets, values
from ousianer_cli.formats.labelled import CorpusReport, LabelledSentence, doc_name
from ousianer_cli.formats.registry import NO, SURE, CorpusReader, Format
from ousianer_cli.formats.sample import Sample
from ousianer_cli.formats.standoff import Span, labelled_sentences

_BEGINS = re.compile(r'\s*(?:\{.*?"annotations"\s*:\s*)?(?:\[\s*){1,2}"', re.DOTALL)


def read_pairs(
    paths: Sequence[str | Path], options: object = None, report: CorpusReport | None = None
) -> Iterator[LabelledSentence]:
    """The sentences of each pair, in order.

    Raises:
        InputError: what is no pair of a text and its entities, a span outside its text or without label; with file and
            line.
    """
    report = report if report is not None else CorpusReport()
    for path in paths:
        for number, (line, pair, refuse) in enumerate(_pairs(Path(path)), 1):
            if pair is None:
                report.drop("texts without annotation (null)")
                continue
            if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[0], str):
                raise refuse('a pair ["text", {"entities": […]}]', pair)
            text, given = pair
            items = given.get("entities") if isinstance(given, dict) else None
            if not isinstance(items, list):
                raise refuse("'entities' as a list of spans, beside the text", given)
            spans = [_span(item, text, line, path, refuse) for item in items]
            yield from labelled_sentences(plain_document(text, f"{doc_name(path)}-{number}"), spans, report)


def _pairs(path: Path) -> Iterator[tuple[int, Any, Refusal]]:
    for line, value, refuse in values(path):
        if isinstance(value, dict):
            pairs = value.get("annotations")
            if not isinstance(pairs, list):
                raise refuse("'annotations' as a list of pairs", pairs)
            yield from ((line, pair, refuse) for pair in pairs)
        else:
            yield line, value, refuse


def _span(item: Any, text: str, line: int, path: str | Path, refuse: Refusal) -> Span:
    if not isinstance(item, list) or len(item) != 3:
        raise refuse("a span as [start, end, label]", item)
    start, end, label = labelled_offsets(item[0], item[1], item[2], text, item, refuse)
    return Span(start, end, (label,), line, str(path))


def _recognise(sample: Sample) -> int:
    return SURE if _BEGINS.match(sample.head) and '"entities"' in sample.head else NO


FORMATS = (
    Format(
        "spacy-pairs",
        "pairs of a text and its entities, as spaCy is trained on",
        _recognise,
        corpus=CorpusReader(read_pairs),
    ),
)
