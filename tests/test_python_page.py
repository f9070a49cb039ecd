"""docs/python.md: its code runs, and it names all there is to the Python interface."""

from __future__ import annotations

import dataclasses
import inspect
import re
from pathlib import Path

import pytest

import ousianer_cli

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")


def table(head: str) -> set[str]:
    """The names in the first column of the table with this head."""
    rows = PAGE.split(f"| {head} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}


def test_every_name_field_and_argument_is_on_the_page() -> None:
    assert table("name") == set(ousianer_cli.__all__)
    assert table("field of `Mention`") == {field.name for field in dataclasses.fields(ousianer_cli.Mention)}
    arguments = inspect.signature(ousianer_cli.Tagger.load).parameters
    assert table("argument") == {*arguments} - {"path"}
    defaults = dict(re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", PAGE, re.MULTILINE))
    assert (
        defaults == {name: repr(arguments[name].default).replace("'", '"') for name in defaults} and len(defaults) > 8
    )
    options = inspect.signature(ousianer_cli.read_documents).parameters
    assert {name for name in options if f"`{name}`" in PAGE} == {*options} - {"inputs"}


def test_the_code_runs_as_it_is_written(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    code = "\n".join(re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
    exec(compile(code, "python.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "Anna Berg PER.Politician.Mayor" in printed and "ex_df_stadium" in printed
