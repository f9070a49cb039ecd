"""From documents to sentences of words, the same splitting for every input format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ousianer_cli.formats.documents.document import Document
from ousianer_cli.formats.name_edges import half_pairs, party_before, titles_before
from ousianer_cli.formats.sentences import sentences_of
from ousianer_cli.formats.words import never_at_edges, never_names, sites, words_as_read, words_of
from ousianer_cli.tagging.mention import Span


@dataclass(frozen=True, slots=True)
class SplitDocument:
    """A document with the words of its sentences, as places in its text."""

    document: Document
    sentences: tuple[tuple[Span, ...], ...]

    def words(self) -> list[list[str]]:
        """The words of each sentence as a model reads them."""
        return [words_as_read(self.document.visible, sentence) for sentence in self.sentences]

    def nameable(self, sentence: int, start: int, end: int) -> Span | None:
        """Of the words [start, end) of a sentence those that may be a name: whole sites, no address, mark of a handle,
        dash or picture at the edges, no title before it, no half of a pair of brackets, none of several parts between
        angle brackets but the longest (the first of equal ones). None where nothing is left, or there is an address or
        a mark of a handle inside."""
        words = self.sentences[sentence]
        for first, last in sites(self.document.visible, words):
            if first < end and start < last:
                start, end = min(start, first), max(end, last)
        start, end = _whole_part(self.document, words, start, end)
        barred = never_names(self.document.visible, words[start:end])
        no_beginning, no_end = never_at_edges(self.document.visible, words[start:end])
        first, last = 0, end - start
        while first < last and (first in barred or first in no_beginning):
            first += 1
        while first < last and (last - 1 in barred or last - 1 in no_end):
            last -= 1
        if first == last or any(first < k < last for k in barred):
            return None
        start, last = start + first, start + last
        read = [self.document.visible.read(*word) for word in words[max(0, start - 1) : last]]
        before, name = (read[0], read[1:]) if start else ("", read)
        party = party_before(before, name)
        return start + party + titles_before(name[party:]), last


def _whole_part(document: Document, words: Sequence[Span], start: int, end: int) -> Span:
    """Of the words [start, end) those that may be one name: before, or else behind, a bracket that has no other half,
    and of what angle brackets part, which no name holds, the longest."""
    read = [document.visible.read(*word) for word in words[start:end]]
    halves = [start + k for k in sorted(half_pairs(read))]
    start, end = next((part for part in _parts(start, end, halves) if part[0] < part[1]), (start, start))
    angles = [k for k in range(start, end) if document.visible.read(*words[k]) in ("<", ">")]
    return max(_parts(start, end, angles), key=lambda part: part[1] - part[0])


def _parts(start: int, end: int, marks: Sequence[int]) -> list[Span]:
    """What marks leave of the words [start, end)."""
    return list(zip([start, *(k + 1 for k in marks)], [*marks, end], strict=True))


def split_document(document: Document) -> SplitDocument:
    """The sentences of a document's segments; those without a word are none."""
    visible = document.visible
    spans = (span for segment in document.segments for span in sentences_of(visible, segment.start, segment.end))
    words = (tuple(words_of(visible, start, end)) for start, end in spans)
    return SplitDocument(document, tuple(sentence for sentence in words if sentence))
