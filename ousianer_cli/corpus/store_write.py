"""Writing training sentences as Parquet shards; see `corpus.store` for what they hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ousianer_cli.corpus import store_schema
from ousianer_cli.corpus.parquet import RowWriter
from ousianer_cli.corpus.store_schema import COLUMNS, require_pyarrow
from ousianer_cli.formats.corpus import Mention, Sentence, in_order


class ShardWriter:
    """Writes `folder/PREFIX-00000.parquet`, `-00001`, …; a context manager.

    A shard lies under a temporary name until it is whole. When the block ends well, shards of the prefix with higher
    numbers, left by an earlier run, are removed; when it ends badly, whole shards stay and the one in the making goes.

    Args:
        folder: made if need be.
        prefix: of the files' names; several writers may share a folder under different prefixes.
        rows_per_shard: sentences a file.
        first: number of the first shard written, for a run that goes on.

    Raises:
        SettingsError: pyarrow is missing. OutputError: a file cannot be written.
    """

    def __init__(
        self, folder: str | Path, prefix: str = "typing", rows_per_shard: int = 50_000, *, first: int = 0
    ) -> None:
        require_pyarrow()
        self.folder = Path(folder)
        self.prefix = prefix
        self.rows_per_shard = max(1, rows_per_shard)
        self.shards: list[Path] = []
        """Shards that are whole, in order."""
        self.rows = 0
        """Sentences written so far."""
        self._number = first
        self._shard: _Shard | None = None

    def __enter__(self) -> ShardWriter:
        return self

    def write(self, sentence: Sentence, **extra_columns: Any) -> None:
        """Add a sentence; the extra columns must be the same for all sentences of a shard."""
        if self._shard is None:
            self._shard = _Shard(self.folder / f"{self.prefix}-{self._number:05d}.parquet")
        self._shard.add(sentence, extra_columns)
        self.rows += 1
        if self._shard.rows >= self.rows_per_shard:
            self._close_shard()

    def _close_shard(self) -> None:
        if self._shard is not None:
            self._shard.finish()
            self.shards.append(self._shard.path)
            self._shard = None
            self._number += 1

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            if self._shard is not None:
                self._shard.abandon()
            return
        self._close_shard()
        named = re.compile(rf"{re.escape(self.prefix)}-(\d{{5,}})\.parquet")
        for path in self.folder.glob("*.parquet"):
            match = named.fullmatch(path.name)
            if match and int(match[1]) >= self._number:
                path.unlink()


def write_shard(
    path: str | Path, sentences: Iterable[Sentence], extra: Mapping[str, Iterable[Any]] | None = None
) -> int:
    """Write one Parquet file atomically; returns how many sentences it holds.

    `extra`: further columns, each with one value a sentence.
    """
    require_pyarrow()
    columns = dict(extra or {})
    shard = _Shard(Path(path))
    try:
        for sentence, *values in zip(sentences, *columns.values(), strict=True):
            shard.add(sentence, dict(zip(columns, values, strict=True)))
        shard.finish()
    except BaseException:
        shard.abandon()
        raise
    return shard.rows


class _Shard:
    """One Parquet file in the making; the types of further columns are those of its first rows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self._first: list[tuple[Any, ...]] = []
        self._columns: list[str] | None = None
        self._writer: RowWriter | None = None

    def add(self, sentence: Sentence, extra: dict[str, Any]) -> None:
        if self._columns is None:
            self._columns = list(extra)
        if extra.keys() != set(self._columns):
            raise ValueError(f"extra columns {sorted(extra)} where the shard began with {sorted(self._columns)}")
        every = in_order([*sentence.mentions, *sentence.nested])
        mentions = [_mention_row(m, m in sentence.nested) for m in every]
        fixed = (sentence.doc, sentence.tokens, mentions, sentence.supervises, sentence.document, sentence.split_by)
        row = (*fixed, *(extra[n] for n in self._columns))
        self.rows += 1
        if self._writer is not None:
            self._writer.add(*row)
            return
        self._first.append(row)
        if len(self._first) == store_schema.ROW_GROUP:
            self._writer = self._begin()

    def finish(self) -> None:
        (self._writer or self._begin()).close()

    def abandon(self) -> None:
        if self._writer is not None:
            self._writer.abandon()

    def _begin(self) -> RowWriter:
        import pyarrow as pa

        columns = self._columns or []
        extra = [[row[at] for row in self._first] for at in range(len(COLUMNS), len(COLUMNS) + len(columns))]
        text = pa.string()
        types = [text, pa.list_(text), _mentions_type(), text, text, text]
        types += [_without_nulls(pa.array(values).type) for values in extra]
        schema = pa.schema(list(zip([*COLUMNS, *columns], types, strict=True)))
        writer = RowWriter(self.path, schema, store_schema.ROW_GROUP)
        for row in self._first:
            writer.add(*row)
        self._first = []
        return writer


def _mention_row(mention: Mention, nested: bool) -> dict[str, Any]:
    return {
        "start": mention.start,
        "end": mention.end,
        "types": mention.types,
        "weight": mention.weight,
        "nested": nested,
        "noun": mention.noun,
    }


def _mentions_type() -> Any:
    import pyarrow as pa

    fields = [("start", pa.int32()), ("end", pa.int32()), ("types", pa.list_(pa.string())), ("weight", pa.float64())]
    fields += [("nested", pa.bool_()), ("noun", pa.string())]
    return pa.list_(pa.struct(fields))


def _without_nulls(kind: Any) -> Any:
    """An inferred type in which what no value tells is text."""
    import pyarrow as pa

    if pa.types.is_list(kind):
        return pa.list_(_without_nulls(kind.value_type))
    return pa.string() if pa.types.is_null(kind) else kind
