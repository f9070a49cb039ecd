"""Data for the peers: training sets drawn by seed, parts held out, validation sets."""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from peers_files import digest, write_json

HELD_SHARE, HELD_DOCUMENTS = 0.1, 0.03


def shares(available: Sequence[int], wanted: int) -> list[int]:
    """How many sentences each corpus gives: equal shares, and what a small one lacks falls to the others."""
    taken = [0] * len(available)
    while wanted > sum(taken) and any(t < a for t, a in zip(taken, available, strict=True)):
        open_places = [i for i, a in enumerate(available) if taken[i] < a]
        left = wanted - sum(taken)
        for rank, i in enumerate(open_places):
            part = left // len(open_places) + (rank < left % len(open_places))
            taken[i] += min(part, available[i] - taken[i])
    return taken


def data(options: argparse.Namespace) -> None:
    """Draw training sets by seed: nested (200 lies in 1,000), equal shares of the corpora, a tenth of each held out."""
    from ousianer_cli.formats.corpus import Sentence, read_corpus, write_corpus

    def key(sentence: Sentence) -> tuple[str, ...]:
        return tuple(token.lower() for token in sentence.tokens)

    options.data.mkdir(parents=True, exist_ok=True)
    facts: dict[str, Any] = {"corpora": {}, "validation": {}, "sets": {}, "all_limit": options.all_limit}
    seen: set[tuple[str, ...]] = set()
    for name, path in (item.split("=", 1) for item in options.validation):
        sentences = [s for s in read_corpus(path) if s.detects and s.types_mentions]
        seen |= {key(s) for s in sentences}
        facts["validation"][name] = {"sentences": write_corpus(options.data / f"{name}.jsonl", sentences)}
        facts["validation"][name]["sha256_16"] = digest(options.data / f"{name}.jsonl")
    corpora: list[list[Sentence]] = []
    wordnet: dict[tuple[str, ...], Sentence] = {}
    for name, paths in (item.split("=", 1) for item in options.corpus):
        path, _, other = paths.partition(",")
        every = list(read_corpus(path))
        usable = {key(s): s for s in every if s.detects and s.types_mentions and all(m.types for m in s.mentions)}
        kept = [s for k, s in usable.items() if k not in seen]
        seen |= set(usable)
        corpora.append(kept)
        wordnet.update((s.tokens, s) for s in (read_corpus(other) if other else ()))
        facts["corpora"][name] = {"sentences": len(every), "usable": len(kept), "sha256_16": digest(Path(path))}
        print(f"{name}: {len(kept):,} of {len(every):,} sentences (whole, and in no file before)")
    for seed in options.seeds:
        orders = [random.Random(seed).sample(c, len(c)) for c in corpora]
        for size in options.sizes:
            wanted = (options.all_limit or sum(map(len, corpora))) if size == "all" else int(size)
            drawn = [order[:n] for order, n in zip(orders, shares([len(c) for c in corpora], wanted), strict=True)]
            held = [s for part in drawn for s in part[: max(1, round(len(part) * HELD_SHARE))]]
            train = [s for part in drawn for s in part[max(1, round(len(part) * HELD_SHARE)) :]]
            folder = options.data / f"size-{size}" / f"seed-{seed}"
            folder.mkdir(parents=True, exist_ok=True)
            for kind, sentences in (("train", train), ("held", held)):
                write_corpus(folder / f"{kind}.jsonl", sentences)
                # Without the other labels the project's own model cannot be trained from scratch, the rest can.
                if all(s.tokens in wordnet for s in sentences):
                    write_corpus(folder / f"{kind}_wn.jsonl", [wordnet[s.tokens] for s in sentences])
            facts["sets"][f"{size}/{seed}"] = {
                "parts": [len(part) for part in drawn],
                "train": len(train),
                "held": len(held),
                "mentions": sum(len(s.mentions) for s in train),
                "wordnet": (folder / "train_wn.jsonl").is_file(),
            }
            print(f"size {size}, seed {seed}: {facts['sets'][f'{size}/{seed}']}")
    write_json(options.data / "data.json", facts)


def aida_open(options: argparse.Namespace) -> None:
    """All batches to learn from, a few of their documents held out by seed, and dev to test on.

    Names inside names are left out: no peer can say them. `ours-scratch` also learns the classes of the mentions'
    nouns, which stand in the same lines; the flat taggers have no use for them.
    """
    from dataclasses import replace

    from ousianer_cli.formats.corpus import Sentence, read_corpus, write_corpus
    from ousianer_cli.taxonomy.noun_classes import noun_class

    def classes(sentence: Sentence) -> Sentence:
        found = [(noun_class(m.noun, m.types[0]) if m.noun else None, m) for m in sentence.mentions]
        return replace(sentence, mentions=tuple(replace(m, types=(c,) if c else ()) for c, m in found))

    files = sorted(p for kind in ("train", "rare", "web") for p in options.lines.glob(f"{kind}*.jsonl"))
    if not files:
        raise SystemExit(f"{options.lines}: expected train01.jsonl and further batches, found none")
    sentences = [replace(s, nested=()) for path in files for s in read_corpus(path)]
    dev = [replace(s, nested=()) for s in read_corpus(options.lines / "dev.jsonl")]
    options.data.mkdir(parents=True, exist_ok=True)
    write_corpus(options.data / "aida_open_dev.jsonl", dev)
    known = {"sentences": len(dev), "sha256_16": digest(options.data / "aida_open_dev.jsonl")}
    used = {"sentences": len(sentences), "usable": len(sentences), "files": {p.name: digest(p) for p in files}}
    facts: dict[str, Any] = {"corpora": {"aida_open": used}, "validation": {"aida_open_dev": known}, "sets": {}}
    documents = sorted({s.document for s in sentences})
    for seed in options.seeds:
        chosen = set(random.Random(seed).sample(documents, max(1, round(len(documents) * HELD_DOCUMENTS))))
        folder = options.data / "size-all" / f"seed-{seed}"
        folder.mkdir(parents=True, exist_ok=True)
        parts = {
            "train": [s for s in sentences if s.document not in chosen],
            "held": [s for s in sentences if s.document in chosen],
        }
        for kind, part in parts.items():
            write_corpus(folder / f"{kind}.jsonl", part)
            write_corpus(folder / f"{kind}_wn.jsonl", map(classes, part))
        facts["sets"][f"all/{seed}"] = {
            "parts": [len(sentences)],
            "train": len(parts["train"]),
            "held": len(parts["held"]),
            "mentions": sum(len(s.mentions) for s in parts["train"]),
            "wordnet": True,
        }
        print(f"seed {seed}: {facts['sets'][f'all/{seed}']}")
    write_json(options.data / "data.json", {**facts, "all_limit": 0})
