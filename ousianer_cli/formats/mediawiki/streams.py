"""The bytes of a dump: plain, gz or bz2 of many streams, inflated in bounded bites past what is damaged."""

from __future__ import annotations

import bz2
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Protocol

from ousianer_cli.errors import InputError
from ousianer_cli.formats.mediawiki.faults import DAMAGED, TRUNCATED

BLOCK = 256 << 10
"""Bytes read at a time."""
STREAM_START = re.compile(rb"BZh[1-9]1AY&SY")
STREAM_START_BYTES = 10
Fault = Callable[[str, str, str], None]
"""Called with the kind of a fault, where it is, and what it is; may raise to stop."""


class Range(Protocol):
    """A piece of a file: the bytes [start, end) of `path`."""

    @property
    def path(self) -> str:
        """The dump that it is a part of."""

    @property
    def start(self) -> int:
        """Its first byte."""

    @property
    def end(self) -> int:
        """The byte behind its last."""


def open_dump(path: Path) -> IO[bytes]:
    """The file, opened.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return path.open("rb")
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise InputError("a readable MediaWiki dump", reason, path=path, remedy="check the path") from None


def compression(handle: IO[bytes]) -> str:
    """`bz2`, `gz` or `plain`, by the first bytes of a file."""
    handle.seek(0)
    head = handle.read(3)
    return "bz2" if head == b"BZh" else "gz" if head[:2] == b"\x1f\x8b" else "plain"


def next_stream(handle: IO[bytes], start: int, end: int) -> int | None:
    """The first byte from `start` on at which a bz2 stream starts, before `end`."""
    handle.seek(start)
    kept, at = b"", start
    while at < end:
        block = handle.read(BLOCK)
        if not block:
            return None
        data = kept + block
        found = STREAM_START.search(data)
        if found:
            begin = at - len(kept) + found.start()
            return begin if begin < end else None
        at += len(block)
        kept = data[-(STREAM_START_BYTES - 1) :]
    return None


class _Inflater(Protocol):
    """One compressed stream, inflated in bounded bites."""

    eof: bool

    @property
    def rest(self) -> bytes: ...

    def inflate(self, data: bytes) -> Iterator[bytes]: ...


class _Bz2:
    def __init__(self) -> None:
        self._inner = bz2.BZ2Decompressor()
        self.eof = False

    @property
    def rest(self) -> bytes:
        return self._inner.unused_data

    def inflate(self, data: bytes) -> Iterator[bytes]:
        while True:
            yield self._inner.decompress(data, 4 * BLOCK)
            data = b""
            if self._inner.eof or self._inner.needs_input:
                self.eof = self._inner.eof
                return


class _Gz:
    def __init__(self) -> None:
        self._inner = zlib.decompressobj(31)
        self.eof = False

    @property
    def rest(self) -> bytes:
        return self._inner.unused_data

    def inflate(self, data: bytes) -> Iterator[bytes]:
        while data and not self._inner.eof:
            yield self._inner.decompress(data, 4 * BLOCK)
            data = self._inner.unconsumed_tail
        self.eof = self._inner.eof


def inflated_blocks(handle: IO[bytes], chunk: Range, fault: Fault) -> Iterator[tuple[bytes, bool, bool]]:
    """Inflated bytes, whether they begin in the piece's own range, and whether bytes before them were lost.

    Past the range reading goes on, for the end of a page that began in it.
    """
    kind = compression(handle)
    handle.seek(chunk.start)
    if kind == "plain":
        at = chunk.start
        while block := handle.read(BLOCK if at >= chunk.end else min(BLOCK, chunk.end - at)):
            yield block, at < chunk.end, False
            at += len(block)
        return
    yield from _inflated(handle, kind, chunk, fault)


def _inflated(handle: IO[bytes], kind: str, chunk: Range, fault: Fault) -> Iterator[tuple[bytes, bool, bool]]:
    start = chunk.start
    data = b""
    after_loss = False
    while True:
        data = data or handle.read(BLOCK)
        if not data or (kind == "gz" and not data.strip(b"\0")):
            return
        stream: _Inflater = _Bz2() if kind == "bz2" else _Gz()
        own = start < chunk.end
        at = start
        broken = ""
        while data:
            at += len(data)
            try:
                for block in stream.inflate(data):
                    if block:
                        yield block, own, after_loss
                        after_loss = False
            except (OSError, zlib.error, ValueError) as error:
                broken = str(error).lower()
                break
            if stream.eof:
                break
            data = handle.read(BLOCK)
        if stream.eof:
            data = stream.rest
            start = at - len(data)
            continue
        # Nothing past the range is this piece's to report.
        if own:
            what = f"bytes from {start} on" + (f" ({broken})" if broken else "")
            fault(DAMAGED if broken else TRUNCATED, f"{chunk.path}:byte {at}", what)
        found = next_stream(handle, start + 1, 1 << 62) if kind == "bz2" and broken else None
        if found is None or not own:
            return
        handle.seek(found)
        start, data, after_loss = found, b"", True
