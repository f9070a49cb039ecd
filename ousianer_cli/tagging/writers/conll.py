"""CoNLL: one token a line with its offsets and an IOB2 tag, a blank line after each sentence.

Columns, parted by tabs: token, start, end (exclusive), tag. `-DOCSTART-`, with the document's id in the second column,
opens a document.
"""

from __future__ import annotations

from collections.abc import Iterator

from ousianer_cli.formats.words import words_of
from ousianer_cli.tagging.mention import Mention, Span, TaggedDocument
from ousianer_cli.tagging.summary import Summary
from ousianer_cli.tagging.writers.writer import WriteOptions, Writer


def _lines(item: TaggedDocument, options: WriteOptions, summary: Summary) -> list[str]:
    lines = [f"-DOCSTART-\t{item.document.id}\t-\tO", ""]
    flat = [m for m in item.mentions if not m.nested]
    if len(flat) < len(item.mentions):
        summary.skipped["names inside other names, which CoNLL cannot hold"] += len(item.mentions) - len(flat)
    summary.names += len(flat)
    shift = item.document.offset_shift
    for sentence, tags in _tagged_sentences(item, flat):
        for (start, end), tag in zip(sentence, tags, strict=True):
            lines.append(f"{item.document.visible.read(start, end)}\t{start - shift}\t{end - shift}\t{tag}")
        lines.append("")
    return lines


def _tagged_sentences(item: TaggedDocument, mentions: list[Mention]) -> Iterator[tuple[tuple[Span, ...], list[str]]]:
    """The sentences with their tags, and the posters' names, which stand in markup, as sentences of their own."""
    covered = {span for sentence in item.sentences for span in sentence}
    apart = [tuple(words_of(item.document.visible, m.start, m.end)) for m in mentions]
    apart = [words for words in apart if not covered.issuperset(words)]
    tag_of: dict[int, tuple[str, int]] = {m.start: (m.type, m.end) for m in mentions}
    for sentence in sorted([*item.sentences, *apart]):
        tags: list[str] = []
        name, reached = "", 0
        for start, end in sentence:
            if start in tag_of:
                name, reached = tag_of[start]
                tags.append(f"B-{name}")
            else:
                tags.append(f"I-{name}" if end <= reached else "O")
        yield sentence, tags


WRITER = Writer("conll", _lines, details=False)
