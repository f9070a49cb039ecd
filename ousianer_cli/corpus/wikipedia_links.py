"""Step 3 of the Wikipedia pipeline: the links of all parts with the titles that they lead to, and their types.

Links of a group of parts are joined with the table of titles at a time, so that memory does not depend on the dump, and
each part's links come out in the order in which marking reads the articles.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ousianer_cli.corpus.database import connect, copy_rows, run
from ousianer_cli.corpus.wikipedia_parts import Work, read_json, write_json

GROUP_LINKS = 200_000
"""Links joined at a time, about."""


def groups(work: Work, parts: Sequence[int], most: int = GROUP_LINKS) -> Iterator[list[int]]:
    """Parts in order, in groups of about `most` links."""
    group: list[int] = []
    held = 0
    for part in parts:
        links = read_json(work.part("parts", part, "json"))["articles"].get("links", 0)
        if group and held + links > most:
            yield group
            group, held = [], 0
        group.append(part)
        held += links
    if group:
        yield group


def resolve_links(work: Work, parts: Sequence[int], memory: str, threads: int) -> None:
    """Write each part's `links` (by row and place) and `titles` (by row), and anchor counts by group of parts."""
    todo = [g for g in groups(work, parts) if not work.part("linked", g[0], "json").exists()]
    if not todo:
        return
    connection = connect(work.folder / "spill", memory, threads, work.folder / "titles.duckdb", read_only=True)
    try:
        for group in todo:
            _resolve_group(connection, work, group)
    finally:
        connection.close()


def _resolve_group(connection: Any, work: Work, group: Sequence[int]) -> None:
    anchors = [str(work.part("anchors", part)) for part in group]
    run(
        connection,
        """
        CREATE OR REPLACE TEMP TABLE links AS
        SELECT a.part, a.row, a.n, a.start, a.end, a.text, coalesce(t.title, a.target) AS title,
               a.section OR coalesce(t.section, false) AS section,
               CASE WHEN NOT a.section THEN t.set_id END AS set_id, CASE WHEN NOT a.section THEN t.weight END AS weight,
               regexp_matches(a.text, '\\p{Lu}') AS name, t.name IS NOT NULL AND t.title <> a.target AS moved
        FROM read_parquet(?) a LEFT JOIN targets t ON a.target = t.name
        """,
        [anchors],
    )
    for part in group:
        copy_rows(
            connection,
            'SELECT row, start, "end", title, section, set_id, weight FROM links WHERE part = ? ORDER BY row, n',
            work.part("links", part),
            [part],
        )
        copy_rows(
            connection,
            """
            SELECT a.file_row_number::INTEGER AS row, t.set_id, t.weight
            FROM read_parquet(?, file_row_number = true) a LEFT JOIN typed t USING (title) ORDER BY row
            """,
            work.part("titles", part),
            [str(work.part("articles", part))],
        )
    copy_rows(
        connection,
        "SELECT text AS anchor, title, count(*) AS count FROM links WHERE NOT section GROUP BY ALL ORDER BY ALL",
        work.part("anchor_counts", group[0]),
    )
    counted = run(
        connection,
        """
        SELECT count(*), count(*) FILTER (section), count(*) FILTER (moved), count(set_id), count(*) FILTER (name),
               count(*) FILTER (name AND set_id IS NOT NULL)
        FROM links
        """,
    ).fetchone()
    names = ("all", "to a section", "through a redirect", "typed", "with a capital letter", "these typed")
    write_json(work.part("linked", group[0], "json"), {"links": dict(zip(names, counted, strict=True))})
    run(connection, "DROP TABLE links")
