"""Annotation that stands beside its text: mentions by code points become sentences of words with labelled spans.

Sentences and words are our own (`formats.sentences`, `formats.words`), as in tagging. A mention that begins or ends
inside a word takes the whole word; a sentence that would end inside a mention goes on to the mention's last sentence.
Of nested and crossing mentions the outermost (the longer) stays. Everything that does not fit is counted.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

from ousianer_cli.errors import InputError
from ousianer_cli.formats.document import Document
from ousianer_cli.formats.edl import EdlRow, normalise_mention_string
from ousianer_cli.formats.labelled import LabelledMention, LabelledSentence, ReadReport
from ousianer_cli.formats.sentences import split_sentences, trim
from ousianer_cli.formats.words import as_read, split_words

WIDENED = "edges inside a word (the mention takes the whole word)"
JOINED = "sentence ends inside a mention (not split there)"
NESTED = "mentions inside or across a longer one"
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


@dataclass(frozen=True, slots=True)
class FiledMention(LabelledMention):
    """A labelled mention whose `line` counts in a file other than the one that the user named."""

    path: str = ""


def outermost(
    spans: Iterable[tuple[int, int, Span]], report: ReadReport
) -> list[tuple[int, int, tuple[str, ...], Span]]:
    """Of spans [start, end) those that lie in no longer one and cross none, in order; the same span twice is one.

    The rest are counted. Labels of the same span are joined; the place is that of the first.
    """
    labels: dict[tuple[int, int], list[str]] = {}
    first: dict[tuple[int, int], Span] = {}
    for start, end, span in spans:
        labels.setdefault((start, end), []).extend(span.labels)
        first.setdefault((start, end), span)
    kept: list[tuple[int, int]] = []
    for start, end in sorted(labels, key=lambda pair: (pair[0] - pair[1], pair[0])):
        place = bisect_left(kept, (start, end))
        # The kept ones are in order and disjoint, so only the two neighbours can touch this one.
        clash = (place > 0 and kept[place - 1][1] > start) or (place < len(kept) and kept[place][0] < end)
        if clash:
            report.drop(NESTED)
        else:
            kept.insert(place, (start, end))
    return [(a, b, tuple(dict.fromkeys(labels[a, b])), first[a, b]) for a, b in kept]


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
    document: Document, spans: Iterable[Span], report: ReadReport, *, gaps: Iterable[tuple[int, int]] = ()
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
        for start, end in split_sentences(text, segment.start, segment.end)
    ]
    heads, tails = [p[0] for p in pieces], [p[1] for p in pieces]
    placed: list[tuple[int, int, Span]] = []
    unmarked = list(gaps)
    goes_on: set[int] = set()
    for span in spans:
        start, end = trim(text, span.start, span.end)
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
    kept = outermost(placed, report)
    cursor = 0
    begin = 0
    for number, (_, end, _) in enumerate(pieces):
        if number in goes_on:
            continue
        start, begin = heads[begin], number + 1
        inside = []
        while cursor < len(kept) and kept[cursor][0] < end:
            inside.append(kept[cursor])
            cursor += 1
        typing_only = any(a < end and start < b for a, b in unmarked)
        yield _sentence(document, start, end, inside, typing_only, report)


def _sentence(
    document: Document,
    start: int,
    end: int,
    spans: Sequence[tuple[int, int, tuple[str, ...], Span]],
    typing_only: bool,
    report: ReadReport,
) -> LabelledSentence:
    text = document.text
    words = split_words(text, start, end)
    found: list[LabelledMention] = []
    for a, b, labels, span in spans:
        first, last, exact = covering_words(words, a, b)
        if not exact:
            report.drop(WIDENED)
        if found and found[-1].end > first:
            report.drop(NESTED)  # two parts of one word
            continue
        found.append(FiledMention(first, last, labels, span.line, 1.0, span.path))
    tokens = tuple(as_read(text[a:b]) for a, b in words)
    return LabelledSentence(tokens, tuple(found), document.id, 0, "typing" if typing_only else None)


def sentences_of_rows(
    rows: Iterable[tuple[str, EdlRow]],
    sources: Sequence[str | Path],
    report: ReadReport,
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
    from ousianer_cli.formats.readers import ReadReport as Reading
    from ousianer_cli.formats.readers import read_documents

    waiting: dict[str, list[tuple[str, EdlRow]]] = {doc: [] for doc in annotated}
    for path, row in rows:
        waiting.setdefault(row.doc, []).append((path, row))
    total = len(waiting)
    shown = ", ".join(map(str, sources))
    reading = Reading()
    misfits: list[tuple[str, EdlRow, str]] = []
    fitting = 0
    for document in read_documents(sources, report=reading):
        here = waiting.pop(document.id, None)
        if here is None:
            report.drop("documents without annotation")
            continue
        spans, unmarked = [], []
        for path, row in here:
            problem = _misfit(document, row)
            if problem:
                misfits.append((path, row, problem))
                unmarked.append((row.start, row.end + 1))
            else:
                spans.append(Span(row.start, row.end + 1, (row.type,), row.line, path))
        fitting += len(spans)
        yield from labelled_sentences(document, spans, report, gaps=unmarked)
    report.dropped.update(reading.skipped)
    if total and len(waiting) == total:
        found = f"none of {total} (such as '{next(iter(waiting))}')"
        raise InputError("the annotated documents", found, path=shown, remedy="check --source")
    if misfits:
        path, row, problem = min(misfits, key=lambda item: (item[0], item[1].line))
        if not fitting:
            remedy = "check --source: offsets are inclusive code points of its raw text"
            raise InputError(
                "mentions whose offsets fit their documents", problem, path=path, line=row.line, remedy=remedy
            )
        report.drop(f"mentions at odds with their document's text (first: {path}:{row.line}: {problem})", len(misfits))
    lost = [item for group in waiting.values() for item in group]
    if lost:
        path, row = lost[0]
        report.drop(f"mentions of documents that --source lacks (first: {path}:{row.line}: {row.doc})", len(lost))


def _misfit(document: Document, row: EdlRow) -> str:
    if row.end >= len(document.text):
        return f"ends at {row.end}, but {document.id} has {len(document.text)} characters"
    there = normalise_mention_string(document.text[row.start : row.end + 1])
    if row.text and there != row.text:
        return f"the text at {row.start}-{row.end} is '{there[:60]}', not '{row.text[:60]}'"
    return ""
