"""Signals that end a program as exceptions, so that everything that is open is tidied up."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from ousianer_cli.outputs.writers import remove_parts

_ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
_PATIENCE = 5.0
"""Seconds after which a signal is raised anew that somebody has caught on its way."""


class _Ended(SystemExit):
    """Raised wherever the program is when a signal ends it."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.number = number


@contextmanager
def tidy_end() -> Iterator[None]:
    """Let SIGTERM, SIGHUP and SIGINT end the block by `SystemExit` (143, 129, 130), and leave no hidden file.

    A signal that is ignored (`nohup`) or handled already stays so. Does nothing outside the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept: dict[int, Any] = {}
    for number in _ENDING:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            kept[number] = signal.signal(number, _end)
    hook, sys.unraisablehook = sys.unraisablehook, _raising_again(sys.unraisablehook)
    try:
        yield
    finally:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        remove_parts()
        sys.unraisablehook = hook
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
    _end_again(number, _PATIENCE)
    raise _Ended(number)


def _end_again(number: int, seconds: float) -> None:
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, lambda _, frame: _end(number, frame))
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _raising_again(hook: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A signal that came while Python ran something that cannot raise (`__del__`) is raised a moment later."""

    def note(unraisable: Any) -> None:
        if isinstance(unraisable.exc_value, _Ended):
            _end_again(unraisable.exc_value.number, 0.01)
        else:
            hook(unraisable)

    return note
