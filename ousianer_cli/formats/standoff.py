"""Annotation that stands beside its text: mentions by code points become sentences of words with labelled spans.

Sentences and words are our own (`formats.sentences`, `formats.words`), as in tagging. A mention that begins or ends
inside a word takes the whole word; a sentence that would end inside a mention goes on to the mention's last sentence.
Of crossing mentions the longer stays; of nested ones the outermost counts as the name, and those inside are kept beside
it. Everything that does not fit is counted.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

from ousianer_cli.errors import InputError
from ousianer_cli.formats.annotations.placed import misfit, rows_in_documents
from ousianer_cli.formats.documents.document import Document
from ousianer_cli.formats.edl import EdlRow
from ousianer_cli.formats.labelled import CorpusReport, LabelledMention, LabelledSentence
from ousianer_cli.formats.sentences import sentences_of, trim
from ousianer_cli.formats.words import words_as_read, words_of
from ousianer_cli.settings import setting
from ousianer_cli.settings.base import Settings

WIDENED = "edges inside a word (the mention takes the whole word)"
JOINED = "sentence ends inside a mention (not split there)"
NESTED = "mentions inside or across a longer one"
CROSSING = "mentions across a longer one"
SAME_WORDS = "mentions of the same words as another, or across one"
BLANK = "mentions of nothing but blanks"
NOT_RUNNING_TEXT = "mentions outside the running text (markup, quotes, authors)"
ACROSS = "mentions across paragraphs or segments"


@dataclass(frozen=True, slots=True)
class Span:
    """A mention as its file gives it: code points [start, end) of a document's text, with its labels and its place."""

    start: int
    end: int
    labels: tuple[str, ...]
    line: int = 0
    path: str = ""
    noun: str = ""


@dataclass(frozen=True, slots=True)
class FiledMention(LabelledMention):
    """A labelled mention whose `line` counts in a file other than the one that the user named."""

    path: str = ""


@dataclass(frozen=True, slots=True)
class SourceOptions(Settings):
    """Where the text of annotation lies."""

    source: list[str] = setting(
        [],
        doc="LAF and AIDA tabs: the LTF they annotate, file, folder or zip.",
        group="formats",
        role="input",
        metavar="INPUT...",
    )

    def documents(self, path: str | Path) -> list[str]:
        """The sources, of which there must be one.

        Raises:
            InputError: none was given; `path` is the annotation.
        """
        if not self.source:
            found = "annotation without its text"
            raise InputError("the documents of the annotation", found, path=path, remedy="add --source LTF_FOLDER")
        return self.source


Placed = tuple[int, int, tuple[str, ...], Span]
"""A stretch [start, end) with the labels that its mentions have together, and the first of them."""


def outermost(spans: Iterable[tuple[int, int, Span]], report: CorpusReport) -> list[Placed]:
    """Of spans [start, end) those that lie in no longer one and cross none, in order; the same span twice is one.

    The rest are counted. Labels of the same span are joined; the place is that of the first.
    """
    outer, nested, crossing = layers(spans)
    if nested or crossing:
        report.drop(NESTED, len(nested) + crossing)
    return outer


def layers(spans: Iterable[tuple[int, int, Span]]) -> tuple[list[Placed], list[Placed], int]:
    """As `outermost`; then the spans inside those, none crossing another; then how many crossed a longer one."""
    labels: dict[tuple[int, int], list[str]] = {}
    first: dict[tuple[int, int], Span] = {}
    for start, end, span in spans:
        labels.setdefault((start, end), []).extend(span.labels)
        first.setdefault((start, end), span)
    kept: list[tuple[int, int]] = []
    inside: list[tuple[int, int]] = []
    crossing = 0
    for start, end in sorted(labels, key=lambda pair: (pair[0] - pair[1], pair[0])):
        place = bisect_left(kept, (start, end))
        # The kept ones are in order and disjoint, so only the two neighbours can touch this one.
        touched = [(a, b) for a, b in kept[max(place - 1, 0) : place + 1] if a < end and start < b]
        if not touched:
            kept.insert(place, (start, end))
        elif any(_cross((start, end), pair) for pair in (*touched, *inside)):
            crossing += 1
        else:
            inside.append((start, end))

    def placed(pairs: Iterable[tuple[int, int]]) -> list[Placed]:
        return [(a, b, tuple(dict.fromkeys(labels[a, b])), first[a, b]) for a, b in pairs]

    return placed(kept), placed(sorted(inside, key=lambda pair: (pair[0], -pair[1]))), crossing


def _cross(span: tuple[int, int], other: tuple[int, int]) -> bool:
    (a, b), (c, d) = sorted((span, other))
    return a < c < b < d


def sentence_of_tokens(
    tokens: Sequence[str], spans: Iterable[Span], doc: str, line: int, report: CorpusReport
) -> LabelledSentence:
    """A sentence of a corpus's own tokens; `spans` are in tokens. Crossing ones are counted."""
    outer, nested, crossing = layers((span.start, span.end, span) for span in spans)
    if crossing:
        report.drop(CROSSING, crossing)
    names, inside = (
        tuple(LabelledMention(a, b, labels, span.line, noun=span.noun) for a, b, labels, span in level)
        for level in (outer, nested)
    )
    return LabelledSentence(tuple(tokens), names, doc, line, nested=inside)


def covering_words(words: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int, bool]:
    """The words that hold the code points [start, end), both ends on visible characters, and whether they fit exactly.

    Args:
        words: code-point pairs in order, as `split_words` gives them.
    Returns:
        First word, last word + 1, and whether the mention begins and ends where these words do.
    """
    first = bisect_right(words, start, key=itemgetter(0)) - 1
    last = bisect_left(words, end, key=itemgetter(0))
    return first, last, words[first][0] == start and words[last - 1][1] == end


def labelled_sentences(
    document: Document, spans: Iterable[Span], report: CorpusReport, *, gaps: Iterable[tuple[int, int]] = ()
) -> Iterator[LabelledSentence]:
    """The sentences of a document with its mentions.

    Args:
        spans: mentions inside the text.
        gaps: code points [start, end) of names that cannot be marked (discontinuous ones); their sentences, and those
            with a mention that had to be left out, supervise typing only, since a name in them counts as none.
        report: takes the counts.
    """
    text = document.text
    pieces = [
        (start, end, number)
        for number, segment in enumerate(document.segments)
        for start, end in sentences_of(document.visible, segment.start, segment.end)
    ]
    heads, tails = [p[0] for p in pieces], [p[1] for p in pieces]
    placed: list[tuple[int, int, Span]] = []
    unmarked = list(gaps)
    goes_on: set[int] = set()
    for span in spans:
        start, end = trim(text, *document.visible.snapped(span.start, span.end))
        if start >= end:
            report.drop(BLANK)
            continue
        first, last = bisect_right(tails, start), bisect_left(heads, end) - 1
        if first > last or start < heads[first] or end > tails[last]:
            report.drop(NOT_RUNNING_TEXT)
            unmarked.append((start, end))
        elif pieces[first][2] != pieces[last][2]:
            report.drop(ACROSS)
            unmarked.append((start, end))
        else:
            placed.append((start, end, span))
            goes_on.update(range(first, last))
    if goes_on:
        report.drop(JOINED, len(goes_on))
    kept, nested, crossing = layers(placed)
    if crossing:
        report.drop(CROSSING, crossing)
    cursors = [0, 0]
    begin = 0
    for number, (_, end, _) in enumerate(pieces):
        if number in goes_on:
            continue
        start, begin = heads[begin], number + 1
        here: list[list[Placed]] = [[], []]
        for level, spans_of_level in enumerate((kept, nested)):
            while cursors[level] < len(spans_of_level) and spans_of_level[cursors[level]][0] < end:
                here[level].append(spans_of_level[cursors[level]])
                cursors[level] += 1
        typing_only = any(a < end and start < b for a, b in unmarked)
        yield _sentence(document, start, end, here[0], here[1], typing_only, report)


def _sentence(
    document: Document,
    start: int,
    end: int,
    outer: Sequence[Placed],
    nested: Sequence[Placed],
    typing_only: bool,
    report: CorpusReport,
) -> LabelledSentence:
    words = words_of(document.visible, start, end)

    def in_words(placed: Placed) -> FiledMention:
        a, b, labels, span = placed
        first, last, exact = covering_words(words, a, b)
        if not exact:
            report.drop(WIDENED)
        return FiledMention(first, last, labels, line=span.line, noun=span.noun, path=span.path)

    names: list[LabelledMention] = []
    for mention in map(in_words, outer):
        if names and names[-1].end > mention.start:
            report.drop(SAME_WORDS)  # two parts of one word
        else:
            names.append(mention)
    # Whole words may make a nested mention as long as the name around it, or longer.
    inside: list[LabelledMention] = []
    for mention in map(in_words, nested):
        spans = [(m.start, m.end) for m in (*names, *inside) if m.start < mention.end and mention.start < m.end]
        around = [(a, b) for a, b in spans if a <= mention.start and mention.end <= b]
        if around and len(around) == len(spans) and (mention.start, mention.end) not in spans:
            inside.append(mention)
        else:
            report.drop(SAME_WORDS)
    return LabelledSentence(
        tuple(words_as_read(document.visible, words)),
        tuple(names),
        document.id,
        0,
        "typing" if typing_only else None,
        tuple(inside),
        document.id,
    )


def sentences_of_rows(
    rows: Iterable[tuple[str, EdlRow]],
    sources: Sequence[str | Path],
    report: CorpusReport,
    *,
    annotated: Iterable[str] = (),
) -> Iterator[LabelledSentence]:
    """Sentences of the documents that `rows` annotate, in the documents' order.

    Args:
        rows: mentions, each with the file it stands in; offsets inclusive; the type is the label.
        sources: where the documents are: LTF or what else `tag` reads.
        annotated: ids of documents that were annotated, also where no row is left of them.
        report: counts mentions that do not fit their document or have none, with the place of the first.
    Raises:
        InputError: a source cannot be read, holds none of the annotated documents, or no mention fits its document.
    """
    for placed in rows_in_documents(rows, sources, report, annotated=annotated):
        spans = [Span(row.start, row.end + 1, (row.type,), row.line, path) for path, row in placed.rows]
        yield from labelled_sentences(placed.document, spans, report, gaps=placed.unmarked)


def text_problems(rows: Iterable[EdlRow], documents: Iterable[Document]) -> list[tuple[EdlRow, str]]:
    """Rows whose document is absent, whose offsets lie outside it, or whose string is not what stands there."""
    waiting: dict[str, list[EdlRow]] = {}
    for row in rows:
        waiting.setdefault(row.doc, []).append(row)
    found = []
    for document in documents:
        here = waiting.pop(document.id, ())
        found += [(row, problem) for row in here if (problem := misfit(document, row))]
    for doc, group in waiting.items():
        found += [(row, f"document '{doc}' is not among the source documents") for row in group]
    return found
