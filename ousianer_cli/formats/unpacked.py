"""What is unpacked while it is read, up to the size that a text of its packed size may have."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path
from typing import IO, Any, cast

from ousianer_cli.errors import InputError

_GZIP = b"\x1f\x8b"
LARGE = 64 << 20
"""Bytes that any file may unpack to."""
MOST_TIMES = 200
"""A larger one at most to so many times its packed size: text has 3 to 20, a bomb thousands."""
_AT_ONCE = 1 << 16


class Unpacked(io.RawIOBase):
    """A stream that is unpacked on the way; what is too large, cut off or broken is an `InputError`."""

    def __init__(self, stream: IO[bytes], packed: int, label: str | Path) -> None:
        """`packed` is the packed size in bytes, `label` the path for messages."""
        self._stream, self._label = stream, label
        self._left = max(LARGE, MOST_TIMES * packed)

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with what comes next, and say how much that is."""
        try:
            data = self._stream.read(len(buffer))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise broken(self._label, error) from None
        self._left -= len(data)
        if self._left < 0:
            raise InputError(
                f"a file that unpacks to at most {MOST_TIMES} times its size",
                f"more than {LARGE >> 20} MiB of it",
                path=self._label,
                remedy="unpack it yourself if it is what it should be",
            )
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close what is read, too."""
        self._stream.close()
        super().close()


def is_gzip(handle: io.BufferedReader) -> bool:
    """Whether what is read next begins as a gzip file does; nothing is read of it."""
    return handle.peek(len(_GZIP))[: len(_GZIP)] == _GZIP


def broken(label: str | Path, error: Exception) -> InputError:
    """The error for what cannot be unpacked to its end."""
    return InputError("an intact archive", f"a broken one ({error})", path=label, remedy="fetch it again")


def open_gzip(path: Path) -> IO[bytes]:
    """A gzip file open for reading what it holds."""
    stream = cast(IO[bytes], gzip.open(path, "rb"))  # noqa: SIM115
    return io.BufferedReader(Unpacked(stream, path.stat().st_size, path), _AT_ONCE)
