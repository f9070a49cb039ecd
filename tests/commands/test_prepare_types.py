"""`ousianer prepare types`: what it writes and what it says."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from ousianer_cli.commands.prepare_types import types
from ousianer_cli.corpus import type_inventory
from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.settings import resolve
from ousianer_cli.settings.prepare_types import TypesSettings

pytest.importorskip("pyarrow")
pytest.importorskip("duckdb")

TOWN = "wordnet_town_108665504"
SINGER = "wordnet_singer_110599806"
ACTOR = "wordnet_actor_109765278"

app = typer.Typer()
app.command()(types)


def prepare_types(inputs: list[Path], out: Path, **changes: Any) -> dict[str, Any]:
    given = {"inputs": inputs, "out": out, **changes}
    return type_inventory.prepare_types(resolve(TypesSettings, "none", given))


@pytest.fixture
def inputs(tmp_path: Path) -> list[Path]:
    table = tmp_path / "types.tsv"
    rows = [f"Town_{i}\t{TOWN}" for i in range(40)]
    rows += [f"Singer_{i}\twikicat_Ruritanian_singers" for i in range(35)]
    rows += [f"Actor_{i}\t{ACTOR}" for i in range(3)]
    table.write_text("\n".join([*rows, "a line that is bad"]) + "\n", encoding="utf-8")
    edges = tmp_path / "edges.tsv"
    edges.write_text(f"wikicat_Ruritanian_singers\t{SINGER}\n", encoding="utf-8")
    return [table, edges]


def test_any_folder_name(inputs: list[Path], tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = tmp_path / "it's [1] *"
    folder.mkdir()
    links = folder / "o'clock.parquet"
    pq.write_table(pa.table({"title": ["Town_1"] * 50, "count": [2] * 50}), links)
    table, edges = (path.rename(folder / path.name) for path in inputs)
    summary = prepare_types([table], folder / "out", subclass=[edges], links=links)
    assert summary["titles_typed"] == 78
    assert summary["links"] == {"mass": 100, "with_types": 100, "bad_lines": 0}


def test_the_command_writes_and_tells(inputs: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    table, edges = map(str, inputs)
    done = CliRunner().invoke(app, [table, "--subclass", edges, "-o", str(out), "--agreement"])
    assert done.exit_code == 0, done.output
    assert sorted(p.name for p in out.iterdir()) == ["inventory.tsv", "report.json", "title_types.parquet"]
    for line in (
        "78 titles",
        "guesses only: 0 of 78 (0.0%)",
        "bad lines skipped: 1",
        f"{table}:79: expected title<TAB>class",
        "links with types: 78 of 78 (100.0%)",
        "too few mentions",
        "the head noun's first sense is the edge's class: 1 of 1 (100.0%)",
    ):
        assert line in done.output
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert report["titles_typed"] == 78
    assert report["bad_lines"]["lines"] == 1
    verdicts = {
        line.split("\t")[0]: line.split("\t")[-1]
        for line in (out / "inventory.tsv").read_text(encoding="utf-8").splitlines()[1:]
    }
    assert verdicts[TOWN] == verdicts[SINGER] == "kept"
    assert verdicts[ACTOR] == "too few mentions"
    kept = sum(v == "kept" for v in verdicts.values())
    assert report["types"]["kept"] == kept
    assert report["types"]["seen"] == len(verdicts) == kept + sum(report["types"]["fell"].values())


def test_links_weigh_the_types(inputs: list[Path], tmp_path: Path) -> None:
    links = tmp_path / "links.tsv"
    links.write_text("Actor_0\t60\nTown_1\t30\nSomething_else\t10\n", encoding="utf-8")
    found = prepare_types(inputs[:1], tmp_path / "out", subclass=inputs[1:], links=links)
    assert found["links"] == {"mass": 100, "with_types": 90, "bad_lines": 0}
    assert found["types"]["mentions_a_kept_type"]["1"] == 60
    links.write_text("Something_else\t10\n", encoding="utf-8")
    with pytest.raises(InputError, match="links to titles with types"):
        prepare_types(inputs[:1], tmp_path / "out", links=links)


def test_a_table_without_any_known_class_names_its_labels(tmp_path: Path) -> None:
    table = tmp_path / "types.tsv"
    table.write_text("Town_1\tfoo\nTown_2\tbar\nTown_3\tfoo\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"found none among 2 \('dbpedia foo', 'dbpedia bar'\); give"):
        prepare_types([table], tmp_path / "out")


def test_strict_stops_at_a_bad_line(inputs: list[Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"types\.tsv:79"):
        prepare_types(inputs, tmp_path / "out", strict=True)


def test_a_missing_package_is_one_line(inputs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(SettingsError, match="prepare types needs duckdb, which is not installed"):
        prepare_types(inputs, tmp_path / "out")
