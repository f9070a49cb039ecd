"""Files and folders that appear whole or not at all, at the place that links lead to."""

from __future__ import annotations

import io
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from ousianer_cli.errors import OutputError
from ousianer_cli.outputs.kinds import Kind
from ousianer_cli.outputs.places import as_output_error, followed, refuse_foreign, shown, unwritable
from ousianer_cli.outputs.streams import is_stream, open_stream

_parts: set[Path] = set()
"""Hidden names in use, so that an exception at the worst moment leaves none behind."""


@contextmanager
def open_output(path: str | Path) -> Iterator[TextIO]:
    """UTF-8 text (`\\n` line ends) that appears at `path` when the block ends well; a stream gets it as it comes.

    Raises:
        OutputError: it cannot be written, at any time.
    """
    if is_stream(path):
        with open_stream(path, lambda descriptor: _text(descriptor, path)) as handle:
            yield handle
        return
    with _part_of(path) as part:
        with as_output_error(path):
            descriptor = os.open(part, os.O_WRONLY)
        with _text(descriptor, path) as handle:
            yield handle


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """The hidden name of a file for writers that want a path; what is written there appears at `path` at the end.

    The block should only write: an `OSError` in it is taken for one of writing.

    Raises:
        OutputError: it cannot be written, at any time.
    """
    with _part_of(path) as part, as_output_error(path):
        yield part


@contextmanager
def whole_folder(path: str | Path, kind: Kind) -> Iterator[Path]:
    """A hidden folder that takes the place of `path` when the block ends well, where that is new, empty or of `kind`.

    Of what stands there nothing but a folder that the command wrote itself is ever removed: where something else has
    come into it meanwhile, the new folder stays under its hidden name. A folder that cannot be renamed (the working
    folder, a mount point, one below a folder that cannot be written) keeps its place; what is in it is exchanged.

    The block should only write: an `OSError` in it is taken for one of writing.

    Raises:
        OutputError: `path` is there and is something else, or it cannot be written, at any time.
    """
    target = followed(path)
    with as_output_error(path):
        refuse_foreign(path, target, kind)
        inside = target.is_dir() and _stays(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = _hidden(target, target if inside else target.parent)
    _parts.add(part)
    try:
        with as_output_error(path):
            part.mkdir()
            new, old = part / "new", part / "old"
            new.mkdir()
            yield new
            _let_be_read(new)
            _sync(new)
            try:
                refuse_foreign(path, target, kind, but=part.name)
            except OutputError as error:
                _parts.discard(part)
                raise OutputError(f"{error}; what was to be written there lies in {shown(new)}") from None
            if target.is_dir():
                new.chmod(stat.S_IMODE(target.stat().st_mode))
            _exchange(new, target, old, inside, part.name)
    except BaseException:
        if (part / "old").is_dir() and any((part / "old").iterdir()):
            _parts.discard(part)  # not even going back went well: this is all there is of what stood at the place
        raise
    finally:
        if part in _parts:
            remove(part)


def remove(part: Path) -> None:
    """Remove a hidden file or folder, if it is there, and forget it."""
    with suppress(OSError):
        if part.is_dir() and not part.is_symlink():
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink(missing_ok=True)
    _parts.discard(part)


def remove_parts() -> None:
    """Remove every hidden file and folder that is still in use: for the end of a program."""
    for part in list(_parts):
        remove(part)


@contextmanager
def _part_of(path: str | Path) -> Iterator[Path]:
    """An empty file under a hidden name beside where `path` leads, moved there when the block ends well."""
    target = followed(path)
    part = _hidden(target, target.parent)
    _parts.add(part)
    try:
        with as_output_error(path):
            target.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
            mode = part.stat().st_mode
            owner: os.stat_result | None = None
            with suppress(FileNotFoundError):
                owner = target.stat()
        yield part
        with as_output_error(path):
            if owner is not None and (owner.st_uid, owner.st_gid) != (os.geteuid(), os.getegid()):
                with suppress(OSError):
                    os.chown(part, owner.st_uid, owner.st_gid)
            os.chmod(part, stat.S_IMODE(mode if owner is None else owner.st_mode))
            _sync(part)
            os.replace(part, target)
    finally:
        remove(part)


def _hidden(target: Path, folder: Path) -> Path:
    """A free hidden name; short, since the name of the target may be as long as names can be."""
    return folder / f".{target.name[:40]}.{os.urandom(4).hex()}.part"


class _Raw(io.FileIO):
    """A file whose failing writes are an `OutputError`; a reader that went away is none."""

    def __init__(self, descriptor: int, path: str | Path) -> None:
        super().__init__(descriptor, "w")
        self._path = path

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise unwritable(self._path, error) from None


def _text(descriptor: int, path: str | Path) -> TextIO:
    return io.TextIOWrapper(io.BufferedWriter(_Raw(descriptor, path)), encoding="utf-8", newline="\n")


def _sync(place: Path) -> None:
    """See that what was written is on the disk before anything older goes."""
    for path in place.rglob("*") if place.is_dir() else (place,):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _let_be_read(folder: Path) -> None:
    """Give files the rights that the folder has: some writers leave theirs to the owner alone."""
    mode = stat.S_IMODE(folder.stat().st_mode)
    for path in folder.rglob("*"):
        path.chmod(mode if path.is_dir() else mode & 0o666)


def _stays(folder: Path) -> bool:
    """Whether a folder cannot or should not be renamed."""
    here = Path.cwd()
    return folder in (here, *here.parents) or os.path.ismount(folder) or not os.access(folder.parent, os.W_OK)


def _exchange(new: Path, target: Path, old: Path, inside: bool, part: str) -> None:
    """Move what stands at `target` to `old` and `new` to its place; where that fails, everything goes back."""
    moves: list[tuple[Path, Path]] = []
    if inside:
        old.mkdir()
        moves += [(path, old / path.name) for path in target.iterdir() if path.name != part]
        moves += [(path, target / path.name) for path in new.iterdir()]
    else:
        moves += [(target, old)] if target.exists() else []
        moves.append((new, target))
    done: list[tuple[Path, Path]] = []
    try:
        for source, goal in moves:
            done.append((source, goal))
            os.replace(source, goal)
    except BaseException:
        for source, goal in reversed(done):
            if goal.exists() and not source.exists():
                os.replace(goal, source)
        raise
