"""Fine-tuning mentions: from labelled sentences to mention vectors with admissible types and weights.

Letters: M mentions, V mention vector.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ousianer_cli.corpus.store import read_store
from ousianer_cli.errors import InputError
from ousianer_cli.formats.corpus import Sentence
from ousianer_cli.network.checkpoint import Model
from ousianer_cli.network.targets import LabelSet, Targets
from ousianer_cli.settings.weights import corpus_weights
from ousianer_cli.training.examples import Example, ExampleOptions, encode_sentences
from ousianer_cli.training.vector_cache import Spans, VectorCache


@dataclass(slots=True)
class Instances:
    """M fine-tuning mentions: vectors [M, V], admissible types of each, weights [M]."""

    vectors: Tensor
    labels: list[LabelSet]
    weights: Tensor
    closed: Tensor = field(default_factory=lambda: torch.zeros(0, dtype=torch.bool))
    """[M], true where a person gave the very type, so that evidence moves nothing below it; all false if not given."""

    def __post_init__(self) -> None:
        if len(self.closed) != len(self.labels):
            self.closed = torch.zeros(len(self.labels), dtype=torch.bool)

    def __len__(self) -> int:
        return len(self.labels)

    def joined(self, other: Instances) -> Instances:
        """These mentions, then the others."""
        return Instances(
            torch.cat([self.vectors, other.vectors]),
            self.labels + other.labels,
            torch.cat([self.weights, other.weights]),
            torch.cat([self.closed, other.closed]),
        )

    def part(self, rows: Tensor) -> Instances:
        """The mentions in `rows`, places or a mask [M]."""
        places = torch.arange(len(self))[rows]
        labels = [self.labels[i] for i in places.tolist()]
        return Instances(self.vectors[places], labels, self.weights[places], self.closed[places])

    def weighted(self, weight: float) -> Instances:
        """The same mentions, each weighing so many times as much."""
        return Instances(self.vectors, self.labels, self.weights * weight, self.closed)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Labelled sentences, read once, and what they weigh; `path` stands in messages."""

    path: str
    sentences: Iterable[Sentence]
    weight: float = 1.0
    name: str = ""
    """What a validation corpus is called; by its path, if empty."""


def corpora_of(texts: Sequence[str]) -> list[Corpus]:
    """The corpora of a setting (`PATH` or `PATH*WEIGHT` each); a file named n times is one that weighs n times."""
    return [Corpus(path, read_store(path), weight) for path, weight in corpus_weights(texts).items()]


@dataclass(slots=True)
class EncodedCorpus:
    """A corpus ready for the network: its sentences or passages whose mentions have types."""

    corpus: Corpus
    examples: list[Example]
    counts: Counter[str]
    """What was read and what limits did to it."""


def encode_corpus(corpus: Corpus, model: Model, *, keep_unlabelled: bool = True) -> EncodedCorpus:
    """Read a corpus once, as passages where the model reads them."""
    loaded = encode_sentences(
        corpus.sentences,
        model.tokenizer,
        ExampleOptions.for_model(model, keep_unlabelled=keep_unlabelled),
    )
    return EncodedCorpus(corpus, [e for e in loaded.examples if e.types], loaded.counts)


def training_corpora(corpora: Sequence[Corpus], model: Model) -> list[EncodedCorpus]:
    """Corpora to train on; sentences without a type are read only where they stand in a passage."""
    return [encode_corpus(corpus, model, keep_unlabelled=False) for corpus in corpora]


def corpus_instances(
    vectors: VectorCache, corpora: Sequence[EncodedCorpus], targets: Targets, report: Callable[[str], None]
) -> list[Instances]:
    """The typed mentions of each corpus, names inside names among them, weighing what the corpus weighs.

    Raises:
        InputError: a type that is none of the targets, by the corpus's path.
    """
    return [instances_and_others(vectors, encoded, targets, report)[0] for encoded in corpora]


def instances_and_others(
    vectors: VectorCache, encoded: EncodedCorpus, targets: Targets, report: Callable[[str], None], *others: Spans
) -> tuple[Instances, list[np.ndarray]]:
    """A corpus's typed mentions, as `corpus_instances` gives them, and the vectors of other spans of its sentences;
    the network reads these once for all.

    Raises:
        InputError: as `corpus_instances`.
    """
    spans, labels, weights = typed_mentions(encoded.examples, targets, encoded.corpus.path, nested=True)
    found, *more = vectors.of_each([e.encoded for e in encoded.examples], [spans, *others])
    notes = [f"{n:,} {what}" for what, n in encoded.counts.items() if n and what != "sentences"]
    report(", ".join([f"{Path(encoded.corpus.path).name}: {len(labels):,} mentions", *notes]))
    return Instances(rounded(found), labels, weights * encoded.corpus.weight), more


def joined_corpora(parts: Sequence[Instances], *, balance: bool) -> Instances:
    """All mentions, weighing 1 in the mean; with `balance` a corpus weighs by the square root of its mentions."""
    weighed = [part.weighted((10_000 / len(part)) ** 0.5) if balance and len(part) else part for part in parts]
    joined = weighed[0]
    for part in weighed[1:]:
        joined = joined.joined(part)
    joined.weights = joined.weights / joined.weights.mean().clamp(min=1e-6)
    return joined


def typed_mentions(
    examples: Sequence[Example], targets: Targets, path: str, *, nested: bool = False
) -> tuple[list[list[tuple[int, int]]], list[LabelSet], Tensor]:
    """Spans of each sentence's mentions that have types, and the types and weight of each mention; with `nested` those
    inside other names follow.

    Raises:
        InputError: a type that is none of the targets, by the corpus's path.
    """
    spans: list[list[tuple[int, int]]] = []
    labels: list[LabelSet] = []
    weights: list[float] = []
    for example in examples:
        typed = [
            (s, label_set(t), w) for s, t, w in zip(example.spans, example.labels, example.weights, strict=True) if t
        ]
        if nested:
            typed += [(s, label_set(t), 1.0) for s, t in example.nested if t]
        for _, types, _ in typed:
            check_types(types, targets, path)
        spans.append([s for s, _, _ in typed])
        labels += [t for _, t, _ in typed]
        weights += [w for _, _, w in typed]
    return spans, labels, torch.tensor(weights)


def label_set(types: Sequence[str]) -> LabelSet:
    """Types in order, each once."""
    return tuple(sorted(set(types)))


def check_types(types: LabelSet, targets: Targets, path: str | Path, line: int | None = None) -> None:
    """Refuse types that are none of the targets with an `InputError`."""
    for name in types:
        if name not in targets.names:
            raise InputError(
                f"types of the taxonomy '{targets.taxonomy.name}' or '-'",
                repr(name),
                path=path,
                line=line,
                remedy="map the labels first with ousianer prepare corpus --map, or name the right --taxonomy",
            )


def rounded(vectors: np.ndarray) -> Tensor:
    """Vectors as the replay file holds them (fp16), so that a replayed tuning sees what the first one saw."""
    return torch.from_numpy(vectors).half().float()
