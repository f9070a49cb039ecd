"""The parts of a run that is under way: a folder beside the output, a file a block, so that a killed run can go on.

`run.tab.parts/` holds `manifest.json` and `000012.jsonl` for each finished block: a line that tells the block's input
files by their content, then its records. A part appears whole; the folder goes when the run is whole. A process holds a
lock on the folder, which the system gives back however the process ends.
"""

from __future__ import annotations

import dataclasses
import fcntl
import functools
import hashlib
import heapq
import itertools
import json
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Any

from ousianer_cli.errors import OutputError, SettingsError
from ousianer_cli.formats.documents.archives import Unit
from ousianer_cli.outputs import PARTS, check_output, open_output
from ousianer_cli.outputs.places import as_output_error, followed, shown
from ousianer_cli.outputs.streams import is_stream
from ousianer_cli.tagging.blocks import Block
from ousianer_cli.tagging.manifest import Manifest
from ousianer_cli.tagging.records import Record, order_of, record_line

_PART = re.compile(r"(\d{6,})\.jsonl")
_TEMPORARY = re.compile(r"\..*\.part")


def parts_folder(out: str | Path) -> Path:
    """Where the parts of a run lie until it is whole."""
    target = followed(out)
    return target.with_name(target.name[:200] + ".parts")


def refuse_unfinished(out: str | Path, *, resume: bool) -> None:
    """Refuse a run that would begin anew where finished parts of an earlier one would be lost.

    Raises:
        OutputError: as said, or what stands in the place of the parts is something else.
    """
    folder = parts_folder(out)
    check_output(folder, kind=PARTS)
    finished = len(_finished(folder))
    if finished and not resume and "whole" not in _manifest(folder):
        raise OutputError(
            f"-o {shown(out)}: expected no unfinished run, found finished parts ({finished}) in {shown(folder)}; "
            "go on with --resume, or remove that folder to begin anew"
        )


def unfinished(out: str | Path) -> str:
    """A word on the finished parts that an interrupted run has left; empty if it left none."""
    if is_stream(out):
        return ""
    folder = parts_folder(out)
    finished = len(_finished(folder))
    return f"finished parts ({finished}) lie in {shown(folder)}" if finished else ""


class Parts:
    """The open folder of a run's parts.

    Args:
        folder: where it is or will be.
        manifest: of the run.
        blocks: all of it.

    Raises:
        OutputError: it cannot be written, or another process writes it.
    """

    def __init__(self, folder: Path, manifest: Manifest, blocks: Sequence[Block]) -> None:
        self.folder = folder
        self.manifest = manifest
        self.blocks = blocks
        self._lock: IO[bytes] | None = None
        _content_of.cache_clear()
        _checksums.cache_clear()
        with as_output_error(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = (folder / "lock").open("ab")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise OutputError(
                f"{shown(folder)}: expected no other process at this run, found one; wait for it or end it"
            ) from None
        except OSError:
            pass  # a file system without locks
        self.found: dict[str, Any] = _manifest(folder)
        with as_output_error(folder):
            for path in folder.iterdir():
                if _TEMPORARY.fullmatch(path.name):
                    path.unlink()

    def __enter__(self) -> Parts:
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            self._lock.close()
        if not self.finished and self.folder.is_dir():
            self.clear()

    @property
    def finished(self) -> set[int]:
        """Numbers of the blocks that have their part."""
        return _finished(self.folder)

    @property
    def of_a_whole_run(self) -> bool:
        """Whether these parts were on their way out when a process was killed: their run is whole."""
        try:
            return "whole" in self.found and not self.manifest.differs(Manifest.of_json(self.found))
        except (KeyError, TypeError):
            return False

    def begin(self) -> None:
        """Begin anew; `refuse_unfinished` saw to it that nothing is lost."""
        with as_output_error(self.folder):
            for number in self.finished:
                self._path(number).unlink()
        self._write_manifest({})

    def resume(self) -> None:
        """Go on with what is there, nothing perhaps.

        Raises:
            SettingsError: parts of another run, or of files that have changed since.
        """
        if not self.finished or "whole" in self.found:
            self.begin()
            return
        try:
            differing = self.manifest.differs(Manifest.of_json(self.found))
        except (KeyError, TypeError):
            differing = "parts of another version of ousianer"
        if differing:
            raise SettingsError(
                f"--resume: expected parts of this run in {shown(self.folder)}, found {differing}; "
                "give the same or remove that folder to begin anew"
            )
        for block in self.blocks:
            if block.number in self.finished and self._content(block.number) != content_of(block):
                raise SettingsError(
                    f"--resume: expected the inputs as they were, found {block.units[0][1].label} or one of the "
                    f"{len(block.units)} files from there on changed; remove {shown(self.folder)} to begin anew"
                )

    def keep(self, events: Iterable[tuple[int, Record | None]]) -> Iterator[Record]:
        """Write a part for each block whose records come in, blocks mixed as they may be; gives the records on."""
        blocks = {block.number: block for block in self.blocks}
        open_parts: dict[int, tuple[ExitStack, IO[str]]] = {}
        try:
            for number, record in events:
                if number not in open_parts:
                    stack = ExitStack()
                    handle = stack.enter_context(open_output(self._path(number)))
                    open_parts[number] = stack, handle
                    handle.write(json.dumps({"content": content_of(blocks[number])}) + "\n")
                if record is None:
                    open_parts.pop(number)[0].close()
                else:
                    open_parts[number][1].write(record_line(record) + "\n")
                    yield record
        except BaseException:
            for stack, _ in open_parts.values():
                stack.__exit__(*sys.exc_info())
            raise

    def records(self) -> Iterator[Record]:
        """The records of all parts in the order of the run."""
        for _, group in itertools.groupby(self.blocks, key=lambda block: block.units[0][0]):
            yield from heapq.merge(*(self._records(block.number) for block in group), key=order_of)

    def whole(self) -> None:
        """The run stands at its place: the parts go. A process killed here leaves what is known to be of no use."""
        self._write_manifest({"whole": True})
        self.clear()

    def clear(self) -> None:
        """Remove the folder, its manifest last."""
        with suppress(OSError):
            for path in sorted(self.folder.iterdir(), key=lambda path: path.name == "manifest.json"):
                path.unlink()
            self.folder.rmdir()

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:06d}.jsonl"

    def _content(self, number: int) -> str:
        with as_output_error(self._path(number)), self._path(number).open(encoding="utf-8") as handle:
            return str(json.loads(handle.readline())["content"])

    def _records(self, number: int) -> Iterator[Record]:
        with self._path(number).open(encoding="utf-8", newline="\n") as handle:
            handle.readline()
            yield from map(json.loads, handle)

    def _write_manifest(self, more: dict[str, object]) -> None:
        with open_output(self.folder / "manifest.json") as out:
            out.write(json.dumps({**dataclasses.asdict(self.manifest), **more}, indent=1) + "\n")


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _finished(folder: Path) -> set[int]:
    if not folder.is_dir():
        return set()
    return {int(found[1]) for path in folder.iterdir() if (found := _PART.fullmatch(path.name))}


def content_of(block: Block) -> str:
    """Tells the files of a block by what is in them; a file that cannot be read has no part in it."""
    digest = hashlib.blake2b(digest_size=16)
    for _, unit in block.units:
        digest.update(_content_of(unit))
    return digest.hexdigest()


@functools.lru_cache(maxsize=2)  # the slices of a large file come one after the other
def _content_of(unit: Unit) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    with suppress(OSError, KeyError, zipfile.BadZipFile):
        if unit.member:
            return _checksums(unit.path)[unit.member]
        with unit.path.open("rb") as handle:
            while piece := handle.read(1 << 20):
                digest.update(piece)
    return digest.digest()


@functools.lru_cache(maxsize=2)
def _checksums(archive: Path) -> dict[str, bytes]:
    """What an archive itself says of its members' content."""
    with zipfile.ZipFile(archive) as opened:
        return {info.filename: f"{info.CRC:08x} {info.file_size}".encode() for info in opened.infolist()}
