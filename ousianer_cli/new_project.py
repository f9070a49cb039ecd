"""Lay down a project folder that runs as it is."""

from __future__ import annotations

import os
import shutil
import tempfile
from importlib.resources import files
from pathlib import Path

from ousianer_cli.errors import InputError, OutputError
from ousianer_cli.outputs.places import followed


def init_project(directory: str | Path) -> list[Path]:
    """Copy the package's project files into `directory`, all of them or none.

    Returns:
        the files written, relative to `directory`: `ousianer.toml` first, then by name.

    Raises:
        InputError: `directory` is a file, or holds one of the files already (nothing is overwritten).
        OutputError: it cannot be written.
    """
    directory = followed(directory)
    source = Path(str(files("ousianer_cli"))) / "project_files"
    names = sorted(
        (path.relative_to(source) for path in source.rglob("*") if path.is_file()),
        key=lambda name: (name.as_posix() != "ousianer.toml", name.as_posix()),
    )
    if directory.exists() and not directory.is_dir():
        raise InputError("a folder, or a name for a new one", "a file", path=directory)
    if clashes := [name for name in names if os.path.lexists(directory / name)]:
        found = ", ".join(name.as_posix() for name in clashes[:3]) + (" and more" if len(clashes) > 3 else "")
        remedy = "choose another folder, or move them away"
        raise InputError("none of the project's files to be there yet", found, path=directory, remedy=remedy)
    made: list[Path] = []
    try:
        _make_folder(directory, made)
        # A full disk or a missing permission shows here, before anything has its final name.
        with tempfile.TemporaryDirectory(prefix=".ousianer-init.", dir=directory) as staged:
            for name in names:
                _make_folder((Path(staged) / name).parent, [])
                shutil.copyfile(source / name, Path(staged) / name)
            for name in names:
                _make_folder((directory / name).parent, made)
                # link() refuses a name that has come into being since the check, which replace() would overwrite.
                _place(Path(staged) / name, directory / name)
                made.append(directory / name)
    except BaseException as error:
        for path in reversed(made):
            path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise OutputError(f"{directory}: cannot be written ({error.strerror}); choose another folder") from None
        raise
    return names


def _make_folder(folder: Path, made: list[Path]) -> None:
    """Make a folder and those above it, and note the new ones, outermost first."""
    new = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(new):
        path.mkdir()
        made.append(path)


def _place(staged: Path, target: Path) -> None:
    try:
        os.link(staged, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        with target.open("xb") as out:
            out.write(staged.read_bytes())
