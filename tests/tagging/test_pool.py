"""Overlapping work: in order, whatever ends first; and errors neither hide results nor hang."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import pytest
import torch

from ousianer_cli.tagging.pool import Joint, in_order, kernel_pool

Result = TypeVar("Result")


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(3) as threads:
        yield threads


def joined(
    pool: ThreadPoolExecutor, parts: Sequence[Callable[[], Any]], join: Callable[[list[Any]], Result]
) -> Joint[Any, Result]:
    """A result of parts that the threads of a pool find."""
    joint: Joint[Any, Result] = Joint(len(parts), join)

    def run(place: int, part: Callable[[], Any]) -> None:
        if joint.given_up:
            return
        try:
            joint.put(place, part())
        except RuntimeError as error:
            joint.fail(error)

    for place, part in enumerate(parts):
        pool.submit(run, place, part)
    return joint


def late(value: int, seconds: float) -> int:
    time.sleep(seconds)
    return value


def test_parts_come_back_in_their_order_and_none_is_a_result_too(pool: ThreadPoolExecutor) -> None:
    slow_first = [partial(late, 1, 0.03), partial(late, 2, 0.0), partial(late, 3, 0.01)]
    assert joined(pool, slow_first, list).result() == [1, 2, 3]
    assert joined(pool, [], list).result() == []


def test_results_keep_the_order_of_the_items(pool: ThreadPoolExecutor) -> None:
    def start(n: int) -> tuple[Joint[int, list[int]], int]:
        return joined(pool, [partial(late, n, 0.02 if n % 3 == 0 else 0.0)] * 2, list), 1

    assert list(in_order(range(12), start, most=4)) == [[n, n] for n in range(12)]


def test_no_more_is_taken_ahead_than_may_be_under_way(pool: ThreadPoolExecutor) -> None:
    taken: list[int] = []
    gate = threading.Event()

    def items() -> Iterator[int]:
        for n in range(20):
            taken.append(n)
            if len(taken) == 5:
                gate.set()
            yield n

    def start(n: int) -> tuple[Joint[bool, int], int]:
        return joined(pool, [partial(gate.wait, 5)], lambda _: n), 2

    results = in_order(items(), start, most=10)
    assert next(results) == 0
    assert taken == [0, 1, 2, 3, 4]


def test_an_error_in_the_items_comes_after_what_was_read_before(pool: ThreadPoolExecutor) -> None:
    def items() -> Iterator[int]:
        yield 0
        yield 1
        raise ValueError("damaged")

    results = in_order(items(), lambda n: (joined(pool, [partial(late, n, 0.02)], sum), 1), most=10)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match="damaged"):
        next(results)


@pytest.mark.parametrize("where", ["part", "join"])
def test_an_error_of_a_part_is_raised_where_its_result_is_asked_for(pool: ThreadPoolExecutor, where: str) -> None:
    def fail(*_: object) -> int:
        raise RuntimeError(where)

    joint = joined(pool, [fail, partial(late, 1, 0.0)] if where == "part" else [], fail)
    with pytest.raises(RuntimeError, match=where):
        joint.result()


def test_what_nobody_waits_for_is_not_begun() -> None:
    begun: list[int] = []
    gate = threading.Event()
    with ThreadPoolExecutor(1) as pool:

        def part(n: int) -> None:
            begun.append(n)
            if n > 0:
                gate.wait(5)

        results = in_order(range(9), lambda n: (joined(pool, [partial(part, n)], len), 1), most=9)
        assert next(results) == 1
        results.close()  # type: ignore[attr-defined]
        gate.set()
    assert len(begun) <= 2


def test_kernels_of_the_pool_have_their_threads_and_the_caller_keeps_its_own() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with kernel_pool(2, 1) as pool:

            def threads() -> int:
                torch.ones(8, 8) @ torch.ones(8, 8)
                return torch.get_num_threads()

            assert {pool.submit(threads).result() for _ in range(8)} == {1}
            assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
