"""How well the pretrained typing head knows YAGO types: gold mentions of a typing corpus, names found beforehand.

    python benchmarks/typing_head.py MODEL... --corpus links_held.jsonl

Gold is a mention's types and all above them that stand in the model's own inventory; a type is predicted where p > .5.
Measures as in the ultra-fine typing literature (Choi et al. 2018; Ling and Weld 2012): micro P/R/F1 over pairs of
mention and type; loose macro, P and R averaged over mentions; macro F1, the mean of each type's F1 over types with
gold; precision at 1, whether the most probable of the predicted types that have no predicted child (or, where none is
predicted, the most probable type) is gold. Models with other inventories are also compared on the types that all of
them have. Intervals: 95%, bootstrap over sentences, 1,000 resamples, seed 1.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ousianer_cli.network.checkpoint import Model, load_model
from ousianer_cli.network.inference import mention_vectors
from ousianer_cli.taxonomy.wordnet import WordNet
from ousianer_cli.training.examples import load_examples

RESAMPLES, SEED = 1000, 1


@dataclass(slots=True)
class Scores:
    """What a model says of the corpus: sentence of each mention [M], logits [M, Y], gold [M, Y]."""

    sentence: np.ndarray
    logits: np.ndarray
    gold: np.ndarray


def score(model: Model, corpus: Path, wordnet: WordNet, types: list[str]) -> Scores:
    """Logits and gold over `types`, all of them in the model's inventory."""
    loaded = load_examples([str(corpus)], model.tokenizer, keep_unlabelled=False, max_pieces=model.max_pieces)
    chosen = [[(s, t) for s, t in zip(e.spans, e.labels, strict=True) if t] for e in loaded.examples]
    spans = [[s for s, _ in row] for row in chosen]
    vectors = mention_vectors(model.tagger, [e.encoded for e in loaded.examples], spans, 4096)
    at = {name: i for i, name in enumerate(types)}
    columns = [model.types.index(name) for name in types]
    with torch.inference_mode():
        logits = model.tagger.type_logits(torch.from_numpy(vectors)).numpy()[:, columns]
    labels = [t for row in chosen for _, t in row]
    gold = np.zeros((len(labels), len(types)), dtype=bool)
    for row, given in enumerate(labels):
        gold[row, [at[t] for t in wordnet.closure(given) if t in at]] = True
    sentence = np.asarray([i for i, row in enumerate(chosen) for _ in row])
    kept = gold.any(axis=1)
    return Scores(sentence[kept], logits[kept], gold[kept])


def measures(scores: Scores, parents: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    """Each mention counts `weight` [M] times."""
    found = scores.logits > 0
    hit = found & scores.gold
    right, said, gold = (weight @ a for a in (hit, found, scores.gold))
    micro = _prf(right.sum(), said.sum(), gold.sum())
    precise = (hit.sum(axis=1) / found.sum(axis=1).clip(min=1))[found.any(axis=1)]
    total = weight[found.any(axis=1)].sum()
    loose_p = float((weight[found.any(axis=1)] * precise).sum() / total) if total else 0.0
    loose_r = float((weight * (hit.sum(axis=1) / scores.gold.sum(axis=1))).sum() / weight.sum())
    known = gold > 0
    each = 2 * right[known] / (said[known] + gold[known])
    # The most specific of what is predicted: a type with no predicted child.
    has_child = (found.astype(np.float32) @ parents) > 0
    candidates = np.where(found & ~has_child, scores.logits, -np.inf)
    first = np.where(found.any(axis=1), candidates.argmax(axis=1), scores.logits.argmax(axis=1))
    at_one = scores.gold[np.arange(len(first)), first]
    return {
        "micro P": micro[0],
        "micro R": micro[1],
        "micro F1": micro[2],
        "macro F1": float(each.mean()),
        "loose macro P": loose_p,
        "loose macro R": loose_r,
        "loose macro F1": 2 * loose_p * loose_r / (loose_p + loose_r) if loose_p + loose_r else 0.0,
        "P@1": float((weight * at_one).sum() / weight.sum()),
    }


def _prf(right: float, said: float, gold: float) -> tuple[float, float, float]:
    p, r = right / said if said else 0.0, right / gold if gold else 0.0
    return float(p), float(r), float(2 * p * r / (p + r)) if p + r else 0.0


def parents_of(types: list[str], wordnet: WordNet) -> np.ndarray:
    """[Y, Y], 1 where the column's type lies above the row's."""
    at = {name: i for i, name in enumerate(types)}
    above = np.zeros((len(types), len(types)), dtype=np.float32)
    for row, name in enumerate(types):
        above[row, [at[a] for a in wordnet.ancestors(name) if a in at and a != name]] = 1
    return above


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--corpus", type=Path, required=True)
    options = parser.parse_args()
    wordnet = WordNet.load()
    models = {path.name: load_model(path) for path in options.models}
    common = [t for t in next(iter(models.values())).types if all(t in m.types for m in models.values())]
    rows = [(name, f"its own {len(m.types)}", m, m.types) for name, m in models.items()]
    if len(models) > 1:
        rows += [(name, f"the {len(common)} of all", m, common) for name, m in models.items()]
    print("| model | types | mentions | measure | figure | 95% interval |\n|---|---|---|---|---|---|")
    for name, label, model, types in rows:
        scores, parents = score(model, options.corpus, wordnet, types), parents_of(types, wordnet)
        whole = measures(scores, parents, np.ones(len(scores.gold)))
        rng, sentences = np.random.default_rng(SEED), int(scores.sentence.max()) + 1
        drawn: dict[str, list[float]] = {m: [] for m in whole}
        for _ in range(RESAMPLES):
            times = np.bincount(rng.integers(sentences, size=sentences), minlength=sentences)
            for measure, value in measures(scores, parents, times[scores.sentence].astype(float)).items():
                drawn[measure].append(value)
        for measure, value in whole.items():
            low, high = np.percentile(drawn[measure], [2.5, 97.5])
            n = f"{len(scores.gold):,}"
            print(f"| {name} | {label} | {n} | {measure} | {value:.3f} | {low:.3f}–{high:.3f} |", flush=True)


if __name__ == "__main__":
    main()
