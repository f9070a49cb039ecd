"""Standard input and output by name, and what is no regular file: read into a file, and written to as it is."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from ousianer_cli.errors import InputError, OusiaError, OutputError
from ousianer_cli.outputs.places import as_output_error, shown

_DESCRIPTOR = re.compile(r"/(?:dev|proc/(?:self|thread-self|(?P<process>\d+)(?:/task/\d+)?))/fd/(?P<number>\d+)")
_NAMED = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
_ENDINGS = {b"\x1f\x8b": ".gz", b"PK\x03\x04": ".zip", b"PK\x05\x06": ".zip", b"PAR1": ".parquet"}
_aside: list[TextIO] = []
"""The standard output that a command writes its output to, while what it prints goes to standard error."""


def descriptor_of(path: str | Path) -> int | None:
    """The open file of this process that a path names, by `-`, `/dev/stdout`, `/dev/fd/N`, or a link to one of them."""
    place = os.fspath(path)
    if place == "-":
        return 1
    for _ in range(40):  # as many links as Linux follows
        if place in _NAMED:
            return _NAMED[place]
        match = _DESCRIPTOR.fullmatch(place)
        if match and match["process"] in (None, str(os.getpid())):
            return int(match["number"])
        try:
            place = os.path.join(os.path.dirname(place), os.readlink(place))
        except (OSError, ValueError):
            return None
    return None


def is_standard_output(path: str | Path) -> bool:
    """Whether a path names standard output."""
    return descriptor_of(path) == 1


def is_stream(path: str | Path) -> bool:
    """Whether a path names something that is written to as it is: an open file, a device, a pipe."""
    if descriptor_of(path) is not None:
        return True
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


@contextmanager
def prints_aside(outputs: Iterable[str | Path | None]) -> Iterator[None]:
    """Where one of the outputs is standard output, what is printed meanwhile goes to standard error."""
    if not any(path is not None and is_standard_output(path) for path in outputs):
        yield
        return
    _aside.append(sys.stdout)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        _aside.pop()


@contextmanager
def open_stream(path: str | Path, text: Callable[[int], TextIO]) -> Iterator[TextIO]:
    """UTF-8 text into a stream; `text` makes a file of a descriptor.

    Raises:
        OutputError: it is closed, or cannot be opened.
    """
    number = descriptor_of(path)
    standard: Any = None
    descriptor: int | None
    if number in (1, 2):
        standard = (_aside[-1] if _aside else sys.stdout) if number == 1 else sys.stderr
        if standard is None:
            raise OutputError(f"{shown(path)}: expected an open stream, found it closed")
        standard.flush()
        descriptor = _copied(standard)
    else:
        with as_output_error(path):
            descriptor = os.dup(number) if number is not None else os.open(path, os.O_WRONLY)
    with text(descriptor) if descriptor is not None else _through(standard) as handle:
        yield handle


def _copied(standard: Any) -> int | None:
    """A descriptor of its own for a standard stream; None for a stand-in without any."""
    try:
        return os.dup(standard.fileno())
    except (AttributeError, OSError, ValueError):
        return None


@contextmanager
def _through(standard: Any) -> Iterator[TextIO]:
    if not hasattr(standard, "buffer"):
        yield standard
        return
    handle = io.TextIOWrapper(standard.buffer, encoding="utf-8", newline="\n")
    try:
        yield handle
    finally:
        handle.flush()
        handle.detach()


@contextmanager
def spooled_input(words: Sequence[str]) -> Iterator[list[str]]:
    """The same words, `-` being the path of a file with what standard input gave; removed at the end.

    The file is called `stdin`, with the ending that its first bytes call for (`.gz`, `.zip`, `.parquet`).

    Raises:
        InputError: `-` twice, or standard input is closed.
    """
    if "-" not in words:
        yield list(words)
        return
    if list(words).count("-") > 1:
        raise InputError("standard input ('-') once", "twice", remedy="a file named '-' is './-'")
    if sys.stdin is None:
        raise InputError("text on standard input ('-')", "it closed")
    with tempfile.TemporaryDirectory(prefix="ousianer-") as folder:
        place = Path(folder) / "stdin"
        source = getattr(sys.stdin, "buffer", None)
        with place.open("wb") as out:
            if source is not None:
                shutil.copyfileobj(source, out, 1 << 20)
            else:
                out.write(sys.stdin.read().encode())
        with place.open("rb") as handle:
            head = handle.read(4)
        ending = next((name for first, name in _ENDINGS.items() if head.startswith(first)), "")
        place = place.rename(place.with_name(place.name + ending))
        try:
            yield [str(place) if word == "-" else word for word in words]
        except OusiaError as error:
            # Where a command is advised, its argument is the `-` that was given.
            advised = (re.sub(rf"(ousianer \w+) {re.escape(str(place))}", r"\1 -", str(part)) for part in error.args)
            error.args = tuple(part.replace(str(place), "standard input") for part in advised)
            raise
