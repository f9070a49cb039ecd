"""Step 2 of the Wikipedia pipeline: what every name of a page leads to through redirects, and the types there.

DuckDB does the joins, on disk where they outgrow the memory it is given. One table knows every redirect and every typed
title.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ousianer_cli.corpus.database import connect, first_line, run
from ousianer_cli.corpus.wikipedia_parts import EXAMPLES, Tally, Work, write_json
from ousianer_cli.errors import InputError
from ousianer_cli.outputs import whole_file
from ousianer_cli.taxonomy.wordnet import WordNet

_HOPS = 6
"""Doublings of a redirect chain: chains of up to 2^6 redirects are followed; what is left goes in a circle."""
_PERSON = "wordnet_person_100007846"


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
