"""`ousianer diff`: what it counts and shows, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from ousianer_cli.app import app
from ousianer_cli.errors import InputError

TEXT = "Ann Lee of the Bank of Oslo went to Oslo, Norway.\n"


def row(number: int, string: str, kind: str, confidence: float = 0.5, doc: str = "D") -> str:
    start = TEXT.index(string)
    place = f"{doc}:{start}-{start + len(string) - 1}"
    return f"r\tm{number}\t{string}\t{place}\tNIL{number}\t{kind}\tNAM\t{confidence}\n"


def files(tmp_path: Path) -> tuple[str, str]:
    old, new = tmp_path / "old.tab", tmp_path / "new.tab"
    old.write_text(row(1, "Ann Lee", "per") + row(2, "Bank of Oslo", "org") + row(3, "Norway", "gpe"))
    new.write_text(
        row(1, "Ann Lee", "per", 0.9)
        + row(2, "Bank", "org.commercialorganization")
        + row(3, "Norway", "gpe.country.country")
        + row(4, "Oslo, Norway", "loc")
        + row(5, "Ann", "per", doc="E")
    )
    return str(old), str(new)


def call(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["diff", *arguments], env={"COLUMNS": "100"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_changes_are_counted_and_shown(tmp_path: Path) -> None:
    (tmp_path / "D.txt").write_text(TEXT)
    code, output = call(*files(tmp_path), "--source", str(tmp_path / "D.txt"))
    lines = [" ".join(line.split()) for line in output.splitlines()]
    assert code == 1
    assert [line for line in lines if line.startswith(("same", "retyped 1", "moved 1", "removed", "added 2"))] == [
        "same 1 same place and type",
        "retyped 1 same place, another type",
        "moved 1 other boundaries that overlap, 1 with another type",
        "removed 0 in the old run alone",
        "added 2 in the new run alone",
    ]
    assert "1 gpe -> gpe.country.country" in lines
    assert "D:15-26 Bank of Oslo -> Bank Ann Lee of the [Bank of Oslo] went to Oslo, Norway." in lines
    assert "1 same names have another confidence" in lines
    assert "1 documents have names in the new run alone (E …)" in lines
    assert any(line.startswith("gpe 1 1") for line in lines)


def test_json_has_every_change(tmp_path: Path) -> None:
    code, output = call(*files(tmp_path), "--format", "json")
    found = json.loads(output)
    assert code == 1
    assert found["counts"] == {"same": 1, "retyped": 1, "moved": 1, "removed": 0, "added": 2}
    assert found["by_type"]["gpe"] == {"old": 1, "from": 1}
    assert found["by_type"]["gpe.country.country"] == {"new": 1, "to": 1}
    assert [change["change"] for change in found["changes"]] == ["moved", "added", "retyped", "added"]
    assert found["changes"][0]["new"]["type"] == "org.commercialorganization"
    assert (found["changes"][0]["old"]["start"], found["changes"][0]["old"]["end"]) == (15, 26)


def test_equal_runs_exit_with_0_and_broken_ones_with_2(tmp_path: Path) -> None:
    old, new = files(tmp_path)
    (tmp_path / "same.tab").write_text(Path(old).read_text().replace("\t0.5\n", "\t0.25\n"))
    code, output = call(old, str(tmp_path / "same.tab"))
    assert code == 0 and "3 same names have another confidence" in output
    result = CliRunner().invoke(app, ["diff", old, str(tmp_path / "none.tab")])
    assert isinstance(result.exception, InputError) and "none.tab: expected a run" in str(result.exception)
    Path(new).write_text("not\ta\trow\n")
    result = CliRunner().invoke(app, ["diff", old, new])
    assert isinstance(result.exception, InputError) and f"{new}:1: expected 8 to 11" in str(result.exception)


def test_types_and_limits(tmp_path: Path) -> None:
    _, output = call(*files(tmp_path), "--by", "type", "--most", "1", "--examples", "1")
    assert "gpe.country.country" in output.split("retyped\n")[0]
    assert "of 1 more types (--most)" in output
    _, output = call(*files(tmp_path), "--examples", "0")
    assert "D:15" not in output
