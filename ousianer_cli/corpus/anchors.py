"""Anchor statistics: to which title an anchor text leads, how surely, and how often it is a link at all.

Commonness is the share of an anchor's links that go to its most common title (Milne and Witten 2008); link probability
is linked occurrences by all occurrences in running text (Mihalcea and Csomai 2007, there called keyphraseness). Both
are what Wikipedia2Vec keeps in its mention DB.

The table is a folder of NumPy arrays, memory-mapped, so that it costs its pages once however many processes read it.
Rows are sorted by a 64-bit hash of the anchor's words. English Wikipedia has about 15 million distinct anchor texts; a
row takes 24 bytes beside its title. Anchors without a capital letter are left out: they name nothing.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ousianer_cli.corpus.database import connect
from ousianer_cli.corpus.split_text import SplitText
from ousianer_cli.errors import InputError, OutputError
from ousianer_cli.formats.words import split_words

VERSION = 1
MAX_WORDS = 8
"""Anchors of more words are left out: they are titles of works, which are found by their title."""

U64 = NDArray[np.uint64]
_STEP = np.uint64(0x9E3779B97F4A7C15)
_BATCH_WORDS = 1_000_000
_MOST_CACHED = 1_000_000
_CARD = "anchors.json"
_ARRAYS = ("hashes", "title_ids", "links", "top_links", "title_offsets", "title_hashes", "bloom")
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


@dataclass(slots=True)
class BuildCounts:
    """What `AnchorTable.build` read, kept and left out (distinct anchor texts)."""

    links: int = 0
    anchors: int = 0
    kept: int = 0
    left_out: dict[str, int] = field(default_factory=dict)


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
        self.title_hashes: U64 = arrays["title_hashes"]
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
        if out.exists() and not (out / _CARD).is_file() and (not out.is_dir() or any(out.iterdir())):
            raise OutputError(f"{out}: expected a new folder or an older anchor table, found something else")
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            work = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".part", dir=out.parent))
        except OSError as error:
            raise OutputError(f"{out}: cannot be written ({error.strerror}); choose another place") from None
        try:
            counts = _write_table(_files_of(anchors), work, min_count=min_count, memory=memory, threads=threads)
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
        card = folder / _CARD
        try:
            version = json.loads(card.read_text(encoding="utf-8"))["version"]
            if version != VERSION:
                raise InputError(f"an anchor table of version {VERSION}", f"version {version}", path=card)
            arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in _ARRAYS}
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

    def lookup(self, anchor: str) -> AnchorEntry | None:
        """What is known of an anchor text, compared by its words, case-sensitively; None if it is not in the table."""
        words = [anchor[a:b] for a, b in split_words(anchor)]
        if not words or len(words) > MAX_WORDS:
            return None
        row = int(self.rows(ngram_hashes(hash_words(words), len(words)))[0])
        return self.entry(row) if row >= 0 else None

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
    return _mixed([hashes[offset : offset + width] for offset in range(n)])


def _mixed(columns: Sequence[U64]) -> U64:
    """One hash a row of several columns of hashes; their order matters."""
    mixed = columns[0].copy()
    for column in columns[1:]:
        mixed *= _STEP
        mixed ^= mixed >> np.uint64(29)
        mixed += column
    return mixed


def why_unusable(anchor: str, words: Sequence[str]) -> str | None:
    """Why an anchor text is left out of the table; None if it is kept."""
    if not any(c.isupper() for c in anchor):
        return "no capital letter"
    if len(words) > MAX_WORDS:
        return f"more than {MAX_WORDS} words"
    return None


def _files_of(anchors: str | Path | Sequence[str | Path]) -> list[str]:
    files: list[str] = []
    for pattern in [anchors] if isinstance(anchors, str | Path) else anchors:
        matching = [str(pattern)] if Path(pattern).is_file() else sorted(glob.glob(str(pattern)))
        if not matching:
            raise InputError("Parquet of anchor, title, count", "no such file", path=pattern)
        files += matching
    return files


def _write_table(files: list[str], folder: Path, *, min_count: int, memory: str, threads: int) -> BuildCounts:
    try:
        import duckdb
    except ImportError:
        raise InputError("DuckDB, which groups the anchors", "no duckdb", remedy="pip install duckdb") from None
    counts = BuildCounts()
    connection = connect(folder / "spill", memory, threads)
    try:
        connection.read_parquet(files).create_view("given")
        # The largest (links, title) pair: a tie goes to the title that sorts last, on every machine the same.
        connection.execute(
            r"""
            CREATE TABLE best AS
            SELECT anchor, max({'links': links, 'title': title}) AS top, sum(links)::UBIGINT AS links
            FROM (SELECT regexp_replace(trim(anchor), '\s+', ' ', 'g') AS anchor, title, sum(count)::UBIGINT AS links
                  FROM given WHERE anchor IS NOT NULL AND title IS NOT NULL GROUP BY 1, 2)
            GROUP BY anchor
            """
        )
        counts.links, counts.anchors, rare = _one_row(
            connection.execute(
                "SELECT coalesce(sum(links), 0)::BIGINT, count(*), count(*) FILTER (links < ?) FROM best", [min_count]
            )
        )
        counts.left_out[f"fewer than {min_count} links"] = rare
        connection.execute(
            """
            CREATE TABLE titles AS SELECT title, row_number() OVER (ORDER BY title) - 1 AS id
            FROM (SELECT DISTINCT top.title AS title FROM best WHERE links >= ?)
            """,
            [min_count],
        )
        arrays = _title_arrays(_batches(connection, "SELECT title FROM titles ORDER BY id"), folder)
        query = f"""
            SELECT anchor, id, best.links, top.links FROM best JOIN titles ON titles.title = best.top.title
            WHERE best.links >= {int(min_count)}
        """
        arrays |= _anchor_arrays(_batches(connection, query), counts)
    except duckdb.OutOfMemoryException as error:
        raise OutputError(
            f"anchors: the grouping does not fit in {memory} ({error}); give more with --memory"
        ) from None
    except duckdb.Error as error:
        raise InputError("Parquet with columns anchor, title, count", str(error), path=files[0]) from None
    finally:
        connection.close()
    shutil.rmtree(folder / "spill", ignore_errors=True)
    counts.kept = len(arrays["hashes"])
    for name in _ARRAYS:
        np.save(folder / f"{name}.npy", arrays[name])
    card = {"version": VERSION, "anchors": counts.kept, "min_count": min_count, "max_words": MAX_WORDS}
    (folder / _CARD).write_text(json.dumps(card | {"left_out": counts.left_out}, indent=1) + "\n", encoding="utf-8")
    return counts


def _one_row(result: Any) -> tuple[int, ...]:
    return tuple(int(value) for value in result.fetchone())


def _batches(connection: Any, query: str) -> Iterator[list[tuple[Any, ...]]]:
    result = connection.execute(query)
    while rows := result.fetchmany(50_000):
        yield rows


def _title_arrays(batches: Iterable[list[tuple[Any, ...]]], folder: Path) -> dict[str, NDArray[Any]]:
    """Titles as one blob of UTF-8 on disk, with the offset of each and a hash of each."""
    lengths: list[NDArray[np.int64]] = [np.zeros(1, dtype=np.int64)]
    hashes: list[U64] = []
    with (folder / "titles.bin").open("wb") as blob:
        for rows in batches:
            encoded = [title.encode("utf-8") for (title,) in rows]
            blob.write(b"".join(encoded))
            lengths.append(np.array([len(title) for title in encoded], dtype=np.int64))
            hashes.append(np.array([hash_text(title) for (title,) in rows], dtype=np.uint64))
        if not blob.tell():
            blob.write(b"\0")  # an empty file cannot be mapped
    return {
        "title_offsets": np.cumsum(np.concatenate(lengths)),
        "title_hashes": np.concatenate(hashes) if hashes else np.zeros(0, dtype=np.uint64),
    }


def _anchor_arrays(batches: Iterable[list[tuple[Any, ...]]], counts: BuildCounts) -> dict[str, NDArray[Any]]:
    """The rows sorted by hash; where two texts have the same words (`O'Neil`, `O' Neil`), the one linked more often."""
    columns: list[tuple[U64, NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32]]] = []
    left_out = counts.left_out
    for rows in batches:
        by_width: dict[int, list[tuple[list[str], int, int, int]]] = {}
        for anchor, title_id, links, top in rows:
            words = [anchor[a:b] for a, b in split_words(anchor)]
            if reason := why_unusable(anchor, words):
                left_out[reason] = left_out.get(reason, 0) + 1
            else:
                by_width.setdefault(len(words), []).append((words, title_id, links, top))
        for width, kept in by_width.items():
            grams = hash_words([word for words, *_ in kept for word in words]).reshape(-1, width)
            uint = [np.array([row[k] for row in kept], dtype=np.uint64).clip(max=2**32 - 1) for k in (1, 2, 3)]
            hashes = _mixed([grams[:, offset] for offset in range(width)])
            columns.append((hashes, *(column.astype(np.uint32) for column in uint)))  # type: ignore[arg-type]
    if columns:
        hashes = np.concatenate([c[0] for c in columns])
        title_ids, links, top_links = (np.concatenate([c[k] for c in columns]) for k in (1, 2, 3))
    else:
        hashes = np.zeros(0, dtype=np.uint64)
        title_ids = links = top_links = np.zeros(0, dtype=np.uint32)
    order = np.lexsort((title_ids, -links.astype(np.int64), hashes))
    hashes = hashes[order]
    first_of = np.ones(len(hashes), dtype=np.bool_)
    first_of[1:] = hashes[1:] != hashes[:-1]
    if not first_of.all():
        left_out["same words as another"] = int((~first_of).sum())
    order, hashes = order[first_of], hashes[first_of]
    bits = min(max(10, (16 * len(hashes)).bit_length()), 30)
    bloom = np.zeros(1 << bits, dtype=np.bool_)
    bloom[hashes >> np.uint64(64 - bits)] = True
    return {
        "hashes": hashes,
        "title_ids": title_ids[order],
        "links": links[order],
        "top_links": top_links[order],
        "bloom": np.packbits(bloom, bitorder="little"),
    }


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
