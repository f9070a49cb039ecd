"""`ousianer prepare wikipedia` from the command line: lists, the settings file, the printed report, errors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tiny_models import command_line

from ousianer_cli.commands.prepare_wikipedia import print_report
from ousianer_cli.corpus import wikipedia as pipeline
from ousianer_cli.corpus.store import read_store
from ousianer_cli.settings.prepare_wikipedia import WikipediaSettings

RIVER = "wordnet_river_109411430"
DUMP = """<mediawiki>
<page><title>Oslin</title><ns>0</ns><id>1</id><revision><text>'''Oslin''' is a river.</text></revision></page>
<page><title>Walk</title><ns>0</ns><id>2</id><revision><text>A walk on the [[Oslin]], to [[Nowhere]].</text></revision>
</page>
<page><title>Hollow</title><ns>0</ns><id>3</id></page>
</mediawiki>
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, also the working folder, with a dump and a table of title types."""
    (tmp_path / "wiki.xml").write_text(DUMP, encoding="utf-8")
    columns: dict[str, Any] = {"title": ["Oslin"], "types": [[RIVER]], "weight": [1.0]}
    pq.write_table(pa.table(columns), tmp_path / "types.parquet")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What the command hands to the pipeline, which is not run."""
    seen: dict[str, Any] = {}

    def stand_in(settings: WikipediaSettings, *, resume: bool = False) -> dict[str, Any]:
        seen.update(settings=settings, resume=resume)
        key = "peak memory of the largest process, MiB"
        return {"distinct types": 0, "seconds": {}, key: 1, "workers": 1}

    monkeypatch.setattr(pipeline, "prepare_wikipedia", stand_in)
    monkeypatch.chdir(tmp_path)
    return seen


def test_a_corpus_and_its_report(files: Path) -> None:
    code, out, err = command_line(
        "prepare", "wikipedia", "wiki.xml", "--types", "types.parquet", "-o", "made", "--workers", "1"
    )
    assert code == 0, err
    sentences = list(read_store(files / "made"))
    assert [(s.doc, [m.types for m in s.mentions]) for s in sentences] == [("Oslin", [(RIVER,)]), ("Walk", [(RIVER,)])]
    report = json.loads((files / "made" / "report.json").read_text())
    assert report["mentions"] == {"bold": 1, "link": 1}
    assert out.startswith("made: 2 sentences, 2 mentions of 1 types\n")
    assert "typed links: 50.0% of all" in out
    assert "wiki.xml:page 3" in out, "the fault is shown"
    assert "its title has no types" in out and RIVER in out
    assert "extract" in err, "progress goes to stderr"
    code, out, err = command_line("prepare", "wikipedia", "wiki.xml", "--types", "types.parquet", "-o", "made")
    assert (code, out) == (2, "") and "--resume" in err and err.count("\n") == 1


def test_lists_in_a_row_or_repeated(given: dict[str, Any]) -> None:
    for words in (
        ["a.bz2", "b.bz2", "--types", "t", "u", "--how", "link", "bold", "-o", "m"],
        ["a.bz2", "b.bz2", "--types", "t", "--types", "u", "--how", "link", "--how", "bold", "-o", "m"],
    ):
        code, _, err = command_line("prepare", "wikipedia", *words)
        assert code == 0, err
        settings = given["settings"]
        assert (settings.dumps, settings.types) == (["a.bz2", "b.bz2"], ["t", "u"])
        assert settings.how == ["link", "bold"] and settings.out == "m"


def test_the_settings_file_and_flags_over_it(given: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "ousianer.toml").write_text("[wikipedia]\ntypes = ['t']\nmemory = '3GB'\nmax_per_title = 30\n")
    code, _, err = command_line("prepare", "wikipedia", "a", "--max-per-title", "5", "-o", "m", "--strict", "--resume")
    assert code == 0, err
    settings = given["settings"]
    assert (settings.memory, settings.max_per_title, settings.strict) == ("3GB", 5, True)
    assert given["resume"] is True


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "--dump-db"),
        (["wiki.xml"], "--types"),
        (["absent.xml", "--types", "types.parquet", "-o", "m"], "absent.xml"),
        (["wiki.xml", "--types", "absent.tsv", "-o", "m"], "absent.tsv"),
        (["wiki.xml", "--types", "types.parquet", "-o", "m", "--how", "guess"], "--how"),
        (["wiki.xml", "--types", "types.parquet", "-o", "m", "--format", "xml"], "--format"),
        (["wiki.xml", "--types", "types.parquet", "-o", "m", "--strict", "--workers", "1"], "wiki.xml:page 3"),
        (["types.parquet", "--types", "types.parquet", "-o", "m", "--workers", "1"], "MediaWiki"),
    ],
)
def test_wrong_words_are_one_line_and_exit_code_2(files: Path, words: list[str], message: str) -> None:
    code, out, err = command_line("prepare", "wikipedia", *words)
    errors = [line for line in err.splitlines() if not line.endswith("…")]
    assert (code, out) == (2, "") and len(errors) == 1
    assert errors[0].startswith("ousianer: ") and message in errors[0]


def test_a_library_that_is_missing_is_named_with_its_extra(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "duckdb", None)
    code, _, err = command_line("prepare", "wikipedia", "wiki.xml", "--types", "types.parquet", "-o", "m")
    assert code == 2 and "duckdb" in err and "ousianer[wikipedia]" in err
    assert not (files / "m").exists()


def test_many_reasons_are_summed_up(capsys: pytest.CaptureFixture[str]) -> None:
    types = {f"type {i:02d}": 100 - i for i in range(20)}
    key = "peak memory of the largest process, MiB"
    print_report({"distinct types": 20, "types": types, "seconds": {"extract": 1.5}, key: 10, "workers": 2}, "m")
    shown = capsys.readouterr().out
    assert "type 14" in shown and "type 15" not in shown
    assert "415  others (5 kinds)" in shown
    assert "seconds by step: extract 1.5; 2 processes; the largest held 10 MiB" in shown
