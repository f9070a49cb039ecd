"""The order in which training shows its sentences: from memory, or from a stream through a buffer.

From the lengths alone the batches of every buffer are known, so a schedule knows its steps, and any step of a run is
reached by reading one buffer. The order depends on seed and corpora only, not on how many processes share the batches.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ousianer_cli.training.examples import Example, shuffled_batches
from ousianer_cli.training.parallel import ALONE, Processes
from ousianer_cli.training.shares import Shares
from ousianer_cli.training.streams import TypingStream


@dataclass(frozen=True, slots=True)
class TrainingBatch:
    """The batch of a step. A process among several knows how it is made up, and has its own share of the examples."""

    examples: list[Example]
    """Those of this process."""
    own: list[int]
    """The place of each in the batch."""
    indices: list[int]
    """Of all in the batch: their places in the training list."""
    words: list[int]
    """Of all in the batch."""
    epoch: int = 0

    @classmethod
    def whole(cls, examples: list[Example], indices: Sequence[int] = (), epoch: int = 0) -> TrainingBatch:
        """A batch of one process."""
        words = [e.encoded.words for e in examples]
        return cls(examples, list(range(len(examples))), list(indices), words, epoch)


class Order(Protocol):
    """Batches of training examples in the order of the steps, `total` in all."""

    total: int

    def at(self, step: int) -> TrainingBatch:
        """The batch of a step; of several processes, each asks for the same step."""
        ...


class LoadedOrder:
    """The order over examples that lie in memory: `epochs` passes, or as many as `steps` (if any) take."""

    def __init__(
        self, examples: list[Example], budget: int, epochs: int, steps: int, seed: int, processes: Processes = ALONE
    ) -> None:
        self.examples, self.processes = examples, processes
        lengths = [e.encoded.pieces for e in examples]
        self._flat: list[tuple[int, list[int]]] = []
        for epoch in _epochs(epochs, steps, lambda: len(self._flat)):
            self._flat += [(epoch, batch) for batch in shuffled_batches(lengths, budget, _rng(seed, epoch))]
        if steps:
            del self._flat[steps:]
        self.total = len(self._flat)

    def at(self, step: int) -> TrainingBatch:
        """The batch of a step."""
        epoch, indices = self._flat[step]
        own = self.processes.own(len(indices))
        words = [self.examples[i].encoded.words for i in indices]
        return TrainingBatch([self.examples[indices[k]] for k in own], own, indices, words, epoch)


@dataclass(slots=True)
class _Buffer:
    """The blocks of a buffer in order, and the numbers of the examples from memory that are shown with them."""

    blocks: list[int]
    resident: np.ndarray


@dataclass(slots=True)
class _Shown:
    """A buffer that is being shown: its batches, this process's places in each, and the streamed examples at those
    by their numbers in the stream."""

    number: int
    batches: list[list[int]]
    own: list[list[int]]
    examples: dict[int, Example]


class StreamedOrder:
    """The order over a stream and the examples in memory, which are spread evenly over an epoch.

    An epoch takes the blocks in a new order, fills a buffer with whole blocks until it holds `buffer` examples, and
    shuffles and batches what is in it. Each epoch shows each example once; with a buffer that holds all, in the very
    order in which they would come from memory. Numbers count `resident[:cut]`, the stream, `resident[cut:]`.

    Of several processes each decodes one run of a buffer's rows, some of its blocks and parts of those at the run's
    ends, and gives the few examples for which its share of their batch has no room to those that have
    (`training.shares`). So no row is decoded twice, shares are even, and the batches are those of one process.
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
        processes: Processes = ALONE,
    ) -> None:
        self.resident, self.cut, self.stream, self.processes = resident, cut, stream, processes
        self.buffer, self.budget, self.seed = buffer, budget, seed
        self._resident_lengths = np.array([e.encoded.pieces for e in resident], dtype=np.int64)
        self._starts = np.array(stream.starts, dtype=np.int64)
        self._plan: tuple[int, list[_Buffer]] = (-1, [])
        self._shown = _Shown(-1, [], [], {})
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

    def at(self, step: int) -> TrainingBatch:
        """The batch of a step."""
        number = bisect_right(self._ends, step)
        epoch, place = self._where[number]
        if self._shown.number != number:
            self._shown = _Shown(-1, [], [], {})  # never two buffers at a time
            self._shown = self._read(number, epoch, place)
        at = step - self._ends[number]  # from the end: the batches before a buffer's last are negative
        indices, own = self._shown.batches[at], self._shown.own[at]
        numbers = [self._in_stream(i) for i in indices]
        words = [
            self._resident(i).encoded.words if n is None else self.stream.words[n]
            for i, n in zip(indices, numbers, strict=True)
        ]
        examples = [self._resident(indices[k]) if (n := numbers[k]) is None else self._shown.examples[n] for k in own]
        return TrainingBatch(examples, own, indices, words, epoch)

    def _read(self, number: int, epoch: int, place: int) -> _Shown:
        """A buffer, with what of it this process goes through."""
        rank, batches = self.processes.rank, self._batches(epoch, place)
        shares = Shares.of(self.stream, self._planned(epoch)[place].blocks, self.processes.count)
        places = [shares.places([self._in_stream(i) for i in batch]) for batch in batches]
        numbers = (self._in_stream(batch[k]) for batch, own in zip(batches, places, strict=True) for k in own[rank])
        mine = {number for number in numbers if number is not None}
        decoded = shares.runs[rank].examples(self.stream)
        for_others = {n: example for n, example in decoded.items() if n not in mine}
        given = self.processes.gather(for_others)
        kept = {n: example for part in (decoded, *given) for n, example in part.items() if n in mine}
        return _Shown(number, batches, [own[rank] for own in places], kept)

    def _in_stream(self, index: int) -> int | None:
        """The number in the stream of an example; None of one in memory."""
        return index - self.cut if self.cut <= index < self.cut + len(self.stream) else None

    def _resident(self, index: int) -> Example:
        return self.resident[index if index < self.cut else index - len(self.stream)]

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
