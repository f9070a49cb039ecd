"""Anchor statistics: to which title an anchor text leads, how surely, and how often it is a link at all.

Commonness is the share of an anchor's links that go to its most common title (Milne and Witten 2008); link probability
is linked occurrences by all occurrences in running text (Mihalcea and Csomai 2007, there called keyphraseness). Both
are what Wikipedia2Vec keeps in its mention DB.

The table is a folder of NumPy arrays, memory-mapped, so that it costs its pages once however many processes read it.
Rows are sorted by a 64-bit hash of the anchor's words. English Wikipedia has about 15 million distinct anchor texts; a
row takes 24 bytes beside its title. Anchors without a capital letter are left out: they name nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ousianer_cli.corpus.anchor_build import BuildCounts, files_of, write_table
from ousianer_cli.corpus.anchor_format import ARRAYS, CARD, MAX_WORDS, VERSION
from ousianer_cli.corpus.split_text import SplitText
from ousianer_cli.corpus.word_hashes import U64, hash_words, ngram_hashes
from ousianer_cli.errors import InputError, OutputError

_BATCH_WORDS = 1_000_000
_OCCURRENCES = "occurrences.npy"


@dataclass(frozen=True, slots=True)
class AnchorEntry:
    """What is known of one anchor text.

    `commonness` is the share of its links that go to `title`; `links` counts all its links, `occurrences` how often it
    stands in running text, linked or not (None where that was not counted).
    """

    title: str
    commonness: float
    links: int
    occurrences: int | None

    @property
    def link_probability(self) -> float | None:
        """Linked by all occurrences, at most 1; None where occurrences were not counted."""
        if self.occurrences is None:
            return None
        return min(1.0, self.links / self.occurrences) if self.occurrences else 1.0


class AnchorTable:
    """anchor text -> its most common title, commonness and link probability.

    Made by `build`, read by `load`; both give the same object. `counts` is filled by `build` only.
    """

    def __init__(self, folder: Path, arrays: dict[str, NDArray[Any]], titles: NDArray[np.uint8]) -> None:
        self.folder = folder
        self.hashes: U64 = arrays["hashes"]
        self.title_ids: NDArray[np.uint32] = arrays["title_ids"]
        self.links: NDArray[np.uint32] = arrays["links"]
        self.top_links: NDArray[np.uint32] = arrays["top_links"]
        self.title_offsets: NDArray[np.int64] = arrays["title_offsets"]
        self.occurrences: NDArray[np.uint64] | None = arrays.get("occurrences")
        self.counts = BuildCounts()
        self._titles = titles
        self._bloom: NDArray[np.uint8] = arrays["bloom"]
        self._shift = np.uint64(64 - (len(self._bloom) * 8).bit_length() + 1)

    def __len__(self) -> int:
        return len(self.hashes)

    @classmethod
    def build(
        cls,
        anchors: str | Path | Sequence[str | Path],
        occurrences: Path | None,
        out: Path,
        *,
        min_count: int = 2,
        memory: str = "2GB",
        threads: int = 1,
    ) -> AnchorTable:
        """Group link counts into a table and write it to the folder `out` (an older table there is replaced).

        `anchors` is a Parquet file, a glob, or several of them, with columns `anchor` (the text as shown), `title`
        (resolved) and `count`; the same pair may stand in many rows. `occurrences` is a `.npy` of counts, as
        `count_occurrences` gives them for a table of the same anchors and `min_count`, or None (`add_occurrences` comes
        later). DuckDB groups within `memory`, spilling beside `out`.

        Raises:
            InputError: no such file, a missing column, DuckDB missing, or occurrences of another length.
            OutputError: `out` is there and is no anchor table, cannot be written, or `memory` is too little.
        """
        out = Path(out)
        if out.exists() and not (out / CARD).is_file() and (not out.is_dir() or any(out.iterdir())):
            raise OutputError(f"{out}: expected a new folder or an older anchor table, found something else")
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            work = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".part", dir=out.parent))
        except OSError as error:
            raise OutputError(f"{out}: cannot be written ({error.strerror}); choose another place") from None
        try:
            counts = write_table(files_of(anchors), work, min_count=min_count, memory=memory, threads=threads)
            if occurrences is not None:
                _save_occurrences(work, _load_occurrences(Path(occurrences), counts.kept))
            shutil.rmtree(out, ignore_errors=True)
            os.replace(work, out)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        table = cls.load(out)
        table.counts = counts
        return table

    @classmethod
    def load(cls, folder: str | Path) -> AnchorTable:
        """The table in `folder`, memory-mapped.

        Raises:
            InputError: it is not there, not whole, or of another version.
        """
        folder = Path(folder)
        card = folder / CARD
        try:
            version = json.loads(card.read_text(encoding="utf-8"))["version"]
            if version != VERSION:
                raise InputError(f"an anchor table of version {VERSION}", f"version {version}", path=card)
            arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
            titles = np.memmap(folder / "titles.bin", dtype=np.uint8, mode="r")
            if (folder / _OCCURRENCES).is_file():
                arrays["occurrences"] = np.load(folder / _OCCURRENCES, mmap_mode="r")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError("an anchor table", f"{error}", path=folder, remedy="build it anew") from None
        if any(len(arrays[name]) != len(arrays["hashes"]) for name in ("title_ids", "links", "top_links")):
            raise InputError("arrays of one length", "different lengths", path=folder, remedy="build it anew")
        return cls(folder, arrays, titles)

    def add_occurrences(self, parts: Iterable[NDArray[np.uint64]]) -> None:
        """Sum partial counts of `count_occurrences` and keep them in the table's folder.

        Raises:
            InputError: a part is of another length than the table.
        """
        total = np.zeros(len(self), dtype=np.uint64)
        for part in parts:
            if len(part) != len(self):
                raise InputError(f"{len(self):,} counts, one an anchor", f"{len(part):,}", path=self.folder)
            total += part
        _save_occurrences(self.folder, total)
        self.occurrences = np.load(self.folder / _OCCURRENCES, mmap_mode="r")

    def rows(self, hashes: U64) -> NDArray[np.int64]:
        """The row of each hash, -1 where the table has none; same shape as `hashes` (one axis)."""
        rows = np.full(len(hashes), -1, dtype=np.int64)
        if not len(self) or not len(hashes):
            return rows
        slots = hashes >> self._shift
        # A bitmap of 1/16 density answers most lookups of running text without touching the table.
        maybe = np.flatnonzero((self._bloom[slots >> np.uint64(3)] >> (slots & np.uint64(7)).astype(np.uint8)) & 1)
        wanted = hashes[maybe]
        places = np.minimum(np.searchsorted(self.hashes, wanted), len(self) - 1)
        hit = self.hashes[places] == wanted
        rows[maybe[hit]] = places[hit]
        return rows

    def entry(self, row: int) -> AnchorEntry:
        """The row as an entry."""
        number = int(self.title_ids[row])
        links = int(self.links[row])
        return AnchorEntry(
            title=bytes(self._titles[self.title_offsets[number] : self.title_offsets[number + 1]]).decode("utf-8"),
            commonness=int(self.top_links[row]) / links,
            links=links,
            occurrences=None if self.occurrences is None else int(self.occurrences[row]),
        )


def count_occurrences(texts: Iterable[SplitText], table: AnchorTable) -> NDArray[np.uint64]:
    """How often each anchor of the table stands in running text, linked or not: one count a row of the table.

    The denominator of link probability. Partial arrays of several processes can be summed. Overlapping occurrences all
    count (`York` in `New York` too); none crosses a line end.
    """
    total = np.zeros(len(table), dtype=np.uint64)
    words: list[str] = []
    lines: list[NDArray[np.int64]] = []
    begun = 0
    for text in texts:
        if not text.words:
            continue
        words += text.tokens()
        lines.append(text.lines() + begun)
        begun = int(lines[-1][-1]) + 1
        if len(words) >= _BATCH_WORDS:
            _count(words, np.concatenate(lines), table, total)
            words, lines = [], []
    if words:
        _count(words, np.concatenate(lines), table, total)
    return total


def _count(words: list[str], line: NDArray[np.int64], table: AnchorTable, total: NDArray[np.uint64]) -> None:
    hashes = hash_words(words)
    for n in range(1, MAX_WORDS + 1):
        rows = table.rows(ngram_hashes(hashes, n)[same_line(line, n)])
        hit = rows[rows >= 0]
        if len(hit):
            unique, times = np.unique(hit, return_counts=True)
            total[unique] += times.astype(np.uint64)


def same_line(line: NDArray[np.int64], n: int) -> NDArray[np.bool_]:
    """For each gram of `n` words, whether its first and last word lie in the same line: W - n + 1 flags."""
    if n > len(line):
        return np.zeros(0, dtype=np.bool_)
    return np.equal(line[: len(line) - n + 1], line[n - 1 :])


def _load_occurrences(path: Path, rows: int) -> NDArray[np.uint64]:
    try:
        counts = np.load(path)
    except (OSError, ValueError) as error:
        raise InputError("occurrence counts (.npy)", str(error), path=path) from None
    if counts.shape != (rows,):
        raise InputError(
            f"{rows:,} counts, one an anchor", f"shape {counts.shape}", path=path, remedy="count them over this table"
        )
    return np.asarray(counts, dtype=np.uint64)


def _save_occurrences(folder: Path, counts: NDArray[np.uint64]) -> None:
    temporary = folder / f".{_OCCURRENCES}.part.npy"
    np.save(temporary, counts)
    os.replace(temporary, folder / _OCCURRENCES)
