"""Text files opened one way: UTF-8, `.gz` unpacked, no byte order mark, and one-line errors with the place."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from ousianer_cli.errors import InputError
from ousianer_cli.formats.first_bytes import binary_error, kind_of_binary
from ousianer_cli.formats.unpacked import is_gzip, open_gzip

_DECLARED = re.compile(rb"""\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_OF_BYTES = re.compile(r"(?:iso8859-|cp|koi8-|gb|big5|shift_jis|euc_|mac-)\w+|tis-620|big5|shift_jis")
"""Encodings of text that hold ASCII as it is, by Python's names for them."""


def open_bytes(path: str | Path) -> IO[bytes]:
    """A file open for reading; what is gzipped, by its first bytes, is unpacked.

    Reading raises an `InputError` for a gzip file that is broken, or unpacks to more than text does.
    """
    path = Path(path)
    handle = path.open("rb")
    if not is_gzip(handle):
        return handle
    handle.close()
    return open_gzip(path)


def without_gz(name: str) -> str:
    """A file's name without `.gz`."""
    return name[:-3] if name.lower().endswith(".gz") else name


def unreadable(what: str, path: str | Path | None, error: Exception) -> InputError:
    """The error for a file that cannot be opened or unpacked; `what` was expected there."""
    reason = getattr(error, "strerror", None) or str(error)
    return InputError(what, f"no readable file ({reason})", path=path, remedy="check the path")


def not_utf8(path: str | Path | None, line: int | None, error: UnicodeDecodeError) -> InputError:
    """The error for bytes that are not UTF-8; their place is that in the line, from 1."""
    if error.object[:2] in (b"\xff\xfe", b"\xfe\xff") and error.start == 0:
        remedy = "convert the file, for example with iconv -f utf-16 -t utf-8"
        return InputError("UTF-8", "UTF-16 (by its first bytes)", path=path, line=line, remedy=remedy)
    if line in (None, 1) and (kind := kind_of_binary(error.object[:4096])):
        return binary_error("text in UTF-8", kind, path, line)
    place = error.start - error.object.rfind(b"\n", 0, error.start)
    found = f"byte 0x{error.object[error.start]:02x} at byte {place}"
    remedy = "save it as UTF-8, or convert it, for example with iconv -f windows-1252 -t utf-8"
    return InputError("UTF-8", found, path=path, line=line, remedy=remedy)


def numbered_lines(
    path: str | Path, what: str = "a corpus file", *, errors: str = "strict"
) -> Iterator[tuple[int, str]]:
    """The lines of a UTF-8 text file (also `.gz`) from 1, without line ends and byte order mark.

    Lines end at line feeds only: corpora hold other line separators of Unicode inside their tokens. `errors` is what
    becomes of bytes that are no UTF-8, as for `bytes.decode`: `surrogateescape` for names of files.

    Raises:
        InputError: the file cannot be read, or is not UTF-8; `what` says what was expected.
    """
    number = 0
    try:
        with open_bytes(path) as handle:
            for number, raw in enumerate(handle, 1):
                if number == 1 and b"\0" in raw and (kind := kind_of_binary(raw[:4096])):
                    raise binary_error(what, kind, path)
                yield number, raw.decode("utf-8-sig" if number == 1 else "utf-8", errors).rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise not_utf8(path, number, error) from None
    except OSError as error:
        raise unreadable(what, path, error) from None


def filled_lines(path: str | Path, what: str, *, errors: str = "strict") -> Iterator[tuple[int, str]]:
    """As `numbered_lines`, without the blank ones."""
    return ((number, line) for number, line in numbered_lines(path, what, errors=errors) if line.strip())


def read_text(path: str | Path, what: str) -> str:
    """A whole UTF-8 text file, line ends as they are, without byte order mark; errors as of `numbered_lines`."""
    try:
        with open_bytes(path) as handle:
            data = handle.read()
    except OSError as error:
        raise unreadable(what, path, error) from None
    return decoded(data, path).removeprefix("\ufeff")


def files_below(path: str | Path, pattern: str, wanted: Callable[[Path], bool], expected: str) -> list[Path]:
    """The wanted files of a folder that fit the pattern (recursive, sorted), or the file itself.

    Raises:
        InputError: a folder without any; `expected` says of what.
    """
    path = Path(path)
    if not path.is_dir():
        return [path]
    found = sorted(filter(wanted, path.rglob(pattern)))
    if not found:
        raise InputError(expected, "none in the folder", path=path, remedy="check the path")
    return found


def decoded(data: bytes, path: str | Path) -> str:
    """Bytes of a file as text."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise not_utf8(path, data.count(b"\n", 0, error.start) + 1, error) from None


def decoded_markup(data: bytes, path: str | Path) -> str:
    """Bytes of a marked-up file as text: UTF-8 where they are, else what the XML declaration names."""
    declared = _DECLARED.match(data)
    try:
        name = codecs.lookup(declared[1].decode("ascii")).name if declared else ""
    except LookupError:
        name = ""
    if not _OF_BYTES.fullmatch(name):
        return decoded(data, path)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{data[error.start]:02x}, which is none of it"
        remedy = "mend the declaration, or save the file as UTF-8"
        raise InputError(f"{name}, as its declaration says", found, path=path, line=line, remedy=remedy) from None


def first_line(path: str | Path, limit: int = 1 << 16) -> str:
    """The first line that is not blank, as far as it can be read; empty where there is none."""
    try:
        with open_bytes(path) as handle:
            for _ in range(64):
                raw = handle.readline(limit)
                line = raw.decode("utf-8", "replace").lstrip("\ufeff").rstrip("\r\n")
                if line.strip() or not raw:
                    return line
    except (OSError, InputError):
        pass
    return ""
