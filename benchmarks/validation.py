"""Figures of a model on labelled corpora, with intervals: detection, and typed F1 in several readings.

    python benchmarks/validation.py --model models/ousianer-mini CORPUS.jsonl...

CORPUS holds lines that `ousianer prepare corpus --map TABLE --taxonomy aida-edl` wrote; those that mark all names
(`supervises: both`) are scored as a run is: exact spans, names outside the taxonomy on neither side, and the model's
own confidence threshold. A corpus that supervises typing only is scored on its gold mentions. Intervals: 95%, bootstrap
over sentences, 1,000 resamples, seed 1.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from ousianer_cli.formats.corpus import Sentence, read_corpus
from ousianer_cli.formats.words import resplit_tokens
from ousianer_cli.network.checkpoint import load_model
from ousianer_cli.network.inference import mention_vectors
from ousianer_cli.released_models import released_model
from ousianer_cli.tagging.engine import Engine
from ousianer_cli.taxonomy.credit import open_credit
from ousianer_cli.taxonomy.tree import OUTSIDE, Taxonomy

RESAMPLES, SEED = 1000, 1
MEASURES = ("detection", "span", "coarse", "strict", "both", "open")
"""detection: all names; the rest: names of the taxonomy, as `ousianer score` counts them."""


def tallies(engine: Engine, sentences: Sequence[Sentence]) -> np.ndarray:
    """[N, measures, 3]: credit won, system mentions, gold mentions of each sentence."""
    words, spans = zip(
        *(resplit_tokens(s.tokens, [(m.start, m.end) for m in s.mentions]) for s in sentences), strict=True
    )
    out = np.zeros((len(sentences), len(MEASURES), 3))
    taxonomy = engine.targets.taxonomy
    for row, (sentence, found, gold_spans) in enumerate(zip(sentences, engine.tag(list(words)), spans, strict=True)):
        gold = dict(zip(gold_spans, (m.types for m in sentence.mentions), strict=True))
        out[row, 0] = len({(m.start, m.end) for m in found} & set(gold)), len(found), len(gold)
        inside = {s: tuple(t for t in types if t != OUTSIDE) for s, types in gold.items()}
        inside = {s: types for s, types in inside.items() if types}
        written = [m for m in found if m.type != OUTSIDE and m.confidence >= engine.min_confidence]
        won = np.zeros(len(MEASURES) - 1)
        for m in written:
            if (m.start, m.end) in inside:
                won += worth(taxonomy, inside[m.start, m.end], m.type)
        out[row, 1:, 0], out[row, 1:, 1], out[row, 1:, 2] = won, len(written), len(inside)
    return out


def worth(taxonomy: Taxonomy, gold: tuple[str, ...], system: str) -> list[float]:
    """Credit of one matched span: span, coarse, strict, both, open."""
    coarse = taxonomy.top(system) in {taxonomy.top(g) for g in gold}
    both = open_credit(taxonomy, gold, system, open=False)
    return [1.0, float(coarse), float(system in gold), both, open_credit(taxonomy, gold, system, open=True)]


def prf(counts: np.ndarray) -> np.ndarray:
    """[..., 3] (won, system, gold) -> [..., 3] (P, R, F1)."""
    won, system, gold = counts[..., 0], counts[..., 1], counts[..., 2]
    p = np.divide(won, system, out=np.zeros_like(won), where=system > 0)
    r = np.divide(won, gold, out=np.zeros_like(won), where=gold > 0)
    f = np.divide(2 * won, system + gold, out=np.zeros_like(won), where=system + gold > 0)
    return np.stack([p, r, f], axis=-1)


def interval(counts: np.ndarray) -> tuple[float, float]:
    """95% bootstrap interval of F1 from [N, 3] sentence counts."""
    rng = np.random.default_rng(SEED)
    sums = np.stack([counts[rng.integers(len(counts), size=len(counts))].sum(axis=0) for _ in range(RESAMPLES)])
    low, high = np.percentile(prf(sums)[:, 2], [2.5, 97.5])
    return float(low), float(high)


def gold_typing(engine: Engine, sentences: Sequence[Sentence]) -> np.ndarray:
    """[M, 3] of a typing-only corpus: credit `both` of each gold mention, and ones, so that F1 is mean credit."""
    words, spans = zip(
        *(resplit_tokens(s.tokens, [(m.start, m.end) for m in s.mentions]) for s in sentences), strict=True
    )
    encoded = engine.model.tokenizer.encode(list(words))
    fits = [i for i, e in enumerate(encoded) if e.pieces <= engine.max_pieces]
    if len(fits) < len(encoded):
        print(f"{len(encoded) - len(fits)} sentences longer than the window left out of the typing figure")
    vectors = mention_vectors(engine.model.tagger, [encoded[i] for i in fits], [spans[i] for i in fits], 4096)
    names = [engine.head.names[i] for i in engine.head.choose(torch.from_numpy(vectors)).positions.tolist()]
    gold = [m.types for i in fits for m in sentences[i].mentions]
    credit = [open_credit(engine.targets.taxonomy, g, n, open=False) for g, n in zip(gold, names, strict=True)]
    return np.stack([np.asarray(credit), np.ones(len(gold)), np.ones(len(gold))], axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--deepen", type=float, default=0.0, help="as in `ousianer tag`")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    engine = Engine(load_model(options.model or released_model()), deepen=options.deepen)
    print("| corpus | measure | P | R | F1 | 95% interval | gold |")
    print("|---|---|---|---|---|---|---|")
    result: dict[str, dict[str, object]] = {}
    for path in options.corpora:
        sentences = list(read_corpus(path))
        complete = [s for s in sentences if s.detects and s.types_mentions]
        parts = dict(zip(MEASURES, np.moveaxis(tallies(engine, complete), 1, 0), strict=True)) if complete else {}
        typed = [s for s in sentences if s.types_mentions and s.mentions]
        if typed:
            parts["typing of gold mentions (both)"] = gold_typing(engine, typed)
        for name, counts in parts.items():
            p, r, f = prf(counts.sum(axis=0))
            low, high = interval(counts)
            n = int(counts[:, 2].sum())
            result.setdefault(path.stem, {})[name] = {"p": p, "r": r, "f1": f, "low": low, "high": high, "n": n}
            print(f"| {path.stem} | {name} | {p:.3f} | {r:.3f} | {f:.3f} | {low:.3f}–{high:.3f} | {n:,} |", flush=True)
    if options.json:
        print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
