"""What one pass over typing corpora on disk finds: the size of every example, how often each type stands, and what is
held out.

The pass is shared among the processes of a training, each of which reads some of the blocks; what it found is kept in a
file, so that a resumed run and the next ones need no such pass.
"""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ousianer_cli.errors import InputError, TaxonomyError
from ousianer_cli.network.pieces import EncodedSentence
from ousianer_cli.outputs import whole_file
from ousianer_cli.taxonomy.inventory import count_type_sets
from ousianer_cli.taxonomy.wordnet import WordNet
from ousianer_cli.training.examples import Example

ROWS = 64
"""Rows in a part of a block, the least that a process reads by itself."""


@dataclass(slots=True)
class Survey:
    """What reading blocks once found, in their order."""

    lengths: array[int] = field(default_factory=lambda: array("H"))
    """Pieces of each training example."""
    words: array[int] = field(default_factory=lambda: array("I"))
    """Words of each training example."""
    parts: array[int] = field(default_factory=lambda: array("I"))
    """Training examples in each part of so many rows (`ROWS`) of each block."""
    held: array[int] = field(default_factory=lambda: array("I"))
    """Examples of each block that are held out."""
    dev: list[Example] = field(default_factory=list)
    """What is held out."""
    closed: Counter[str] = field(default_factory=Counter)
    """Training mentions of each type, those below it included, as often as their blocks count: sets of types would be
    too many to keep."""
    mentions: int = 0
    """Training mentions with types, as often as their blocks count."""
    counts: Counter[str] = field(default_factory=Counter)
    """What the piece limit did."""

    def add(
        self, parts: Iterable[Sequence[Example]], dev: Sequence[Example], closed: Mapping[str, int], times: int
    ) -> None:
        """Add a block that counts so often: the training examples of each of its parts, what is held out of it, and how
        many mentions have each type."""
        for train in parts:
            self.lengths.extend(e.encoded.pieces for e in train)
            self.words.extend(e.encoded.words for e in train)
            self.parts.append(len(train))
            self.mentions += times * sum(len(e.labels) for e in train if e.types)
        for name, count in closed.items():
            self.closed[name] += times * count
        self.held.append(len(dev))
        self.dev += dev

    def extend(self, other: Survey) -> None:
        """Add what was found in the blocks behind these."""
        self.lengths.extend(other.lengths)
        self.words.extend(other.words)
        self.parts.extend(other.parts)
        self.held.extend(other.held)
        self.dev += other.dev
        self.closed.update(other.closed)
        self.mentions += other.mentions
        self.counts.update(other.counts)

    def save(self, path: Path) -> None:
        """Keep it in a file, which holds the pieces of what is held out, no other text."""
        encoded = [e.encoded for e in self.dev]
        found = {
            "closed": self.closed,
            "mentions": self.mentions,
            "counts": self.counts,
            "dev": [[e.spans, e.labels, e.weights, e.types] for e in self.dev],
        }
        empty = [np.zeros(0, np.int32)]
        arrays = {
            **{name: np.array(getattr(self, name)) for name in _ARRAYS},
            "dev_pieces": np.array([e.pieces for e in encoded], dtype=np.int64),
            "dev_words": np.array([e.words for e in encoded], dtype=np.int64),
            "piece_ids": np.concatenate([e.piece_ids for e in encoded] or empty),
            "first_piece": np.concatenate([e.first_piece for e in encoded] or empty),
            "shapes": np.concatenate([e.shapes for e in encoded] or empty),
            "found": np.frombuffer(json.dumps(found).encode(), dtype=np.uint8),
        }
        with whole_file(path) as part, part.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: Path) -> Survey:
        """What `save` kept."""
        survey = cls()
        with np.load(path, allow_pickle=False) as kept:
            found = json.loads(kept["found"].tobytes())
            for name in _ARRAYS:
                getattr(survey, name).frombytes(kept[name].tobytes())
            by_piece, by_word = np.cumsum(kept["dev_pieces"])[:-1], np.cumsum(kept["dev_words"])[:-1]
            parts = zip(
                np.split(kept["piece_ids"], by_piece),
                np.split(kept["first_piece"], by_word),
                np.split(kept["shapes"], by_word),
                found["dev"],
                strict=False,  # no array at all parts into one that is empty
            )
            survey.dev = [
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
        survey.closed = Counter(found["closed"])
        survey.mentions = found["mentions"]
        survey.counts = Counter(found["counts"])
        return survey


_ARRAYS = ("lengths", "words", "parts", "held")


def typed_sets(examples: Iterable[Example]) -> Counter[tuple[str, ...]]:
    """How many mentions that weigh anything carry each set of types (`count_type_sets`)."""
    return count_type_sets(
        labels
        for e in examples
        if e.types
        for labels, weight in zip(e.labels, e.weights, strict=True)
        if labels and weight
    )


def checked_sets(examples: Iterable[Example], wordnet: WordNet, path: str | Path) -> Counter[tuple[str, ...]]:
    """`typed_sets` of a corpus's mentions, each type known.

    Raises:
        InputError: a type that is no noun of WordNet 3.0; `path` is the corpus.
    """
    sets = typed_sets(examples)
    try:
        for type_id in dict.fromkeys(type_id for types in sets for type_id in types):
            wordnet.synset(type_id)
    except TaxonomyError as error:
        remedy = "map its labels with ousianer prepare corpus --map-to wordnet (AIDA types are for ousianer finetune)"
        raise InputError(f"mentions typed as {error.expected}", error.found, path=path, remedy=remedy) from None
    return sets
