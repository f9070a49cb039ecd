"""EDL tabs, the track's own format: one name with one type a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ousianer_cli.formats.edl import EdlRow, NilClusters, format_row, normalise_mention_string
from ousianer_cli.tagging.mention import TaggedDocument
from ousianer_cli.tagging.summary import Summary
from ousianer_cli.tagging.writers.writer import WriteOptions, Writer


def edl_rows(tagged: Iterable[TaggedDocument], options: WriteOptions, summary: Summary) -> Iterator[EdlRow]:
    """The rows of a run, ids given in document order."""
    clusters = NilClusters(options.nil)
    for item in tagged:
        shift = item.document.offset_shift
        for mention in item.mentions:
            if "\0" in mention.text:
                summary.skipped["names with a NUL character"] += 1
                continue
            summary.names += 1
            text = normalise_mention_string(mention.text)
            yield EdlRow(
                run_id=options.run_id,
                mention_id=f"{options.run_id}-{summary.names:07d}",
                text=text,
                doc=item.document.id,
                start=mention.start - shift,
                end=mention.end - 1 - shift,
                kb_id=clusters.id_of(text, mention.type.lower()),
                type=mention.type.lower(),
                mention_type="NAM",
                confidence=mention.confidence,
            )


def _lines(tagged: Iterable[TaggedDocument], options: WriteOptions, summary: Summary) -> Iterator[str]:
    return (format_row(row) for row in edl_rows(tagged, options, summary))


WRITER = Writer("edl", _lines, details=False)
