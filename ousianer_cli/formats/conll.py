"""Corpora with one token a line: CoNLL in any column layout, Few-NERD's tab files, and CoNLL-U-like IOB2.

All three are columns of text with a blank line after each sentence; they differ in which column holds what:

- CoNLL: blanks or tabs between columns, token first and tag last unless told otherwise, `-DOCSTART-` between documents;
- Few-NERD: `token<TAB>label`, labels bare (IO) or with `B-`/`I-`, written `coarse_fine` or `coarse-fine`;
- CoNLL-U-like: word number, token, tag, and possibly more columns; comments start with `#`; `# newdoc id = …` opens a
  document.

Tags may be IO, IOB1, IOB2, BIOES or BILOU.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ousianer_cli.errors import InputError
from ousianer_cli.formats.corpus import spans_from_tags
from ousianer_cli.formats.labelled import LabelledMention, LabelledSentence, ReadReport, doc_name, numbered_lines

_BLANKS = re.compile(r"[ \t]+")
_PREFIXED = re.compile(r"[BIESLU]-.+", re.DOTALL)
_BROKEN_PREFIX = re.compile(r".-.*", re.DOTALL)
_NEWDOC = re.compile(r"#\s*newdoc(?:\s+id\s*=\s*(.+))?")
_WORD_NUMBER = re.compile(r"\d+")
_NO_WORD = re.compile(r"\d+[-.]\d+")
_TO_BIOES = {"L": "E", "U": "S"}


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column holds what, counted from 0; a negative number counts from the last one (-1)."""

    token: int = 0
    tag: int = -1
    numbered: bool = False
    """The first column is a word number, and any line that starts with `#` is a comment."""


CONLL = Layout()
CONLLU = Layout(token=1, tag=2, numbered=True)


def read_conll(
    path: str | Path,
    *,
    token_column: int | None = None,
    tag_column: int | None = None,
    report: ReadReport | None = None,
) -> Iterator[LabelledSentence]:
    """Read a CoNLL file, blank- or tab-separated; columns count from 0, the tag is the last unless told otherwise.

    Raises:
        InputError: a line with too few columns, an empty token, or a tag that is none; with file and line.
    """
    return _read_columns(path, _layout(CONLL, token_column, tag_column), report)


def read_fewnerd(
    path: str | Path,
    *,
    token_column: int | None = None,
    tag_column: int | None = None,
    report: ReadReport | None = None,
) -> Iterator[LabelledSentence]:
    """Read a Few-NERD file, IO or BIO; labels come out as `coarse_fine`, also where the file writes `coarse-fine`."""
    return _read_columns(path, _layout(CONLL, token_column, tag_column), report, rename=fewnerd_label)


def read_conllu(
    path: str | Path,
    *,
    token_column: int | None = None,
    tag_column: int | None = None,
    report: ReadReport | None = None,
) -> Iterator[LabelledSentence]:
    """Read CoNLL-U-like IOB2: number, token, tag (columns 0, 1, 2 unless told otherwise).

    Lines of multi-word ranges (`3-4`) and empty nodes (`3.1`) hold no word of their own and are counted in `report`.
    """
    return _read_columns(path, _layout(CONLLU, token_column, tag_column), report)


def fewnerd_label(label: str) -> str:
    """`person-actor` or `person_actor` -> `person_actor`."""
    coarse, mark, fine = label.partition("-")
    return f"{coarse}_{fine}" if mark and "_" not in coarse else label


def _layout(base: Layout, token: int | None, tag: int | None) -> Layout:
    return Layout(base.token if token is None else token, base.tag if tag is None else tag, base.numbered)


def split_columns(line: str) -> list[str]:
    """A line's columns: at tabs where it has any, else at runs of blanks. Other white space may be part of a token."""
    return line.split("\t") if "\t" in line else _BLANKS.split(line.strip(" "))


def is_tag(text: str) -> bool:
    """Whether this is surely a tag: `O`, or a prefix with a label."""
    return text == "O" or _PREFIXED.fullmatch(text) is not None


class _Tags:
    """Checks tags against the scheme that the file's first name shows: with prefixes, or bare labels (IO)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.prefixed: bool | None = None

    def __call__(self, tag: str, line: int) -> str:
        if tag == "O":
            return tag
        prefixed = _PREFIXED.fullmatch(tag) is not None
        if not tag or (not prefixed and _BROKEN_PREFIX.fullmatch(tag)):
            raise self._error("a tag: O, or B-/I-/E-/S-/L-/U- and a label", tag, line)
        if self.prefixed is None:
            self.prefixed = prefixed
        if prefixed != self.prefixed:
            scheme = "a tag with a prefix (B-, I-, …)" if self.prefixed else "a bare label"
            raise self._error(f"{scheme}, as earlier in this file", tag, line)
        return _TO_BIOES.get(tag[0], tag[0]) + tag[1:] if prefixed else tag

    def _error(self, expected: str, tag: str, line: int) -> InputError:
        remedy = "correct the line, or name the columns with --token-column and --tag-column"
        return InputError(expected, repr(tag[:60]), path=self.path, line=line, remedy=remedy)


def _read_columns(
    path: str | Path, layout: Layout, report: ReadReport | None, rename: Callable[[str], str] | None = None
) -> Iterator[LabelledSentence]:
    path = Path(path)
    report = report if report is not None else ReadReport()
    check = _Tags(path)
    name = doc = doc_name(path)
    documents = 0
    width: int | None = None  # columns of the file, from its first token line
    tokens: list[str] = []
    tags: list[str] = []
    lines: list[int] = []

    def sentence() -> LabelledSentence:
        mentions = tuple(
            LabelledMention(start, end, (rename(label) if rename else label,), lines[start])
            for start, end, label in spans_from_tags(tags)
        )
        return LabelledSentence(tuple(tokens), mentions, doc, lines[0])

    for number, line in numbered_lines(path):
        # A token may be white space of Unicode, so only plain blanks make a line empty.
        boundary = not line.strip(" \t")
        columns = [] if boundary else split_columns(line)
        docstart = bool(columns) and columns[0].strip().startswith("-DOCSTART-")
        newdoc = _NEWDOC.match(line) if layout.numbered else None
        if (boundary or docstart or newdoc) and tokens:
            yield sentence()
            tokens, tags, lines = [], [], []
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
        tag = check(tag, number)
        if not token.strip():
            report.drop("tokens of white space only")
            continue
        tokens.append(token)
        tags.append(tag)
        lines.append(number)
    if tokens:
        yield sentence()


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
    tag = columns[layout.tag] if -len(columns) <= layout.tag < len(columns) else ""
    return len(columns) < 2 or not is_tag(tag)


def _cells(columns: list[str], layout: Layout, width: int, path: Path, line: int) -> tuple[str, str]:
    """Token and tag of a line; with columns named from the left, lines may differ in length."""
    fixed = layout.token >= 0 and layout.tag >= 0
    least = max(i + 1 if i >= 0 else -i for i in (layout.token, layout.tag))
    least = max(least, 1 if layout.token == layout.tag else 2)
    if len(columns) < least or (not fixed and len(columns) != width):
        expected = f"{least} columns or more" if fixed or width < least else f"{width} columns as on the lines before"
        expected += " (separated by tabs or blanks)"
        remedy = "correct the line, or name the columns with --token-column and --tag-column"
        raise InputError(expected, str(len(columns)), path=path, line=line, remedy=remedy)
    token, tag = columns[layout.token], columns[layout.tag]
    if not token:
        raise InputError("a token", "an empty column", path=path, line=line, remedy="correct the line")
    return token, tag.strip()
