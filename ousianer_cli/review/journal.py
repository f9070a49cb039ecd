"""An annotator's journal: a line of JSON for every deed, on the disk before the page is told that it is saved.

A thread writes what has come meanwhile together and waits for the disk once, so that many clients do not wait in a
row. A line that was cut off by a crash was never confirmed to anybody; it is taken away when the journal is read.
"""

from __future__ import annotations

import json
import os
import queue
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ousianer_cli.errors import InputError, OutputError
from ousianer_cli.outputs.places import as_output_error

SUFFIX = ".journal"
_HEAD = "ousianer review"


def journal_path(out: Path, annotator: str) -> Path:
    """Where an annotator's journal lies beside the feedback file."""
    return out.with_name(f"{out.name}.{annotator}{SUFFIX}")


def journals(out: Path) -> dict[str, Path]:
    """Annotator -> journal of all who reviewed into this feedback file."""
    names = (path.name for path in out.parent.glob(f"*{SUFFIX}")) if out.parent.is_dir() else ()
    found = (
        name.removeprefix(f"{out.name}.").removesuffix(SUFFIX) for name in names if name.startswith(f"{out.name}.")
    )
    return {annotator: journal_path(out, annotator) for annotator in sorted(found)}


def read_journal(path: Path) -> tuple[list[dict[str, Any]], int]:
    """(the records of a journal, the bytes of an unfinished last line).

    Raises:
        InputError: a line that is none of a journal, with file and line, but for a last one without its end.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError("a journal of ousianer review", f"no readable file ({error.strerror})", path=path) from None
    whole, _, rest = data.rpartition(b"\n")
    records = []
    for number, raw in enumerate(whole.split(b"\n") if whole else (), 1):
        try:
            record = json.loads(raw)
            if not isinstance(record, dict) or (number == 1) != (_HEAD in record):
                raise ValueError("not a record")
        except ValueError as error:
            remedy = "move the journal away, or mend the line"
            raise InputError(
                "a line of a journal of ousianer review", str(error), path=path, line=number, remedy=remedy
            ) from None
        records.append(record)
    return records[1:], len(rest)


class Journal:
    """The journal of the annotator at work; it can be open once at a time.

    Raises:
        OutputError: another session has it open, or it cannot be written.
        InputError: as `read_journal`.
    """

    def __init__(self, path: Path, annotator: str) -> None:
        self.path = path
        self.cut = 0
        """Bytes of an unfinished line that were taken away."""
        self.records: list[dict[str, Any]] = []
        """What was in it when it was opened."""
        with as_output_error(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=0)
        try:
            self._lock.acquire()
        except Timeout:
            raise OutputError(
                f"{path}: expected a journal that nobody writes to, found annotator '{annotator}' at work in another "
                "session; end that, or give another --annotator"
            ) from None
        try:
            self._open(annotator)
        except BaseException:
            self._release()
            raise
        self._waiting: queue.SimpleQueue[tuple[bytes, Future[None]] | None] = queue.SimpleQueue()
        self._closed = False
        self._order = threading.Lock()
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self._thread.start()

    def _open(self, annotator: str) -> None:
        if self.path.exists() and self.path.stat().st_size:
            self.records, self.cut = read_journal(self.path)
        with as_output_error(self.path):
            self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o666)
            size = os.fstat(self._descriptor).st_size - self.cut
            os.ftruncate(self._descriptor, size)
            os.lseek(self._descriptor, 0, os.SEEK_END)
            if not size:
                self._put(_line({_HEAD: 1, "annotator": annotator}))
            os.fsync(self._descriptor)
            _sync_folder(self.path.parent)

    def append(self, record: dict[str, Any]) -> Future[None]:
        """Add a record; the future is done when it is on the disk, or fails with an `OutputError`."""
        future: Future[None] = Future()
        with self._order:
            if self._closed:
                future.set_exception(OutputError(f"{self.path}: cannot be written (the session has ended)"))
            else:
                self._waiting.put((_line(record), future))
        return future

    def close(self) -> None:
        """Write what is waiting, and let others open it."""
        with self._order:
            if self._closed:
                return
            self._closed = True
            self._waiting.put(None)
        self._thread.join()
        os.close(self._descriptor)
        self._release()

    def _release(self) -> None:
        self._lock.release()
        Path(self._lock.lock_file).unlink(missing_ok=True)

    def _write(self) -> None:
        """The writing thread: all that waits as one block, and one wait for the disk."""
        while (first := self._waiting.get()) is not None:
            block, ends = [first], False
            while not self._waiting.empty():
                item = self._waiting.get()
                if item is None:
                    ends = True
                    break
                block.append(item)
            self._write_block(block)
            if ends:
                return

    def _write_block(self, block: list[tuple[bytes, Future[None]]]) -> None:
        begin = os.lseek(self._descriptor, 0, os.SEEK_CUR)
        try:
            self._put(b"".join(line for line, _ in block))
            os.fsync(self._descriptor)
        except OSError as error:
            # Half a line before the next one would spoil both.
            os.ftruncate(self._descriptor, begin)
            os.lseek(self._descriptor, begin, os.SEEK_SET)
            failed = OutputError(f"{self.path}: cannot be written ({error.strerror})")
            for _, future in block:
                future.set_exception(failed)
            return
        for _, future in block:
            future.set_result(None)

    def _put(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]


def _line(record: dict[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def _sync_folder(folder: Path) -> None:
    """A new file's name must be on the disk too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
