"""DuckDB as this package uses it: one set-up, paths and values bound, errors that a user can mend in one line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ousianer_cli.errors import InputError, OutputError
from ousianer_cli.formats.titles import PLAIN, page_title
from ousianer_cli.outputs import whole_file


def connect(
    spill: Path, memory: str, threads: int = 1, database: Path | None = None, *, read_only: bool = False
) -> Any:
    """A DuckDB connection that holds at most `memory`, the rest in the folder `spill`.

    SQL may call `page_title(text)`, which is `formats.titles.page_title`. Rows keep no order but by ORDER BY.

    Args:
        spill: made when it is needed.
        memory: as DuckDB takes it (`2GB`).
        database: a file to open; without it tables are in memory.

    Raises:
        InputError: a size that DuckDB does not understand.
    """
    import duckdb

    settings: dict[str, Any] = {
        "memory_limit": memory,
        "threads": threads,
        "temp_directory": str(spill),
        "preserve_insertion_order": False,
    }
    try:
        connection: Any = duckdb.connect(str(database or ":memory:"), read_only=read_only, config=settings)
    except duckdb.ParserException as error:
        raise InputError("--memory such as 2GB", repr(memory), remedy=first_line(error)) from None
    connection.execute("SET enable_progress_bar = false")
    connection.create_function("_page_title", _page_titles, ["VARCHAR"], "VARCHAR", type="arrow")
    connection.execute(
        "CREATE TEMP MACRO page_title(text) AS"
        f" CASE WHEN regexp_full_match(text, '{PLAIN}') THEN text ELSE _page_title(text) END"
    )
    return connection


def run(connection: Any, query: str, parameters: Sequence[Any] = ()) -> Any:
    """Execute a query; what a user can mend becomes a one-line error.

    Raises:
        OutputError: too little memory, or a folder that cannot hold the data.
    """
    import duckdb

    try:
        return connection.execute(query, list(parameters))
    except duckdb.OutOfMemoryException as error:
        raise OutputError(
            f"--memory is too little for sorting and joining: {first_line(error)}; give more, such as 4GB"
        ) from None
    except duckdb.IOException as error:
        raise OutputError(f"the working folder cannot hold the data: {first_line(error)}; give another place") from None


def copy_rows(connection: Any, query: str, path: Path, parameters: Sequence[Any] = ()) -> None:
    """The rows of a query as a Parquet file that appears whole; errors as `run`."""
    with whole_file(path) as part:
        target = [*parameters, str(part)]
        run(connection, f"COPY ({query}) TO ${len(target)} (FORMAT parquet, COMPRESSION zstd)", target)


def first_line(error: Exception) -> str:
    """DuckDB's message on one line, cut where it is long."""
    return " ".join(str(error).split())[:200]


def _page_titles(column: Any) -> Any:
    import pyarrow as pa

    return pa.array([page_title(text) for text in column.to_pylist()], pa.string())
