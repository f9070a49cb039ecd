"""CoNLL as annotated documents: in the documents that it was made of, or in a text rebuilt from its words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TextIO

from ousianer_cli.errors import InputError
from ousianer_cli.formats.annotations.annotated import AnnotatedDocument, Annotation, in_text_order
from ousianer_cli.formats.annotations.conll_lines import conll_lines
from ousianer_cli.formats.documents.document import Document
from ousianer_cli.formats.documents.source import plain_document
from ousianer_cli.formats.labelled import CorpusReport, doc_name
from ousianer_cli.formats.registry import AnnotationOptions, WriteOptions
from ousianer_cli.formats.sentences import sentences_of, trim
from ousianer_cli.formats.standoff import WIDENED, covering_words
from ousianer_cli.formats.tags import TagReader, spans_from_tags
from ousianer_cli.formats.text import numbered_lines
from ousianer_cli.formats.words import words_of

UNFOUND = "sentences whose words are not in their document"
NESTED = "names inside or across others, which CoNLL cannot hold"
REBUILT = "texts that were rebuilt from their words (--source keeps the documents' own)"
_START = "-DOCSTART-"


@dataclass(slots=True)
class _Sentence:
    """Words with their tags, the first word's line, and offsets where the file has them."""

    line: int
    words: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)


def read_conll_documents(path: Path, options: AnnotationOptions, report: CorpusReport) -> Iterator[AnnotatedDocument]:
    """The documents of a file (parted by `-DOCSTART-`, whose second column may be the id) with their names.

    With `options.source` the names stand in those documents, at the file's own offsets (the columns after the token)
    or where its words are found one after the other; without, in a text of the words, one blank between them and one
    sentence a line.

    Raises:
        InputError: a line without tag, mixed tags, a document that `source` lacks; with file and line.
    """
    documents = _sources(options)
    for name, line, sentences in _documents(path):
        document = documents.get(name) if documents is not None else None
        if documents is not None and document is None:
            remedy = "check --source, or leave it out to have the text rebuilt from the words"
            raise InputError("a document of --source", f"the id '{name}'", path=path, line=line, remedy=remedy)
        if document is None:
            text, places = _rebuilt(sentences)
            report.drop(REBUILT)
            document = plain_document(text, name, source=str(path))
        else:
            places = _found(document, sentences, report)
        found = []
        for sentence, words in zip(sentences, places, strict=True):
            for first, last, label in spans_from_tags(sentence.tags):
                if words:
                    found.append(Annotation(words[first][0], words[last - 1][1], label, line=sentence.line + first))
        yield AnnotatedDocument(document, in_text_order(found), by_person=False)


def _sources(options: AnnotationOptions) -> dict[str, Document] | None:
    if not options.source:
        return None
    from ousianer_cli.formats.documents.readers import read_documents

    found = read_documents(options.source, after_xml_declaration=options.after_xml_declaration)
    return {document.id: document for document in found}


def _documents(path: Path) -> Iterator[tuple[str, int, list[_Sentence]]]:
    """The id, first line and sentences of each document."""
    rows = list(numbered_lines(path, "a CoNLL file"))
    tags = [cells[-1] for _, line in rows if len(cells := _cells(line)) > 1 and cells[0] != _START]
    read = TagReader(tags[:5000])
    name, first, sentences = doc_name(path), 1, list[_Sentence]()
    number = 0
    for line, text in rows:
        cells = _cells(text)
        if cells and cells[0] == _START:
            if sentences:
                yield name, first, [sentence for sentence in sentences if sentence.words]
            number += 1
            own = cells[1] if len(cells) > 1 and cells[1] not in ("-X-", "-", "O") else ""
            name, first, sentences = own or f"{doc_name(path)}-{number}", line, []
        elif not cells:
            if sentences and sentences[-1].words:
                sentences.append(_Sentence(line + 1))
        elif text.startswith("# ") and len(cells) != 2:
            continue
        else:
            _add(sentences, cells, line, path, read)
    if sentences:
        yield name, first, [sentence for sentence in sentences if sentence.words]


def _cells(line: str) -> list[str]:
    if not line.strip():
        return []
    return line.split("\t") if "\t" in line else line.split()


def _add(sentences: list[_Sentence], cells: list[str], line: int, path: Path, read: TagReader) -> None:
    def refuse(expected: str, found: str) -> InputError:
        return InputError(expected, found, path=path, line=line, remedy="see docs/formats.md, CoNLL")

    if len(cells) < 2:
        raise refuse("a token and a tag", f"'{cells[0][:60]}'")
    if not sentences or not sentences[-1].words:
        sentences[-1:] = [_Sentence(line)]
    sentence = sentences[-1]
    sentence.words.append(cells[0])
    sentence.tags.append(read(cells[-1], refuse))
    if len(cells) > 3 and all(cell.isdecimal() and len(cell) < 10 for cell in cells[1:3]):
        sentence.places.append((int(cells[1]), int(cells[2])))


def _rebuilt(sentences: list[_Sentence]) -> tuple[str, list[list[tuple[int, int]]]]:
    """A text of the words, and each sentence's places in it."""
    lines, places, at = [], [], 0
    for sentence in sentences:
        here = []
        for word in sentence.words:
            here.append((at, at + len(word)))
            at += len(word) + 1
        places.append(here)
        lines.append(" ".join(sentence.words))
    return "\n".join(lines) + "\n", places


def _found(document: Document, sentences: list[_Sentence], report: CorpusReport) -> list[list[tuple[int, int]]]:
    """Each sentence's places in a document; none, counted, for one that is not there."""
    text, shift = document.text, document.offset_shift
    places, at = [], shift
    for sentence in sentences:
        given = [(a + shift, b + shift) for a, b in sentence.places]
        if len(given) == len(sentence.words) and all(
            word in (text[a:b], document.visible.read(a, b)) for (a, b), word in zip(given, sentence.words, strict=True)
        ):
            places.append(given)
            at = max(at, given[-1][1])
            continue
        here, cursor = [], at
        for word in sentence.words:
            start = text.find(word, cursor)
            if start < 0:
                break
            cursor = start + len(word)
            here.append((start, cursor))
        if len(here) < len(sentence.words):
            report.drop(UNFOUND)
            places.append([])
            continue
        places.append(here)
        at = cursor
    return places


def write_conll_documents(documents: Iterable[AnnotatedDocument], out: TextIO, options: WriteOptions) -> None:
    """The lines of all documents. Words and sentences are our own; a name takes the whole of each word that it
    touches, and a sentence goes on to the end of its names."""
    for item in documents:
        names = _flat(item, options.lost)
        for annotation in item.annotations:
            options.lose_details(annotation)
        lines = conll_lines(item.document, _sentences(item.document, names), names)
        out.writelines(line + "\n" for line in lines)


def _flat(item: AnnotatedDocument, lost: MutableMapping[str, int]) -> list[tuple[int, int, str]]:
    """The longest names, none overlapping, on the edges of words."""
    text, visible = item.document.text, item.document.visible
    words = [w for segment in item.document.segments for w in words_of(visible, segment.start, segment.end)]
    kept: list[tuple[int, int, str]] = []
    for name in sorted(item.annotations, key=lambda a: (a.start - a.end, a.start)):
        start, end = trim(text, *visible.snapped(name.start, name.end))
        if start >= end:
            continue
        inside = [w for w in words if w[0] < end and start < w[1]]
        if inside and inside[0][0] <= start and end <= inside[-1][1]:
            first, last, exact = covering_words(inside, start, end)
            if not exact:
                lost[WIDENED] = lost.get(WIDENED, 0) + 1
                start, end = inside[first][0], inside[last - 1][1]
        if any(a < end and start < b for a, b, _ in kept):
            lost[NESTED] = lost.get(NESTED, 0) + 1
        else:
            kept.append((start, end, name.type))
    return sorted(kept)


def _sentences(document: Document, names: list[tuple[int, int, str]]) -> list[list[tuple[int, int]]]:
    """The words of each sentence; sentences that a name joins are one."""
    visible = document.visible
    pieces = [s for segment in document.segments for s in sentences_of(visible, segment.start, segment.end)]
    joined: list[tuple[int, int]] = pieces[:1]
    for (_, end), (start, stop) in pairwise(pieces):
        if any(a < end and start < b for a, b, _ in names):
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start, stop))
    return [words for start, end in joined if (words := words_of(visible, start, end))]


def is_ours(lines: Iterable[str]) -> bool:
    """Whether lines begin with the mark of a document, which no other columns have."""
    return next(iter(lines), "").startswith(_START)
