"""Training a conversion layer on, for some hundred steps, by corrections and replayed mentions.

Every step sees corrected mentions, so that few of them are learned in few steps; the rest of it are replayed ones,
drawn anew, which are trained towards the model's own answers and hold it where it is. Replayed mentions that contradict
the corrections (`neighbours`) are given the corrected type, or are left out. See docs/results/feedback_kinds.md for
what else was tried. Letters: R replayed mentions, C corrected ones, A target types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ousianer_cli.network.checkpoint import Model
from ousianer_cli.network.targets import Targets
from ousianer_cli.network.typing import TypingHead
from ousianer_cli.settings.finetune import FinetuneSettings
from ousianer_cli.taxonomy.direct import DirectMapper
from ousianer_cli.training.finetune.conversion import LayerTraining, wanted
from ousianer_cli.training.finetune.evaluation import DevSet, decoding_rule
from ousianer_cli.training.finetune.instances import Instances
from ousianer_cli.training.finetune.neighbours import contradicting, overruled, same_vector
from ousianer_cli.training.schedule import EarlyStopping, rate_factor

ROUNDS = 10
"""Validations of a training."""
PASSES = 6
"""Least number of times that each correction is seen; many corrections take more steps than few."""


@dataclass(frozen=True, slots=True)
class Revision:
    """What a training on corrections came to."""

    metrics: dict[str, Any]
    """Those of the best validation; of the last one, where there are no validation corpora."""
    replay: Instances
    """The replayed mentions as they are from now on."""
    contradicting: int
    """Replayed mentions that contradicted the corrections."""
    steps: int


def revise(
    model: Model,
    targets: Targets,
    mapper: DirectMapper | None,
    replayed: Instances,
    corrected: Instances,
    dev: Sequence[DevSet],
    settings: FinetuneSettings,
    *,
    report: Callable[[str], None],
    on_round: Callable[[Mapping[str, Any]], None] | None = None,
) -> Revision:
    """Train the model's conversion layer on; the model holds the new weights.

    Args:
        replayed: R mentions to go on with, those on guard not among them.
        corrected: C mentions, weighing 1 each.
        on_round: sees the metrics of each validation; may end the training by an exception.
    """
    head = TypingHead(model, targets, decoding_rule(settings))
    before = [head.names[i] for i in head.choose(corrected.vectors).positions.tolist()]
    right = [labels[0] for labels in corrected.labels]
    replayed = replayed.part(~(replayed.closed & same_vector(replayed.vectors, corrected.vectors)))  # corrected again
    contradicted = contradicting(replayed.vectors, replayed.labels, corrected.vectors, right, before)
    kept, relabelled = overruled(replayed, contradicted, settings.contradicting)
    count = sum(name is not None for name in contradicted)
    training = _training(model, targets, mapper, kept, relabelled, corrected, settings, head, report)
    if right and before == right:  # training on would move the layer away from what else it has learned
        report("the model has every correction right already: its layer stays as it is")
        metrics = training.validated(dev, settings, 0, 0.0)
        if on_round is not None:
            on_round(metrics)
        return Revision(metrics, kept, count, 0)
    draw = _Draw.of(kept, corrected, settings)
    stopping = EarlyStopping(settings.patience)
    step, summed, since = 0, 0.0, 0
    for number in range(1, ROUNDS + 1):
        end = -(-draw.steps * number // ROUNDS)
        for step in range(step, end):  # noqa: B020
            summed += training.step(*draw.next(), rate_factor(step, draw.steps, max(1, draw.steps // 8)))
            since += 1
        step = end
        if not dev and on_round is None and number < ROUNDS:
            continue
        metrics = training.validated(dev, settings, number, summed / max(1, since))
        summed, since = 0.0, 0
        if stopping.update(metrics, latest_is_best=not dev):
            training.keep()
        if dev:
            report(f"step {step:4d}  " + "  ".join(f"{n} {m['headline']:.4f}" for n, m in metrics["dev"].items()))
        if on_round is not None:
            on_round(metrics)
        if dev and stopping.exhausted:
            break
    training.end()
    return Revision(stopping.best, kept, count, draw.steps)


def _training(
    model: Model,
    targets: Targets,
    mapper: DirectMapper | None,
    kept: Instances,
    relabelled: Tensor,
    corrected: Instances,
    settings: FinetuneSettings,
    head: TypingHead,
    report: Callable[[str], None],
) -> LayerTraining:
    both = kept.joined(corrected)
    towards = wanted(model, targets, mapper, both, settings)
    share = settings.replay_keep
    if share and settings.loss == "credit":
        report("--replay-keep has no part in a loss of credit: replayed mentions are trained towards their gold alone")
    elif share:
        own = torch.arange(len(both)) < len(kept)
        own[: len(kept)] &= ~relabelled
        own &= ~both.closed  # what a person said is no less right for being said earlier
        towards[own] = (1 - share) * towards[own] + share * head.scores(both.vectors[own])
    training = LayerTraining(model, targets, both.vectors, towards)
    training.begin(settings)
    return training


@dataclass(slots=True)
class _Draw:
    """The mentions of each step: corrected ones by a fixed share, the rest replayed ones by their weights."""

    steps: int
    replayed: int
    corrected: int
    """Mentions a step of each kind."""
    _weights: Tensor
    _first: int
    _corrections: int
    _order: Tensor
    _generator: torch.Generator

    @classmethod
    def of(cls, kept: Instances, corrected: Instances, settings: FinetuneSettings) -> _Draw:
        count = len(corrected)
        weighed = settings.feedback_weight * count
        share = max(settings.feedback_share if count else 0.0, weighed / max(1e-6, weighed + float(kept.weights.sum())))
        a_step = max(1, round(share * settings.batch_size)) if count else 0
        passes = -(-PASSES * count // a_step) if count else 0
        generator = torch.Generator().manual_seed(settings.seed)
        empty = torch.zeros(0, dtype=torch.long)
        others = max(1, settings.batch_size - a_step) if len(kept) else 0
        steps = max(settings.feedback_steps, passes) if count else 0
        return cls(steps, others, a_step, kept.weights, len(kept), count, empty, generator)

    def next(self) -> tuple[Tensor, Tensor]:
        """(places in the replayed mentions followed by the corrected ones, their weights)."""
        rows = torch.zeros(0, dtype=torch.long)
        if self.replayed:
            rows = torch.multinomial(self._weights, self.replayed, replacement=True, generator=self._generator)
        while len(self._order) < self.corrected:
            self._order = torch.cat([self._order, torch.randperm(self._corrections, generator=self._generator)])
        chosen, self._order = self._order[: self.corrected], self._order[self.corrected :]
        return torch.cat([rows, self._first + chosen]), torch.ones(len(rows) + len(chosen))
