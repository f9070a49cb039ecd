"""Processes of their own for tests, begun from one that has loaded what they need and no thread.

A process forked from the tests' own inherits the locks of the threads of its libraries, as they stand, without the
threads: MKL's memory then waits for one of them for ever.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ousianer_cli.settings.tag import TagSettings

ANEW = multiprocessing.get_context("forkserver")
ANEW.set_forkserver_preload(["ousianer_cli.tagging.run", "ousianer_cli.training.pretrain", "duckdb"])


def exit_code(work: Callable[..., object], *arguments: object) -> int:
    """What a process that does the work ends with: its exit code, or minus the signal that killed it."""
    process = ANEW.Process(target=work, args=arguments)
    process.start()
    process.join()
    assert process.exitcode is not None
    return process.exitcode


def killed_at(step: int, folder: Path, settings: TagSettings) -> None:
    """Resume the run, a document a block, and be killed at the given touch of a file beside it.

    A touch is a file opened, renamed or removed, or a folder made or removed. With step 0, exit by their number.
    """
    from ousianer_cli.tagging import blocks, run  # which the tests of other rooms do not load

    os.chdir(folder)
    blocks.LEAST_TEXT, run.AT_ONCE = 1, 0
    steps = 0

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal steps
        if event in ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir") and "run.tab" in str(arguments[0]):
            steps += 1
            if steps == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    run.run_tag(settings, resume=True)
    if not step:
        os._exit(steps)
