"""Signals that end a program as exceptions, so that everything that is open is tidied up."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from ousianer_cli.outputs.writers import remove_parts

_ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def tidy_end() -> Iterator[None]:
    """Let SIGTERM, SIGHUP and SIGINT end the block by `SystemExit` (143, 129, 130), and leave no hidden file.

    A signal that is ignored (`nohup`) or handled already stays so. Does nothing outside the main thread.
    """
    kept = {}
    if threading.current_thread() is threading.main_thread():
        for number in _ENDING:
            if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                kept[number] = signal.signal(number, _end)
    try:
        yield
    finally:
        remove_parts()
        for number, handler in kept.items():
            signal.signal(number, handler)


def _end(number: int, _: FrameType | None) -> None:
    for other in _ENDING:  # `timeout` and the terminal send more than one, which would end the tidying
        signal.signal(other, signal.SIG_IGN)
    if "multiprocessing" in sys.modules:
        from multiprocessing import active_children

        for child in active_children():
            with suppress(OSError):
                child.terminate()
    raise SystemExit(128 + number)
