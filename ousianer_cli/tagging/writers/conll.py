"""CoNLL: one token a line with its offsets and an IOB2 tag, a blank line after each sentence.

Columns, parted by tabs: token, start, end (exclusive), tag. `-DOCSTART-`, with the document's id in the second column,
opens a document.
"""

from __future__ import annotations

from ousianer_cli.formats.annotations.conll_lines import conll_lines
from ousianer_cli.tagging.mention import TaggedDocument
from ousianer_cli.tagging.summary import Summary
from ousianer_cli.tagging.writers.writer import WriteOptions, Writer


def _lines(item: TaggedDocument, options: WriteOptions, summary: Summary) -> list[str]:
    flat = [(m.start, m.end, m.type) for m in item.mentions if not m.nested]
    if len(flat) < len(item.mentions):
        summary.skipped["names inside other names, which CoNLL cannot hold"] += len(item.mentions) - len(flat)
    summary.names += len(flat)
    return list(conll_lines(item.document, item.sentences, flat))


WRITER = Writer("conll", _lines, details=False)
