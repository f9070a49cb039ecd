"""Lines of text, plain or compressed; what is not understood goes to the caller."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from ousianer_cli.errors import InputError

Invalid = Callable[[int, str, str], None]
"""Called with a line's number, what was expected, and what was found; may raise to stop."""


def read_lines(path: str | Path, invalid: Invalid) -> Iterator[tuple[int, str]]:
    """Number (from 1) and text of each line, without its end; gz, bz2, xz and zip are recognised by content.

    A line that is not UTF-8 and the end of a broken archive go to `invalid`.

    Raises:
        InputError: no such file, or an archive that cannot be streamed (7z).
    """
    path = Path(path)
    number = 0
    try:
        with _open(path) as handle:
            for number, raw in enumerate(handle, 1):
                try:
                    yield number, raw.decode("utf-8").rstrip("\r\n")
                except UnicodeDecodeError as error:
                    invalid(number, "UTF-8", f"byte {error.object[error.start]:#04x} at {error.start}")
    except (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
        invalid(number + 1, "a whole compressed file", str(error) or "its end is missing")
    except OSError as error:
        if number == 0 and error.errno is not None:
            raise InputError("a readable file", error.strerror or str(error), path=path) from None
        invalid(number + 1, "a whole compressed file", str(error))


def _open(path: Path) -> IO[bytes]:
    with path.open("rb") as handle:
        magic = handle.read(6)
    if magic[:2] == b"\x1f\x8b":
        return gzip.open(path, "rb")  # type: ignore[return-value]
    if magic[:3] == b"BZh":
        return bz2.open(path, "rb")
    if magic == b"\xfd7zXZ\x00":
        return lzma.open(path, "rb")
    if magic == b"7z\xbc\xaf\x27\x1c":
        raise InputError("text, .gz, .bz2, .xz or .zip", "a 7z archive", path=path, remedy=f"unpack it: 7z x {path}")
    if magic[:4] == b"PK\x03\x04":
        archive = zipfile.ZipFile(path)
        names = [n for n in archive.namelist() if not n.endswith("/")]
        if len(names) != 1:
            raise InputError("one file in the archive", f"{len(names)}", path=path, remedy="unpack it")
        return archive.open(names[0])
    return io.BufferedReader(io.FileIO(path), buffer_size=1 << 20)
