"""From documents to sentences of words, the same splitting for every input format."""

from __future__ import annotations

from dataclasses import dataclass

from ousianer_cli.formats.document import Document
from ousianer_cli.formats.sentences import split_sentences
from ousianer_cli.formats.words import as_read, split_words
from ousianer_cli.tagging.mention import Span


@dataclass(frozen=True, slots=True)
class SplitDocument:
    """A document with the words of its sentences, as places in its text."""

    document: Document
    sentences: tuple[tuple[Span, ...], ...]

    def words(self) -> list[list[str]]:
        """The words of each sentence as a model reads them."""
        text = self.document.text
        return [[as_read(text[a:b]) for a, b in sentence] for sentence in self.sentences]


def split_document(document: Document) -> SplitDocument:
    """The sentences of a document's segments; those without a word are none."""
    text = document.text
    spans = (span for segment in document.segments for span in split_sentences(text, segment.start, segment.end))
    words = (tuple(split_words(text, start, end)) for start, end in spans)
    return SplitDocument(document, tuple(sentence for sentence in words if sentence))
