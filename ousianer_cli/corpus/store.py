"""Where training sentences lie: JSON lines for small corpora, Parquet shards for those larger than memory.

A store is a file (`.parquet`, else JSON lines) or a folder of shards. JSON lines may be packed by gzip where they are
read into memory. A Parquet shard has the columns
`doc` string, `tokens` list<string>, `mentions` list<struct<start: int32, end: int32, types: list<string>,
weight: double, nested: bool, noun: string>>, `supervises`, `document` and `split_by` string, with the meaning of the
JSON lines (`formats.corpus`); further columns are kept for those who ask for them. `tokens` and `mentions` must be
there, a mention's `start`, `end` and `types` too.

Everything is read and written row group by row group, so memory does not grow with a store. pyarrow, which Parquet
needs, is an optional extra.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from ousianer_cli.corpus import store_schema
from ousianer_cli.corpus.database import first_line
from ousianer_cli.corpus.store_schema import COLUMNS, open_parquet
from ousianer_cli.errors import InputError
from ousianer_cli.formats.corpus import Sentence, parse_lines, read_corpus, sentence_of, tokens_of
from ousianer_cli.formats.unpacked import is_gzip

_READ_AT_ONCE = 1024


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
    """The files of a store: itself, or the folder's `.parquet` files; where there are none, its `.jsonl` files (also
    `.gz`)."""
    path = Path(path)
    if not path.is_dir():
        return [path]
    for endings in ((".parquet",), (".jsonl", ".jsonl.gz")):
        files = sorted(f for f in path.iterdir() if f.name.endswith(endings) and not f.name.startswith("."))
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
        InputError: as `read_store`, but for what stands in the rows; packed lines, which cannot be read from within.
    """
    blocks: list[Block] = []
    for file in store_files(path):
        if is_parquet(file):
            metadata = open_parquet(file).metadata
            first = 1
            for group in range(metadata.num_row_groups):
                rows = metadata.row_group(group).num_rows
                blocks.append(Block(file, group, first, rows))
                first += rows
        else:
            blocks += _line_blocks(file)
    return blocks


def read_block(block: Block, first: int = 0, end: int | None = None) -> Iterator[Sentence]:
    """The sentences of one block, or of its rows or lines `first` up to `end` alone, counted from 0 within it.

    Other rows are not decoded. Errors as in `read_store`.
    """
    end = block.rows if end is None else end
    if is_parquet(block.file):
        for sentence, _ in _group_rows(open_parquet(block.file), block, (), first, end):
            yield sentence
    else:
        with _lines(block) as lines:
            yield from parse_lines(islice(lines, first, end), block.file, block.first + first)


def read_parts(block: Block, rows: int) -> Iterator[list[Sentence]]:
    """The sentences of one block in parts of so many rows or lines; the last may have fewer. Errors as above."""
    starts = range(0, block.rows, rows)
    if is_parquet(block.file):
        sentences = read_block(block)
        for _ in starts:
            yield list(islice(sentences, rows))
    else:
        with _lines(block) as lines:
            for at in starts:
                part = islice(lines, min(rows, block.rows - at))
                yield list(parse_lines(part, block.file, block.first + at))


@contextmanager
def _lines(block: Block) -> Iterator[Iterator[bytes]]:
    """A file of JSON lines from where a block begins."""
    try:
        with block.file.open("rb") as handle:
            handle.seek(block.at)
            yield handle
    except OSError as error:
        raise _not_lines(block.file, error) from None


def _line_blocks(file: Path) -> Iterator[Block]:
    at = rows = start = 0
    first = 1
    try:
        with file.open("rb") as handle:
            if is_gzip(handle):
                remedy = f"unpack it first (gunzip {file}), or read it into memory with --stream no"
                expected = "JSON lines that can be read from any place of the file, for streaming"
                raise InputError(expected, "lines packed by gzip", path=file, remedy=remedy)
            for raw in handle:
                at += len(raw)
                rows += 1
                if rows == store_schema.ROW_GROUP:
                    yield Block(file, start, first, rows)
                    start, first, rows = at, first + rows, 0
    except OSError as error:
        raise _not_lines(file, error) from None
    if rows:
        yield Block(file, start, first, rows)


def _not_lines(file: Path, error: OSError) -> InputError:
    return InputError("a corpus in JSON lines", f"no readable file ({error.strerror})", path=file)


def _parquet_rows(file: Path, columns: Sequence[str] = ()) -> Iterator[tuple[Sentence, dict[str, Any]]]:
    opened = open_parquet(file, columns)
    first = 1
    for group in range(opened.metadata.num_row_groups):
        rows = opened.metadata.row_group(group).num_rows
        yield from _group_rows(opened, Block(file, group, first, rows), columns)
        first += rows


def _group_rows(
    opened: Any, block: Block, columns: Sequence[str], first: int = 0, end: int | None = None
) -> Iterator[tuple[Sentence, dict[str, Any]]]:
    import pyarrow as pa

    end = block.rows if end is None else end

    present = [n for n in COLUMNS if n in opened.schema_arrow.names]
    at, number = 0, block.first + first
    try:
        for batch in opened.iter_batches(_READ_AT_ONCE, row_groups=[block.at], columns=[*present, *columns]):
            wanted = batch.slice(max(0, first - at), max(0, end - max(first, at)))
            at += batch.num_rows
            for row in wanted.to_pylist():
                yield _sentence(row, block.file, number), {name: row[name] for name in columns}
                number += 1
            if at >= end:
                return
    except (OSError, pa.ArrowException) as error:
        found = f"data that cannot be read ({first_line(error)})"
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
