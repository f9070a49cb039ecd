"""Step 6 of the Wikipedia pipeline: among all marked sentences, the repeats and the mentions beyond a title's quota."""

from __future__ import annotations

from collections.abc import Sequence

from ousianer_cli.corpus.database import connect, copy_rows, run
from ousianer_cli.corpus.wikipedia_parts import Work


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
