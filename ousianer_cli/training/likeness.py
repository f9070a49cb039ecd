"""How near vectors lie to a few others, by cosine: what tells that mentions or words are of a corrected kind.

Letters: C vectors of a kind, K their size.
"""

from __future__ import annotations

from torch import Tensor

NEAREST = 3
"""A vector is as near to a kind as the mean of so many nearest of it is."""


def nearness(likeness: Tensor, most: int | None = None) -> Tensor:
    """The mean of the few largest cosines in each row of [., C]: [.]; `most` bounds their number."""
    count = min(NEAREST, likeness.shape[1] if most is None else most)
    return likeness.topk(count, dim=1).values.mean(dim=1)


def nearness_to_the_others(kind: Tensor) -> Tensor:
    """How near each of a kind's vectors [C, K], which are of unit length, lies to the others: [C]."""
    likeness = (kind @ kind.T).fill_diagonal_(-2.0)
    return nearness(likeness, len(kind) - 1)
