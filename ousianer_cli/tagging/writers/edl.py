"""EDL tabs, the track's own format: one name with one type a line."""

from __future__ import annotations

from ousianer_cli.formats.edl import EdlRow, NilClusters, format_row, normalise_mention_string
from ousianer_cli.tagging.mention import Mention, TaggedDocument, TypeProbability
from ousianer_cli.tagging.summary import Summary
from ousianer_cli.tagging.writers.writer import Numbering, WriteOptions, Writer

_OPEN, _SAME, _SHOWN = "NIL", "NIL=", "NIL:"
"""Column 5 of a row whose NIL id is not yet given, of a further row of the same name, and what a name is read as
follows where its row has markup or marks of quoted mail."""


def _lines(item: TaggedDocument, options: WriteOptions, summary: Summary) -> list[str]:
    """The rows of a document, mention ids and NIL ids left open."""
    lines = []
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
        shown = normalise_mention_string(item.document.visible.read(mention.start, mention.end))
        kb_id = _OPEN if shown == text else f"{_SHOWN}{shown}"
        for name, confidence in types:
            row = EdlRow(
                run_id=options.run_id,
                mention_id="-",
                text=text,
                doc=item.document.id,
                start=mention.start - shift,
                end=mention.end - 1 - shift,
                kb_id=kb_id,
                type=name.lower(),
                mention_type="NAM",
                confidence=confidence,
            )
            lines.append(format_row(row))
            kb_id = _SAME
    if options.yago_threshold is not None:
        summary.rows += len(lines)
    return lines


def _numbering(options: WriteOptions) -> Numbering:
    """Ids in document order; all rows of a name share its NIL id, which follows its first type."""
    clusters = NilClusters(options.nil)
    number, nil_id = 0, ""

    def numbered(line: str) -> str:
        nonlocal number, nil_id
        number += 1
        cells = line.split("\t")
        if cells[4] == _OPEN:
            nil_id = clusters.id_of(cells[2], cells[5])
        elif cells[4].startswith(_SHOWN):
            nil_id = clusters.id_of(cells[4].removeprefix(_SHOWN), cells[5])
        cells[1], cells[4] = f"{options.run_id}-{number:07d}", nil_id
        return "\t".join(cells)

    return numbered


def _types(mention: Mention, yago_threshold: float | None) -> list[TypeProbability]:
    """The types of a name's rows with their confidences: its type, or its YAGO classes from a threshold on.

    A poster has its type alone.
    """
    if yago_threshold is None or not mention.yago:
        return [TypeProbability(mention.type, mention.confidence)]
    return [TypeProbability(t, mention.detection * p) for t, p in mention.yago if p >= yago_threshold]


WRITER = Writer("edl", _lines, details=False, numbering=_numbering)
