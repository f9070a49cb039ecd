"""Files to read one at a time, alone or as members of zip archives, unpacked on the way."""

from __future__ import annotations

import gzip
import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from ousianer_cli.errors import InputError
from ousianer_cli.formats.unpacked import Unpacked, broken, is_gzip


@dataclass(frozen=True, slots=True)
class Unit:
    """One file, or one member of an archive."""

    path: Path
    member: str = ""
    explicit: bool = False

    @property
    def name(self) -> str:
        """The name of the file or member, without folders."""
        return PurePosixPath(self.member).name if self.member else self.path.name

    @property
    def label(self) -> str:
        """The path for messages, in which bytes that are not UTF-8 are written as `\\xe9`."""
        return readable_path(f"{self.path}!{self.member}" if self.member else str(self.path))


def readable_path(path: str) -> str:
    """A path for messages, in which bytes that are not UTF-8 are written as `\\xe9`."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


class Archives:
    """Zip archives that are kept open while their members are read, one at a time for each role."""

    def __init__(self) -> None:
        self._open: dict[Path, tuple[zipfile.ZipFile, dict[str, str]]] = {}

    def __enter__(self) -> Archives:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        for archive, _ in self._open.values():
            archive.close()
        self._open.clear()

    def get(self, path: Path) -> zipfile.ZipFile:
        """The open archive of a path."""
        return self._entry(path)[0]

    def members_by_name(self, path: Path) -> dict[str, str]:
        """Name -> member of an archive; of equal names the last."""
        return self._entry(path)[1]

    def _entry(self, path: Path) -> tuple[zipfile.ZipFile, dict[str, str]]:
        if path not in self._open:
            if len(self._open) >= 4:
                self._close()
            archive = zipfile.ZipFile(path)
            self._open[path] = archive, {PurePosixPath(name).name: name for name in archive.namelist()}
        return self._open[path]


def members(path: Path) -> list[str]:
    """The members of an archive that are no folders, sorted.

    Raises:
        InputError: no archive that can be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist() if not info.is_dir()]
    except (OSError, zipfile.BadZipFile) as error:
        raise InputError("a zip archive", f"{error}", path=path, remedy="fetch it again") from None
    return sorted(n for n in names if not PurePosixPath(n).name.startswith(".") and not n.startswith("__MACOSX/"))


def _raw(unit: Unit, archives: Archives) -> tuple[IO[bytes], int]:
    """A file or member open for reading, and its packed size in bytes."""
    if not unit.member:
        return unit.path.open("rb"), unit.path.stat().st_size
    archive = archives.get(unit.path)
    info = archive.getinfo(unit.member)
    if stat.S_ISLNK(info.external_attr >> 16):
        raise InputError("a file", "a link inside an archive", path=unit.label, remedy="pack the file itself")
    if info.flag_bits & 1:
        remedy = "unpack the archive with its password"
        raise InputError("a file that can be read", "one that is encrypted", path=unit.label, remedy=remedy)
    return archive.open(info), info.compress_size


@contextmanager
def opened(unit: Unit, archives: Archives) -> Iterator[IO[bytes]]:
    """A file or member open for reading; what goes wrong while reading is an `InputError`.

    It is unpacked where it is called `.gz` and is gzip: what passes files on often unpacks them and keeps the name.
    """
    try:
        raw, packed = _raw(unit, archives)
        with raw:
            zipped = unit.name.lower().endswith(".gz") and is_gzip(cast(io.BufferedReader, raw))
            stream = gzip.GzipFile(fileobj=raw) if zipped else raw
            if zipped or unit.member:
                stream = cast(IO[bytes], Unpacked(cast(IO[bytes], stream), packed, unit.label))
            yield io.BufferedReader(cast(io.RawIOBase, stream))
    except (EOFError, zlib.error, zipfile.BadZipFile, gzip.BadGzipFile) as error:
        raise broken(unit.label, error) from None
    except (OSError, NotImplementedError, RuntimeError, KeyError) as error:
        found = getattr(error, "strerror", None) or str(error)
        raise InputError(
            "a readable file", f"{found}", path=unit.label, remedy="check the file and its permissions"
        ) from None
