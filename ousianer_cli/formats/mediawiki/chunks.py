"""Cutting a dump into pieces that several processes can read side by side."""

from __future__ import annotations

import bz2
import re
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ousianer_cli.errors import InputError
from ousianer_cli.formats.mediawiki.streams import (
    STREAM_START,
    STREAM_START_BYTES,
    compression,
    next_stream,
    open_dump,
)

# A file whose first so many bytes have no second stream is taken for one stream: the dumps start one each 100 pages.
_LOOK_FOR_STREAMS = 64 << 20
_INDEX_LINE = re.compile(r"(\d{1,18}):\d+:")


@dataclass(frozen=True, slots=True)
class DumpChunk:
    """A piece of a dump: the pages that begin in bytes [start, end) of the file, compressed bytes if it is compressed.

    The pieces of a dump together give each page once, in the dump's order.
    """

    path: str
    start: int
    end: int
    index: int


def dump_chunks(
    path: str | Path, *, target_bytes: int = 32 << 20, stream_index: str | Path | None = None
) -> list[DumpChunk]:
    """Cut a dump into pieces of about `target_bytes` that processes can read independently.

    Multistream bz2 is cut where a stream starts, plain XML anywhere; gz and bz2 of one stream are one piece.

    Args:
        target_bytes: size of a piece in the file (compressed bytes, if it is compressed).
        stream_index: the `…-multistream-index.txt[.bz2]` beside a multistream dump. Without it the starts are looked
            for in the file itself, which costs one short read a piece.
    Raises:
        InputError: no such file, an empty one, an index that is none or is of another dump.
    """
    path = Path(path)
    if target_bytes < 1:
        raise InputError("a chunk size of 1 byte or more", str(target_bytes))
    with open_dump(path) as handle:
        size = handle.seek(0, 2)
        if not size:
            raise InputError("a MediaWiki dump", "an empty file", path=path, remedy="fetch it again")
        kind = compression(handle)
        if kind == "gz":
            cuts: list[int] = []
        elif kind == "plain":
            cuts = list(range(target_bytes, size, target_bytes))
        elif stream_index is not None:
            cuts = _cuts_of_index(Path(stream_index), handle, size, target_bytes)
        else:
            cuts = _stream_cuts(handle, size, target_bytes)
    edges = [0, *cuts, size]
    return [DumpChunk(str(path), a, b, i) for i, (a, b) in enumerate(zip(edges, edges[1:], strict=False))]


def _stream_cuts(handle: IO[bytes], size: int, target: int) -> list[int]:
    if next_stream(handle, 1, min(size, _LOOK_FOR_STREAMS)) is None:
        return []
    cuts: list[int] = []
    at: int | None = target
    while at is not None and at < size:
        at = next_stream(handle, at, size)
        if at is not None:
            cuts.append(at)
            at += target
    return cuts


def _cuts_of_index(index: Path, dump: IO[bytes], size: int, target: int) -> list[int]:
    cuts: list[int] = []
    last = 0
    number = 0
    try:
        with (
            bz2.open(index, "rt", encoding="utf-8") if index.suffix == ".bz2" else index.open(encoding="utf-8") as lines
        ):
            for number, line in enumerate(lines, 1):
                found = _INDEX_LINE.match(line)
                if found is None:
                    raise InputError(
                        "offset:page id:title", repr(line[:60]), path=index, line=number, remedy="check the index file"
                    )
                offset = int(found[1])
                if offset >= last + target:
                    dump.seek(offset)
                    if not STREAM_START.match(dump.read(STREAM_START_BYTES)):
                        raise InputError(
                            "the index of this dump",
                            f"no bz2 stream at byte {offset} of it",
                            path=index,
                            line=number,
                            remedy="leave the index out",
                        )
                    cuts.append(offset)
                    last = offset
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError("a multistream index", str(error).lower(), path=index, remedy="leave the index out") from None
    return cuts
