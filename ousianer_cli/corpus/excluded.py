"""Sentences that must not be in a corpus, since others are tested on them: their keys, sorted, in one mapped file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from ousianer_cli.corpus.word_hashes import U64, hash_text


def letters_key(tokens: Iterable[str]) -> int:
    """64 bits of a sentence's letters and digits in lower case: the same however it is cut into tokens."""
    return hash_text("".join(c for c in "".join(tokens).lower() if c.isalnum()))


def write_excluded(path: Path, files: Sequence[Path]) -> None:
    """Keep the keys of the sentences that `files` (corpora of any format that `prepare corpus` reads) hold, once.

    Raises:
        InputError: a file that cannot be read.
    """
    if path.exists():
        return
    from ousianer_cli.formats.corpora import read_labelled

    keys = {letters_key(s.tokens) for file in files for s in read_labelled(file)}
    hidden = path.with_name(f".{path.name}")
    with hidden.open("wb") as out:
        np.save(out, np.array(sorted(keys), np.uint64))
    hidden.replace(path)


class ExcludedSentences:
    """What `write_excluded` kept, memory-mapped; tells whether the tokens of a sentence are in it."""

    def __init__(self, path: Path) -> None:
        self._keys: U64 = np.load(path, mmap_mode="r")

    def __contains__(self, tokens: Sequence[str]) -> bool:
        if not len(self._keys):
            return False
        key = letters_key(tokens)
        at = int(np.searchsorted(self._keys, np.uint64(key)))
        return at < len(self._keys) and int(self._keys[at]) == key
