#!/usr/bin/env python3
"""Counts of this corpus as the Markdown tables of its README: documents, words, spans, sources, licences, types, nouns.

    python examples/aida_open/count_corpus.py

A word is a stretch without blanks. Needs `ousianer` for the list of types.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ousianer_cli.taxonomy.tree_files import load_taxonomy

HERE = Path(__file__).resolve().parent
OUTSIDE = "-"


@dataclass
class Counts:
    """What stands in some documents; spans are all of them, nested and outside ones too."""

    documents: int = 0
    words: int = 0
    spans: int = 0
    nested: int = 0
    outside: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    nouns: Counter[str] = field(default_factory=Counter)

    def add(self, record: dict[str, Any]) -> None:
        """Count one document."""
        spans = record["spans"]
        self.documents += 1
        self.words += len(record["text"].split())
        self.spans += len(spans)
        self.nested += sum(span["nested"] for span in spans)
        self.outside += sum(span["label"] == OUTSIDE for span in spans)
        self.labels.update(span["label"] for span in spans)
        self.nouns.update(span["noun"] for span in spans)


def records() -> Iterator[tuple[str, dict[str, Any]]]:
    """The part (`train`, `rare`, `web` or `dev`) and the record of every document."""
    for path in sorted(HERE.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield path.name.split(".")[0].rstrip("0123456789"), json.loads(line)


def row(*cells: object) -> str:
    """One line of a table, numbers with a comma at each thousand."""
    return "| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells) + " |"


def table(heads: Iterable[str], rows: Iterable[str]) -> list[str]:
    """A table and the blank line after it; the first column holds words, the others numbers."""
    names = list(heads)
    return [row(*names), row(*("---" if number == 0 else "--:" for number in range(len(names)))), *rows, ""]


def by(corpus: list[tuple[str, dict[str, Any]]], key: str) -> list[str]:
    """Rows by a key of `meta`: documents, words and spans of training and of validation, most words first."""
    counts: dict[str, tuple[Counts, Counts]] = {}
    for part, record in corpus:
        counts.setdefault(record["meta"][key], (Counts(), Counts()))[part == "dev"].add(record)
    order = sorted(counts.items(), key=lambda item: (-item[1][0].words, item[0]))
    return [row(name, *(n for c in pair for n in (c.documents, c.words, c.spans))) for name, pair in order]


def main() -> None:
    """Print the tables."""
    corpus = list(records())
    parts = {name: Counts() for name in ("train", "rare", "web", "dev")}
    training = Counts()
    for part, record in corpus:
        parts[part].add(record)
        if part != "dev":
            training.add(record)
    shown = {
        "train": "`train01` to `train20`",
        "rare": "`rare1` to `rare3`",
        "web": "`web1` to `web3`",
        "dev": "`dev` (validation only)",
    }
    rows = [("all of training", training), *((shown[name], counts) for name, counts in parts.items())]
    out = table(
        ("files", "documents", "words", "spans", "of them nested", "outside (`-`)", "types", "nouns"),
        (
            row(n, c.documents, c.words, c.spans, c.nested, c.outside, len(set(c.labels) - {OUTSIDE}), len(c.nouns))
            for n, c in rows
        ),
    )
    for head, key in (("source", "set"), ("genre", "genre"), ("licence", "licence")):
        out += table((head, "documents", "words", "spans", "dev: documents", "words", "spans"), by(corpus, key))
    taxonomy = load_taxonomy("aida-edl")
    tops: dict[str, Counter[str]] = {}
    for name in (*taxonomy.types, OUTSIDE):
        count = training.labels[name]
        top = tops.setdefault(name.partition(".")[0], Counter())
        top.update(types=1, seen=count > 0, often=count >= 10, level3=count if name.count(".") == 2 else 0, spans=count)
    every = sum((top for name, top in tops.items() if name != OUTSIDE), Counter())
    lines = [*((n, c) for n, c in tops.items() if n != OUTSIDE), ("all", every), ("`-`", tops[OUTSIDE])]
    out += table(
        ("top type", "types", "with a name", "with ten or more", "spans", "of them at the third level"),
        (row(n, *(c[k] for k in ("types", "seen", "often", "spans", "level3"))) for n, c in lines),
    )
    out += ["Types without a name in training: " + ", ".join(n for n in taxonomy.types if not training.labels[n]) + "."]
    nouns = ", ".join(f"{noun} {count:,}" for noun, count in training.nouns.most_common(25))
    often = sum(count >= 20 for count in training.nouns.values())
    out += ["", f"Nouns in training: {len(training.nouns):,}, {often:,} of them 20 times or more; most often {nouns}."]
    print("\n".join(out))


if __name__ == "__main__":
    main()
