"""What a name of a page leads to: redirect chains and circles, and types on both ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from wikipedia_files import part, table

pytest.importorskip("pyarrow")
duckdb = pytest.importorskip("duckdb")

from ousianer_cli.corpus.wikipedia_parts import Work, read_json  # noqa: E402
from ousianer_cli.corpus.wikipedia_titles import build_titles  # noqa: E402
from ousianer_cli.errors import InputError  # noqa: E402

TOWN, PAINTER, RIVER = "wordnet_town_108665504", "wordnet_painter_110391653", "wordnet_river_109411430"


def targets(work: Work) -> dict[str, tuple[Any, ...]]:
    """name -> (title, section, types, weight)"""
    import pyarrow as pa

    with pa.memory_map(str(work.folder / "type_sets.arrow")) as file:
        sets = pa.ipc.open_file(file).read_all().to_pylist()
    with duckdb.connect(str(work.folder / "titles.duckdb"), read_only=True) as db:
        rows = db.execute("SELECT name, title, section, set_id, weight FROM targets").fetchall()
    return {
        name: (title, section, sets[i]["types"] if i is not None else None, w) for name, title, section, i, w in rows
    }


def made(
    folder: Path, redirects: list[list[tuple[str, str, bool]]], types: list[list[tuple[str, list[str], float]]]
) -> Work:
    """The table of titles over dumps of these redirects and tables of these types."""
    work = Work(folder / "work")
    for number, rows in enumerate(redirects):
        part(work, "redirects", number, rows)
    work.folder.mkdir(exist_ok=True)
    build_titles(work, [table(folder / f"{n}.parquet", "types", rows) for n, rows in enumerate(types)], "200MB", 1)
    return work


def test_a_name_leads_to_the_end_of_its_chain_and_has_the_types_that_are_there(tmp_path: Path) -> None:
    chain = [(f"Oslin {i}", f"Oslin {i + 1}", False) for i in range(9)]
    work = made(
        tmp_path, [[*chain, ("Oslin 9", "Oslin", False)]], [[("Oslin", [RIVER], 0.5), ("Oslin_4", [RIVER], 0.9)]]
    )
    found = targets(work)
    assert found.pop("Oslin") == ("Oslin", False, [RIVER], 0.5)
    # Typed as where it leads: the same thing under another name, with its own trust.
    assert found.pop("Oslin 4") == ("Oslin", False, [RIVER], 0.9)
    assert list(found.values()) == [("Oslin", False, [RIVER], 0.5)] * 9
    counts = read_json(work.folder / "titles.json")
    assert counts["redirects"] == {
        "distinct": 10,
        "resolved": 10,
        "through other redirects": 9,
        "to a section of a page": 0,
        "in a circle (left out)": 0,
    }
    assert counts["typed titles"] == 2


def test_what_is_typed_otherwise_or_leads_to_a_section_stays_itself(tmp_path: Path) -> None:
    redirects = [("Ada", "Tin Lanterns", False), ("Chorus", "Tin Lanterns", True), ("Solo", "Chorus", False)]
    types = [("Ada", [PAINTER], 1.0), ("Tin Lanterns", [TOWN], 1.0)]
    found = targets(made(tmp_path, [redirects], [types]))
    assert found == {
        "Ada": ("Ada", False, [PAINTER], 1.0),
        "Chorus": ("Chorus", True, None, None),
        "Solo": ("Solo", True, None, None),
        "Tin Lanterns": ("Tin Lanterns", False, [TOWN], 1.0),
    }


def test_circles_are_counted_named_and_left_out(tmp_path: Path) -> None:
    work = made(tmp_path, [[("A", "B", False), ("B", "C", False), ("C", "A", False), ("Into", "A", False)]], [[]])
    assert targets(work) == {}
    counts = read_json(work.folder / "titles.json")
    assert counts["redirects"]["in a circle (left out)"] == 4 and counts["redirects"]["resolved"] == 0
    assert counts["redirect circles"] == ["A -> B", "B -> C", "C -> A", "Into -> A"]


def test_the_first_dump_to_name_a_redirect_and_the_surest_table_count(tmp_path: Path) -> None:
    work = made(
        tmp_path,
        [[("X", "Oslin", False)], [("X", "Marden", False)]],
        [[("Oslin", [RIVER], 0.5), ("Marden", [TOWN], 1.0)], [("Oslin", [TOWN], 0.8), ("Marden", [RIVER], 1.0)]],
    )
    found = targets(work)
    assert found["X"] == ("Oslin", False, [TOWN], 0.8)
    assert found["Marden"] == ("Marden", False, [TOWN], 1.0)  # of equal weight the first table's
    before = (work.folder / "titles.duckdb").stat().st_mtime_ns
    build_titles(work, [], "200MB", 1)
    assert (work.folder / "titles.duckdb").stat().st_mtime_ns == before, "what is done was done again"


def test_persons_are_told_among_the_sets_of_types(tmp_path: Path) -> None:
    import pyarrow as pa

    work = made(tmp_path, [], [[("Ada", [PAINTER], 1.0), ("Oslin", [RIVER], 1.0), ("Otto", [RIVER, PAINTER], 1.0)]])
    with pa.memory_map(str(work.folder / "type_sets.arrow")) as file:
        sets = pa.ipc.open_file(file).read_all().to_pylist()
    assert {tuple(s["types"]): s["person"] for s in sets} == {
        (PAINTER,): True,
        (RIVER,): False,
        (RIVER, PAINTER): True,
    }


def test_a_type_that_wordnet_lacks_and_a_table_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="wordnet_oslin_1.*ousianer prepare types"):
        made(tmp_path, [], [[("Oslin", ["wordnet_oslin_1"], 1.0)]])
    other = table(tmp_path / "other.parquet", "articles", [("Oslin",)])
    with pytest.raises(InputError, match=r"other\.parquet.*title, types, weight"):
        build_titles(Work(tmp_path), [other], "200MB", 1)
