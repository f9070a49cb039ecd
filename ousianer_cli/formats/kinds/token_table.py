"""Tables of tokens with a header: `Sentence #,Word,POS,Tag` and the like, as data frames are saved.

Cells are parted by tabs, commas or semicolons, told from the header, which names a column of words and one of tags. A
sentence ends at a blank line, and where a column of sentences (`Sentence #`, `sentence_id`) has another value; an empty
cell there goes on with the sentence before. Tags are of any scheme (`formats.tags`).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ousianer_cli.formats.columns import BLANK_TOKENS, SAMPLED_LINES, TaggedWord, tagged_sentence
from ousianer_cli.formats.json_lines import Refusal, refusal
from ousianer_cli.formats.labelled import CorpusReport, LabelledSentence, doc_name
from ousianer_cli.formats.registry import NO, SURE, CorpusReader, Format
from ousianer_cli.formats.sample import Sample
from ousianer_cli.formats.tags import TagReader
from ousianer_cli.formats.text import filled_lines, numbered_lines

_WORDS = ("word", "words", "token", "tokens", "form", "text")
_TAGS = ("ner_tag", "ner_tags", "ner", "entity", "entity_tag", "iob", "bio", "tag", "tags", "label", "labels")
_SENTENCES = ("sentence", "sentence #", "sentence_id", "sentence id", "sent", "sent_id", "sentence_idx")


@dataclass(frozen=True, slots=True)
class _Header:
    delimiter: str
    width: int
    word: int
    tag: int
    sentence: int | None


def _header(line: str) -> _Header | None:
    """What a first line says of the columns; None where it is no header."""
    for delimiter in "\t,;":
        names = [cell.strip(' "').lower() for cell in line.split(delimiter)]
        word, tag, sentence = (
            next((names.index(name) for name in known if name in names), None) for known in (_WORDS, _TAGS, _SENTENCES)
        )
        if word is not None and tag is not None:
            return _Header(delimiter, len(names), word, tag, sentence)
    return None


def read_token_table(
    paths: Sequence[str | Path], options: object = None, report: CorpusReport | None = None
) -> Iterator[LabelledSentence]:
    """The sentences of tables, in order; tokens of white space only are counted.

    Raises:
        InputError: no header, a row with another number of cells, a tag that is none; with file and line.
    """
    report = report if report is not None else CorpusReport()
    for path in paths:
        yield from _read(Path(path), report)


def _read(path: Path, report: CorpusReport) -> Iterator[LabelledSentence]:
    number, first = next(filled_lines(path, "a table of tokens"), (1, ""))
    header = _header(first)
    if header is None:
        expected = "a header that names a column of words and one of tags (Word, Tag)"
        raise refusal(path, number)(expected, first or "nothing")
    sample = (row[header.tag].strip() for _, row, _ in _rows(path, header) if row)
    read_tag = TagReader(list(islice(sample, SAMPLED_LINES)))
    words: list[TaggedWord] = []
    sentence = ""
    for line, row, refuse in _rows(path, header):
        given = row[header.sentence].strip() if row and header.sentence is not None else ""
        if (not row or (given and given != sentence)) and words:
            yield tagged_sentence(words, doc_name(path))
            words = []
        if not row:
            continue
        sentence = given or sentence
        tag = read_tag(row[header.tag].strip(), refuse)
        if not row[header.word].strip():
            report.drop(BLANK_TOKENS)
            continue
        words.append((row[header.word], tag, line))
    if words:
        yield tagged_sentence(words, doc_name(path))


def _rows(path: Path, header: _Header) -> Iterator[tuple[int, list[str], Refusal]]:
    """The rows behind the header, each with its line and what makes errors about it; blank lines as empty rows."""
    lines = (f"{line}\n" if line.strip() else "\n" for _, line in numbered_lines(path, "a table of tokens"))
    plain = header.delimiter == "\t"  # a quotation mark is a token there
    reader = csv.reader(lines, delimiter=header.delimiter, quoting=csv.QUOTE_NONE if plain else csv.QUOTE_MINIMAL)
    begun = False
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise refusal(path, reader.line_num)("a row of cells", str(error)) from None
        refuse = refusal(path, reader.line_num)
        if not begun:
            begun = bool(row)
        elif row and len(row) != header.width:
            raise refuse(f"{header.width} cells, as the header has", f"{len(row)}")
        else:
            yield reader.line_num, row, refuse


def _recognise(sample: Sample) -> int:
    return SURE if not sample.is_json and _header(sample.first) else NO


FORMATS = (
    Format(
        "token-table",
        "a table of tokens and tags with a header",
        _recognise,
        corpus=CorpusReader(read_token_table),
    ),
)
