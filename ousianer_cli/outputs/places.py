"""Where an output comes to lie, and whether what stands there may go."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ousianer_cli.errors import OutputError
from ousianer_cli.outputs.kinds import Kind, entries


def shown(path: str | Path) -> str:
    """A path for a message: as it is, unless it holds what would break the line."""
    text = os.fspath(path)
    return text if text.isprintable() and text else repr(text)


def refuse_foreign(path: str | Path, target: Path, kind: Kind, but: str = "", flag: str = "-o") -> None:
    """Refuse a folder in which something would be lost or mixed up; `but` is an entry that does not count.

    Raises:
        OutputError: as said, or `target` is no folder.
    """
    label = f"{flag} {shown(path)}"
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(mode):
        raise OutputError(f"{label}: expected a folder, or a name for a new one, found a file; choose another place")
    there = [name for name in entries(target) if name != but]
    if not there:
        return
    recognised = kind.recognised(target)
    found: str | None = None
    if kind.fate == "shared":
        theirs = (name for name in there if kind.writes(name) and not kind.wrote(target / name))
        found = None if recognised else next(theirs, None)
        if found:
            raise OutputError(
                f"{label}: expected no {found} or one that this command wrote, found another; choose another place"
            )
        return
    if not recognised:
        found = there[0]
    elif kind.fate == "replaced":
        found = kind.foreign(target, but)
    if found:
        raise OutputError(
            f"{label}: expected a new or empty folder or {kind.what}, found {shown(found)} in it, which would be lost "
            "or mixed up; choose another place or move it away"
        )


def followed(path: str | Path) -> Path:
    """Where a path leads, all links followed; its end need not be there.

    Raises:
        OutputError: a circle of links, or no name at all.
    """
    text = os.fspath(path)
    if not text or "\0" in text:
        raise OutputError(f"expected the name of an output, found {text!r}; give one with -o")
    with as_output_error(path):
        place = Path(os.path.realpath(text))
        if place.is_symlink():
            raise OutputError(f"{shown(path)}: expected a file or folder, found a circle of links; mend it")
    return place


def unwritable(path: str | Path, error: OSError) -> OutputError:
    """The one line that says why an output cannot be written."""
    return OutputError(f"{shown(path)}: cannot be written ({error.strerror or error}); choose another place")


@contextmanager
def as_output_error(path: str | Path) -> Iterator[None]:
    """Turn an `OSError` of the block into the one line of `unwritable`; a reader that went away is none."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritable(path, error) from None
