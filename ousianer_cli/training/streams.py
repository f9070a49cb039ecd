"""Typing corpora on disk, read block by block while training goes on.

One pass over them notes the size of every example and counts types (`training.surveys`). From what it found every
process of a training knows the order of all examples, and reads only its own share of them.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

from ousianer_cli.corpus.store import Block, read_block, read_parts, store_blocks
from ousianer_cli.errors import InputError
from ousianer_cli.formats.corpus import Sentence
from ousianer_cli.network.pieces import PieceTokenizer
from ousianer_cli.taxonomy.inventory import close_counts
from ousianer_cli.taxonomy.wordnet import WordNet
from ousianer_cli.training import surveys
from ousianer_cli.training.examples import Example, ExampleOptions, Loaded, encode_sentences, held_out
from ousianer_cli.training.parallel import ALONE, Processes
from ousianer_cli.training.surveys import Survey, checked_sets

MOST_HELD_OUT = 5_000
"""Streamed sentences held out for validation, about; a larger share of a large corpus would only cost memory."""
_FORMAT = 3
"""Of the files that `Survey.save` writes."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A block with how its corpus is used, and the share of it that is held out."""

    block: Block
    open_labels: bool
    share: float

    @property
    def parts(self) -> int:
        """Of how many parts the block is."""
        return -(-self.block.rows // surveys.ROWS)


@dataclass(slots=True)
class TypingStream:
    """Typing corpora on disk: where their blocks lie, and what one pass over them found."""

    tokenizer: PieceTokenizer
    max_pieces: int
    places: list[_Place] = field(default_factory=list)
    part_starts: array[int] = field(default_factory=lambda: array("q", [0]))
    """The number of each part's first training example, counted over the stream, and of all: [parts + 1]."""
    first_parts: array[int] = field(default_factory=lambda: array("q", [0]))
    """The number of each block's first part, and of all: [blocks + 1]."""
    lengths: array[int] = field(default_factory=lambda: array("H"))
    """Pieces of each training example."""
    words: array[int] = field(default_factory=lambda: array("I"))
    """Words of each training example."""
    closed: Counter[str] = field(default_factory=Counter)
    """Training mentions of each type, those below it included."""
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

    @property
    def starts(self) -> array[int]:
        """The number of each block's first training example, and of all: [blocks + 1]."""
        return array("q", (self.part_starts[part] for part in self.first_parts))

    def examples(self, number: int, first: int = 0, end: int | None = None) -> list[Example]:
        """The training examples of a block, or of its parts `first` up to `end`, in order; no other rows are decoded.

        Raises:
            InputError: the file is not what it was when the run began.
        """
        place, parts = self.places[number], self.first_parts[number]
        end = place.parts if end is None else end
        own = self.part_starts[parts + first], self.part_starts[parts + end]
        if own[0] == own[1]:
            return []
        rows = read_block(place.block, first * surveys.ROWS, min(end * surveys.ROWS, place.block.rows))
        train, _ = held_out(self.load(place, rows).examples, place.share)
        if [e.encoded.pieces for e in train] != self.lengths[own[0] : own[1]].tolist():
            raise InputError(
                "the sentences that stood here when the run began",
                "others",
                path=place.block.file,
                line=place.block.first + first * surveys.ROWS,
                remedy="leave corpora as they are while a run reads them",
            )
        return train

    def load(self, place: _Place, sentences: Iterable[Sentence]) -> Loaded:
        """Sentences of a block as examples."""
        return encode_sentences(
            sentences,
            self.tokenizer,
            ExampleOptions(
                detects=False,
                open_labels=place.open_labels,
                max_pieces=self.max_pieces,
                keep_unlabelled=False,
            ),
        )

    def take(self, places: Sequence[_Place], unique: Sequence[_Place], found: Survey) -> None:
        """Lay out the blocks as often as they count, from what was found in each."""
        parts = dict(zip(unique, _spans(place.parts for place in unique), strict=True))
        held = dict(zip(unique, _spans(found.held), strict=True))
        starts = [0, *accumulate(found.parts)]
        for place in places:
            first, end = parts[place]
            self.lengths.extend(found.lengths[starts[first] : starts[end]])
            self.words.extend(found.words[starts[first] : starts[end]])
            behind = self.part_starts[-1] - starts[first]
            self.part_starts.extend(start + behind for start in starts[first + 1 : end + 1])
            self.first_parts.append(self.first_parts[-1] + place.parts)
            self.dev += found.dev[slice(*held[place])]
        self.places += places
        self.closed, self.mentions, self.counts = found.closed, found.mentions, found.counts


def survey(
    typing: Sequence[str],
    open_typing: Sequence[str],
    tokenizer: PieceTokenizer,
    wordnet: WordNet,
    *,
    max_pieces: int,
    share: float,
    folder: Path,
    processes: Processes = ALONE,
) -> TypingStream:
    """Read streamed typing corpora once, or take what an earlier run over the same files found.

    Args:
        typing: stores of sentences with types, one that weighs more as often as it counts; `share` of them is held
            out, but about `MOST_HELD_OUT` at most.
        open_typing: the same with coarse labels (see `Example.open_labels`); nothing of them is held out.
        folder: where what was found is kept, named by files (names, sizes, times), tokenizer and limits.
        processes: each reads its share of the blocks, and all get what all have found.

    Raises:
        InputError: as `corpus.store.read_store` and `checked_sets`.
    """
    blocks_of = {path: store_blocks(path) for path in dict.fromkeys([*typing, *open_typing])}
    blocks = [block for path in typing for block in blocks_of[path]]
    rows = sum(block.rows for block in blocks)
    share = min(share, MOST_HELD_OUT / max(1, rows))
    places = [_Place(block, False, share) for block in blocks]
    places += [_Place(block, True, 0.0) for path in open_typing for block in blocks_of[path]]
    times = Counter(places)  # of stores that count several times, each block is read once
    unique = list(times)
    stream = TypingStream(tokenizer, max_pieces)
    kept = folder / f"{_fingerprint(places, tokenizer, max_pieces)}.npz"
    found = processes.from_first(Survey.load(kept) if processes.first and kept.is_file() else None)
    if found is None:
        own = processes.part([place.block.rows for place in unique])
        found = Survey()
        for part in processes.gather(_read(stream, unique[own], times, wordnet, show=processes.first)):
            found.extend(part)
        if processes.first:
            found.save(kept)
    stream.take(places, unique, found)
    return stream


def _read(
    stream: TypingStream, places: Sequence[_Place], times: Counter[_Place], wordnet: WordNet, *, show: bool
) -> Survey:
    """What reading some blocks once finds."""
    from tqdm import tqdm

    found = Survey()
    rows = sum(place.block.rows for place in places)
    with tqdm(total=rows, unit="sentence", mininterval=1.0, desc="reading", disable=not show) as bar:
        for place in places:
            parts: list[list[Example]] = []
            dev: list[Example] = []
            for sentences in read_parts(place.block, surveys.ROWS):
                loaded = stream.load(place, sentences)
                train, held = held_out(loaded.examples, place.share)
                parts.append(train)
                dev += held
                for name, count in loaded.counts.items():
                    found.counts[name] += times[place] * count
            sets = checked_sets((e for train in parts for e in train), wordnet, place.block.file)
            closed = close_counts(sets, wordnet)
            found.add(parts, dev, closed, times[place])
            bar.update(place.block.rows)
    return found


def _spans(sizes: Iterable[int]) -> list[tuple[int, int]]:
    """Where each of things that stand one behind the other begins and ends."""
    ends = list(accumulate(sizes))
    return list(zip([0, *ends], ends, strict=False))


def _fingerprint(places: Sequence[_Place], tokenizer: PieceTokenizer, max_pieces: int) -> str:
    digest = hashlib.blake2b(digest_size=12)
    digest.update(json.dumps([_FORMAT, surveys.ROWS, max_pieces, tokenizer.backend.to_str()]).encode())
    before: Path | None = None
    for place in places:
        block = place.block
        if block.file != before:
            status = block.file.stat()
            digest.update(json.dumps([str(block.file.resolve()), status.st_size, status.st_mtime_ns]).encode())
            before = block.file
        digest.update(json.dumps([block.at, block.first, block.rows, place.open_labels, place.share]).encode())
    return digest.hexdigest()
