"""Links joined with titles: where they lead, in the articles' order, whatever the groups."""

from __future__ import annotations

from pathlib import Path

import pytest
from wikipedia_files import links_of, part, rows_of, table

pytest.importorskip("pyarrow")
pytest.importorskip("duckdb")

from ousianer_cli.corpus.wikipedia_links import groups, resolve_links  # noqa: E402
from ousianer_cli.corpus.wikipedia_parts import Work, read_json  # noqa: E402
from ousianer_cli.corpus.wikipedia_titles import build_titles  # noqa: E402

TOWN, RIVER = "wordnet_town_108665504", "wordnet_river_109411430"


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """Two parts: one of two articles, one of one, with titles that redirects lead to."""
    work = Work(tmp_path / "work")
    part(work, "redirects", 0, [("The river", "Oslin", False), ("Banks", "Oslin", True)])
    part(work, "articles", 0, [("Marden",), ("Walks",)])
    part(work, "articles", 1, [("Oslin",)])
    part(
        work,
        "anchors",
        0,
        [
            (0, 1, 0, 5, 8, "Marden", True, "End"),
            (0, 0, 1, 9, 12, "The river", False, "the river"),
            (0, 0, 0, 0, 5, "Oslin", False, "Oslin"),
        ],
    )
    part(work, "anchors", 1, [(1, 0, 0, 0, 5, "Lost", False, "Lost"), (1, 0, 1, 7, 9, "Banks", False, "Banks")])
    for number, links in ((0, 3), (1, 2)):
        links_of(work, number, links)
    build_titles(work, [table(tmp_path / "t", "types", [("Oslin", [RIVER], 0.5), ("Marden", [TOWN], 1.0)])], "200MB", 1)
    return work


def test_links_stand_in_the_order_of_the_articles_with_what_they_lead_to(work: Work) -> None:
    resolve_links(work, [0, 1], "200MB", 1)
    river = rows_of(work.part("links", 0))[0][5]
    assert rows_of(work.part("links", 0)) == [
        (0, 0, 5, "Oslin", False, river, 0.5),
        (0, 9, 12, "Oslin", False, river, 0.5),
        (1, 5, 8, "Marden", True, None, None),
    ]
    assert rows_of(work.part("links", 1)) == [
        (0, 0, 5, "Lost", False, None, None),
        (0, 7, 9, "Banks", True, None, None),
    ]
    town = rows_of(work.part("titles", 0))[0][1]
    assert rows_of(work.part("titles", 0)) == [(0, town, 1.0), (1, None, None)]
    assert rows_of(work.part("titles", 1)) == [(0, river, 0.5)] and river != town


def test_anchors_and_links_are_counted_once_a_group(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_links(work, [0, 1], "200MB", 1)
    assert rows_of(work.part("anchor_counts", 0)) == [
        ("Lost", "Lost", 1),
        ("Oslin", "Oslin", 1),
        ("the river", "Oslin", 1),
    ]
    assert read_json(work.part("linked", 0, "json"))["links"] == {
        "all": 5,
        "to a section": 2,
        "through a redirect": 1,
        "typed": 2,
        "with a capital letter": 4,
        "these typed": 1,
    }
    assert [p.name for p in work.files("linked", "json")] == ["00000-00000.json"]
    again = {p: p.stat().st_mtime_ns for p in work.files("links")}
    resolve_links(work, [0, 1], "200MB", 1)
    assert {p: p.stat().st_mtime_ns for p in work.files("links")} == again, "what is done was done again"


def test_groups_are_of_about_so_many_links(tmp_path: Path) -> None:
    work = Work(tmp_path)
    for number, links in enumerate((3, 2, 9, 0, 1, 5)):
        links_of(work, number, links)
    parts = list(range(6))
    assert list(groups(work, parts, 5)) == [[0, 1], [2], [3, 4], [5]]
    assert list(groups(work, parts, 100)) == [parts]
    assert list(groups(work, [], 5)) == []
