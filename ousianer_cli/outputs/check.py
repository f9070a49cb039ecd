"""The check of every output before the work begins: nothing that stands there is lost, and it can be written."""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ousianer_cli.errors import OutputError
from ousianer_cli.outputs.kinds import MODEL, Kind
from ousianer_cli.outputs.places import as_output_error, followed, refuse_foreign, shown
from ousianer_cli.outputs.streams import descriptor_of, is_stream

_Identity = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Output:
    """An output as the user named it."""

    path: str | Path
    kind: Kind
    flag: str = "-o"

    @property
    def label(self) -> str:
        """For messages: `-o PATH`."""
        return f"{self.flag} {shown(self.path)}"


def check_output(path: str | Path, *, kind: Kind, inputs: Iterable[str | Path] = (), flag: str = "-o") -> None:
    """`check_outputs` for one output."""
    check_outputs([Output(path, kind, flag)], inputs)


def check_outputs(outputs: Sequence[Output], inputs: Iterable[str | Path] = ()) -> None:
    """Refuse outputs that cannot be written, or at which something would be lost.

    Links are followed on both sides, and files known by what they are, not by their names. Refused are:

    - a folder that holds something else than what this command writes (see `Kind`), a folder where a file is wanted and
      the reverse, a block device, a place that cannot be written, no name;
    - an output that is an input, a folder above one, or a file in a folder of inputs that would be read as one of them;
    - one place for two outputs, and an output inside another's folder that is replaced.

    Folders that are missing above an output are made when it is written.

    Args:
        outputs: all outputs of a command.
        inputs: whatever the command reads: files, folders, `@list.txt` (with what it lists), `PATH*8`, `-` (standard
            input). What does not exist is passed over.

    Raises:
        OutputError: one line, with flag and path.
    """
    read = list(_existing(inputs)) if outputs else []
    for output in outputs:
        _check_place(output)
        _check_against(output, read)
    for number, output in enumerate(outputs):
        for earlier in outputs[:number]:
            _check_apart(output, earlier)


# ---- the place itself -----------------------------------------------------------------------------------------------


def _check_place(output: Output) -> None:
    text = os.fspath(output.path)
    if not text or "\0" in text:
        raise OutputError(f"{output.flag}: expected the name of {output.kind.what}, found {text!r}")
    if re.match("~[^/]*(/|$)", text) and not os.path.lexists(text.split("/")[0]):
        raise OutputError(
            f"{output.label}: expected a path, found '~', which only a shell turns into the home folder; write it out"
        )
    if is_stream(output.path):
        _check_stream(output)
        return
    target = followed(output.path)
    with as_output_error(output.path):
        if output.kind.folder:
            refuse_foreign(output.path, target, output.kind, flag=output.flag)
            # A folder that cannot be moved is exchanged from within.
            _try_to_write(target if target.is_dir() else target.parent)
            return
        there = _stat(target)
        if (there is not None and stat.S_ISDIR(there.st_mode)) or text.endswith(("/", "/.")):
            raise OutputError(f"{output.label}: expected a file, found a folder; name a file in it")
        if there is not None and not os.access(target, os.W_OK):
            raise OutputError(f"{output.label}: expected a file that may be written, found it write-protected")
        _try_to_write(target.parent)


def _check_stream(output: Output) -> None:
    if output.kind.folder:
        raise OutputError(f"{output.label}: expected a folder, found a stream; {output.kind.what} has several files")
    number = descriptor_of(output.path)
    with as_output_error(output.path):
        mode = os.stat(output.path).st_mode if number is None else os.fstat(number).st_mode if number > 2 else 0
    if number == 0:
        raise OutputError(f"{output.label}: expected a place to write to, found standard input")
    if stat.S_ISBLK(mode):
        raise OutputError(f"{output.label}: expected a file, found a block device, which would be overwritten")
    if number is None and not os.access(output.path, os.W_OK):
        raise OutputError(f"{output.label}: expected what may be written to, found it write-protected")


def _stat(place: Path) -> os.stat_result | None:
    try:
        return os.stat(place)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _try_to_write(folder: Path) -> None:
    """Write a file without a name into a folder, or the nearest one above that exists; leaves nothing."""
    while not os.path.lexists(folder):
        folder = folder.parent
    with tempfile.TemporaryFile(dir=folder, prefix=".ousianer."):
        pass


# ---- inputs ---------------------------------------------------------------------------------------------------------


def _existing(inputs: Iterable[str | Path]) -> Iterator[Path]:
    """The files and folders that inputs name, as far as they exist."""
    for item in inputs:
        text = os.fspath(item)
        if text == "-":
            if _is_file(0):
                yield Path("/dev/stdin")
            continue
        for name in (text, re.sub(r"\*[\d.]+$", "", text)):
            if name and "\0" not in name and os.path.exists(name):
                yield Path(name)
                break
        else:
            if text.startswith("@"):
                yield from _listed(Path(text[1:]))


def _is_file(descriptor: int) -> bool:
    try:
        return stat.S_ISREG(os.fstat(descriptor).st_mode)
    except OSError:
        return False


def _listed(path: Path) -> Iterator[Path]:
    try:
        lines = path.read_text(encoding="utf-8-sig", errors="surrogateescape").splitlines()
    except (OSError, ValueError):
        return  # what is wrong with it is said where it is read
    yield path
    for line in lines:
        entry = line.strip()
        if entry and not entry.startswith("#") and "\0" not in entry:
            yield from (place for place in (path.parent / entry, Path(entry)) if os.path.exists(place))


def _check_against(output: Output, inputs: Sequence[Path]) -> None:
    if is_stream(output.path):
        return
    target = followed(output.path)
    there = _stat(target)
    for item in inputs:
        try:
            state = os.stat(item)
        except OSError:
            continue
        if there is not None and (stat.S_ISREG(there.st_mode) or stat.S_ISDIR(there.st_mode)):
            if _identity(state) == _identity(there):
                raise OutputError(f"{output.label}: expected another place than the inputs, found the input itself")
            if output.kind.folder:
                _check_above(output, target, _identity(there), item)
        if stat.S_ISDIR(state.st_mode) and not output.kind.folder:
            _check_inside(output, target, there, item, _identity(state))


def _check_above(output: Output, target: Path, there: _Identity, item: Path) -> None:
    """A folder above an input is refused, unless it is shared and the input no file that the command writes."""
    for place in {Path(os.path.abspath(item)), Path(os.path.realpath(item))}:
        for above in place.parents:
            try:
                same = _identity(os.stat(above)) == there
            except OSError:
                continue
            if same and (output.kind.fate != "shared" or output.kind.writes(place.relative_to(above).as_posix())):
                raise OutputError(
                    f"{output.label}: expected a place apart from the inputs, found {shown(item)} in it; "
                    "choose another place"
                )


def _check_inside(
    output: Output, target: Path, there: os.stat_result | None, folder: Path, identity: _Identity
) -> None:
    """A file in a folder of inputs is refused if it is one of them, or would be the next time."""
    found: Path | None = folder if _lies_in(target, identity) and _is_read(output, folder, target.name) else None
    if found is None and there is not None and stat.S_ISREG(there.st_mode):
        found = next(_other_names(output, folder, there), None)
    if found is not None:
        raise OutputError(
            f"{output.label}: expected a place where it is not read as input, found it in {shown(found)}; "
            "choose another place"
        )


def _is_read(output: Output, folder: Path, name: str) -> bool:
    """Whether a file of that name, in a folder of inputs, is read as one."""
    if MODEL.recognised(folder):
        return MODEL.writes(name)
    return output.kind.read is None or name.removesuffix(".gz").lower().endswith(output.kind.read)


def _other_names(output: Output, folder: Path, there: os.stat_result) -> Iterator[Path]:
    """Files in a folder of inputs that are the output under other names, by links."""
    for place, _, files in os.walk(folder):
        for name in files:
            path = Path(place, name)
            if (there.st_nlink > 1 or path.is_symlink()) and _is_read(output, folder, name):
                state = _stat(path)
                if state is not None and _identity(state) == _identity(there):
                    yield path


def _lies_in(target: Path, folder: _Identity) -> bool:
    for above in target.parents:
        state = _stat(above)
        if state is not None and _identity(state) == folder:
            return True
    return False


def _identity(state: os.stat_result) -> _Identity:
    return state.st_dev, state.st_ino


# ---- several outputs ------------------------------------------------------------------------------------------------


def _check_apart(output: Output, earlier: Output) -> None:
    one, two = _place(output), _place(earlier)
    if one == two and one != _place(Output(os.devnull, output.kind)):
        raise OutputError(f"{output.label}: expected another place than {earlier.label}, found the same")
    for inner, outer in ((output, earlier), (earlier, output)):
        if outer.kind.fate != "replaced" or is_stream(inner.path):
            continue
        if followed(outer.path) in followed(inner.path).parents:
            raise OutputError(
                f"{inner.label}: expected a place outside {outer.label}, which is replaced whole; choose another"
            )


def _place(output: Output) -> object:
    """What tells two outputs apart."""
    number = descriptor_of(output.path)
    try:
        return _identity(os.stat(output.path) if number is None else os.fstat(number))
    except (OSError, ValueError):
        return number if number is not None else str(followed(output.path))
