"""How the time of `ousianer tag` grows: with documents, with YAGO types, and with the length of a segment.

    python benchmarks/tag_growth.py [--rounds 5] [--documents 40] [--parts documents types segment]

The documents are the first of the validation set of examples/aida_open; each figure is the time of tagging in two
threads, all loaded, nothing remembered from before. Ten times the documents are the same ones with another number in
each sentence. The models of 500 and of 10,000 types have a random type projection on the released model's network,
without target types (a conversion layer would make them alike), which finds about ten types of a name probable, as a
trained one does; they list them, as `tag` does. A long segment is of 3,200 words without a full stop;
the short ones are the same words in twenty-word sentences of their own. Rounds go through both sides of each pair in
turn; ratios are the median of the rounds' own, with the least and the greatest. Last it says how far the names of the
documents run together, 1,600 words a segment without a full stop, are those of the documents as they are.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from statistics import NormalDist

import torch
from torch import nn

from ousianer_cli.formats.documents.source import plain_document
from ousianer_cli.network.checkpoint import load_model
from ousianer_cli.released_models import released_model
from ousianer_cli.tagging.documents import split_document
from ousianer_cli.tagging.engine import LEAST_PROBABILITY, Engine
from ousianer_cli.taxonomy.inventory import Inventory, InventoryType
from ousianer_cli.taxonomy.wordnet import WordNet

PARTS = ["documents", "types", "segment"]
PROBABLE = 10
"""Types of a name that are probable enough to be listed."""
VALIDATION = Path(__file__).parent.parent / "examples" / "aida_open" / "dev.jsonl.gz"
Words = list[list[str]]


def validation_documents(count: int) -> Iterator[Words]:
    """The first documents of the validation set, in the project's words."""
    with gzip.open(VALIDATION, "rt", encoding="utf-8") as file:
        for number, line in zip(range(count), file, strict=False):
            yield split_document(plain_document(json.loads(line)["text"], str(number))).words()


def numbered(documents: list[Words], copies: int) -> list[Words]:
    """So many of each document, none of them with a sentence of another."""
    return [[[str(k), *words] for words in document] for k in range(copies) for document in documents]


def engine_of_types(count: int) -> Engine:
    """A pretrained model of so many types, random ones."""
    model = load_model(released_model())
    model.taxonomy_file = model.conversion = None
    wordnet = WordNet.load()
    nouns = (wordnet.canonical(offset) for offset in wordnet.parents)
    model.inventory = Inventory(tuple(InventoryType(noun, (), 1) for noun in islice(nouns, count)))
    torch.manual_seed(0)
    model.tagger.types = nn.Linear(model.tagger.vector_size, count).eval()
    norm: nn.LayerNorm = model.tagger.mention[-1]  # type: ignore[index]
    with torch.no_grad():
        spread = float((norm.weight**2 + norm.bias**2).mean() / 3) ** 0.5  # of the logits around the bias
        least = math.log(LEAST_PROBABILITY / (1 - LEAST_PROBABILITY))
        model.tagger.types.bias.fill_(least - spread * NormalDist().inv_cdf(1 - PROBABLE / count))
    return Engine(model, threads=2)


def compared(first: Callable[[], object], second: Callable[[], object], rounds: int, times: float = 1.0) -> str:
    """How many times as long the second takes, `times` as much work being done by it; the same of processor time."""
    clocks = time.perf_counter, time.process_time
    ratios: list[list[float]] = [[], []]
    for number in range(rounds + 1):
        marks = [[clock() for clock in clocks]]
        for run in (first, second):
            run()
            marks.append([clock() for clock in clocks])
        if number:
            for of, begin, middle, end in zip(ratios, *marks, strict=True):
                of.append((end - middle) / (middle - begin) / times)
    return " | ".join(f"{statistics.median(of):.2f} ({min(of):.2f} to {max(of):.2f})" for of in ratios)


def tagging(engine: Engine, documents: list[Words]) -> Callable[[], None]:
    def run() -> None:
        engine.prepare().forget()
        for _ in engine.tag_documents(documents, details=not engine.has_targets):
            pass

    return run


def agreement(engine: Engine, documents: list[Words], length: int = 1600) -> str:
    """F1 of the names of long segments against those of the documents that they are made of, and how many there are."""
    flat: list[str] = []
    wanted: set[tuple[int, int]] = set()
    for document, found in zip(documents, engine.tag_documents(documents), strict=True):
        for words, mentions in zip(document, found, strict=True):
            place = {}
            for k, word in enumerate(words):
                if word not in ".!?":
                    place[k] = len(flat)
                    flat.append(word)
            ends = ((m.start, m.end - 1) for m in mentions)
            wanted |= {(place[a], place[b] + 1) for a, b in ends if a in place and b in place}
    found_long = set()
    for at in range(0, len(flat), length):
        ((mentions,),) = engine.tag_documents([[flat[at : at + length]]])
        found_long |= {(at + m.start, at + m.end) for m in mentions}
    f1 = 2 * len(wanted & found_long) / max(1, len(wanted) + len(found_long))
    return f"{f1:.4f} ({len(found_long)} and {len(wanted)} names, {len(flat):,} words)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--documents", type=int, default=40)
    parser.add_argument("--parts", nargs="+", default=PARTS, choices=PARTS)
    options = parser.parse_args()
    documents = list(validation_documents(options.documents))
    engine = Engine(load_model(released_model()), threads=2)
    print("| | times as long | times the processor time |\n|---|---|---|")
    if "documents" in options.parts:
        few, many = tagging(engine, numbered(documents, 1)), tagging(engine, numbered(documents, 10))
        print(
            f"| ten times the documents ({len(documents)}) | {compared(few, many, min(2, options.rounds))} |",
            flush=True,
        )
    if "types" in options.parts:
        small, large = (tagging(engine_of_types(count), documents) for count in (500, 10_000))
        print(f"| 10,000 YAGO types in place of 500 | {compared(small, large, options.rounds)} |", flush=True)
    if "segment" in options.parts:
        flat = [word for document in documents for words in document for word in words if word not in ".!?"]
        stretch = (flat * 3)[:3200]
        short = [[stretch[i : i + 20]] for i in range(0, len(stretch), 20)]
        together, apart = tagging(engine, [[stretch]]), tagging(engine, [[s for part in short for s in part]])
        print(f"| a segment of 3,200 words in place of 160 of 20 | {compared(apart, together, options.rounds)} |")
        print(f"\nnames of long segments against the documents' own, F1: {agreement(engine, documents)}")


if __name__ == "__main__":
    main()
