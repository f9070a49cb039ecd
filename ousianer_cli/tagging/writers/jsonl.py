"""JSON lines: one document a line, with all that is known of its names."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ousianer_cli.formats.documents.document import Document
from ousianer_cli.tagging.mention import Mention, TaggedDocument, TypeProbability
from ousianer_cli.tagging.summary import Summary
from ousianer_cli.tagging.writers.writer import WriteOptions, Writer

_LINE_ENDS = {ord(c): f"\\u{ord(c):04x}" for c in "\x85\u2028\u2029"}
"""Line ends to some readers of lines, though not to JSON."""


def document_record(item: TaggedDocument) -> dict[str, Any]:
    """`id`, `text` and `mentions` of a document; `start` and `end` (exclusive) are code points of that `text`."""
    document = item.document
    return {
        "id": document.id,
        "text": document.text[document.offset_shift :],
        "mentions": [_mention(document, mention) for mention in item.mentions],
    }


def _mention(document: Document, mention: Mention) -> dict[str, Any]:
    return {
        "start": mention.start - document.offset_shift,
        "end": mention.end - document.offset_shift,
        "text": mention.text,
        "type": mention.type,
        "confidence": mention.confidence,
        "detection": mention.detection,
        "alternatives": _types(mention.alternatives),
        "yago": _types(mention.yago),
        "nested": mention.nested,
    }


def _types(types: Sequence[TypeProbability]) -> list[dict[str, Any]]:
    return [{"type": name, "probability": probability} for name, probability in types]


def _lines(item: TaggedDocument, options: WriteOptions, summary: Summary) -> list[str]:
    summary.names += len(item.mentions)
    return [json.dumps(document_record(item), ensure_ascii=False).translate(_LINE_ENDS)]


WRITER = Writer("jsonl", _lines, details=True)
