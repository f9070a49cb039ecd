"""DuckDB as set up here: any folder's name, titles in SQL as in Python, errors in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ousianer_cli.corpus.database import connect, copy_rows, run
from ousianer_cli.errors import InputError, OutputError
from ousianer_cli.formats.titles import page_title

pq = pytest.importorskip("pyarrow.parquet")
pytest.importorskip("duckdb")

TITLES = ["Jena", "jena", "Je_na", "Caf%C3%A9", "Cafe\u0301", " Jena  (town)", "Jena#Parts", "A&amp;B", "100%", ""]


def test_titles_in_sql_are_those_of_python(tmp_path: Path) -> None:
    import pyarrow as pa

    pq.write_table(pa.table({"title": [*TITLES, None]}), tmp_path / "t.parquet")
    with connect(tmp_path / "spill", "200MB") as db:
        found = run(db, "SELECT title, page_title(title) FROM read_parquet(?)", [str(tmp_path / "t.parquet")])
        assert dict(found.fetchall()) == {**{t: page_title(t) for t in TITLES}, None: None}


def test_any_folder_name(tmp_path: Path) -> None:
    folder = tmp_path / 'it\'s [a] *; "x"'
    folder.mkdir()
    with connect(folder / "spill", "200MB", database=folder / "d.duckdb") as db:
        copy_rows(db, "SELECT unnest([1, 2]) AS n WHERE $1 = 'o''clock'", folder / "n.parquet", ["o'clock"])
        assert run(db, "SELECT sum(n) FROM read_parquet(?)", [str(folder / "n.parquet")]).fetchone() == (3,)
    assert sorted(p.name for p in folder.glob("*.parquet")) == ["n.parquet"]
    with connect(folder / "spill", "200MB", database=folder / "d.duckdb", read_only=True) as db:
        assert run(db, "SELECT page_title('a_b%21')").fetchone() == ("A b!",)


def test_errors_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--memory.*many"):
        connect(tmp_path / "spill", "many")
    with connect(tmp_path / "spill", "30MB") as db:
        run(db, "SET max_temp_directory_size = '1MB'")
        with pytest.raises(OutputError, match="--memory is too little"):
            run(db, "SELECT count(*) FROM (SELECT DISTINCT hash(range) FROM range(3000000))")
        (tmp_path / "file").write_text("")
        with pytest.raises(OutputError, match="x.parquet: cannot be written"):
            copy_rows(db, "SELECT 1", tmp_path / "file" / "x.parquet")
