"""Digests by which files are told apart that have the same name."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path


def sha256_16(path: str | Path) -> str:
    """The first 16 hex digits of a file's SHA-256."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()[:16]


def first_changed(folder: Path, digests: Mapping[str, str]) -> str | None:
    """What is wrong with the first file of a folder that is not as its digest says, as `NAME: expected …, found …`."""
    for name, wanted in sorted(digests.items()):
        path = folder / name
        try:
            found = sha256_16(path)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return f"{path}: expected a file, found none"
        except OSError as error:
            return f"{path}: expected a file that can be read, found {error.strerror} (check its permissions)"
        if found != wanted:
            return f"{path}: expected a file whose SHA-256 begins with {wanted}, found {found}"
    return None
