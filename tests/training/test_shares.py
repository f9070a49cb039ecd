"""Who decodes what of a buffer, and who goes through which of its examples."""

from __future__ import annotations

from array import array
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from ousianer_cli.network.pieces import PieceTokenizer
from ousianer_cli.training.parallel import Processes
from ousianer_cli.training.shares import Shares
from ousianer_cli.training.streams import TypingStream


def stream_of(blocks: list[list[int]]) -> TypingStream:
    """A stream whose blocks have parts of so many training examples."""
    stream = TypingStream(PieceTokenizer.characters(), 100)
    stream.part_starts = array("q", accumulate((size for block in blocks for size in block), initial=0))
    stream.first_parts = array("q", accumulate(map(len, blocks), initial=0))
    stream.lengths = array("H", [9] * stream.part_starts[-1])
    return stream


@given(
    st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=4), min_size=1, max_size=6),
    st.integers(1, 5),
    st.randoms(use_true_random=False),
)
def test_every_part_is_one_processs_and_every_share_is_even(blocks: list[list[int]], count: int, draw: object) -> None:
    stream = stream_of(blocks)
    chosen = sorted(draw.sample(range(len(blocks)), draw.randint(1, len(blocks))))  # type: ignore[attr-defined]
    shares = Shares.of(stream, chosen, count)
    parts = [(block, n) for run in shares.runs for block, first, end in run.pieces for n in range(first, end)]
    assert parts == [(block, n) for block in chosen for n in range(len(blocks[block]))] and len(shares.runs) == count

    def numbers(rank: int) -> set[int]:
        return {
            number
            for block, first, end in shares.runs[rank].pieces
            for part in range(stream.first_parts[block] + first, stream.first_parts[block] + end)
            for number in range(stream.part_starts[part], stream.part_starts[part + 1])
        }

    whole = [n for rank in range(count) for n in numbers(rank)]
    sizes = [len(numbers(rank)) for rank in range(count)]
    assert all(abs(size - len(whole) / count) <= 5 for size in sizes), "even but for a part"
    batch: list[int | None] = [*whole, None, None, None]
    draw.shuffle(batch)  # type: ignore[attr-defined]
    places = shares.places(batch)
    assert sorted(place for own in places for place in own) == list(range(len(batch)))
    assert [len(own) for own in places] == [len(Processes(rank, count).own(len(batch))) for rank in range(count)]
    for rank, own in enumerate(places):
        others = [batch[k] for k in own if batch[k] is not None and batch[k] not in numbers(rank)]
        mine = [n for n in numbers(rank) if n not in {batch[k] for k in own}]
        assert own == sorted(own) and not (others and mine), "none gives away what it has room for"


def test_examples_in_memory_fill_what_the_shards_leave_uneven() -> None:
    shares = Shares.of(stream_of([[4], [4]]), [0, 1], 2)
    assert shares.places([0, 1, 2, None, 4, None]) == [[0, 1, 2], [3, 4, 5]]
    assert shares.places([0, 1, 2, 3, None, 4]) == [[0, 1, 2], [3, 4, 5]]
    assert shares.places([None, None, None]) == [[0, 1], [2]]
