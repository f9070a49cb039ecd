"""The order in which training shows its sentences: from memory, or from disk block by block through a buffer.

One pass over the streamed corpora (`survey`) notes the length of every example in pieces, two bytes each, and counts
types; what it found is kept in a file, so that a resumed run and the next ones need no such pass. From the lengths
alone the batches of every buffer are known, so a schedule knows its steps, and any step of a run is reached by reading
one buffer. The order depends on seed and corpora only.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from ousianer_cli.corpus.store import Block, read_block, store_blocks
from ousianer_cli.errors import InputError
from ousianer_cli.network.pieces import EncodedSentence, PieceTokenizer
from ousianer_cli.outputs import whole_file
from ousianer_cli.taxonomy.inventory import close_counts, count_type_sets
from ousianer_cli.taxonomy.wordnet import WordNet
from ousianer_cli.training.examples import Example, Loaded, encode_sentences, held_out, shuffled_batches

MOST_HELD_OUT = 5_000
"""Streamed sentences held out for validation, about; a larger share of a large corpus would only cost memory."""

_FORMAT = 2
"""Of the files that `TypingStream.save` writes."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A block with how its corpus is used, and the share of it that is held out."""

    block: Block
    open_labels: bool
    share: float


@dataclass(frozen=True, slots=True)
class _Read:
    """What reading a block once gives: see the fields of `TypingStream` that it adds to."""

    lengths: array[int]
    closed: Counter[str]
    mentions: int
    counts: Counter[str]
    dev: list[Example]


@dataclass(slots=True)
class TypingStream:
    """Typing corpora on disk: where their blocks lie, and what one pass over them found."""

    tokenizer: PieceTokenizer
    wordnet: WordNet
    max_pieces: int
    places: list[_Place] = field(default_factory=list)
    starts: array[int] = field(default_factory=lambda: array("q", [0]))
    """The number of each block's first training example, counted over the stream, and of all: [blocks + 1]."""
    lengths: array[int] = field(default_factory=lambda: array("H"))
    """Pieces of each training example."""
    closed: Counter[str] = field(default_factory=Counter)
    """Training mentions of each type, those below it included: sets of types would be too many to keep."""
    mentions: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    dev: list[Example] = field(default_factory=list)
    """What was held out."""

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def holds_out(self) -> bool:
        """Whether a share of some corpus was to be held out."""
        return any(place.share for place in self.places)

    def examples(self, number: int) -> list[Example]:
        """The training examples of a block, in order.

        Raises:
            InputError: the file is not what it was when the run began.
        """
        place = self.places[number]
        train, _ = held_out(self._load(place).examples, place.share)
        first, end = self.starts[number], self.starts[number + 1]
        if [e.encoded.pieces for e in train] != self.lengths[first:end].tolist():
            raise InputError(
                "the sentences that stood here when the run began",
                "others",
                path=place.block.file,
                line=place.block.first,
                remedy="leave corpora as they are while a run reads them",
            )
        return train

    def _load(self, place: _Place) -> Loaded:
        return encode_sentences(
            read_block(place.block),
            self.tokenizer,
            detects=False,
            open_labels=place.open_labels,
            max_pieces=self.max_pieces,
            keep_unlabelled=False,
        )

    def _read(self, place: _Place) -> _Read:
        loaded = self._load(place)
        train, dev = held_out(loaded.examples, place.share)
        return _Read(
            array("H", (e.encoded.pieces for e in train)),
            Counter(close_counts(typed_sets(train), self.wordnet)),
            sum(len(e.labels) for e in train if e.types),
            loaded.counts,
            dev,
        )

    def _add(self, place: _Place, read: _Read) -> None:
        self.places.append(place)
        self.lengths.extend(read.lengths)
        self.starts.append(len(self.lengths))
        self.closed.update(read.closed)
        self.mentions += read.mentions
        self.counts.update(read.counts)
        self.dev += read.dev

    def save(self, path: Path) -> None:
        """Keep all but the places. The file holds the pieces of what is held out, no other text."""
        encoded = [e.encoded for e in self.dev]
        found = {
            "closed": self.closed,
            "mentions": self.mentions,
            "counts": self.counts,
            "dev": [[e.spans, e.labels, e.weights, e.types] for e in self.dev],
        }
        empty = [np.zeros(0, np.int32)]
        arrays = {
            "starts": np.array(self.starts, dtype=np.int64),
            "lengths": np.array(self.lengths, dtype=np.uint16),
            "pieces": np.array([e.pieces for e in encoded], dtype=np.int64),
            "words": np.array([e.words for e in encoded], dtype=np.int64),
            "piece_ids": np.concatenate([e.piece_ids for e in encoded] or empty),
            "first_piece": np.concatenate([e.first_piece for e in encoded] or empty),
            "shapes": np.concatenate([e.shapes for e in encoded] or empty),
            "found": np.frombuffer(json.dumps(found).encode(), dtype=np.uint8),
        }
        with whole_file(path) as part, part.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]

    def restore(self, path: Path) -> None:
        """Take what `save` kept."""
        with np.load(path, allow_pickle=False) as kept:
            found = json.loads(kept["found"].tobytes())
            self.starts = array("q", kept["starts"].tobytes())
            self.lengths = array("H", kept["lengths"].tobytes())
            by_piece, by_word = np.cumsum(kept["pieces"])[:-1], np.cumsum(kept["words"])[:-1]
            parts = zip(
                np.split(kept["piece_ids"], by_piece),
                np.split(kept["first_piece"], by_word),
                np.split(kept["shapes"], by_word),
                found["dev"],
                strict=False,  # no array at all parts into one that is empty
            )
            self.dev = [
                Example(
                    EncodedSentence(pieces, first, shapes),
                    [(a, b) for a, b in spans],
                    [tuple(types) for types in labels],
                    weights,
                    False,
                    has_types,
                )
                for pieces, first, shapes, (spans, labels, weights, has_types) in parts
            ]
        self.closed = Counter(found["closed"])
        self.mentions = found["mentions"]
        self.counts = Counter(found["counts"])


def typed_sets(examples: Sequence[Example]) -> Counter[tuple[str, ...]]:
    """How many mentions that weigh anything carry each set of types (`count_type_sets`)."""
    return count_type_sets(
        labels
        for e in examples
        if e.types
        for labels, weight in zip(e.labels, e.weights, strict=True)
        if labels and weight
    )


def survey(
    typing: Sequence[str],
    open_typing: Sequence[str],
    tokenizer: PieceTokenizer,
    wordnet: WordNet,
    *,
    max_pieces: int,
    share: float,
    folder: Path,
) -> TypingStream:
    """Read streamed typing corpora once, or take what an earlier run over the same files found.

    Args:
        typing: stores of sentences with types, one that weighs more as often as it counts; `share` of them is held
            out, but about `MOST_HELD_OUT` at most.
        open_typing: the same with coarse labels (see `Example.open_labels`); nothing of them is held out.
        folder: where what was found is kept, named by files (names, sizes, times), tokenizer and limits.

    Raises:
        InputError: as `corpus.store.read_store`.
        TaxonomyError: a type that is not of WordNet 3.0.
    """
    from tqdm import tqdm

    blocks_of = {path: store_blocks(path) for path in dict.fromkeys([*typing, *open_typing])}
    blocks = [block for path in typing for block in blocks_of[path]]
    rows = sum(block.rows for block in blocks)
    share = min(share, MOST_HELD_OUT / max(1, rows))
    places = [_Place(block, False, share) for block in blocks]
    places += [_Place(block, True, 0.0) for path in open_typing for block in blocks_of[path]]
    stream = TypingStream(tokenizer, wordnet, max_pieces)
    kept = folder / f"{_fingerprint(places, tokenizer, max_pieces)}.npz"
    if kept.is_file():
        stream.places = places
        stream.restore(kept)
        return stream
    times = Counter(places)
    repeated: dict[_Place, _Read] = {}  # of stores that count several times: each of their blocks is read once
    with tqdm(total=sum(p.block.rows for p in times), unit="sentence", mininterval=1.0, desc="reading") as bar:
        for place in places:
            read = repeated.get(place)
            if read is None:
                read = stream._read(place)
                bar.update(place.block.rows)
                if times[place] > 1:
                    repeated[place] = read
            stream._add(place, read)
    stream.save(kept)
    return stream


def _fingerprint(places: Sequence[_Place], tokenizer: PieceTokenizer, max_pieces: int) -> str:
    digest = hashlib.blake2b(digest_size=12)
    digest.update(json.dumps([_FORMAT, max_pieces, tokenizer.backend.to_str()]).encode())
    before: Path | None = None
    for place in places:
        block = place.block
        if block.file != before:
            status = block.file.stat()
            digest.update(json.dumps([str(block.file.resolve()), status.st_size, status.st_mtime_ns]).encode())
            before = block.file
        digest.update(json.dumps([block.at, block.first, block.rows, place.open_labels, place.share]).encode())
    return digest.hexdigest()


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
