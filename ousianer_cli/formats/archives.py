"""Files to read one at a time, alone or as members of zip archives, unpacked on the way."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from ousianer_cli.errors import InputError


@dataclass(frozen=True, slots=True)
class Unit:
    """One file, or one member of an archive."""

    path: Path
    member: str = ""
    explicit: bool = False

    @property
    def name(self) -> str:
        return PurePosixPath(self.member).name if self.member else self.path.name

    @property
    def label(self) -> str:
        """The path for messages, in which bytes that are not UTF-8 are written as `\\xe9`."""
        label = f"{self.path}!{self.member}" if self.member else str(self.path)
        return label.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


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
        return self._entry(path)[0]

    def members_by_name(self, path: Path) -> dict[str, str]:
        return self._entry(path)[1]

    def _entry(self, path: Path) -> tuple[zipfile.ZipFile, dict[str, str]]:
        if path not in self._open:
            if len(self._open) >= 4:
                self._close()
            archive = zipfile.ZipFile(path)
            self._open[path] = archive, {PurePosixPath(name).name: name for name in archive.namelist()}
        return self._open[path]


def members(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist() if not info.is_dir()]
    except (OSError, zipfile.BadZipFile) as error:
        raise InputError("a zip archive", f"{error}", path=path, remedy="fetch it again") from None
    return sorted(n for n in names if not PurePosixPath(n).name.startswith(".") and not n.startswith("__MACOSX/"))


@contextmanager
def opened(unit: Unit, archives: Archives) -> Iterator[IO[bytes]]:
    """A file or member open for reading, unpacked if it is `.gz`; what goes wrong while reading is an `InputError`."""
    try:
        raw: IO[bytes] = archives.get(unit.path).open(unit.member) if unit.member else unit.path.open("rb")
        with raw:
            stream = gzip.GzipFile(fileobj=raw) if unit.name.lower().endswith(".gz") else raw
            yield io.BufferedReader(cast(io.RawIOBase, stream))
    except (EOFError, zlib.error, zipfile.BadZipFile, gzip.BadGzipFile) as error:
        raise InputError(
            "an intact archive", f"a broken one ({error})", path=unit.label, remedy="fetch it again"
        ) from None
    except (OSError, NotImplementedError, RuntimeError, KeyError) as error:
        found = getattr(error, "strerror", None) or str(error)
        raise InputError(
            "a readable file", f"{found}", path=unit.label, remedy="check the file and its permissions"
        ) from None
