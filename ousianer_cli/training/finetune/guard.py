"""A guard set: replayed mentions that feedback does not train on, by which forgetting is noticed.

Letters: R replayed mentions, G guard mentions.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import torch
from torch import Tensor

from ousianer_cli.network.typing import TypingHead
from ousianer_cli.scoring.measures import total
from ousianer_cli.scoring.sentences import MatchedNames, SentenceScorer
from ousianer_cli.training.finetune.instances import Instances

SHARE = 8
"""One in so many replayed mentions stands guard."""
FEWEST = 40
"""A guard set of fewer mentions would say nothing, and is left out."""


@dataclass(frozen=True, slots=True)
class GuardFigures:
    """What the guard set is worth before and after feedback: F1 (credit both, decay .5) on given spans."""

    mentions: int
    contradicted: int
    """Guard mentions that corrections say the opposite of (`neighbours`); they are not among `mentions`."""
    before: float
    after: float

    @property
    def loss(self) -> float:
        """How far F1 fell; below 0 where it rose."""
        return self.before - self.after

    def __str__(self) -> str:
        text = f"guard set: {self.mentions:,} replayed mentions, F1 {self.before:.4f} before, {self.after:.4f} after"
        return text + (f"; {self.contradicted:,} more contradict corrections" if self.contradicted else "")


def on_guard(replayed: Instances) -> Tensor:
    """Which replayed mentions stand guard: mask [R].

    One in `SHARE` by a hash of its vector, so that a mention stands guard from round to round; corrections never do.
    """
    vectors = replayed.vectors.half().numpy()
    chosen = [hashlib.blake2b(v.tobytes(), digest_size=2).digest()[0] % SHARE == 0 for v in vectors]
    mask = torch.tensor(chosen, dtype=torch.bool) & ~replayed.closed
    return mask if int(mask.sum()) >= FEWEST else torch.zeros(len(replayed), dtype=torch.bool)


def guard_f1(head: TypingHead, guard: Instances, scorer: SentenceScorer) -> float:
    """F1 (credit both, decay .5) on G given mentions; 0 where none of them has or gets a type of the taxonomy."""
    types = [head.names[i] for i in head.choose(guard.vectors).positions.tolist()]
    return float(total(scorer.sums(MatchedNames.in_one_unit(guard.labels, guard.labels), types)["both"]).f1)
