"""Typing corpora on disk, read block by block while training goes on.

One pass over them (`survey`) notes the length of every example in pieces, two bytes each, and counts types; what it
found is kept in a file, so that a resumed run and the next ones need no such pass.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ousianer_cli.corpus.store import Block, read_block, store_blocks
from ousianer_cli.errors import InputError, TaxonomyError
from ousianer_cli.network.pieces import EncodedSentence, PieceTokenizer
from ousianer_cli.outputs import whole_file
from ousianer_cli.taxonomy.inventory import close_counts, count_type_sets
from ousianer_cli.taxonomy.wordnet import WordNet
from ousianer_cli.training.examples import Example, Loaded, encode_sentences, held_out

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
            checked_counts(train, self.wordnet, place.block.file),
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


def checked_counts(examples: Sequence[Example], wordnet: WordNet, path: str | Path) -> Counter[str]:
    """`close_counts` of a corpus's mentions.

    Raises:
        InputError: a type that is no noun of WordNet 3.0; `path` is the corpus.
    """
    try:
        return Counter(close_counts(typed_sets(examples), wordnet))
    except TaxonomyError as error:
        remedy = "map its labels with ousianer prepare corpus --map-to wordnet (AIDA types are for ousianer finetune)"
        raise InputError(f"mentions typed as {error.expected}", error.found, path=path, remedy=remedy) from None


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
        InputError: as `corpus.store.read_store` and `checked_counts`.
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
