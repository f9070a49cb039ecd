"""What the typing loss of pretraining asks for: the types that hold of a mention, and those that may.

Letters: M mentions, Y pretraining types.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ousianer_cli.taxonomy.inventory import Inventory
from ousianer_cli.taxonomy.wordnet import WordNet
from ousianer_cli.training.examples import Example

_MOST_KNOWN = 20_000
"""Sets of labels whose targets are remembered; a corpus larger than memory has many more."""


@dataclass(slots=True)
class TypeTargets:
    """Multi-hot targets over the inventory, [M, Y] for the labels of M mentions; below open labels they are masked."""

    inventory: Inventory
    wordnet: WordNet
    index: dict[str, int] = dataclasses.field(init=False)
    _known: dict[tuple[tuple[str, ...], bool], tuple[np.ndarray, np.ndarray]] = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        self.index = {t: i for i, t in enumerate(self.inventory.ids)}
        self._known = {}

    def of(self, labels: tuple[str, ...], is_open: bool) -> tuple[np.ndarray, np.ndarray]:
        """(types that hold, types below open labels that may hold), as positions in the inventory."""
        found = self._known.get((labels, is_open))
        if found is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            closed = self.wordnet.closure(labels)
            holds = sorted(self.index[t] for t in closed if t in self.index)
            below: list[int] = []
            if is_open:
                leaves = set(self.wordnet.most_specific(labels))
                below = [i for t, i in self.index.items() if t not in closed and leaves & self.wordnet.ancestors(t)]
            found = (np.asarray(holds, dtype=np.int64), np.asarray(below, dtype=np.int64))
            self._known[labels, is_open] = found
        return found

    def tensors(self, items: Sequence[tuple[tuple[str, ...], bool]]) -> tuple[Tensor, Tensor]:
        """targets [M, Y] and mask [M, Y] of (labels, open) items."""
        targets = np.zeros((len(items), len(self.index)), dtype=np.float32)
        mask = np.ones_like(targets)
        for row, (labels, is_open) in enumerate(items):
            holds, below = self.of(labels, is_open)
            targets[row, holds] = 1
            mask[row, below] = 0
        return torch.from_numpy(targets), torch.from_numpy(mask)


@dataclass(slots=True)
class TypedMentions:
    """What supervises typing in a batch: spans of each sentence; (labels, open) and weight of each mention."""

    spans: list[list[tuple[int, int]]]
    items: list[tuple[tuple[str, ...], bool]]
    weights: list[float]

    @classmethod
    def of(cls, examples: Sequence[Example]) -> TypedMentions:
        """Those of the examples that have types and weigh anything."""
        typed = cls([[] for _ in examples], [], [])
        for row, example in enumerate(examples):
            if example.types:
                for span, labels, weight in zip(example.spans, example.labels, example.weights, strict=True):
                    if labels and weight:
                        typed.spans[row].append(span)
                        typed.items.append((labels, example.open_labels))
                        typed.weights.append(weight)
        return typed
