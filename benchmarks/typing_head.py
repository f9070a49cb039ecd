"""How well the pretrained typing head knows YAGO types: gold mentions of a typing corpus, names found beforehand.

    python benchmarks/typing_head.py MODEL... --corpus links_held.jsonl
    python benchmarks/typing_head.py MODEL... --corpus dev.jsonl --nouns --by-document

Gold is a mention's types and all above them that stand in the model's own inventory; a type is predicted where p > .5.
Measures as in the ultra-fine typing literature (Choi et al. 2018; Ling and Weld 2012): micro P/R/F1 over pairs of
mention and type; loose macro, P and R averaged over mentions; macro F1, the mean of each type's F1 over types with
gold; precision at 1, whether the most probable of the predicted types that have no predicted child (or, where none is
predicted, the most probable type) is gold. Models with other inventories are also compared on the types that all of
them have. With `--nouns` gold is the WordNet class of a mention's common noun ("mayor", "newspaper"); mentions whose
noun has no class are left out and counted. Intervals: 95%, bootstrap over sentences, or over documents with
`--by-document`, 1,000 resamples, seed 1.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ousianer_cli.formats.corpus import Sentence, read_corpus
from ousianer_cli.network.checkpoint import Model, load_model
from ousianer_cli.network.inference import mention_vectors
from ousianer_cli.scoring.measures import Prf
from ousianer_cli.taxonomy.noun_classes import noun_class
from ousianer_cli.taxonomy.wordnet import WordNet
from ousianer_cli.training.examples import ExampleOptions, encode_sentences

RESAMPLES, SEED = 1000, 1


@dataclass(slots=True)
class Scores:
    """What a model says of the corpus: sentence or document of each mention [M], logits [M, Y], gold [M, Y]."""

    unit: np.ndarray
    logits: np.ndarray
    gold: np.ndarray


def with_noun_classes(sentences: Sequence[Sentence]) -> Iterator[Sentence]:
    """The sentences with the class of its noun as each mention's type, none where the noun has no class."""
    for sentence in sentences:
        mentions = []
        for mention in sentence.mentions:
            coarse = mention.types[0] if mention.types else None
            found = noun_class(mention.noun, coarse) if mention.noun else None
            mentions.append(dataclasses.replace(mention, types=(found,) if found else ()))
        yield dataclasses.replace(sentence, mentions=tuple(mentions))


def score(
    model: Model, sentences: Sequence[Sentence], wordnet: WordNet, types: list[str], *, documents: bool = False
) -> Scores:
    """Logits and gold over `types`, all of them in the model's inventory."""
    loaded = encode_sentences(
        sentences,
        model.tokenizer,
        ExampleOptions.for_model(model, keep_unlabelled=False),
    )
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
    names = [e.document if documents and e.document else f"\0{i}" for i, e in enumerate(loaded.examples)]
    place = {name: i for i, name in enumerate(dict.fromkeys(names))}
    unit = np.asarray([place[name] for name, row in zip(names, chosen, strict=True) for _ in row])
    kept = gold.any(axis=1)
    return Scores(unit[kept], logits[kept], gold[kept])


def measures(scores: Scores, parents: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    """Each mention counts `weight` [M] times."""
    found = scores.logits > 0
    hit = found & scores.gold
    right, system, gold = (weight @ a for a in (hit, found, scores.gold))
    micro = Prf.of(float(right.sum()), float(system.sum()), float(gold.sum()))
    precise = (hit.sum(axis=1) / found.sum(axis=1).clip(min=1))[found.any(axis=1)]
    total = weight[found.any(axis=1)].sum()
    loose_p = float((weight[found.any(axis=1)] * precise).sum() / total) if total else 0.0
    loose_r = float((weight * (hit.sum(axis=1) / scores.gold.sum(axis=1))).sum() / weight.sum())
    known = gold > 0
    each = 2 * right[known] / (system[known] + gold[known])
    # The most specific of what is predicted: a type with no predicted child.
    has_child = (found.astype(np.float32) @ parents) > 0
    candidates = np.where(found & ~has_child, scores.logits, -np.inf)
    first = np.where(found.any(axis=1), candidates.argmax(axis=1), scores.logits.argmax(axis=1))
    at_one = scores.gold[np.arange(len(first)), first]
    return {
        "micro P": micro.precision,
        "micro R": micro.recall,
        "micro F1": micro.f1,
        "macro F1": float(each.mean()),
        "loose macro P": loose_p,
        "loose macro R": loose_r,
        "loose macro F1": 2 * loose_p * loose_r / (loose_p + loose_r) if loose_p + loose_r else 0.0,
        "P@1": float((weight * at_one).sum() / weight.sum()),
    }


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
    parser.add_argument("--nouns", action="store_true", help="gold is the class of each mention's common noun")
    parser.add_argument("--by-document", action="store_true", help="resample documents, not sentences")
    options = parser.parse_args()
    wordnet = WordNet.load()
    sentences = list(read_corpus(options.corpus))
    if options.nouns:
        sentences = list(with_noun_classes(sentences))
        every = [m for s in sentences for m in s.mentions]
        print(
            f"{sum(not m.types for m in every):,} of {len(every):,} mentions left out: no noun, or none with a class\n"
        )
    models = {path.name: load_model(path) for path in options.models}
    common = [t for t in next(iter(models.values())).types if all(t in m.types for m in models.values())]
    rows = [(name, f"its own {len(m.types)}", m, m.types) for name, m in models.items()]
    if len(models) > 1:
        rows += [(name, f"the {len(common)} of all", m, common) for name, m in models.items()]
    print("| model | types | mentions | measure | figure | 95% interval |\n|---|---|---|---|---|---|")
    for name, label, model, types in rows:
        scores, parents = (
            score(model, sentences, wordnet, types, documents=options.by_document),
            parents_of(types, wordnet),
        )
        whole = measures(scores, parents, np.ones(len(scores.gold)))
        rng, units = np.random.default_rng(SEED), int(scores.unit.max()) + 1
        drawn: dict[str, list[float]] = {m: [] for m in whole}
        for _ in range(RESAMPLES):
            times = np.bincount(rng.integers(units, size=units), minlength=units)
            for measure, value in measures(scores, parents, times[scores.unit].astype(float)).items():
                drawn[measure].append(value)
        for measure, value in whole.items():
            low, high = np.percentile(drawn[measure], [2.5, 97.5])
            n = f"{len(scores.gold):,}"
            print(f"| {name} | {label} | {n} | {measure} | {value:.3f} | {low:.3f}–{high:.3f} |", flush=True)


if __name__ == "__main__":
    main()
