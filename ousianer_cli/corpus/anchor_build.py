"""Making a table of anchors: link counts grouped by DuckDB, then sorted by hash into arrays."""

from __future__ import annotations

import glob
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ousianer_cli.corpus.anchor_format import ARRAYS, CARD, MAX_WORDS, VERSION
from ousianer_cli.corpus.database import connect
from ousianer_cli.corpus.word_hashes import U64, combined, hash_words
from ousianer_cli.errors import InputError, OutputError
from ousianer_cli.extras import require_extra
from ousianer_cli.formats.words import split_words


@dataclass(slots=True)
class BuildCounts:
    """What `AnchorTable.build` read, kept and left out (distinct anchor texts)."""

    links: int = 0
    anchors: int = 0
    kept: int = 0
    left_out: dict[str, int] = field(default_factory=dict)


def why_unusable(anchor: str, words: Sequence[str]) -> str | None:
    """Why an anchor text is left out of the table; None if it is kept."""
    if not any(c.isupper() for c in anchor):
        return "no capital letter"
    if len(words) > MAX_WORDS:
        return f"more than {MAX_WORDS} words"
    return None


def files_of(anchors: str | Path | Sequence[str | Path]) -> list[str]:
    """The files that are meant, patterns filled in.

    Raises:
        InputError: nothing is there.
    """
    files: list[str] = []
    for pattern in [anchors] if isinstance(anchors, str | Path) else anchors:
        matching = [str(pattern)] if Path(pattern).is_file() else sorted(glob.glob(str(pattern)))
        if not matching:
            raise InputError("Parquet of anchor, title, count", "no such file", path=pattern)
        files += matching
    return files


def write_table(files: list[str], folder: Path, *, min_count: int, memory: str, threads: int) -> BuildCounts:
    """Write all of the table of the links in `files` but its occurrences, as `AnchorTable.build` says."""
    require_extra("wikipedia", "a table of anchors", "duckdb")
    import duckdb

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
    for name in ARRAYS:
        np.save(folder / f"{name}.npy", arrays[name])
    card = {"version": VERSION, "anchors": counts.kept, "min_count": min_count, "max_words": MAX_WORDS}
    (folder / CARD).write_text(json.dumps(card | {"left_out": counts.left_out}, indent=1) + "\n", encoding="utf-8")
    return counts


def _one_row(result: Any) -> tuple[int, ...]:
    return tuple(int(value) for value in result.fetchone())


def _batches(connection: Any, query: str) -> Iterator[list[tuple[Any, ...]]]:
    result = connection.execute(query)
    while rows := result.fetchmany(50_000):
        yield rows


def _title_arrays(batches: Iterable[list[tuple[Any, ...]]], folder: Path) -> dict[str, NDArray[Any]]:
    """Titles as one blob of UTF-8 on disk, with the offset of each."""
    lengths: list[NDArray[np.int64]] = [np.zeros(1, dtype=np.int64)]
    with (folder / "titles.bin").open("wb") as blob:
        for rows in batches:
            encoded = [title.encode("utf-8") for (title,) in rows]
            blob.write(b"".join(encoded))
            lengths.append(np.array([len(title) for title in encoded], dtype=np.int64))
        if not blob.tell():
            blob.write(b"\0")  # an empty file cannot be mapped
    return {"title_offsets": np.cumsum(np.concatenate(lengths))}


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
            hashes = combined([grams[:, offset] for offset in range(width)])
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
