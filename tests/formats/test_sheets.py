"""Tables of odd shapes: one cell that is very long, a mark that is never closed."""

from __future__ import annotations

import time
from pathlib import Path

from ousianer_cli.formats.feedback.sheets import sheet_rows

KNOWN = {"sentence", "start", "end", "type", "mention"}
HEADER = "sentence\tstart\tend\ttype\tmention"


def test_a_very_long_line_is_one_cell() -> None:
    (row,) = sheet_rows("sentence" * 20_000, Path("x"), KNOWN)
    assert len(row.cells) == 1


def test_a_row_goes_on_while_its_last_cell_is_open() -> None:
    text = f'{HEADER}\n"Ann saw\nBo ""Bob"" Ek\n."\t0\t2\tper\tAnn\n"Ann\n'
    _, row, rest = sheet_rows(text, Path("x"), KNOWN)
    assert (row.line, row.cells) == (2, ['Ann saw\nBo "Bob" Ek\n.', "0", "2", "per", "Ann"])
    assert (rest.line, rest.cells) == (5, ['"Ann'])


def test_a_mark_that_is_never_closed_takes_time_in_proportion() -> None:
    text = f'{HEADER}\n"' + "Ann said that she would come, and went away again\n" * 12_000
    begin = time.process_time()
    assert len(sheet_rows(text, Path("x"), KNOWN)) == 12_001
    assert time.process_time() - begin < 2  # a tenth of a second where it is in proportion, five where it is not
