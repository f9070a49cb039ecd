"""Words and runs of words as 64-bit hashes, the same in every process and on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

U64 = NDArray[np.uint64]
_STEP = np.uint64(0x9E3779B97F4A7C15)
_MOST_CACHED = 1_000_000
_word_hashes: dict[str, int] = {}


def hash_words(words: Sequence[str]) -> U64:
    """One 64-bit hash a word, the same in every process and on every machine."""
    known = _word_hashes
    if len(known) > _MOST_CACHED:
        known.clear()
    try:
        return np.fromiter(map(known.__getitem__, words), dtype=np.uint64, count=len(words))
    except KeyError:
        for word in set(words).difference(known):
            known[word] = hash_text(word)
        return np.fromiter(map(known.__getitem__, words), dtype=np.uint64, count=len(words))


def hash_text(text: str) -> int:
    """A 64-bit hash of a text, the same in every process and on every machine."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def ngram_hashes(hashes: U64, n: int) -> U64:
    """The hash of each run of `n` words, from their own hashes: W - n + 1 values (none where n > W)."""
    width = len(hashes) - n + 1
    if width <= 0:
        return np.zeros(0, dtype=np.uint64)
    return combined([hashes[offset : offset + width] for offset in range(n)])


def combined(columns: Sequence[U64]) -> U64:
    """One hash a row of several columns of hashes; their order matters."""
    mixed = columns[0].copy()
    for column in columns[1:]:
        mixed *= _STEP
        mixed ^= mixed >> np.uint64(29)
        mixed += column
    return mixed
