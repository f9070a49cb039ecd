"""Step 4 of the Wikipedia pipeline: the table of all links' anchors, each counted in the running text of all parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ousianer_cli.corpus.anchors import AnchorTable, count_occurrences
from ousianer_cli.corpus.wikipedia_articles import read_articles
from ousianer_cli.corpus.wikipedia_parts import Progress, Tally, Work, Workers, read_json, write_json

_PARTS_A_COUNT = 2


def build_anchors(work: Work, parts: Sequence[int], workers: Workers, memory: str, progress: Progress) -> Tally:
    """Make the anchor table of all links and count its anchors in the running text of all parts."""
    done = work.folder / "anchors.json"
    if not done.exists():
        made = workers.alone(_build_table, work, memory)
        counted = [parts[i : i + _PARTS_A_COUNT] for i in range(0, len(parts), _PARTS_A_COUNT)]
        missing = [group for group in counted if not work.part("occurrences", group[0], "npz").exists()]
        for number, _ in enumerate(workers.run((_count_parts, (work, group)) for group in missing), 1):
            progress(f"anchors: counted {min(number * _PARTS_A_COUNT, len(parts))} of {len(parts)} parts")
        workers.alone(_add_counts, work)
        write_json(done, made)
    counts: Tally = read_json(done)
    return counts


def table_folder(work: Work) -> Path:
    """Where the table lies."""
    return work.folder / "anchor_table"


def _build_table(work: Work, memory: str) -> Tally:
    table = AnchorTable.build(work.files("anchor_counts"), None, table_folder(work), memory=memory)
    return {
        "links": table.counts.links,
        "distinct anchors": table.counts.anchors,
        "kept in the table": table.counts.kept,
        "left out": dict(table.counts.left_out),
    }


def _count_parts(work: Work, parts: Sequence[int]) -> None:
    table = AnchorTable.load(table_folder(work))
    counts = count_occurrences((article.split for part in parts for article in read_articles(work, part)), table)
    at = np.flatnonzero(counts)
    path = work.part("occurrences", parts[0], "npz")
    hidden = path.with_name(f".{path.name}")
    with hidden.open("wb") as file:
        np.savez(file, at=at.astype(np.uint32), counts=counts[at])
    hidden.replace(path)


def _add_counts(work: Work) -> None:
    table = AnchorTable.load(table_folder(work))

    def partial() -> Iterator[Any]:
        for path in work.files("occurrences", "npz"):
            with np.load(path) as kept:
                counts = np.zeros(len(table), np.uint64)
                counts[kept["at"]] = kept["counts"]
            yield counts

    table.add_occurrences(partial())
