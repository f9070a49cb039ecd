"""Files of marked names told for certain by their beginning, where a document or another corpus was to be."""

from __future__ import annotations

from ousianer_cli.errors import InputError
from ousianer_cli.formats.columns import are_tagged, rows_of
from ousianer_cli.formats.edl import parse_row
from ousianer_cli.formats.registry import LIKELY, SURE, Format, annotation_formats, corpus_formats, formats
from ousianer_cli.formats.sample import Sample
from ousianer_cli.formats.tags import is_tag

_TABLES = ("aida", "feedback", "fewnerd", "token-table")
"""Formats of tables that running text is never surely of: numbered words (CoNLL-U) may be a list."""
_LINES = 20
_FEWEST = 3
"""Lines that have to be of a table without a header."""


def surely_marked(sample: Sample) -> Format | None:
    """The format of marked names that a file surely is of; None for what may be running text.

    Text that has tabs, or a table of other things, is of none; where a line is not as its format wants it, it is not
    sure.
    """
    known = formats()
    lines = sample.lines[:_LINES]
    if sample.is_json:
        among = {**annotation_formats(), **corpus_formats()}.values()
        return next((form for form in among if _sureness(form, sample) >= LIKELY), None)
    whole = sample.lines[: len(sample.lines) - (not sample.head.endswith("\n"))]  # the last may be cut off
    if lines and all(map(_is_row, whole[:_LINES] or lines)):
        return known["edl"]
    beginning = Sample(sample.path, "\n".join(lines))
    rows = rows_of(whole)
    if len(rows) >= _FEWEST and are_tagged(rows) and any(is_tag(row[-1]) and row[-1] != "O" for row in rows):
        return known["conll"]
    for name in _TABLES:
        if (len(lines) >= _FEWEST or name != "fewnerd") and rows and _sureness(known[name], beginning) == SURE:
            return known[name]
    return None


def _is_row(line: str) -> bool:
    try:
        parse_row(line.rstrip("\r").removeprefix("\ufeff"))
    except InputError:
        return False
    return True


def _sureness(form: Format, sample: Sample) -> int:
    try:
        return form.recognise(sample)
    except InputError:  # it looks like the format, and is not
        return LIKELY
