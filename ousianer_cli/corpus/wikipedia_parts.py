"""The working files of the Wikipedia pipeline: parts, Parquet that appears whole or not at all, and worker processes.

A part is a run of pages of one dump, cut by number and size alone, so that it is the same whoever works on it. Every
step turns whole parts (or groups of them) into files with final names; what has its final name is done.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, process, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ousianer_cli.errors import InputError, OusiaError, OutputError
from ousianer_cli.outputs import open_output

ROW_GROUP = 64
"""Articles a row group: what a process holds of a part at once when it reads it."""
EXAMPLES = 20
"""Faults and redirect loops that are shown, not only counted."""

Tally = dict[str, Any]
"""Counts as JSON keeps them: name -> number, or -> a tally of its own, or -> a list of examples."""
Progress = Callable[[str], None]


def part_name(part: int) -> str:
    """The name of part number chunk * 100,000 + place in the chunk."""
    return f"{part // 100_000:05d}-{part % 100_000:05d}"


def part_number(chunk: int, place: int) -> int:
    """The number of a part: of the chunk of the dump, then its place in that."""
    return chunk * 100_000 + place


@dataclass(frozen=True, slots=True)
class Work:
    """Where the working files lie."""

    folder: Path

    def file(self, step: str, name: str, ending: str = "parquet") -> Path:
        """`folder/step/name.ending`; the step's folder is made."""
        place = self.folder / step
        place.mkdir(parents=True, exist_ok=True)
        return place / f"{name}.{ending}"

    def part(self, step: str, part: int, ending: str = "parquet") -> Path:
        """The file of a part in a step."""
        return self.file(step, part_name(part), ending)

    def files(self, step: str, ending: str = "parquet") -> list[Path]:
        """The finished files of a step, by name."""
        return sorted(p for p in (self.folder / step).glob(f"*.{ending}") if not p.name.startswith("."))

    def clear_unfinished(self) -> None:
        """Remove what a killed run left under temporary names."""
        for path in self.folder.rglob(".*"):
            if path.is_file():
                path.unlink(missing_ok=True)


def write_json(path: Path, content: Any) -> None:
    """A JSON file that appears whole; keys in order, so that equal content gives equal bytes."""
    with open_output(path) as out:
        json.dump(content, out, ensure_ascii=False, sort_keys=True, indent=1)
        out.write("\n")


def read_json(path: Path) -> Any:
    """The content of a JSON file of ours."""
    return json.loads(path.read_text(encoding="utf-8"))


def add_tally(total: Tally, more: Tally) -> Tally:
    """`total` with `more` added in place: numbers add up, lists keep their first examples."""
    for name, value in more.items():
        if isinstance(value, dict):
            add_tally(total.setdefault(name, {}), value)
        elif isinstance(value, list):
            kept = total.setdefault(name, [])
            kept += value[: EXAMPLES - len(kept)]
        else:
            total[name] = total.get(name, 0) + value
    return total


# ---- processes ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Refusal:
    """An error of a worker, in a form that travels between processes."""

    kind: type[OusiaError]
    text: str
    details: tuple[str, str, str | None, int | None, str | None] | None

    def error(self) -> OusiaError:
        if self.details is not None:
            expected, found, path, line, remedy = self.details
            return InputError(expected, found, path=path, line=line, remedy=remedy)
        return self.kind(self.text)


def _guarded(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, int]:
    """The function's result, or a `_Refusal`, and this process's peak memory in KiB."""
    try:
        result = function(*arguments)
    except InputError as error:
        result = _Refusal(InputError, str(error), (error.expected, error.found, error.path, error.line, error.remedy))
    except OusiaError as error:
        result = _Refusal(type(error), str(error), None)
    return result, peak_memory()


def _begin_work() -> None:
    """What a process does first: see that it ends with its parent, and that its memory does not creep up."""
    import pyarrow as pa

    # Arrow's own pool and a heap for each of its threads keep ever more of what was freed; the processes are the
    # threads here.
    pa.set_memory_pool(pa.system_memory_pool())
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    # A worker whose parent was killed would wait for its next task for ever.
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def peak_memory() -> int:
    """The most memory this process has held, KiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak


Task = tuple[Callable[..., Any], tuple[Any, ...]]


class Workers:
    """Runs tasks in processes (in this one where there is but one worker), never more of them waiting than need be.

    `peak` is the most memory that any one of the processes has held, KiB. Results come in the order of the tasks.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.peak = 0

    def run(self, tasks: Iterable[Task]) -> Iterator[Any]:
        """The tasks' results.

        Raises:
            OusiaError: what a task raised. OutputError: a process was killed.
        """
        if self.number == 1:
            for function, arguments in tasks:
                yield self._taken(_guarded(function, arguments))
            return
        try:
            with self._pool(self.number) as pool:
                waiting: deque[Future[tuple[Any, int]]] = deque()
                try:
                    for function, arguments in tasks:
                        # Arguments may be pages of text: one task beyond those at work is enough.
                        while sum(not f.done() for f in waiting) > self.number:
                            wait([f for f in waiting if not f.done()], return_when="FIRST_COMPLETED")
                        waiting.append(pool.submit(_guarded, function, arguments))
                        del arguments
                        while waiting and waiting[0].done():
                            yield self._taken(waiting.popleft().result())
                    while waiting:
                        yield self._taken(waiting.popleft().result())
                finally:
                    for future in waiting:
                        future.cancel()
        except process.BrokenProcessPool:
            raise OutputError(
                "a worker process was killed (often: out of memory); try fewer --workers and go on with --resume"
            ) from None

    def alone(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """The result of one call in a process of its own, which gives its memory back; in this one for one worker."""
        if self.number == 1:
            return self._taken(_guarded(function, arguments))
        try:
            with self._pool(1) as pool:
                return self._taken(pool.submit(_guarded, function, arguments).result())
        except process.BrokenProcessPool:
            raise OutputError(
                "a process was killed (often: out of memory); give less --memory and go on with --resume"
            ) from None

    @staticmethod
    def _pool(number: int) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(number, mp_context=multiprocessing.get_context("spawn"), initializer=_begin_work)

    def _taken(self, outcome: tuple[Any, int]) -> Any:
        result, peak = outcome
        self.peak = max(self.peak, peak)
        if isinstance(result, _Refusal):
            raise result.error()
        return result
