"""An error's advice names the options of the command that was called, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from ousianer_cli.app import app
from ousianer_cli.commands.advice import advice_for
from ousianer_cli.errors import InputError, TaxonomyError

OWN = ("--source", "--format")


@pytest.mark.parametrize(
    ("remedy", "left"),
    [
        ("name them with --source INPUT", "name them with --source INPUT"),
        ("correct the line, or name another --input-format", "correct the line"),
        ("name the columns with --token-column, or correct the line", "correct the line"),
        ("choose another --taxonomy; check the run", "check the run"),
        ("ousianer convert a.x --to edl -o run.tab", "ousianer convert a.x --to edl -o run.tab"),
        ("give it by --taxonomy", "see docs/formats.md for what can be read"),
        ("close the dashes -- and go on", "close the dashes -- and go on"),
    ],
)
def test_parts_with_other_options_go(remedy: str, left: str) -> None:
    error = TaxonomyError("a tree", "none", path="a.tsv", line=3, remedy=remedy)
    shown = advice_for(error, OWN)
    assert isinstance(shown, TaxonomyError) and str(shown) == f"a.tsv:3: expected a tree, found none; {left}"
    assert advice_for(InputError("a", "b"), OWN).remedy is None


def test_commands_without_formats_do_not_advise_them(tmp_path: Path) -> None:
    columns = tmp_path / "a.conll"
    columns.write_text("Ann B-PER\nleft\tO x\nBo Q-X\n", encoding="utf-8")
    for args in (["view", str(columns), "-o", str(tmp_path / "a.html")], ["diff", str(columns), str(columns)]):
        with pytest.raises(InputError, match=r"found one that may be conll or edl; see docs/formats\.md"):
            typer.main.get_command(app).main(args, standalone_mode=False)
