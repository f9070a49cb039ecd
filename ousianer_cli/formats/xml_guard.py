"""XML that comes in pieces: a tag that never ends is refused, since a parser would begin it anew with every piece."""

from __future__ import annotations

from typing import IO

from ousianer_cli.errors import InputError

LONGEST_TAG = 1 << 20
"""Bytes."""


class ShortTags:
    """A file of XML, open for reading bytes, whose tags are at most `LONGEST_TAG` long."""

    def __init__(self, handle: IO[bytes], path: str) -> None:
        self._handle, self._path = handle, path
        self._inside = -1  # bytes of the tag that is open, -1 in text

    def read(self, size: int = -1) -> bytes:
        """The next bytes.

        Raises:
            InputError: a tag, comment or CDATA section of more than `LONGEST_TAG` bytes without a `>`.
        """
        data = self._handle.read(size)
        closed, opened = data.rfind(b">"), data.rfind(b"<")
        if opened > closed:
            first = data.find(b"<", closed + 1)
            self._inside = len(data) - first if closed >= 0 or self._inside < 0 else self._inside + len(data)
        elif closed >= 0:
            self._inside = -1
        elif self._inside >= 0:
            self._inside += len(data)
        if self._inside > LONGEST_TAG:
            found = f"one that goes on for more than {LONGEST_TAG >> 20} MiB"
            raise InputError("tags of a usual length", found, path=self._path, remedy="mend or leave out the file")
        return data
