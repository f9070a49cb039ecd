"""What the tables share: corpora encoded once, systems' decisions scored as a run is, intervals and paired tests.

Letters: N sentences, M mentions, V mention vector, A target types.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ousianer_cli.network.checkpoint import Model, load_model
from ousianer_cli.network.targets import LabelSet, Targets
from ousianer_cli.network.typing import TypingHead, shipped_table
from ousianer_cli.scoring.measures import total
from ousianer_cli.scoring.sentences import MatchedNames, SentenceScorer, f1_difference, f1_interval
from ousianer_cli.settings.finetune import FinetuneSettings
from ousianer_cli.taxonomy.direct import DirectMapper
from ousianer_cli.taxonomy.tree_files import load_taxonomy
from ousianer_cli.training.examples import ExampleOptions, load_examples
from ousianer_cli.training.finetune.conversion import train_conversion
from ousianer_cli.training.finetune.evaluation import DevSet, decoding_rule
from ousianer_cli.training.finetune.guard import on_guard
from ousianer_cli.training.finetune.instances import (
    Instances,
    corpora_of,
    corpus_instances,
    joined_corpora,
    label_set,
    rounded,
    training_corpora,
)
from ousianer_cli.training.finetune.revision import revise
from ousianer_cli.training.vector_cache import VectorCache

RESAMPLES, SEED = 2000, 1
EPOCHS = 8
"""Passes over the mentions; the best of them by validation counts, and later ones seldom are."""
MEASURES = ("strict", "coarse", "ancestor", "descendant", "both", "open")
"""Readings of a matched span's type: equal to gold; of gold's top type; credit .5 a level where the system's type lies
above, below or either way; and with whatever lies below gold counted as right."""


@dataclass(slots=True)
class Scored:
    """A validation corpus, encoded and its names found once."""

    name: str
    sentences: int
    documents: list[str]
    """The document of each sentence."""
    gold_sentence: np.ndarray
    gold: list[LabelSet]
    gold_vectors: Tensor
    found_sentence: np.ndarray
    found_gold: list[LabelSet | None]
    found_vectors: Tensor
    found_marginals: Tensor
    gold_spans: list[tuple[int, int]]
    found_spans: list[tuple[int, int]]

    def part(self, keep: np.ndarray) -> Scored:
        """The same with only the sentences where `keep` [N] is true."""
        place = np.cumsum(keep) - 1
        g = np.flatnonzero(keep[self.gold_sentence]) if len(self.gold) else np.zeros(0, dtype=int)
        f = np.flatnonzero(keep[self.found_sentence]) if len(self.found_gold) else np.zeros(0, dtype=int)
        return Scored(
            self.name,
            int(keep.sum()),
            [d for d, k in zip(self.documents, keep, strict=True) if k],
            place[self.gold_sentence[g]],
            [self.gold[i] for i in g],
            self.gold_vectors[g],
            place[self.found_sentence[f]],
            [self.found_gold[i] for i in f],
            self.found_vectors[f],
            self.found_marginals[f],
            [self.gold_spans[i] for i in g],
            [self.found_spans[i] for i in f],
        )


@dataclass(slots=True)
class Bench:
    """One pretrained model, its targets, and the table that maps its types."""

    model: Model
    targets: Targets
    mapper: DirectMapper
    plain: FinetuneSettings
    projection: dict[str, Tensor]
    vectors: VectorCache
    scorer: SentenceScorer

    @classmethod
    def open(cls, base: str | Path, taxonomy: str = "aida-edl", kept: str | Path = "") -> Bench:
        """A pretrained model; with `kept`, mention vectors stay in that folder from run to run."""
        model, targets = load_model(base), Targets(load_taxonomy(taxonomy))
        plain = FinetuneSettings(base=str(base), out="-", epochs=EPOCHS)
        mapper = DirectMapper.from_text(model.direct_table or shipped_table(), model.types, targets.taxonomy)
        projection = copy.deepcopy(model.tagger.types.state_dict())
        vectors = VectorCache(model, plain.batch_pieces, str(kept))
        return cls(model, targets, mapper, plain, projection, vectors, SentenceScorer(targets.taxonomy))

    def read(self, path: str | Path) -> Scored:
        """Encode a corpus whose names are all marked, once; long sentences come in parts, as in training."""
        model = self.model
        loaded = load_examples(
            [str(path)],
            model.tokenizer,
            ExampleOptions.for_model(model),
        )
        examples = [e for e in loaded.examples if e.detects and e.types]
        documents = [e.document for e in examples]
        gold_spans = [e.spans for e in examples]
        found, vectors = self.vectors.detect([e.encoded for e in examples], gold_spans)
        labels = [[label_set(t) for t in e.labels] for e in examples]
        known = [dict(zip(spans, types, strict=True)) for spans, types in zip(gold_spans, labels, strict=True)]
        return Scored(
            Path(path).stem,
            len(examples),
            documents if all(documents) else documents_of(path, len(examples)),
            np.asarray([i for i, e in enumerate(examples) for _ in e.spans], dtype=int),
            [types for row in labels for types in row],
            rounded(vectors),
            np.asarray([i for i, f in enumerate(found) for _ in f.spans], dtype=int),
            [known[i].get(span) for i, f in enumerate(found) for span in f.spans],
            torch.from_numpy(np.concatenate([f.vectors for f in found])),
            torch.from_numpy(np.concatenate([f.marginals for f in found])).float(),
            [span for spans in gold_spans for span in spans],
            [span for f in found for span in f.spans],
        )

    def instances(self, files: Sequence[str], report: Callable[[str], None] = print) -> Instances:
        """Mentions to tune on, weighing as `ousianer finetune --train FILES` has it."""
        parts = corpus_instances(
            self.vectors, training_corpora(corpora_of(files), self.vectors.model), self.targets, report
        )
        return joined_corpora(parts, balance=self.plain.balance)

    def tune(
        self,
        instances: Instances,
        seed: int,
        *,
        dev: Sequence[Scored] = (),
        **settings: Any,
    ) -> FinetuneSettings:
        """Train the conversion layer anew; the model holds it."""
        chosen = dataclasses.replace(self.plain, seed=seed, **settings)
        torch.manual_seed(seed)
        self.model.tagger.types.load_state_dict(self.projection)
        sets = [as_dev(d, self.scorer) for d in dev]
        train_conversion(self.model, self.targets, self.mapper, instances, sets, chosen, report=lambda _: None)
        return chosen

    def revise(
        self,
        replay: Instances,
        corrected: Instances,
        seed: int,
        start: dict[str, Tensor],
        **settings: Any,
    ) -> FinetuneSettings:
        """Train the layer `start` on by corrections, as `ousianer finetune --feedback` does; the model holds it."""
        chosen = dataclasses.replace(self.plain, seed=seed, **settings)
        torch.manual_seed(seed)
        self.model.tagger.types.load_state_dict(self.projection)
        assert self.model.conversion is not None
        self.model.conversion.load_state_dict(start)
        trained = replay.part(~on_guard(replay))
        revise(self.model, self.targets, self.mapper, trained, corrected, [], chosen, report=lambda _: None)
        return chosen

    def state(self) -> dict[str, Tensor]:
        """A copy of the conversion layer's tensors."""
        return {} if self.model.conversion is None else copy.deepcopy(self.model.conversion.state_dict())

    def decide(self, scored: Scored, settings: FinetuneSettings) -> tuple[Tensor, Tensor]:
        """(type [M], confidence [M]) of each found name."""
        choice = self.head(settings).choose(scored.found_vectors)
        return choice.positions, choice.scores * scored.found_marginals

    def decide_directly(self, scored: Scored) -> tuple[Tensor, Tensor]:
        """The same by the Direct model."""
        choice = self.direct().choose(scored.found_vectors)
        return choice.positions, choice.scores

    def head(self, settings: FinetuneSettings) -> TypingHead:
        """The conversion layer's head, decoding as the settings say."""
        return TypingHead(self.model, self.targets, decoding_rule(settings))

    def direct(self) -> TypingHead:
        """The Direct model's head."""
        return TypingHead(self.model, self.targets, direct=self.mapper)

    def tally(self, scored: Scored, chosen: Tensor, written: Tensor | None = None) -> np.ndarray:
        """Sums [measures, N, 4] (credit, system names, credit, gold names) of each sentence; a name that is `outside`
        is on neither side."""
        sums = self._sums(scored, chosen, written)
        return np.stack([sums[measure] for measure in MEASURES])

    def detection(self, scored: Scored) -> np.ndarray:
        """Sums as `tally` gives them, the same under every measure: all names, whatever their type."""
        sums = self._sums(scored, torch.zeros(len(scored.found_gold), dtype=torch.long))["detection"]
        return np.broadcast_to(sums, (len(MEASURES), *sums.shape)).copy()

    def _sums(self, scored: Scored, chosen: Tensor, written: Tensor | None = None) -> dict[str, np.ndarray]:
        names = MatchedNames(
            scored.sentences, scored.gold_sentence, scored.gold, scored.found_sentence, scored.found_gold
        )
        types = [self.targets.names[i] for i in chosen.tolist()]
        kept = None if written is None else written.numpy().astype(float)
        return self.scorer.sums(names, types, kept, 0.5)


def documents_of(path: str | Path, sentences: int) -> list[str]:
    """The document of each sentence; sentences split at the piece limit would shift them, so the numbers must agree."""
    from ousianer_cli.formats.corpus import read_corpus

    documents = [s.doc for s in read_corpus(path) if s.detects and s.types_mentions]
    return documents if len(documents) == sentences else [str(i) for i in range(sentences)]


def as_dev(scored: Scored, scorer: SentenceScorer) -> DevSet:
    return DevSet(
        scored.name,
        Instances(scored.gold_vectors, scored.gold, torch.ones(len(scored.gold))),
        scored.found_vectors,
        scored.found_marginals,
        MatchedNames.in_one_unit(scored.gold, scored.found_gold),
        scorer,
    )


def mean_sums(runs: Iterable[np.ndarray]) -> np.ndarray:
    """A system over several seeds: the mean of its sums, so that its figure is that of the average run."""
    return np.asarray(np.mean(np.stack(list(runs)), axis=0))


def f1(sums: np.ndarray, measure: str) -> float:
    """F1 of a measure alone."""
    return total(sums[MEASURES.index(measure)]).f1


def figure(sums: np.ndarray, measure: str) -> tuple[float, float, float, float, float]:
    """(P, R, F1, low, high) with the 95% interval of F1 over sentences."""
    table = sums[MEASURES.index(measure)]
    prf, interval = total(table), f1_interval(table, RESAMPLES, SEED)
    return prf.precision, prf.recall, prf.f1, interval.low, interval.high


def difference(first: np.ndarray, second: np.ndarray, measure: str) -> tuple[float, float, float, float]:
    """(difference in F1, low, high, p of the permutation test): the second system less the first."""
    at = MEASURES.index(measure)
    result = f1_difference(first[at], second[at], RESAMPLES, SEED)
    return result.difference, result.low, result.high, result.permutation_p
