"""Sentence boundaries of this package against syntok and pysbd.

    pip install syntok pysbd
    python benchmarks/sentence_splitting.py [EN_EWT-UD-DEV.iob2] > docs/results/sentences.md

Two texts are split: sentences of our own in eight genres, as GUM has them (`benchmarks/sentences/own.txt`, a sentence a
line), and UD English EWT, whose `# text` lines are one sentence each. The sentences of a document are joined by one
blank, so that only the marks tell. What is scored are the ends of sentences inside a document: exact places,
precision, recall and F1 with the 95% interval from resampling documents (1,000 resamples, seed 1). Splitters that are
not installed are left out.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np

from ousianer_cli.formats.sentences import split_sentences

OWN = Path(__file__).parent / "sentences" / "own.txt"
Splitter = Callable[[str], list[int]]
"""A text to the places at which its sentences end, the last one too."""


def ours(text: str) -> list[int]:
    return [end for _, end in split_sentences(text, 0, len(text))]


def syntok() -> Splitter:
    from syntok import segmenter

    def split(text: str) -> list[int]:
        sentences = (s for paragraph in segmenter.analyze(text) for s in paragraph)
        return [s[-1].offset + len(s[-1].value) for s in sentences if s]

    return split


def pysbd() -> Splitter:
    import pysbd as library

    segmenter = library.Segmenter(language="en", clean=False, char_span=True)
    return lambda text: [span.start + len(text[span.start : span.end].rstrip()) for span in segmenter.segment(text)]


def documents_of_own(path: Path) -> Iterator[list[str]]:
    """The sentences of each genre."""
    for part in path.read_text(encoding="utf-8").split("# ")[1:]:
        yield part.splitlines()[1:]


def documents_of_ud(path: Path) -> Iterator[list[str]]:
    """The sentences of each document of a CoNLL-U-like file."""
    sentences: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# newdoc") and sentences:
            yield sentences
            sentences = []
        elif line.startswith("# text = "):
            sentences.append(line.removeprefix("# text = ").strip())
    if sentences:
        yield sentences


def counts(documents: Sequence[Sequence[str]], split: Splitter) -> np.ndarray:
    """Ends found and right, found, and there are, of each document: [N, 3]."""
    rows = []
    for sentences in documents:
        text = " ".join(sentences)
        ends = np.cumsum([len(s) + 1 for s in sentences])[:-1] - 1
        gold, found = set(ends.tolist()), {end for end in split(text) if end < len(text)}
        rows.append((len(gold & found), len(found), len(gold)))
    return np.array(rows, dtype=float)


def figures(rows: np.ndarray) -> str:
    """Precision, recall and F1 with its interval, as cells of a table."""

    def f1(sums: np.ndarray) -> np.ndarray:
        return 2.0 * sums[..., 0] / np.maximum(sums[..., 1] + sums[..., 2], 1)  # type: ignore[no-any-return]

    draw = np.random.default_rng(1).integers(0, len(rows), (1000, len(rows)))
    low, high = np.quantile(f1(rows[draw].sum(axis=1)), [0.025, 0.975])
    right, found, there = rows.sum(axis=0)
    return f"{right / max(found, 1):.3f} | {right / there:.3f} | {f1(rows.sum(axis=0)):.3f} [{low:.3f}, {high:.3f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ud", nargs="?", type=Path, help="UD English with `# newdoc` and `# text` lines")
    options = parser.parse_args()
    corpora = {"own": list(documents_of_own(OWN))}
    if options.ud:
        corpora["UD English EWT, dev"] = list(documents_of_ud(options.ud))
    splitters: dict[str, Splitter] = {"ousianer": ours}
    for name, make in (("syntok", syntok), ("pysbd", pysbd)):
        try:
            splitters[f"{name} {version(name)}"] = make()
        except ImportError:
            print(f"{name} is not installed and left out", file=sys.stderr)
    print("# Sentence boundaries\n")
    print(f"`python benchmarks/sentence_splitting.py EN_EWT-UD-DEV.iob2`, Python {platform.python_version()}.")
    print("Ends of sentences inside a document, the sentences of which are joined by one blank.\n")
    print("| text | documents | ends | splitter | P | R | F1 [95% interval] | seconds |")
    print("|---|---|---|---|---|---|---|---|")
    for corpus, documents in corpora.items():
        for name, split in splitters.items():
            began = time.process_time()
            rows = counts(documents, split)
            took = time.process_time() - began
            head = f"| {corpus} | {len(documents)} | {rows[:, 2].sum():,.0f} | {name}"
            print(f"{head} | {figures(rows)} | {took:.2f} |", flush=True)


if __name__ == "__main__":
    main()
