"""Many workers on one machine: processes that get a block at a time and send its records back.

A worker never writes, so that one that outlives its parent for a moment does no harm; and it ends with its parent,
however that ends.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any

import torch

from ousianer_cli.errors import OusiaError, OutputError
from ousianer_cli.settings.tag import TagSettings
from ousianer_cli.tagging.blocks import Block
from ousianer_cli.tagging.processors import choose_threads
from ousianer_cli.tagging.worker import Event, Worker

AHEAD = 2
"""Blocks that a worker has at a time, so that it never waits for the next."""
BATCH = 64
"""Events in a message."""


class Processes:
    """Workers, a process each, made ready; for a `with` block.

    Args:
        start: how processes begin; `spawn` wherever libraries may have threads.

    Raises:
        OusiaError: whatever a worker raises.
        OutputError: a worker was killed.
    """

    def __init__(self, settings: TagSettings, workers: int, start: str = "spawn") -> None:
        context: Any = multiprocessing.get_context(start)
        self._connections: list[Connection] = []
        self._processes: list[Any] = []
        for share in shares(settings, workers):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, share), daemon=True)
            process.start()
            theirs.close()
            self._connections.append(ours)
            self._processes.append(process)
        for connection in self._connections:
            _received(connection)  # ready

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        for connection, process in zip(self._connections, self._processes, strict=True):
            if kind is not None:
                process.terminate()
            with suppress(OSError):
                connection.send(None)
            connection.close()
        for process in self._processes:
            process.join(5)
            if process.is_alive():
                process.kill()
                process.join()

    def events(self, blocks: Iterable[Block]) -> Iterator[Event]:
        """The records of the blocks as they come, blocks mixed."""
        waiting = iter(blocks)
        open_blocks = 0
        for connection in [c for _ in range(AHEAD) for c in self._connections]:
            open_blocks += _send_next(connection, waiting)
        while open_blocks:
            for ready in wait(self._connections):
                assert isinstance(ready, Connection)
                for number, record in _received(ready):
                    yield number, record
                    if record is None:
                        open_blocks += _send_next(ready, waiting) - 1


def shares(settings: TagSettings, workers: int) -> Sequence[TagSettings]:
    """The settings of each worker: its share of the processors that are free, a GPU of its own where there are some."""
    threads = settings.threads or max(1, choose_threads().count // workers)
    gpus = torch.cuda.device_count() if settings.device in ("", "cuda") else 0
    devices = [f"cuda:{k % gpus}" if gpus else settings.device for k in range(workers)]
    return [replace(settings, threads=threads, device=device) for device in devices]


def _send_next(connection: Connection, waiting: Iterator[Block]) -> int:
    """Send a block if there is one left; how many were sent."""
    block = next(waiting, None)
    if block is None:
        return 0
    try:
        connection.send(block)
    except OSError:
        while connection.poll():  # an error that ended the worker stands behind what it sent before
            _received(connection)
        raise _killed() from None
    return 1


def _received(connection: Connection) -> list[Event]:
    """A message of a worker; its error is raised."""
    try:
        message = connection.recv()
    except (EOFError, OSError):
        raise _killed() from None
    if isinstance(message, BaseException):
        raise message
    return message  # type: ignore[no-any-return]


def _killed() -> OutputError:
    return OutputError(
        "a worker process was killed (often: out of memory); try fewer --workers and go on with --resume"
    )


def _serve(connection: Connection, settings: TagSettings) -> None:
    """A worker's life."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all; the parent ends its workers
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    try:
        worker = Worker(settings)
        connection.send([])
        for block in iter(connection.recv, None):
            batch: list[Event] = []
            for event in worker.events([block]):
                batch.append(event)
                if len(batch) == BATCH:
                    connection.send(batch)
                    batch = []
            connection.send(batch)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass
    except OusiaError as error:
        connection.send(error)
    except Exception:
        connection.send(RuntimeError(traceback.format_exc()))


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
