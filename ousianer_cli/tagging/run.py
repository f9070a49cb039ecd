"""A run: documents in, EDL rows out, streamed and written whole or not at all.

Every row is checked against the document's text before it is written.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ousianer_cli.errors import OutputError
from ousianer_cli.formats.atomic import atomic_writer
from ousianer_cli.formats.document import Document
from ousianer_cli.formats.edl import EdlRow, NilClusters, NilPolicy, format_row, normalise_mention_string
from ousianer_cli.formats.sentences import split_sentences
from ousianer_cli.formats.words import as_read, split_words
from ousianer_cli.tagging.engine import Engine, TypedMention
from ousianer_cli.taxonomy.tree import OUTSIDE

AUTHOR_CONFIDENCE = 1.0


@dataclass(slots=True)
class Summary:
    """What a run did, for the person who started it."""

    documents: int = 0
    segments: int = 0
    sentences: int = 0
    words: int = 0
    names: int = 0
    authors: int = 0
    outside: int = 0
    below_threshold: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0
    by_type: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Sentence:
    words: list[tuple[int, int]]
    """Code points [start, end) of each word in the document."""


@dataclass(slots=True)
class _Prepared:
    document: Document
    sentences: list[_Sentence]


def prepare(document: Document) -> list[_Sentence]:
    """The sentences of a document's segments, as words with offsets; the same splitting for every input format."""
    sentences = []
    for segment in document.segments:
        for start, end in split_sentences(document.text, segment.start, segment.end):
            words = split_words(document.text, start, end)
            if words:
                sentences.append(_Sentence(words))
    return sentences


def tag_documents(
    engine: Engine,
    documents: Iterable[Document],
    *,
    run_id: str,
    nil: NilPolicy = "string",
    min_confidence: float | None = None,
    author_type: str = "PER",
    summary: Summary | None = None,
    batch_sentences: int = 512,
) -> Iterator[EdlRow]:
    """Rows in document order, places in text order; memory holds a few hundred sentences at a time.

    Posters are names of `author_type` where the taxonomy has that type; elsewhere they are counted, not written.

    Raises:
        OutputError: a row that would not agree with its document's text.
    """
    summary = summary if summary is not None else Summary()
    least = engine.min_confidence if min_confidence is None else min_confidence
    poster = engine.targets.taxonomy.find(author_type, ignore_case=True, phantoms=False)
    clusters = NilClusters(nil)
    seen: set[str] = set()
    for batch in _grouped(documents, batch_sentences, summary):
        texts = [[as_read(p.document.text[a:b]) for a, b in s.words] for p in batch for s in p.sentences]
        tagged = iter(engine.tag(texts))
        for prepared in batch:
            document = prepared.document
            if document.id in seen:
                summary.skipped["document ids met twice (tagged both times)"] += 1
            seen.add(document.id)
            mentions = [(s, m) for s in prepared.sentences for m in next(tagged)]
            if poster is None and document.authors:
                summary.skipped[f"posters, since the taxonomy has no type '{author_type}'"] += len(document.authors)
            yield from _rows(document, mentions, run_id, clusters, least, poster, summary)


def _grouped(documents: Iterable[Document], size: int, summary: Summary) -> Iterator[list[_Prepared]]:
    batch: list[_Prepared] = []
    held = 0
    for document in documents:
        sentences = prepare(document)
        summary.documents += 1
        summary.segments += len(document.segments)
        summary.sentences += len(sentences)
        summary.words += sum(len(s.words) for s in sentences)
        for reason, count in document.skipped.items():
            summary.skipped[reason] += count
        batch.append(_Prepared(document, sentences))
        held += len(sentences)
        if held >= size:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def _rows(
    document: Document,
    mentions: Sequence[tuple[_Sentence, TypedMention]],
    run_id: str,
    clusters: NilClusters,
    least: float,
    poster: str | None,
    summary: Summary,
) -> Iterator[EdlRow]:
    found: list[tuple[int, int, str, float]] = []
    if poster is not None:
        found += [(author.start, author.end, poster, AUTHOR_CONFIDENCE) for author in document.authors]
        summary.authors += len(document.authors)
    for sentence, mention in mentions:
        start, end = sentence.words[mention.start][0], sentence.words[mention.end - 1][1]
        if mention.type == OUTSIDE:
            summary.outside += 1
        elif mention.confidence < least:
            summary.below_threshold += 1
        elif "\0" in document.text[start:end]:  # what an EDL tab cannot hold
            summary.skipped["names with a NUL character"] += 1
        else:
            found.append((start, end, mention.type, mention.confidence))
    for start, end, name, confidence in sorted(found, key=lambda f: (f[0], f[1])):
        summary.names += 1
        summary.by_type[name] += 1
        row = row_of(document, start, end, name, confidence, run_id, f"{run_id}-{summary.names:07d}")
        row.kb_id = clusters.id_of(row.text, row.type)
        yield row


def row_of(
    document: Document, start: int, end: int, name: str, confidence: float, run_id: str, mention_id: str
) -> EdlRow:
    """The EDL row of code points [start, end) of a document, checked against its text.

    Raises:
        OutputError: offsets outside the text, blank edges, or a place before the XML declaration's end where that is
            counted from.
    """
    surface = document.text[start:end]
    shift = document.offset_shift
    if not (shift <= start < end <= len(document.text)) or surface != surface.strip() or not surface:
        raise OutputError(
            f"{document.source or document.id}: expected a name inside the text at {start}-{end - 1}, "
            f"found {surface[:40]!r}; this is a fault of ousianer, please report it with the document"
        )
    return EdlRow(
        run_id=run_id,
        mention_id=mention_id,
        text=normalise_mention_string(surface),
        doc=document.id,
        start=start - shift,
        end=end - 1 - shift,
        kb_id="NIL",
        type=name.lower(),
        mention_type="NAM",
        confidence=confidence,
    )


def write_run(path: str | Path, rows: Iterable[EdlRow], tick: Callable[[EdlRow], None] | None = None) -> int:
    """Write rows as they come, under a temporary name until the last; returns how many."""
    count = 0
    with atomic_writer(path) as out:
        for row in rows:
            out.write(format_row(row) + "\n")
            count += 1
            if tick is not None:
                tick(row)
    return count


def timed(summary: Summary, rows: Iterable[EdlRow]) -> Iterator[EdlRow]:
    """The same rows; the summary gets the seconds they took."""
    began = time.monotonic()
    yield from rows
    summary.seconds = time.monotonic() - began
