"""Step 2 of the Wikipedia pipeline: where links lead, and what stands there.

DuckDB does the joins, on disk where they outgrow the memory it is given. One table knows every redirect and every typed
title; the links of a group of parts are joined with it at a time, so that memory does not depend on the dump, and each
part's links come out in the order in which the next step reads the articles.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ousianer_cli.corpus.database import connect, copy_rows, first_line, run
from ousianer_cli.corpus.wikipedia_parts import EXAMPLES, Tally, Work, read_json, write_json
from ousianer_cli.errors import InputError
from ousianer_cli.outputs import whole_file
from ousianer_cli.taxonomy.wordnet import WordNet

GROUP_LINKS = 200_000
"""Links joined at a time, about."""
_HOPS = 6
"""Doublings of a redirect chain: chains of up to 2^6 redirects are followed; what is left goes in a circle."""
_PERSON = "wordnet_person_100007846"


# ---- redirects and types --------------------------------------------------------------------------------------------


def build_titles(work: Work, types: Sequence[Path], memory: str, threads: int) -> None:
    """Write `titles.duckdb` (what each name leads to), the distinct sets of types, and the counts of redirects.

    `types` are Parquet files of title types; where several give a title, the one with more weight counts.

    Raises:
        InputError: a table without the columns of title types, or with a type that WordNet lacks.
    """
    done = work.folder / "titles.json"
    if done.exists():
        return
    database, hidden = work.folder / "titles.duckdb", work.folder / ".titles.duckdb"
    hidden.unlink(missing_ok=True)
    connection = connect(work.folder / "spill", memory, threads, hidden)
    try:
        _read_types(connection, types)
        _write_type_sets(connection, work)
        counts = _resolve_redirects(connection, work)
        # A redirect that is itself typed, and otherwise than where it leads, is a thing of its own (a member of a
        # band, a part of a town); so is one that leads to a section. Any other name stands for where it leads.
        run(
            connection,
            """
            CREATE TABLE targets AS
            SELECT h.source AS name,
                   CASE WHEN h.section OR own.set_id <> there.set_id THEN h.source ELSE h.target END AS title,
                   h.section AND own.set_id IS NULL AS section,
                   coalesce(own.set_id, CASE WHEN NOT h.section THEN there.set_id END) AS set_id,
                   coalesce(own.weight, CASE WHEN NOT h.section THEN there.weight END) AS weight
            FROM hops h LEFT JOIN typed own ON own.title = h.source LEFT JOIN typed there ON there.title = h.target
            UNION ALL
            SELECT title, title, false, set_id, weight FROM typed ANTI JOIN hops ON typed.title = hops.source
            """,
        )
        counts["typed titles"] = run(connection, "SELECT count(*) FROM typed").fetchone()[0]
        run(connection, "DROP TABLE hops")
        run(connection, "CHECKPOINT")
    finally:
        connection.close()
    os.replace(hidden, database)
    write_json(done, counts)


def _read_types(connection: Any, tables: Sequence[Path]) -> None:
    import duckdb

    connection.execute("CREATE TABLE given (title VARCHAR, types VARCHAR[], weight DOUBLE, place INTEGER)")
    for place, path in enumerate(tables):
        try:
            connection.execute(
                "INSERT INTO given SELECT page_title(title) AS page, types, coalesce(weight, 1.0), ?"
                " FROM read_parquet(?) WHERE page <> '' AND len(types) > 0",
                [place, str(path)],
            )
        except (duckdb.BinderException, duckdb.ConversionException, duckdb.InvalidInputException) as error:
            remedy = "make it with `ousianer prepare types`"
            expected = "title types (Parquet with title, types, weight)"
            raise InputError(expected, first_line(error), path=path, remedy=remedy) from None
    run(
        connection,
        """
        CREATE TABLE best AS SELECT title, arg_max(types, (weight, -place, types)) AS types, max(weight) AS weight
        FROM given GROUP BY title
        """,
    )
    connection.execute("DROP TABLE given")
    run(
        connection,
        """
        CREATE TABLE sets AS SELECT (row_number() OVER (ORDER BY types) - 1)::INTEGER AS set_id, types
        FROM (SELECT DISTINCT types FROM best)
        """,
    )
    run(connection, "CREATE TABLE typed AS SELECT title, set_id, weight FROM best JOIN sets USING (types)")
    connection.execute("DROP TABLE best")


def _write_type_sets(connection: Any, work: Work) -> None:
    """The sets in order of their number: types, and whether they are those of a person. Uncompressed, so that all
    processes can map the one file."""
    import pyarrow as pa

    wordnet = WordNet.load()
    path = work.folder / "type_sets.arrow"
    schema = pa.schema([("types", pa.list_(pa.string())), ("person", pa.bool_())])
    rows = run(connection, "SELECT types FROM sets ORDER BY set_id")
    with whole_file(path) as part, pa.OSFile(str(part), "wb") as file, pa.ipc.new_file(file, schema) as writer:
        while batch := rows.fetchmany(10_000):
            types = [row[0] for row in batch]
            unknown = [t for ids in types for t in ids if wordnet.find(t) is None]
            if unknown:
                remedy = "make the table with `ousianer prepare types`"
                raise InputError("types of WordNet 3.0 in YAGO's form", repr(unknown[0]), remedy=remedy)
            person = [any(wordnet.is_a(t, _PERSON) for t in ids) for ids in types]
            writer.write(pa.record_batch([pa.array(types, schema.field(0).type), pa.array(person)], schema=schema))


def _resolve_redirects(connection: Any, work: Work) -> Tally:
    """The table `hops`: each redirect with the page at the end of its chain. Circles are counted and left out."""
    files = [str(p) for p in work.files("redirects")]
    run(connection, "CREATE TABLE redirects (source VARCHAR, target VARCHAR, section BOOLEAN)")
    if files:
        # Dumps may overlap: the first to name a redirect counts.
        run(
            connection,
            """
            INSERT INTO redirects
            SELECT source, earliest.target, earliest.section FROM (
                SELECT source, min({'file': filename, 'target': target, 'section': section}) AS earliest
                FROM read_parquet(?, filename = true) GROUP BY source)
            """,
            [files],
        )
    total = run(connection, "SELECT count(*) FROM redirects").fetchone()[0]
    run(connection, "CREATE TABLE hops AS SELECT * FROM redirects")
    chained = 0
    for turn in range(_HOPS):
        moved = run(connection, "SELECT count(*) FROM hops SEMI JOIN redirects r ON hops.target = r.source").fetchone()
        chained = max(chained, moved[0]) if turn == 0 else chained
        if not moved[0]:
            break
        run(
            connection,
            """
            CREATE TABLE further AS
            SELECT h.source, coalesce(n.target, h.target) AS target, h.section OR coalesce(n.section, false) AS section
            FROM hops h LEFT JOIN hops n ON h.target = n.source
            """,
        )
        run(connection, "DROP TABLE hops")
        run(connection, "ALTER TABLE further RENAME TO hops")
    run(
        connection,
        "CREATE TABLE circles AS SELECT source, target FROM hops SEMI JOIN redirects r ON hops.target = r.source",
    )
    circles = run(connection, "SELECT count(*) FROM circles").fetchone()[0]
    shown = run(
        connection,
        "SELECT r.source, r.target FROM redirects r SEMI JOIN circles USING (source) ORDER BY 1 LIMIT ?",
        [EXAMPLES],
    ).fetchall()
    run(connection, "DELETE FROM hops WHERE source IN (SELECT source FROM circles)")
    sections = run(connection, "SELECT count(*) FROM hops WHERE section").fetchone()[0]
    run(connection, "DROP TABLE redirects")
    return {
        "redirects": {
            "distinct": total,
            "resolved": total - circles,
            "through other redirects": chained - circles,
            "to a section of a page": sections,
            "in a circle (left out)": circles,
        },
        "redirect circles": [f"{source} -> {target}" for source, target in shown],
    }


# ---- links ----------------------------------------------------------------------------------------------------------


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


# ---- duplicates and quotas ------------------------------------------------------------------------------------------


def select_sentences(work: Work, max_per_title: int | None, memory: str, threads: int) -> None:
    """Write `repeats` (sentences with the words of an earlier one) and, with a quota, each full title's last ticket.

    Both in the order in which they are read, `repeats` as (part, row).
    """
    repeats, quota = work.folder / "repeats.parquet", work.folder / "quota.parquet"
    marked = [str(p) for p in work.files("marked")]
    connection = connect(work.folder / "spill", memory, threads)
    try:
        if not repeats.exists():
            run(
                connection,
                """
                CREATE TEMP TABLE several AS SELECT key, min(part * 1000000 + row) AS earliest
                FROM read_parquet(?) GROUP BY key HAVING count(*) > 1
                """,
                [marked],
            )
            copy_rows(
                connection,
                """
                SELECT m.part, m.row FROM read_parquet(?) m JOIN several s USING (key)
                WHERE m.part * 1000000 + m.row <> s.earliest ORDER BY m.part, m.row
                """,
                repeats,
                [marked],
            )
        if max_per_title is not None and not quota.exists():
            run(
                connection,
                """
                CREATE TEMP TABLE tickets AS
                SELECT unnest(titles) AS title, unnest(tickets) AS ticket
                FROM read_parquet(?) m ANTI JOIN read_parquet(?) r ON m.part = r.part AND m.row = r.row
                """,
                [marked, str(repeats)],
            )
            copy_rows(
                connection,
                """
                WITH full_titles AS (SELECT title FROM tickets GROUP BY title HAVING count(*) > $1),
                ranked AS (
                    SELECT title, ticket, row_number() OVER (PARTITION BY title ORDER BY ticket) AS place
                    FROM tickets SEMI JOIN full_titles USING (title))
                SELECT title, ticket AS last FROM ranked WHERE place = $1 ORDER BY title
                """,
                quota,
                [max_per_title],
            )
    finally:
        connection.close()


def repeated_rows(work: Work, parts: Sequence[int]) -> dict[int, set[int]]:
    """part -> its rows that are repeats, for these parts."""
    import pyarrow.parquet as pq

    repeats: dict[int, set[int]] = {}
    table = pq.read_table(work.folder / "repeats.parquet", filters=[("part", "in", list(parts))])
    for part, row in zip(table["part"].to_pylist(), table["row"].to_pylist(), strict=True):
        repeats.setdefault(part, set()).add(row)
    return repeats


def quota_of(work: Work, parts: Sequence[int], memory: str) -> dict[str, int]:
    """title -> the last ticket that still gets in, for the full titles of these parts."""
    connection = connect(work.folder / "spill", memory, 1)
    try:
        rows = run(
            connection,
            """
            SELECT title, last FROM read_parquet(?) SEMI JOIN (
                SELECT DISTINCT unnest(titles) AS title FROM read_parquet(?)) USING (title)
            """,
            [str(work.folder / "quota.parquet"), [str(work.part("marked", part)) for part in parts]],
        )
        return dict(rows.fetchall())
    finally:
        connection.close()
