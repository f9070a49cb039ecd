"""The columns of a Parquet shard: what they must be, and whether a file has them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ousianer_cli.corpus.database import first_line
from ousianer_cli.errors import InputError
from ousianer_cli.extras import require_extra

ROW_GROUP = 2048
"""Rows a row group, and lines a block of JSON lines: what is read at once when a store is read out of order."""
COLUMNS = ("doc", "tokens", "mentions", "supervises", "document", "split_by")


def open_parquet(file: Path, columns: Sequence[str] = ()) -> Any:
    """The opened file, its schema checked."""
    require_pyarrow()
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        opened = pq.ParquetFile(file)
    except (OSError, pa.ArrowException) as error:
        found = getattr(error, "strerror", None) or first_line(error)
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


def require_pyarrow() -> None:
    """See that pyarrow, which reads and writes stores, is installed.

    Raises:
        SettingsError: it is not, with the extra's name.
    """
    require_extra("wikipedia", "Parquet", "pyarrow", otherwise="use JSON lines")
