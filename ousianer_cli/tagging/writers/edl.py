"""EDL tabs, the track's own format: one name with one type a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ousianer_cli.formats.edl import EdlRow, NilClusters, format_row, normalise_mention_string
from ousianer_cli.tagging.mention import Mention, TaggedDocument, TypeProbability
from ousianer_cli.tagging.summary import Summary
from ousianer_cli.tagging.writers.writer import WriteOptions, Writer


def edl_rows(tagged: Iterable[TaggedDocument], options: WriteOptions, summary: Summary) -> Iterator[EdlRow]:
    """The rows of a run, ids given in document order; all rows of a name share its NIL id."""
    clusters = NilClusters(options.nil)
    number = 0
    for item in tagged:
        shift = item.document.offset_shift
        for mention in item.mentions:
            types = _types(mention, options.yago_threshold)
            if "\0" in mention.text:
                summary.skipped["names with a NUL character"] += 1
                continue
            if not types:
                summary.skipped[f"names without a YAGO class of at least {options.yago_threshold:g}"] += 1
                continue
            summary.names += 1
            text = normalise_mention_string(mention.text)
            nil_id = clusters.id_of(text, types[0].type.lower())
            for name, confidence in types:
                number += 1
                yield EdlRow(
                    run_id=options.run_id,
                    mention_id=f"{options.run_id}-{number:07d}",
                    text=text,
                    doc=item.document.id,
                    start=mention.start - shift,
                    end=mention.end - 1 - shift,
                    kb_id=nil_id,
                    type=name.lower(),
                    mention_type="NAM",
                    confidence=confidence,
                )
    if options.yago_threshold is not None:
        summary.rows = number


def _types(mention: Mention, yago_threshold: float | None) -> list[TypeProbability]:
    """The types of a name's rows with their confidences: its type, or its YAGO classes from a threshold on.

    A poster has its type alone.
    """
    if yago_threshold is None or not mention.yago:
        return [TypeProbability(mention.type, mention.confidence)]
    return [TypeProbability(t, mention.detection * p) for t, p in mention.yago if p >= yago_threshold]


def _lines(tagged: Iterable[TaggedDocument], options: WriteOptions, summary: Summary) -> Iterator[str]:
    return (format_row(row) for row in edl_rows(tagged, options, summary))


WRITER = Writer("edl", _lines, details=False)
