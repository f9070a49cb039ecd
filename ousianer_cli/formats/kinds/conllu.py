"""CoNLL-U and what is like it: word number, token, tag, and possibly more columns.

Comments start with `#`; `# newdoc id = …` opens a document. The tag is the third column where that holds tags, else
what the last one (MISC) says under `NER=`, `NE=` or `Entity=`. Lines of multi-word ranges (`3-4`) and empty nodes
(`3.1`) hold no word of their own and are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from ousianer_cli.errors import InputError
from ousianer_cli.formats.columns import (
    SAMPLED_LINES,
    ColumnOptions,
    Layout,
    cell,
    read_columns,
    rows_of,
    value_of,
)
from ousianer_cli.formats.labelled import CorpusReport, LabelledSentence
from ousianer_cli.formats.registry import NO, SURE, CorpusReader, Format
from ousianer_cli.formats.sample import Sample
from ousianer_cli.formats.tags import BEFORE
from ousianer_cli.formats.text import numbered_lines

LAYOUT = Layout(token=1, tag=2, numbered=True)
_FULL = 10
"""Columns of CoNLL-U itself; the third one holds lemmas there."""
_KEYS = ("ner", "ne", "entity")


def read_conllu(
    paths: Sequence[str | Path], options: ColumnOptions | None = None, report: CorpusReport | None = None
) -> Iterator[LabelledSentence]:
    """Read CoNLL-U-like files.

    Raises:
        InputError: as of `columns.read_columns`; ten columns without a name in them.
    """
    chosen = options or ColumnOptions()
    for path in paths:
        layout = LAYOUT if chosen.tag_column is not None else _layout(path)
        yield from read_columns(path, chosen.over(layout), report or CorpusReport())


def _layout(path: str | Path) -> Layout:
    """Where a file holds its tags, by its first lines."""
    rows = rows_of([line for _, line in islice(numbered_lines(path), SAMPLED_LINES)])
    words = [row for row in rows if row[0].isdecimal()]
    if not words or any(len(row) < _FULL for row in words) or all(_is_tag(cell(row, LAYOUT.tag)) for row in words):
        return LAYOUT
    for key in _KEYS:
        values = [value for row in words if (value := value_of(row[-1], key))]
        if values and all(_is_tag(value) for value in values):
            return replace(LAYOUT, tag=-1, key=key)
        if values:
            expected = f"a tag such as B-PER under '{key}=' in the last column"
            remedy = "brackets there mark common nouns too: turn the names into tags, and name them with --tag-column"
            raise InputError(expected, f"'{values[0][:40]}'", path=path, remedy=remedy)
    expected = "tags in column 2 (from 0), or under NER= in the last one"
    found = f"CoNLL-U without names (column 2 has lemmas such as '{words[0][LAYOUT.tag]}')"
    raise InputError(expected, found, path=path, remedy="name the column of the tags with --tag-column")


def _is_tag(text: str) -> bool:
    return text == "O" or BEFORE.pattern.fullmatch(text) is not None


def _recognise(sample: Sample) -> int:
    rows = [] if sample.is_json else rows_of(sample.lines)
    numbered = all(len(r) >= 3 and r[0].replace("-", "").replace(".", "").isdecimal() for r in rows)
    return SURE if rows and numbered else NO


FORMATS = (
    Format(
        "conllu",
        "numbered words with a tag, in CoNLL-U or like it",
        _recognise,
        corpus=CorpusReader(read_conllu, ColumnOptions),
    ),
)
