"""Corpora with one token a line: columns of text with a blank line after each sentence.

They differ in which column holds what, and in comments and documents; `Layout` says so. The formats are in
`formats.kinds`: `conll`, `fewnerd`, `conllu`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from ousianer_cli.errors import InputError
from ousianer_cli.formats.labelled import CorpusReport, LabelledMention, LabelledSentence, doc_name
from ousianer_cli.formats.tags import TagReader, is_tag, spans_from_tags
from ousianer_cli.formats.text import numbered_lines
from ousianer_cli.settings import setting
from ousianer_cli.settings.base import Settings

SAMPLED_LINES = 2000
"""Lines from which a file's tagging scheme is told."""

BLANK_TOKENS = "tokens of white space only"
TaggedWord = tuple[str, str, int]
"""A word, its tag, and the line that it stands in."""

_BLANKS = re.compile(r"[ \t]+")
_NEWDOC = re.compile(r"#\s*newdoc(?:\s+id\s*=\s*(.+))?")
_WORD_NUMBER = re.compile(r"\d+")
_NO_WORD = re.compile(r"\d+[-.]\d+")


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column holds what, counted from 0; a negative number counts from the last one (-1)."""

    token: int = 0
    tag: int = -1
    numbered: bool = False
    """The first column is a word number, and any line that starts with `#` is a comment."""
    key: str = ""
    """What the tag is called in a column of `KEY=VALUE|KEY=VALUE`; a word without it has no name."""


@dataclass(frozen=True, slots=True)
class ColumnOptions(Settings):
    """Where a format with one token a line holds token and tag."""

    token_column: int | None = setting(
        None, doc="Column of the token, from 0 (-1 is the last).", group="formats", shown="0; for conllu 1"
    )
    tag_column: int | None = setting(
        None,
        doc="Column of the tag, from 0 (-1 is the last).",
        group="formats",
        shown="the last; for conllu 2, or NER= in the last",
    )

    def over(self, layout: Layout) -> Layout:
        """The layout with these columns where they are given."""
        token = layout.token if self.token_column is None else self.token_column
        if self.tag_column is None:
            return replace(layout, token=token)
        return replace(layout, token=token, tag=self.tag_column, key="")


def split_columns(line: str) -> list[str]:
    """A line's columns: at tabs where it has any, else at runs of blanks. Other white space may be part of a token."""
    return line.split("\t") if "\t" in line else _BLANKS.split(line.strip(" "))


def rows_of(lines: Sequence[str]) -> list[list[str]]:
    """The columns of a file's first lines, without comments and document marks."""
    return [split_columns(line) for line in lines if line.strip() and not line.startswith(("#", "-DOCSTART-"))]


def are_tagged(rows: Sequence[Sequence[str]]) -> bool:
    """Whether rows are all of one width and the last column surely has tags; running text has neither."""
    if len({len(row) for row in rows}) != 1 or len(rows[0]) < 2:
        return False
    return sum(is_tag(row[-1].strip()) for row in rows) * 2 > len(rows)


def cell(columns: Sequence[str], place: int) -> str:
    """A column by its number, from the end if it is negative; empty where the line has none."""
    return columns[place].strip() if -len(columns) <= place < len(columns) else ""


def value_of(text: str, key: str) -> str:
    """What a column of `KEY=VALUE|KEY=VALUE` says for a key, in any case."""
    for part in text.split("|"):
        name, mark, value = part.partition("=")
        if mark and name.strip().lower() == key:
            return value.strip()
    return ""


def read_columns(
    path: str | Path, layout: Layout, report: CorpusReport, rename: Callable[[str], str] | None = None
) -> Iterator[LabelledSentence]:
    """The sentences of a file; `rename` turns its labels into others.

    Raises:
        InputError: a line with too few columns, an empty token, a tag that is none or does not follow the file's
            scheme; with file and line.
    """
    path = Path(path)
    first_rows = rows_of([line for _, line in islice(numbered_lines(path), SAMPLED_LINES)])
    if layout.numbered:
        first_rows = [columns for columns in first_rows if _WORD_NUMBER.fullmatch(columns[0])]
    read_tag = TagReader([_tag(columns, layout) for columns in first_rows])
    name = doc = doc_name(path)
    documents = 0
    width: int | None = None  # columns of the file, from its first token line
    words: list[TaggedWord] = []
    for number, line in numbered_lines(path):
        # A token may be white space of Unicode, so only plain blanks make a line empty.
        boundary = not line.strip(" \t")
        columns = [] if boundary else split_columns(line)
        docstart = bool(columns) and columns[0].strip().startswith("-DOCSTART-")
        newdoc = _NEWDOC.match(line) if layout.numbered else None
        if (boundary or docstart or newdoc) and words:
            yield tagged_sentence(words, doc, rename)
            words = []
        if docstart or newdoc:
            documents += 1
            given = newdoc.group(1) if newdoc else None
            doc = given.strip() if given else f"{name}-{documents}"
        if boundary or docstart or newdoc or _is_comment(line, columns, layout, width):
            continue
        if layout.numbered and not _WORD_NUMBER.fullmatch(columns[0]):
            if _NO_WORD.fullmatch(columns[0]):
                report.drop("lines of multi-word ranges and empty nodes")
                continue
            remedy = "correct the line, or name another --format"
            expected = "a word number in the first column"
            raise InputError(expected, repr(columns[0]), path=path, line=number, remedy=remedy)
        width = len(columns) if width is None else width
        token, tag = _cells(columns, layout, width, path, number)
        tag = read_tag(tag, _refusal(path, number))
        if not token.strip():
            report.drop(BLANK_TOKENS)
            continue
        words.append((token, tag, number))
    if words:
        yield tagged_sentence(words, doc, rename)


def tagged_sentence(
    words: Sequence[TaggedWord], doc: str, rename: Callable[[str], str] | None = None
) -> LabelledSentence:
    """The sentence of tagged words (tags as `TagReader` gives them); `rename` turns its labels into others."""
    mentions = tuple(
        LabelledMention(start, end, (rename(label) if rename else label,), words[start][2])
        for start, end, label in spans_from_tags([tag for _, tag, _ in words])
    )
    return LabelledSentence(tuple(word for word, _, _ in words), mentions, doc, words[0][2])


def _tag(columns: Sequence[str], layout: Layout) -> str:
    found = cell(columns, layout.tag)
    return value_of(found, layout.key) or "O" if layout.key else found


def _refusal(path: Path, line: int) -> Callable[[str, str], InputError]:
    def refuse(expected: str, found: str) -> InputError:
        remedy = "correct the line, or name the columns with --token-column and --tag-column"
        return InputError(expected, found, path=path, line=line, remedy=remedy)

    return refuse


def _is_comment(line: str, columns: list[str], layout: Layout, width: int | None) -> bool:
    """Whether a line is a comment. In CoNLL `#` may be a token: a line with the file's columns and a tag is none."""
    if not line.startswith("#"):
        return False
    if layout.numbered:
        return True
    if width is not None and len(columns) != width:
        return True
    if "\t" in line and width is not None:
        return False
    return len(columns) < 2 or not is_tag(cell(columns, layout.tag))


def _cells(columns: list[str], layout: Layout, width: int, path: Path, line: int) -> tuple[str, str]:
    """Token and tag of a line; with columns named from the left, lines may differ in length."""
    fixed = layout.token >= 0 and layout.tag >= 0
    minimum = max(i + 1 if i >= 0 else -i for i in (layout.token, layout.tag))
    minimum = max(minimum, 1 if layout.token == layout.tag else 2)
    if len(columns) < minimum or (not fixed and len(columns) != width):
        expected = (
            f"{minimum} columns or more" if fixed or width < minimum else f"{width} columns as on the lines before"
        )
        expected += " (separated by tabs or blanks)"
        remedy = "correct the line, or name the columns with --token-column and --tag-column"
        raise InputError(expected, str(len(columns)), path=path, line=line, remedy=remedy)
    token = columns[layout.token]
    if not token:
        raise InputError("a token", "an empty column", path=path, line=line, remedy="correct the line")
    return token, _tag(columns, layout)
