"""A model's errors on a labelled corpus, one a line with its context, to be read one by one.

    python benchmarks/errors.py CORPUS.jsonl -o errors.tsv [--model models/ousianer-mini] [--words 12]

CORPUS holds lines that `ousianer prepare corpus` wrote, all their names marked. An error is one of

    missed    a name of the taxonomy that nothing found overlaps
    spurious  a found name that no name of the corpus overlaps
    bounds    a found name that overlaps one of the corpus and is not it
    type      the right words with another type; either may be `-`, a name outside the taxonomy

Columns: kind, gold, its type, found, its type, its confidence, document, the words around with the name in brackets.
"""

from __future__ import annotations

import argparse
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from ousianer_cli.formats.corpus import Sentence, read_corpus
from ousianer_cli.network.checkpoint import load_model
from ousianer_cli.outputs import open_output
from ousianer_cli.released_models import released_model
from ousianer_cli.tagging.engine import Engine, TypedMention
from ousianer_cli.taxonomy.tree import OUTSIDE

COLUMNS = ("kind", "gold", "gold_type", "found", "found_type", "confidence", "document", "context")
Span = tuple[int, int]
Row = tuple[str, ...]


def errors_of(
    words: Sequence[str], gold: dict[Span, str], found: Sequence[TypedMention], document: str, around: int
) -> Iterator[Row]:
    """The errors of one sentence; names outside the taxonomy on both sides are none."""

    def overlapping(span: Span, others: Sequence[Span]) -> list[Span]:
        return [o for o in others if o[0] < span[1] and span[0] < o[1]]

    def row(kind: str, gold_span: Span | None, mention: TypedMention | None) -> Row:
        at = gold_span or (mention.start, mention.end)  # type: ignore[union-attr]
        before, inside, after = words[max(0, at[0] - around) : at[0]], words[slice(*at)], words[at[1] : at[1] + around]
        return (
            kind,
            " ".join(words[slice(*gold_span)]) if gold_span else "",
            gold[gold_span] if gold_span else "",
            " ".join(words[mention.start : mention.end]) if mention else "",
            mention.type if mention else "",
            f"{mention.confidence:.3f}" if mention else "",
            document,
            " ".join([*before, "[", *inside, "]", *after]),
        )

    of_span = {(m.start, m.end): m for m in found}
    for span, label in gold.items():
        mention = of_span.get(span)
        if mention is not None:
            if mention.type != label:
                yield row("type", span, mention)
        elif label != OUTSIDE and not overlapping(span, list(of_span)):
            yield row("missed", span, None)
    for span, mention in of_span.items():
        if span in gold:
            continue
        touched = overlapping(span, list(gold))
        if touched and (mention.type != OUTSIDE or any(gold[o] != OUTSIDE for o in touched)):
            yield row("bounds", touched[0], mention)
        elif not touched and mention.type != OUTSIDE:
            yield row("spurious", None, mention)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--model", type=Path, help="a model folder; the released model without it")
    parser.add_argument("--words", type=int, default=12, help="words of context on each side")
    options = parser.parse_args()
    engine = Engine(load_model(options.model or released_model()))
    counts: Counter[str] = Counter()
    sentences = [s for s in read_corpus(options.corpus) if s.detects and s.types_mentions]
    with open_output(options.out) as out:
        out.write("\t".join(COLUMNS) + "\n")
        for key, group in itertools.groupby(enumerate(sentences), key=lambda item: item[1].document or item[0]):
            document: list[Sentence] = [s for _, s in group]
            split = [s.as_words() for s in document]
            (tagged,) = engine.tag_documents([[words for words, *_ in split]])
            for sentence, (words, spans, _), found in zip(document, split, tagged, strict=True):
                gold = {span: m.types[0] for span, m in zip(spans, sentence.mentions, strict=True) if m.types}
                for row in errors_of(words, gold, found, str(key), options.words):
                    counts[row[0]] += 1
                    out.write("\t".join(row) + "\n")
    print(", ".join(f"{kind} {counts[kind]}" for kind in ("missed", "spurious", "bounds", "type")))


if __name__ == "__main__":
    main()
