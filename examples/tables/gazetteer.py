"""A gazetteer beside the mention vectors: which YAGO types the titles of a name's spelling have.

The network reads sub-words without case, so titles are looked up by their pieces: `(...)` behind a title is left out,
and a spelling that several titles share has the types of all of them. Letters: M mentions, V mention vector, Y types.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import torch
from bench import Bench, Scored
from torch import Tensor, nn

from ousianer_cli.formats.words import split_words
from ousianer_cli.network.pieces import EncodedSentence
from ousianer_cli.taxonomy.wordnet import WordNet
from ousianer_cli.training.examples import ExampleOptions, load_examples
from ousianer_cli.training.finetune.instances import Instances

Pieces = tuple[int, ...]
_BRACKETS = re.compile(r" \([^)]*\)$")
_CHUNK = 10_000


@dataclasses.dataclass(slots=True)
class Gazetteer:
    """Spelling -> positions of its types in the inventory; of titles typed otherwise than by a guess."""

    types: dict[Pieces, tuple[int, ...]]
    size: int

    @classmethod
    def read(cls, titles: Path, bench: Bench) -> Gazetteer:
        """From the `title_types.parquet` of `ousianer prepare types`."""
        wordnet, place = WordNet.load(), {t: i for i, t in enumerate(bench.model.types)}
        table = pq.read_table(titles, columns=["title", "types", "guessed"]).to_pylist()
        rows = [(_BRACKETS.sub("", r["title"]), r["types"]) for r in table if not r["guessed"]]
        known: dict[Pieces, set[int]] = {}
        for at in range(0, len(rows), _CHUNK):
            part = rows[at : at + _CHUNK]
            words = [[title[a:b] for a, b in split_words(title)] or ["?"] for title, _ in part]
            for encoded, (_, types) in zip(bench.model.tokenizer.encode(words), part, strict=True):
                held = {place[t] for t in wordnet.closure(types) if t in place}
                known.setdefault(pieces_of(encoded, (0, encoded.words)), set()).update(held)
        return cls({k: tuple(sorted(v)) for k, v in known.items()}, len(place))

    def features(self, sentences: Sequence[EncodedSentence], spans: Sequence[Sequence[tuple[int, int]]]) -> Tensor:
        """[M, Y + 1]: types of each span's spelling, and whether it is a title at all."""
        rows = []
        for sentence, own in zip(sentences, spans, strict=True):
            for span in own:
                row = np.zeros(self.size + 1, dtype=np.float32)
                found = self.types.get(pieces_of(sentence, span))
                if found is not None:
                    row[[*found, self.size]] = 1
                rows.append(row)
        return torch.from_numpy(np.stack(rows)) if rows else torch.zeros((0, self.size + 1))


def pieces_of(sentence: EncodedSentence, span: tuple[int, int]) -> Pieces:
    """The sub-words of words [start, end)."""
    start, end = span
    stop = sentence.first_piece[end] if end < sentence.words else sentence.pieces - 1  # the last one ends the sentence
    return tuple(sentence.piece_ids[sentence.first_piece[start] : stop].tolist())


class _FirstColumns(nn.Linear):
    """The type projection over mention vectors that have a gazetteer's columns behind them."""

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input[:, : self.in_features])


def widen(bench: Bench, gazetteer: Gazetteer) -> Bench:
    """The bench with room for the gazetteer's columns in its conversion layer."""
    tagger = bench.model.tagger
    front = _FirstColumns(tagger.types.in_features, tagger.types.out_features)
    front.load_state_dict(tagger.types.state_dict())
    tagger.types = front
    tagger.vector_size = front.in_features + gazetteer.size + 1
    return bench


def with_features(bench: Bench, gazetteer: Gazetteer, scored: Scored, path: Path) -> Scored:
    """A validation corpus with the gazetteer's columns behind its vectors."""
    model = bench.model
    loaded = load_examples([str(path)], model.tokenizer, ExampleOptions.for_model(model))
    encoded = [e.encoded for e in loaded.examples if e.detects and e.types]
    columns = []
    for sentences, spans in ((scored.gold_sentence, scored.gold_spans), (scored.found_sentence, scored.found_spans)):
        own: list[list[tuple[int, int]]] = [[] for _ in encoded]
        for sentence, span in zip(sentences.tolist(), spans, strict=True):
            own[sentence].append(span)
        columns.append(gazetteer.features(encoded, own))
    return dataclasses.replace(
        scored,
        gold_vectors=torch.cat([scored.gold_vectors, columns[0]], dim=1),
        found_vectors=torch.cat([scored.found_vectors, columns[1]], dim=1),
    )


def train_features(bench: Bench, gazetteer: Gazetteer, train: Instances, files: Sequence[str]) -> Instances:
    """Mentions to tune on with the gazetteer's columns; `files` in the order in which `train` was made of them."""
    columns = []
    for path in dict.fromkeys(files):
        loaded = load_examples(
            [path],
            bench.model.tokenizer,
            ExampleOptions.for_model(bench.model, keep_unlabelled=False),
        )
        examples = [e for e in loaded.examples if e.types]
        spans = [[s for s, t in zip(e.spans, e.labels, strict=True) if t] for e in examples]
        columns.append(gazetteer.features([e.encoded for e in examples], spans))
    return Instances(torch.cat([train.vectors, torch.cat(columns)], dim=1), train.labels, train.weights)
