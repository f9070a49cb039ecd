"""Tagged documents as records that may be kept in a part, sent between processes, and put in order: lines of JSON.

A record holds the lines of a document in the run's format, the ids that count on left open, and its counts; or what was
noted between two documents. The run is made of the records in the order of their places (`assembled`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ousianer_cli.formats.documents.report import (
    DUPLICATE_ID,
    ReadReport,
    duplicate_error,
    duplicate_warning,
    no_document_error,
)
from ousianer_cli.tagging.blocks import Read
from ousianer_cli.tagging.mention import TaggedDocument
from ousianer_cli.tagging.summary import Summary
from ousianer_cli.tagging.writers import WriteOptions, Writer

Record = dict[str, Any]


def note_record(read: Read) -> Record:
    """What was noted between two documents."""
    return {
        "at": [*read.place, 0],
        "warnings": list(read.warnings),
        "skipped": dict(read.skipped),
        "not_kept": read.not_kept,
    }


def document_record(read: Read, item: TaggedDocument, writer: Writer, options: WriteOptions) -> Record:
    """A tagged document in the run's format."""
    counts = Summary()
    counts.add(item.counts)
    lines = writer.document(item, options, counts)
    record: Record = {
        "at": [*read.place, 1],
        "id": item.document.id,
        "from": read.label,
        "counts": counts.counted(),
        "lines": lines,
    }
    return {**record, "warnings": list(read.warnings)} if read.warnings else record


def record_line(record: Record) -> str:
    """A record as a line of JSON, without its line end."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def order_of(record: Record) -> list[int]:
    """What records are sorted by: file, place in it, notes before the document that they precede."""
    return record["at"]  # type: ignore[no-any-return]


def assembled(
    records: Iterable[Record],
    writer: Writer,
    options: WriteOptions,
    summary: Summary,
    report: ReadReport,
    *,
    strict: bool = False,
    files: int | None = None,
) -> Iterator[str]:
    """The lines of the run, from records in order; `summary` and `report` are filled.

    A document whose id was met in another block is left out here, as the reader leaves it out within one.

    Args:
        files: how many were read, where the records are of all of them.

    Raises:
        InputError: such a document, where `strict`; at the end, no document in any of `files`.
    """
    numbered: Callable[[str], str] = writer.numbering(options)
    seen: set[str] = set()
    for record in records:
        if "id" not in record:
            report.skipped.update(record["skipped"])
            report.warnings_not_kept += record["not_kept"]
        elif record["id"] in seen:
            if strict:
                raise duplicate_error(record["from"], record["id"])
            report.skipped[DUPLICATE_ID] += 1
            report.warn(duplicate_warning(record["from"], record["id"]))
            continue
        else:
            seen.add(record["id"])
            summary.add(Summary.of_counts(record["counts"]))
        for warning in record.get("warnings", ()):
            report.warn(warning)
        yield from map(numbered, record.get("lines", ()))
    if files and not seen:
        raise no_document_error(report, files)
