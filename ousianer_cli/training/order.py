"""The order in which training shows its sentences: from memory, or from a stream through a buffer.

From the lengths alone the batches of every buffer are known, so a schedule knows its steps, and any step of a run is
reached by reading one buffer. The order depends on seed and corpora only.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ousianer_cli.training.examples import Example, shuffled_batches
from ousianer_cli.training.streams import TypingStream


class Order(Protocol):
    """Batches of training examples in the order of the steps, `total` in all."""

    total: int

    def at(self, step: int) -> tuple[int, list[int], list[Example]]:
        """(epoch, the examples' numbers, the examples) of a step; the numbers are places in the training list."""
        ...


class LoadedOrder:
    """The order over examples that lie in memory: `epochs` passes, or as many as `steps` (if any) take."""

    def __init__(self, examples: list[Example], budget: int, epochs: int, steps: int, seed: int) -> None:
        self.examples = examples
        lengths = [e.encoded.pieces for e in examples]
        self._flat: list[tuple[int, list[int]]] = []
        for epoch in _epochs(epochs, steps, lambda: len(self._flat)):
            self._flat += [(epoch, batch) for batch in shuffled_batches(lengths, budget, _rng(seed, epoch))]
        if steps:
            del self._flat[steps:]
        self.total = len(self._flat)

    def at(self, step: int) -> tuple[int, list[int], list[Example]]:
        epoch, indices = self._flat[step]
        return epoch, indices, [self.examples[i] for i in indices]


@dataclass(slots=True)
class _Buffer:
    """The blocks of a buffer in order, and the numbers of the examples from memory that are shown with them."""

    blocks: list[int]
    resident: np.ndarray


class StreamedOrder:
    """The order over a stream and the examples in memory, which are spread evenly over an epoch.

    An epoch takes the blocks in a new order, fills a buffer with whole blocks until it holds `buffer` examples, and
    shuffles and batches what is in it. Each epoch shows each example once; with a buffer that holds all, in the very
    order in which they would come from memory. Numbers count `resident[:cut]`, the stream, `resident[cut:]`.
    """

    def __init__(
        self,
        resident: list[Example],
        cut: int,
        stream: TypingStream,
        *,
        buffer: int,
        budget: int,
        epochs: int,
        steps: int,
        seed: int,
    ) -> None:
        self.resident, self.cut, self.stream = resident, cut, stream
        self.buffer, self.budget, self.seed = buffer, budget, seed
        self._resident_lengths = np.array([e.encoded.pieces for e in resident], dtype=np.int64)
        self._starts = np.array(stream.starts, dtype=np.int64)
        self._plan: tuple[int, list[_Buffer]] = (-1, [])
        self._loaded: tuple[int, list[list[int]], dict[int, Example]] = (-1, [], {})
        self._ends: list[int] = []
        self._where: list[tuple[int, int]] = []
        for epoch in _epochs(epochs, steps, lambda: self._ends[-1] if self._ends else 0):
            for place in range(len(self._planned(epoch))):
                before = self._ends[-1] if self._ends else 0
                if steps and before >= steps:
                    break
                self._ends.append(before + len(self._batches(epoch, place)))
                self._where.append((epoch, place))
        self.total = min(self._ends[-1], steps) if steps else self._ends[-1]

    def at(self, step: int) -> tuple[int, list[int], list[Example]]:
        number = bisect_right(self._ends, step)
        epoch, place = self._where[number]
        if self._loaded[0] != number:
            self._loaded = (-1, [], {})  # never two buffers at a time
            self._loaded = (number, self._batches(epoch, place), self._read(epoch, place))
        _, batches, examples = self._loaded
        indices = batches[step - self._ends[number]]  # from the end: the batches before a buffer's last are negative
        return epoch, indices, [self._example(i, examples) for i in indices]

    def _example(self, index: int, loaded: dict[int, Example]) -> Example:
        if index < self.cut:
            return self.resident[index]
        end = self.cut + len(self.stream)
        return loaded[index] if index < end else self.resident[index - len(self.stream)]

    def _read(self, epoch: int, place: int) -> dict[int, Example]:
        return {
            self.cut + int(self._starts[block]) + i: example
            for block in self._planned(epoch)[place].blocks
            for i, example in enumerate(self.stream.examples(block))
        }

    def _batches(self, epoch: int, place: int) -> list[list[int]]:
        """The batches of a buffer, as examples' numbers."""
        buffers = self._planned(epoch)
        blocks = [np.arange(self._starts[b], self._starts[b + 1]) + self.cut for b in buffers[place].blocks]
        indices = np.sort(np.concatenate([buffers[place].resident, *blocks]))
        rng = _rng(self.seed, epoch) if len(buffers) == 1 else _rng(self.seed, epoch, 2 + place)
        batches = shuffled_batches(self._lengths(indices).tolist(), self.budget, rng)
        return [[int(indices[i]) for i in batch] for batch in batches]

    def _lengths(self, indices: np.ndarray) -> np.ndarray:
        size = len(self.stream)
        streamed = (indices >= self.cut) & (indices < self.cut + size)
        lengths = np.empty(len(indices), dtype=np.int64)
        lengths[streamed] = np.frombuffer(self.stream.lengths, dtype=np.uint16)[indices[streamed] - self.cut]
        resident = indices[~streamed]
        lengths[~streamed] = self._resident_lengths[np.where(resident < self.cut, resident, resident - size)]
        return lengths

    def _planned(self, epoch: int) -> list[_Buffer]:
        """The buffers of an epoch."""
        if self._plan[0] != epoch:
            self._plan = (epoch, list(self._buffers(epoch)))
        return self._plan[1]

    def _buffers(self, epoch: int) -> Iterator[_Buffer]:
        rng = _rng(self.seed, epoch, 1)
        sizes = np.diff(self._starts)
        order = rng.permutation(len(sizes))
        resident = rng.permutation(len(self.resident))
        resident = np.where(resident < self.cut, resident, resident + len(self.stream))
        total, done, shown, held = int(sizes.sum()), 0, 0, 0
        blocks: list[int] = []
        for block in order:
            blocks.append(int(block))
            held += int(sizes[block])
            last = done + held == total
            if held < self.buffer and not last:
                continue
            done += held
            upto = len(resident) * done // total
            yield _Buffer(sorted(blocks), resident[shown:upto])
            blocks, held, shown = [], 0, upto
            if last:
                return


def _epochs(epochs: int, steps: int, done: Callable[[], int]) -> Iterator[int]:
    """0, 1, … up to `epochs`; with `steps`, until so many are done."""
    epoch = 0
    while done() < steps if steps else epoch < epochs:
        yield epoch
        epoch += 1


def _rng(seed: int, epoch: int, *more: int) -> np.random.Generator:
    return np.random.default_rng([seed, 7, epoch, *more])
