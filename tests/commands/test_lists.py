"""Options that take several values in a row."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from ousianer_cli.commands.lists import ListOptions

lists = typer.Typer()


@lists.command(cls=ListOptions)
def _show(
    place: str = typer.Argument(""),
    many: list[str] = typer.Option([], "--many", "-m"),
    numbers: list[int] = typer.Option([]),
    one: str = typer.Option(""),
    switch: bool = typer.Option(False),
) -> None:
    print(place, many, numbers, one, switch)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("p --many a b c", "p ['a', 'b', 'c'] []  False"),
        ("--many a b --one x p", "p ['a', 'b'] [] x False"),
        ("-m a b -m c", " ['a', 'b', 'c'] []  False"),
        ("--many a --switch p", "p ['a'] []  True"),
        ("--many a b --numbers 1 2 --many c", " ['a', 'b', 'c'] [1, 2]  False"),
        ("--numbers -1 -2 --one x", " [] [-1, -2] x False"),
        ("--many a b -- p", "p ['a', 'b'] []  False"),
        ("--many a - p", " ['a', '-', 'p'] []  False"),
        ("--many", None),
    ],
)
def test_options_that_take_values_in_a_row(words: str, wanted: str | None) -> None:
    result = CliRunner().invoke(lists, words.split())
    if wanted is None:
        assert result.exit_code == 2
    else:
        assert result.output == wanted + "\n"
