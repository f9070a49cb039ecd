"""The target side of fine-tuning: types and "outside", open gold, and how a distribution becomes one type.

Letters: M mentions, Y pretraining types, A target types, the last of them "outside".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from ousianer_cli.network.losses import expected_credit, soft_targets
from ousianer_cli.taxonomy.credit import Direction, credit_matrix, set_credit
from ousianer_cli.taxonomy.tree import OUTSIDE, Taxonomy

Decoding = Literal["argmax", "expected"]
LabelSet = tuple[str, ...]


@dataclass(slots=True)
class Targets:
    """The A target types of a taxonomy: its own in order, then "outside" (`-`)."""

    taxonomy: Taxonomy
    names: list[str] = field(init=False)
    _sets: dict[tuple[LabelSet, Direction, bool], np.ndarray] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.names = [*self.taxonomy.types, OUTSIDE]

    def __len__(self) -> int:
        return len(self.names)

    def credit(self, direction: Direction, decay: float) -> Tensor:
        """W [A, A] with its row and column for outside."""
        return torch.from_numpy(credit_matrix(self.taxonomy, direction, decay, outside=True)).float()

    def decoding_credit(self, direction: Direction, decay: float, coarse_prior: float = 0.0) -> Tensor:
        """((1 - pi) I + pi T) W [A, A]: the credit that a prediction may expect where the true type is the row's.

        T moves a type to its top; pi is the share of gold that is expected to stop there, since annotators' guidelines
        go to different depths. With pi = 0 it is W itself.
        """
        credit = self.credit(direction, decay)
        top = torch.zeros_like(credit)
        for place, name in enumerate(self.names):
            top[place, place if name == OUTSIDE else self.names.index(self.taxonomy.top(name))] = 1
        return (1 - coarse_prior) * credit + coarse_prior * (top @ credit)

    def set_credits(self, gold: Sequence[LabelSet], direction: Direction, *, open_gold: bool = False) -> Tensor:
        """Credit [M, A] of every prediction for each mention's admissible set, decay .5."""
        rows = []
        for labels in gold:
            key = (labels, direction, open_gold)
            if key not in self._sets:
                self._sets[key] = set_credit(
                    self.taxonomy, labels, direction=direction, open_gold=open_gold, outside=True
                )
            rows.append(self._sets[key])
        return torch.from_numpy(np.stack(rows)).float() if rows else torch.zeros((0, len(self)))

    def below(self) -> Tensor:
        """[A, A], 1 where the column's type is the row's or lies below it."""
        return (self.credit("descendant", 1.0) > 0).float()

    def gold(self, labels: Sequence[LabelSet], evidence: Tensor, depth: float) -> Tensor:
        """A distribution y [M, A] over admissible types for open gold.

        `evidence` [M, A] is what the pretrained typing head says through the mapping table (0..1 a type). Alternatives
        share the mass as the evidence for their subtrees goes; of an alternative's mass, `depth` times the strongest
        evidence below it moves down, shared as the evidence goes. `depth` 0 takes labels as closed.
        """
        at = {name: i for i, name in enumerate(self.names)}
        below = self.below()
        y = torch.zeros_like(evidence)
        if not depth and all(len(alternatives) == 1 for alternatives in labels):  # what evidence says changes nothing
            y[torch.arange(len(labels)), torch.tensor([at[one] for (one,) in labels], dtype=torch.long)] = 1
            return y
        for row, alternatives in enumerate(labels):
            if len(alternatives) == 1 and not depth:
                y[row, at[alternatives[0]]] = 1
                continue
            index = torch.tensor([at[a] for a in alternatives])
            subtree = (evidence[row] * below[index]).amax(dim=1) + 0.05
            mass = subtree / subtree.sum()
            for place, share in zip(index.tolist(), mass.tolist(), strict=True):
                under = evidence[row] * below[place]
                under[place] = 0
                moved = depth * float(under.max())
                y[row, place] += share * (1 - moved)
                if moved:
                    y[row] += share * moved * under**2 / (under**2).sum()
        return y

    def soft(self, gold: Tensor, direction: Direction, decay: float) -> Tensor:
        """y* = yW, rows summing to 1: [M, A] -> [M, A]."""
        return soft_targets(gold, self.credit(direction, decay))


def decision_scores(probabilities: Tensor, decoding: Decoding, credit: Tensor) -> Tensor:
    """What a decision compares [M, A]: p(type) under argmax, the expected credit sum_i p(i) credit[i, j] otherwise."""
    return probabilities if decoding == "argmax" else expected_credit(probabilities, credit)


@dataclass(frozen=True, slots=True)
class DecodingRule:
    """How a model's distributions become types: what `config.json` keeps under "decoding"."""

    decoding: Decoding = "argmax"
    credit: Direction = "both"
    decay: float = 0.5
    coarse_prior: float = 0.0
    min_confidence: float = 0.0
    """The least confidence a name needs to be written."""

    @classmethod
    def of(cls, model_config: Mapping[str, Any]) -> DecodingRule:
        """The rule in a model's configuration; defaults for what it does not say."""
        return cls(**model_config.get("decoding", {}))

    def matrix(self, targets: Targets) -> Tensor:
        """The credit [A, A] that `decision_scores` reads."""
        return targets.decoding_credit(self.credit, self.decay, self.coarse_prior)
