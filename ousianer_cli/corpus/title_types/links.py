"""How many mentions each set of types has, by the links of its titles."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ousianer_cli.corpus.database import connect, first_line, run
from ousianer_cli.corpus.parquet import RowWriter
from ousianer_cli.errors import InputError
from ousianer_cli.formats import yago

_ROWS_PER_BATCH = 100_000


@dataclass(slots=True)
class TypeMass:
    """Mentions of each set of direct types."""

    sets: dict[tuple[str, ...], int] = field(default_factory=dict)
    total: int = 0
    """all links, or all titles"""
    covered: int = 0
    """of these, links to titles with types"""
    bad_lines: int = 0
    """lines of the links table that were skipped"""


def mentions_of_types(table: Path, links: Path | None = None, *, memory: str = "2GB", strict: bool = False) -> TypeMass:
    """How many mentions each set of types has.

    Args:
        table: what `build_title_types` wrote.
        links: Parquet with `title` and `count` (without `count`, each row is one link), or TSV `title<TAB>count`;
            without it each title counts once.
        memory: for the join, as DuckDB takes it.
        strict: a bad line of a TSV of links is an error.

    Raises:
        InputError: a links file that is missing or of another form; with `strict` a bad line.
    """
    mass = TypeMass()
    with (
        tempfile.TemporaryDirectory(prefix=".links.", dir=table.parent) as folder,
        connect(Path(folder) / "spill", memory) as db,
    ):
        if links is None:
            result = run(db, "SELECT types, count(*) FROM read_parquet(?) GROUP BY types", [str(table)])
        else:
            path, number = _links_parquet(links, Path(folder), mass, strict)
            _group_links(db, path, number, links)
            mass.total = int(db.execute("SELECT coalesce(sum(n), 0) FROM links").fetchone()[0])
            result = run(
                db,
                "SELECT types, sum(n) FROM links JOIN read_parquet(?) USING (title) GROUP BY types",
                [str(table)],
            )
        while rows := result.fetchmany(10_000):
            for types, number in rows:
                mass.sets[tuple(types)] = mass.sets.get(tuple(types), 0) + int(number)
    mass.covered = sum(mass.sets.values())
    mass.total = mass.total if links is not None else mass.covered
    return mass


def _group_links(db: Any, path: Path, number: str, links: Path) -> None:
    """The table `links` of (title, n), each title once."""
    import duckdb

    query = (
        "CREATE TEMP TABLE links AS SELECT page_title(title) AS title, sum(n) AS n FROM ("
        f"SELECT title, sum({number}) AS n FROM read_parquet(?) GROUP BY title) GROUP BY 1"
    )
    try:
        run(db, query, [str(path)])
    except duckdb.Error as error:
        raise InputError("Parquet with the columns title and count", first_line(error), path=links) from None


def _links_parquet(links: Path, folder: Path, mass: TypeMass, strict: bool) -> tuple[Path, str]:
    """A links file as Parquet, and what in it a row counts; TSV goes to Parquet first, its bad lines counted."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = links
    try:
        with links.open("rb") as handle:
            parquet = handle.read(4) == b"PAR1"
    except OSError as error:
        raise InputError("a file of links", error.strerror or str(error), path=links) from None
    if parquet:
        names = pq.read_schema(links).names
    else:
        names = ["title", "count"]
        parts = RowWriter(
            folder / "links.parquet", pa.schema([("title", pa.string()), ("count", pa.int64())]), _ROWS_PER_BATCH
        )

        def invalid(line: int, expected: str, found: str) -> None:
            if strict:
                raise InputError(expected, found, path=links, line=line, remedy="mend it, or leave out --strict")
            mass.bad_lines += 1

        for number, line in yago.read_lines(links, invalid):
            name, _, count = line.partition("\t")
            if number == 1 and (name, count) == ("title", "count"):
                continue
            if not name or not count.isascii() or not count.isdigit():
                invalid(number, "title<TAB>count", repr(line[:60]))
            else:
                parts.add(name, int(count))
        parts.close()
        path = parts.path
    return path, '"count"' if "count" in names else "1"
