"""Parquet files of rows given one by one: written in groups, so that memory holds one, and whole or not there."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ousianer_cli.errors import OutputError


class RowWriter:
    """Takes rows and writes them under a hidden name beside `path`; the file appears when `close` is called.

    `rows` is how many there are so far.

    Raises:
        OutputError: the file cannot be written, from any method.
    """

    def __init__(self, path: Path, schema: Any, group_rows: int) -> None:
        """`schema` is Arrow's, `group_rows` how many rows a row group has."""
        import pyarrow.parquet as pq

        self.path = path
        self.schema = schema
        self.group_rows = group_rows
        self.rows = 0
        self._waiting: list[tuple[Any, ...]] = []
        self._hidden = path.with_name(f".{path.name}.part")
        with self._as_output_error():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(self._hidden, schema, compression="zstd")

    def add(self, *values: Any) -> None:
        """One row, values in the schema's order."""
        self._waiting.append(values)
        self.rows += 1
        if len(self._waiting) >= self.group_rows:
            self._flush()

    def close(self) -> None:
        """Write what waits, and let the file appear."""
        self._flush()
        with self._as_output_error():
            self._writer.close()
            os.replace(self._hidden, self.path)

    def abandon(self) -> None:
        """Leave nothing of the file."""
        with contextlib.suppress(OSError):
            if self._writer.is_open:
                self._writer.close()
        with contextlib.suppress(OSError):
            self._hidden.unlink()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._waiting:
            columns = zip(*self._waiting, strict=True)
            arrays = [pa.array(c, f.type) for c, f in zip(columns, self.schema, strict=True)]
            with self._as_output_error():
                table = pa.Table.from_arrays(arrays, schema=self.schema)
                self._writer.write_table(table, row_group_size=self.group_rows)
            self._waiting = []

    @contextlib.contextmanager
    def _as_output_error(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if hasattr(self, "_writer"):
                self.abandon()
            found = error.strerror or error
            raise OutputError(f"{self.path}: cannot be written ({found}); choose another place with -o") from None
