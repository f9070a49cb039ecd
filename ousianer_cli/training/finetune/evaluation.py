"""Validation of fine-tuning: corpora whose names are found once, typed anew after each epoch.

Letters: M gold mentions, N found names, V mention vector.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ousianer_cli.network.checkpoint import Model
from ousianer_cli.network.targets import DecodingRule, LabelSet, Targets
from ousianer_cli.network.typing import TypingHead
from ousianer_cli.scoring.measures import total
from ousianer_cli.scoring.sentences import MEASURE_OF_READING, MatchedNames, SentenceScorer, choose_threshold
from ousianer_cli.settings.finetune import FinetuneSettings, Reading
from ousianer_cli.training.finetune.instances import (
    Corpus,
    Instances,
    encode_corpus,
    label_set,
    rounded,
    typed_mentions,
)
from ousianer_cli.training.vector_cache import VectorCache


@dataclass(slots=True)
class DevSet:
    """A validation corpus, its detection done once: vectors of what is scored, and the gold labels to score it by."""

    name: str
    gold: Instances
    found_vectors: Tensor
    """[N, V] of found names; empty where the corpus does not mark all names."""
    found_marginals: Tensor
    """[N] p(span)."""
    names: MatchedNames
    """Gold of the mentions and of each found name."""
    scorer: SentenceScorer

    @property
    def complete(self) -> bool:
        """Whether names were looked for and found, so that detection counts too."""
        return bool(len(self.found_marginals))


def dev_set(vectors: VectorCache, corpus: Corpus, targets: Targets) -> DevSet:
    """A validation corpus, encoded once: its typed mentions, and what is found where all names are marked.

    Raises:
        InputError: a type that is none of the targets, by the corpus's path.
    """
    model = vectors.model
    examples = encode_corpus(corpus, model).examples
    spans, labels, weights = typed_mentions(examples, targets, corpus.path)
    found, given = vectors.detect([e.encoded for e in examples], spans)
    complete = [(e, f) for e, f in zip(examples, found, strict=True) if e.detects]
    matched: list[LabelSet | None] = []
    for example, detected in complete:
        known = {s: label_set(t) for s, t in zip(example.spans, example.labels, strict=True)}
        matched += [known.get(span) for span in detected.spans]
    empty = np.zeros((0, model.tagger.vector_size), np.float32)
    return DevSet(
        corpus.name or Path(corpus.path).stem,
        Instances(rounded(given), labels, weights),
        torch.from_numpy(np.concatenate([empty, *(f.vectors for _, f in complete)])),
        torch.from_numpy(np.concatenate([np.zeros(0), *(f.marginals for _, f in complete)])).float(),
        MatchedNames.in_one_unit(labels, matched),
        SentenceScorer(targets.taxonomy),
    )


def dev_metrics(head: TypingHead, dev: DevSet, reading: Reading = "closed") -> dict[str, float]:
    """Typing of gold mentions, and P/R/F1 with detection where the corpus marks all names.

    Credit is `both`, decay .5, labels read as `reading` says. `headline` is the F1, or the credit where there is none.
    """
    measure = MEASURE_OF_READING[reading]
    credits = dev.scorer.credits(dev.gold.labels, _types(head, dev.gold.vectors), measure)
    result: dict[str, float] = {
        "credit": round(float(credits.mean()), 4) if len(credits) else 0.0,
        "accuracy": round(float((credits > 0.999).mean()), 4) if len(credits) else 0.0,
        "mentions": len(credits),
    }
    result["headline"] = result["credit"]
    if dev.complete:
        types, confidences = found_types(head, dev)
        prf = total(dev.scorer.sums(dev.names, types, confidences)[measure])
        result |= {"p": round(prf.precision, 4), "r": round(prf.recall, 4), "f1": round(prf.f1, 4)}
        result |= {"gold": int(prf.gold), "system": int(prf.system)}
        result["headline"] = result["f1"]
    return result


def found_types(head: TypingHead, dev: DevSet) -> tuple[list[str], np.ndarray]:
    """(type, confidence) of each of the N found names: p(span) times the type's score."""
    choice = head.choose(dev.found_vectors)
    return [head.names[i] for i in choice.positions.tolist()], (choice.scores * dev.found_marginals).numpy()


def credit_of(head: TypingHead, scorer: SentenceScorer, mentions: Instances) -> float:
    """Mean credit (`both`, decay .5) on given mentions."""
    return round(float(scorer.credits(mentions.labels, _types(head, mentions.vectors), "both").mean()), 4)


def set_threshold(
    model: Model,
    targets: Targets,
    dev: Sequence[DevSet],
    settings: FinetuneSettings,
    metrics: dict[str, Any],
    report: Callable[[str], None],
) -> None:
    """Choose the confidence a name needs to be written, on the validation corpora that mark all names; the model's
    configuration keeps it, and `metrics` says what it is worth. Without validation the model keeps its own."""
    rule = decoding_rule(settings)
    minimum = 0.0 if dev else DecodingRule.of(model.config).min_confidence
    complete = [d for d in dev if d.complete]
    if complete:
        head = TypingHead(model, targets, rule)
        measure = MEASURE_OF_READING[settings.dev_labels]
        f1 = np.mean([d.scorer.f1_by_threshold(d.names, *found_types(head, d), measure) for d in complete], axis=0)
        minimum, best = choose_threshold(f1)
        without = round(float(f1[0]), 4)
        metrics["threshold"] = {"min_confidence": minimum, "f1": round(best, 4), "f1_without": without}
        report(f"least confidence {minimum}: mean typed F1 {best:.4f} ({without:.4f} without)")
    model.config["decoding"] = dataclasses.asdict(dataclasses.replace(rule, min_confidence=minimum))


def decoding_rule(settings: FinetuneSettings) -> DecodingRule:
    """How the settings decode, without a threshold."""
    return DecodingRule(settings.decoding, settings.credit, settings.decay, settings.coarse_prior)


def _types(head: TypingHead, vectors: Tensor) -> list[str]:
    return [head.names[i] for i in head.choose(vectors).positions.tolist()]
