"""Work that overlaps: documents are read while earlier ones run through the network, and come back in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Barrier, Lock
from typing import Generic, TypeVar

import torch

Item = TypeVar("Item")
Part = TypeVar("Part")
Result = TypeVar("Result")


class Joint(Generic[Part, Result]):
    """A result that is made of several parts, which come in any order; the thread that brings the last one makes it.

    Args:
        count: how many parts there are; of none the result is made at once.
        join: makes the result of the parts, which come in their order.
    """

    def __init__(self, count: int, join: Callable[[list[Part]], Result]) -> None:
        self._count, self._join = count, join
        self._found: dict[int, Part] = {}
        self._lock = Lock()
        self._future: Future[Result] = Future()
        self.given_up = False
        """Whether nobody waits for what is still missing."""
        if not count:
            self._end()

    def put(self, place: int, part: Part) -> None:
        """Bring a part."""
        with self._lock:
            self._found[place] = part
            last = len(self._found) == self._count
        if last:
            self._end()

    def _end(self) -> None:
        try:
            result = self._join([self._found[place] for place in range(self._count)])
        except BaseException as error:
            self.fail(error)
        else:
            self._future.set_result(result)

    def fail(self, error: BaseException) -> None:
        """Raise an error where the result is asked for; the first one stands."""
        with self._lock:
            self.given_up = True
            if not self._future.done():
                self._future.set_exception(error)

    def give_up(self) -> None:
        """Leave out the parts that have not begun."""
        self.given_up = True

    def done(self) -> bool:
        """Whether the result is there."""
        return self._future.done()

    def result(self) -> Result:
        """The result, waited for; an error of any part is raised here."""
        return self._future.result()


def in_order(
    items: Iterable[Item],
    start: Callable[[Item], tuple[Joint[Part, Result], int]],
    most: int,
) -> Iterator[Result]:
    """The result of each item, in order; the next items are started while earlier ones still run.

    `start` begins an item and says how large it is; items are begun until those that are under way are `most` or more
    together. An error in the items is raised after the results of those that came before it.
    """
    waiting: deque[tuple[Joint[Part, Result], int]] = deque()
    failure: BaseException | None = None
    size = 0
    source = iter(items)
    try:
        while True:
            try:
                started = start(next(source))
            except StopIteration:
                break
            except BaseException as error:
                failure = error
                break
            waiting.append(started)
            size += started[1]
            while waiting and (size >= most or waiting[0][0].done()):
                joint, own = waiting.popleft()
                size -= own
                yield joint.result()
        while waiting:
            yield waiting.popleft()[0].result()
        if failure is not None:
            raise failure
    finally:
        for joint, _ in waiting:
            joint.give_up()


def kernel_pool(workers: int, kernel_threads: int) -> ThreadPoolExecutor:
    """Threads in each of which PyTorch's kernels take `kernel_threads`; the caller's own setting stays as it is."""
    before, ready = torch.get_num_threads(), Barrier(workers + 1)

    def begin() -> None:
        torch.get_num_threads()  # a thread takes the process's setting the first time that it is asked; only then ours
        torch.set_num_threads(kernel_threads)
        ready.wait()

    pool = ThreadPoolExecutor(workers, thread_name_prefix="ousianer", initializer=begin)
    for _ in range(workers):
        pool.submit(int)
    ready.wait()
    torch.set_num_threads(before)
    return pool
