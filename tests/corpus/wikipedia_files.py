"""Parts of the Wikipedia pipeline as files, written by hand, for the tests of its steps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ousianer_cli.corpus.wikipedia_parts import Work, write_json

COLUMNS = {
    "redirects": ("source", "target", "section"),
    "anchors": ("part", "row", "n", "start", "end", "target", "section", "text"),
    "articles": ("title",),
    "marked": ("part", "row", "key", "titles", "tickets"),
    "types": ("title", "types", "weight"),
}


def table(path: Path, kind: str, rows: Sequence[tuple[Any, ...]]) -> Path:
    """A Parquet file of rows with the columns of its kind."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in COLUMNS[kind])
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(dict(zip(COLUMNS[kind], map(pa.array, columns), strict=True))), path)
    return path


def part(work: Work, kind: str, number: int, rows: Sequence[tuple[Any, ...]]) -> None:
    """A part's file of a step."""
    table(work.part(kind, number), kind, rows)


def links_of(work: Work, number: int, links: int) -> None:
    """What a part says of its links."""
    write_json(work.part("parts", number, "json"), {"articles": {"links": links}})


def rows_of(path: Path) -> list[tuple[Any, ...]]:
    """The rows of a Parquet file."""
    return [tuple(row.values()) for row in pq.read_table(path).to_pylist()]
