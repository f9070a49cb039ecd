"""Where training sentences lie: JSON lines for small corpora, Parquet shards for those larger than memory.

A store is a file (`.parquet`, else JSON lines) or a folder of shards. A Parquet shard has the columns
`doc` string, `tokens` list<string>, `mentions` list<struct<start: int32, end: int32, types: list<string>,
weight: double, nested: bool, noun: string>>, `supervises`, `document` and `split_by` string, with the meaning of the
JSON lines (`formats.corpus`); further columns are kept for those who ask for them. `tokens` and `mentions` must be
there, a mention's `start`, `end` and `types` too.

Everything is read and written row group by row group, so memory does not grow with a store. pyarrow, which Parquet
needs, is an optional extra.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from ousianer_cli.corpus.parquet import RowWriter
from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.formats.corpus import Mention, Sentence, in_order, parse_lines, read_corpus, sentence_of, tokens_of

ROW_GROUP = 2048
"""Rows a row group, and lines a block of JSON lines: what is read at once when a store is read out of order."""
_READ_AT_ONCE = 1024
_COLUMNS = ("doc", "tokens", "mentions", "supervises", "document", "split_by")


# ---- writing --------------------------------------------------------------------------------------------------------


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
        if len(self._first) == ROW_GROUP:
            self._writer = self._begin()

    def finish(self) -> None:
        (self._writer or self._begin()).close()

    def abandon(self) -> None:
        if self._writer is not None:
            self._writer.abandon()

    def _begin(self) -> RowWriter:
        import pyarrow as pa

        columns = self._columns or []
        extra = [[row[at] for row in self._first] for at in range(len(_COLUMNS), len(_COLUMNS) + len(columns))]
        text = pa.string()
        types = [text, pa.list_(text), _mentions_type(), text, text, text]
        types += [_without_nulls(pa.array(values).type) for values in extra]
        schema = pa.schema(list(zip([*_COLUMNS, *columns], types, strict=True)))
        writer = RowWriter(self.path, schema, ROW_GROUP)
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


# ---- reading --------------------------------------------------------------------------------------------------------


def read_store(path: str | Path) -> Iterator[Sentence]:
    """Stream the sentences of a store in order: shards by name, rows as they stand.

    Raises:
        InputError: no such file, no shards, another schema, or a wrong row or line, with file and number (from 1).
        SettingsError: a Parquet file, and pyarrow is missing.
    """
    for file in store_files(path):
        if is_parquet(file):
            for sentence, _ in _parquet_rows(file):
                yield sentence
        else:
            yield from read_corpus(file)


def read_rows(path: str | Path, columns: Sequence[str] = ()) -> Iterator[tuple[Sentence, dict[str, Any]]]:
    """As `read_store`, from Parquet alone, with the values of further columns beside each sentence.

    Raises:
        InputError: as `read_store`; a column that a file has not.
    """
    for file in store_files(path):
        if not is_parquet(file):
            raise InputError("a Parquet file", "another one", path=file)
        yield from _parquet_rows(file, columns)


def store_files(path: str | Path) -> list[Path]:
    """The files of a store: itself, or the folder's `.parquet` files (where there are none, its `.jsonl` files)."""
    path = Path(path)
    if not path.is_dir():
        return [path]
    for ending in (".parquet", ".jsonl"):
        files = sorted(f for f in path.iterdir() if f.suffix == ending and not f.name.startswith("."))
        if files:
            return files
    raise InputError("a folder of .parquet or .jsonl shards", "no such file in it", path=path)


def is_parquet(path: str | Path) -> bool:
    """Whether a file is read as Parquet: by its name."""
    return Path(path).suffix == ".parquet"


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of one file that can be read by themselves: a row group, or so many JSON lines.

    `first` is the number of its first row or line (from 1), `rows` how many it has; `at` is the row group's number, or
    the byte at which the lines begin.
    """

    file: Path
    at: int
    first: int
    rows: int


def store_blocks(path: str | Path) -> list[Block]:
    """The blocks of a store in order. Parquet tells them by its metadata; JSON lines are counted in one pass.

    Raises:
        InputError: as `read_store`, but for what stands in the rows.
    """
    blocks: list[Block] = []
    for file in store_files(path):
        if is_parquet(file):
            metadata = _open_parquet(file).metadata
            first = 1
            for group in range(metadata.num_row_groups):
                rows = metadata.row_group(group).num_rows
                blocks.append(Block(file, group, first, rows))
                first += rows
        else:
            blocks += _line_blocks(file)
    return blocks


def read_block(block: Block) -> Iterator[Sentence]:
    """The sentences of one block; errors as in `read_store`."""
    if is_parquet(block.file):
        for sentence, _ in _group_rows(_open_parquet(block.file), block, ()):
            yield sentence
        return
    try:
        with block.file.open("rb") as handle:
            handle.seek(block.at)
            yield from parse_lines(islice(handle, block.rows), block.file, block.first)
    except OSError as error:
        raise _not_lines(block.file, error) from None


def _line_blocks(file: Path) -> Iterator[Block]:
    at = rows = start = 0
    first = 1
    try:
        with file.open("rb") as handle:
            for raw in handle:
                at += len(raw)
                rows += 1
                if rows == ROW_GROUP:
                    yield Block(file, start, first, rows)
                    start, first, rows = at, first + rows, 0
    except OSError as error:
        raise _not_lines(file, error) from None
    if rows:
        yield Block(file, start, first, rows)


def _not_lines(file: Path, error: OSError) -> InputError:
    return InputError("a corpus in JSON lines", f"no readable file ({error.strerror})", path=file)


def _parquet_rows(file: Path, columns: Sequence[str] = ()) -> Iterator[tuple[Sentence, dict[str, Any]]]:
    opened = _open_parquet(file, columns)
    first = 1
    for group in range(opened.metadata.num_row_groups):
        rows = opened.metadata.row_group(group).num_rows
        yield from _group_rows(opened, Block(file, group, first, rows), columns)
        first += rows


def _group_rows(opened: Any, block: Block, columns: Sequence[str]) -> Iterator[tuple[Sentence, dict[str, Any]]]:
    import pyarrow as pa

    present = [n for n in _COLUMNS if n in opened.schema_arrow.names]
    number = block.first
    try:
        for batch in opened.iter_batches(_READ_AT_ONCE, row_groups=[block.at], columns=[*present, *columns]):
            for row in batch.to_pylist():
                yield _sentence(row, block.file, number), {name: row[name] for name in columns}
                number += 1
    except (OSError, pa.ArrowException) as error:
        found = f"data that cannot be read ({_first_line(error)})"
        raise InputError("a whole Parquet file", found, path=block.file, line=number) from None


def _sentence(row: dict[str, Any], file: Path, number: int) -> Sentence:
    def invalid(expected: str, found: object) -> InputError:
        remedy = "the number is the row's, from 1; see docs/formats.md, corpus lines"
        return InputError(expected, str(found)[:80], path=file, line=number, remedy=remedy)

    known = {name: value for name, value in row.items() if value is not None}
    known["mentions"] = [
        {k: v for k, v in m.items() if v is not None} if m is not None else None for m in known.get("mentions", ())
    ]
    return sentence_of(known, tokens_of(known, invalid), invalid)


def _open_parquet(file: Path, columns: Sequence[str] = ()) -> Any:
    """The opened file, its schema checked."""
    require_pyarrow()
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        opened = pq.ParquetFile(file)
    except (OSError, pa.ArrowException) as error:
        found = getattr(error, "strerror", None) or _first_line(error)
        raise InputError("a Parquet file", f"none that can be read ({found})", path=file) from None
    schema = opened.schema_arrow
    for name, wanted, fits in (
        ("tokens", "list<string>", _is_list_of_text),
        ("mentions", "list<struct<start, end, types, weight>>", _is_mentions),
        ("doc", "string", _is_text_or_null),
        ("supervises", "string", _is_text_or_null),
        ("document", "string", _is_text_or_null),
        ("split_by", "string", _is_text_or_null),
    ):
        if name in schema.names and fits(schema.field(name).type):
            continue
        if name in schema.names or name in ("tokens", "mentions"):
            found = str(schema.field(name).type) if name in schema.names else "no such column"
            raise InputError(f"a column '{name}' of type {wanted}", found, path=file)
    for name in columns:
        if name not in schema.names:
            raise InputError(f"a column '{name}'", f"columns {', '.join(schema.names)}", path=file)
    return opened


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return str(kind) in ("string", "large_string", "string_view")


def _is_text_or_null(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_null(kind)) or _is_text(kind)


def _is_list(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _is_list_of_text(kind: Any) -> bool:
    return _is_list(kind) and _is_text(kind.value_type)


def _is_mentions(kind: Any) -> bool:
    import pyarrow as pa

    if not _is_list(kind) or not pa.types.is_struct(kind.value_type):
        return False
    fields = {field.name: field.type for field in kind.value_type}
    return (
        {"start", "end", "types"} <= fields.keys()
        and bool(pa.types.is_integer(fields["start"]) and pa.types.is_integer(fields["end"]))
        and _is_list_of_text(fields["types"])
        and _is_number_or_null(fields.get("weight", pa.null()))
        and str(fields.get("nested", pa.null())) in ("bool", "null")
        and _is_text_or_null(fields.get("noun", pa.null()))
    )


def _is_number_or_null(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind))


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:160]


def require_pyarrow() -> None:
    """Raises:
    SettingsError: pyarrow is not installed, with the extra's name.
    """
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise SettingsError(
            "Parquet needs pyarrow, which is not installed; pip install 'ousianer[wikipedia]', or use JSON lines"
        ) from None
