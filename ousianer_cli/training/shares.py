"""Who does what of a buffer of a stream, among the processes of a training: each decodes one run of its rows, and goes
through an even share of its batches.

All of it follows from the sizes that the survey noted, so that every process knows it without a word to the others.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ousianer_cli.training.examples import Example
from ousianer_cli.training.parallel import Processes, run_ends
from ousianer_cli.training.streams import TypingStream


@dataclass(frozen=True, slots=True)
class Run:
    """What a process decodes: parts `first` up to `end` of some blocks that follow one another in a buffer."""

    pieces: list[tuple[int, int, int]]
    """(block, first, end)."""

    def examples(self, stream: TypingStream) -> dict[int, Example]:
        """Its training examples by their numbers in the stream.

        Raises:
            InputError: as `TypingStream.examples`.
        """
        found: dict[int, Example] = {}
        for block, first, end in self.pieces:
            number = stream.part_starts[stream.first_parts[block] + first]
            found.update(enumerate(stream.examples(block, first, end), number))
        return found


@dataclass(frozen=True, slots=True)
class Shares:
    """The runs of a buffer, a process each, and the number in the stream with which each begins."""

    runs: list[Run]
    begins: list[float]

    @classmethod
    def of(cls, stream: TypingStream, blocks: Sequence[int], count: int) -> Shares:
        """The parts of blocks (by number, ascending) in `count` runs of about as many examples each."""
        first, starts = stream.first_parts, stream.part_starts
        parts = [(block, part) for block in blocks for part in range(first[block], first[block + 1])]
        ends = run_ends([starts[part + 1] - starts[part] for _, part in parts], count)
        runs = []
        for begin, end in pairwise(ends):
            pieces: dict[int, tuple[int, int, int]] = {}
            for block, part in parts[begin:end]:
                number = part - first[block]
                pieces[block] = (block, pieces[block][1] if block in pieces else number, number + 1)
            runs.append(Run(list(pieces.values())))
        return cls(runs, [starts[parts[n][1]] if n < len(parts) else float("inf") for n in ends[:-1]])

    def places(self, batch: Sequence[int | None]) -> list[list[int]]:
        """The places in a batch that each process goes through, as many as `Processes.own` gives it.

        `batch` holds numbers in the stream, None for an example that all processes have in memory. A process goes
        through those that it decodes, as far as its share has room; what is left goes where there is room.
        """
        count = len(self.runs)
        if count == 1:
            return [list(range(len(batch)))]
        room = [len(Processes(rank, count).own(len(batch))) for rank in range(count)]
        found: list[list[int]] = [[] for _ in range(count)]
        left: list[int] = []
        for place, number in enumerate(batch):
            rank = None if number is None else bisect_right(self.begins, number) - 1
            if rank is None or len(found[rank]) == room[rank]:
                left.append(place)
            else:
                found[rank].append(place)
        for own, size in zip(found, room, strict=True):
            taken = size - len(own)
            own += left[:taken]
            del left[:taken]
            own.sort()
        return found
