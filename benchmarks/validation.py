"""Figures of a model on labelled corpora, with intervals: names found, and their types in several readings.

    python benchmarks/validation.py --model models/ousianer-mini CORPUS.jsonl... [--by-document] [--case lower]

CORPUS holds lines that `ousianer prepare corpus` wrote with types of the target taxonomy. Those that mark all names
(`supervises: both`) are scored as a run is: exact spans, names outside the taxonomy on neither side, and the model's
own confidence threshold. Names inside other names are scored apart, on both sides. A corpus that supervises typing
only is scored on its gold mentions. The last columns are the 95% interval of F1, from resampling sentences, or
documents with `--by-document` (1,000 resamples, seed 1).
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import torch

from ousianer_cli.formats.corpus import Sentence, outer_and_nested, read_corpus
from ousianer_cli.network.checkpoint import load_model
from ousianer_cli.network.inference import mention_vectors
from ousianer_cli.network.onednn import Precision
from ousianer_cli.released_models import released_model
from ousianer_cli.scoring.measures import total
from ousianer_cli.scoring.resampling import Floats
from ousianer_cli.scoring.sentences import SentenceScorer, by_document, f1_interval, match_names
from ousianer_cli.tagging.engine import Engine, TypedMention
from ousianer_cli.training.finetune.instances import Corpus, encode_corpus, typed_mentions

Case = Literal["", "lower", "upper"]
ROWS = {
    "detection": "all names, whatever their type",
    "span": "span",
    "coarse": "top types",
    "strict": "strict",
    "descendant": "2019 credit (descendant)",
    "ancestor": "credit ancestor",
    "both": "credit both, labels closed",
    "open": "credit both, labels open",
}
NESTED_ROWS = {"span": "nested: span", "strict": "nested: strict", "both": "nested: credit both"}


def figures(engine: Engine, sentences: Sequence[Sentence]) -> dict[str, Floats]:
    """Sums [N, 4] over sentences whose names are all marked, by the heading of their row."""
    words, outer, nested = zip(*(_split(s) for s in sentences), strict=True)
    scorer = SentenceScorer(engine.targets.taxonomy)
    found = [outer_and_nested(mentions) for mentions in _tagged(engine, sentences, words)]
    result = {}
    for rows, gold, side in ((ROWS, outer, 0), (NESTED_ROWS, nested, 1)):
        parts = [row[side] for row in found]
        sums = _sums(scorer, gold, parts, engine.min_confidence)
        if side == 0 or sums["span"][:, [1, 3]].any():
            result.update({heading: sums[measure] for measure, heading in rows.items()})
    return result


def _tagged(engine: Engine, sentences: Sequence[Sentence], words: Sequence[list[str]]) -> Iterator[list[TypedMention]]:
    """Mentions of each sentence; those of one document are tagged together."""
    places = itertools.groupby(range(len(words)), key=lambda i: sentences[i].document or i)
    documents = [[words[i] for i in group] for _, group in places]
    return itertools.chain.from_iterable(engine.tag_documents(documents))


def _sums(
    scorer: SentenceScorer,
    gold: Sequence[dict[tuple[int, int], tuple[str, ...]]],
    found: Sequence[Sequence[TypedMention]],
    threshold: float,
) -> dict[str, Floats]:
    names = match_names(gold, [[(m.start, m.end) for m in row] for row in found])
    flat = [m for row in found for m in row]
    return scorer.sums(names, [m.type for m in flat], np.array([m.confidence for m in flat]), threshold)


def _split(
    sentence: Sentence,
) -> tuple[list[str], dict[tuple[int, int], tuple[str, ...]], dict[tuple[int, int], tuple[str, ...]]]:
    """The words that the network reads, and the types of outer and of nested names by their words."""
    words, outer, nested = sentence.as_words()
    return (
        words,
        {span: m.types for span, m in zip(outer, sentence.mentions, strict=True)},
        {span: m.types for span, m in zip(nested, sentence.nested, strict=True)},
    )


def gold_typing(engine: Engine, path: Path, sentences: Sequence[Sentence]) -> tuple[Floats, list[str]]:
    """Sums [N, 4] whose F1 is the mean credit `both` of gold mentions, names inside names among them, over the
    sentences or passages that the model reads at once, and the documents that these stand in."""
    encoded = encode_corpus(Corpus(str(path), sentences), engine.model)
    for what, times in encoded.counts.items():
        if times and what != "sentences":
            print(f"{path.name}: {times} {what}, for the figure of typing")
    spans, labels, _ = typed_mentions(encoded.examples, engine.targets, str(path), nested=True)
    vectors = mention_vectors(engine.model.tagger, [e.encoded for e in encoded.examples], spans, 4096)
    names = [engine.head.names[i] for i in engine.head.choose(torch.from_numpy(vectors)).positions.tolist()]
    credit = SentenceScorer(engine.targets.taxonomy).credits(labels, names, "both")
    unit = [place for place, own in enumerate(spans) for _ in own]
    won = np.bincount(unit, weights=credit, minlength=len(spans))
    count = np.bincount(unit, minlength=len(spans)).astype(float)
    return np.stack([won, count, won, count], axis=1), [e.document for e in encoded.examples]


def recased(sentence: Sentence, case: Case) -> Sentence:
    """The sentence with all its tokens in one case."""
    if not case:
        return sentence
    return dataclasses.replace(
        sentence, tokens=tuple(t.lower() if case == "lower" else t.upper() for t in sentence.tokens)
    )


def rows_of(engine: Engine, path: Path, *, documents: bool, case: Case) -> dict[str, Floats]:
    """Sums over sentences or documents of one corpus, by the heading of their row."""
    sentences = [recased(s, case) for s in read_corpus(path)]

    def units(sums: Floats, of: Sequence[str]) -> Floats:
        # A sentence without a document is one by itself.
        return by_document(sums, [document or f"\0{i}" for i, document in enumerate(of)]) if documents else sums

    complete = [s for s in sentences if s.detects and s.types_mentions]
    result: dict[str, Floats] = {}
    if complete:
        places = [s.document for s in complete]
        result = {name: units(sums, places) for name, sums in figures(engine, complete).items()}
    typed = [s for s in sentences if s.types_mentions]
    if any(s.mentions for s in typed):
        result["typing of gold mentions (both)"] = units(*gold_typing(engine, path, typed))
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--model", type=Path, help="a model folder; the released model without it")
    parser.add_argument("--by-document", action="store_true", help="resample documents, not sentences")
    parser.add_argument("--case", choices=("lower", "upper"), default="", help="put all text into one case first")
    parser.add_argument("--deepen", type=float, default=0.0, help="as in `ousianer tag`")
    parser.add_argument("--precision", choices=get_args(Precision), default="fp32", help="as in `ousianer tag`")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    model = load_model(options.model or released_model())
    nested = model.nested is not None
    engine = Engine(model, deepen=options.deepen, nested=nested, precision=options.precision)
    print("| corpus | measure | P | R | F1 [95% interval] | gold | found |")
    print("|---|---|---|---|---|---|---|")
    result: dict[str, dict[str, dict[str, float]]] = {}
    for path in options.corpora:
        name = path.stem + (f", {options.case}-cased" if options.case else "")
        for heading, sums in rows_of(engine, path, documents=options.by_document, case=options.case).items():
            prf, bounds = total(sums), f1_interval(sums)
            result.setdefault(name, {})[heading] = {
                "p": prf.precision,
                "r": prf.recall,
                "f1": prf.f1,
                "low": bounds.low,
                "high": bounds.high,
                "gold": prf.gold,
                "found": prf.system,
            }
            cells = [name, heading, f"{prf.precision:.3f}", f"{prf.recall:.3f}"]
            cells += [f"{prf.f1:.3f} [{bounds.low:.3f}, {bounds.high:.3f}]", f"{prf.gold:,.0f}", f"{prf.system:,.0f}"]
            print("| " + " | ".join(cells) + " |", flush=True)
    if options.json is not None:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
