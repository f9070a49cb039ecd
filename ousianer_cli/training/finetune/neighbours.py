"""Replayed mentions that teach the opposite of a correction: near the corrected ones, and labelled as the model erred.

A person who corrects a few mentions means their kind. Mentions of that kind in the replay file, learned from corpora
that labelled them otherwise, go on teaching the error, however few or many they are. They are known by two signs: they
lie as near to the corrected mentions as those lie to one another, and their label is the type that the model wrongly
gave to one of these. Where many mentions come back, right ones and corrections of several kinds among them, a third
sign tells: most of the corrections that lie nearest say this very type. Letters: R replayed mentions, C corrected ones,
V mention vector.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from ousianer_cli.network.targets import LabelSet
from ousianer_cli.settings.finetune import Contradicting
from ousianer_cli.training.finetune.instances import Instances
from ousianer_cli.training.likeness import NEAREST, nearness, nearness_to_the_others

FEWEST = 3
"""One correction is a case, so many of one type are a kind; fewer change nothing else."""
SAME = 0.99999
"""The cosine of a mention with itself, vectors being kept in fp16."""
LEAST = 0.5
"""The least cosine that counts as near."""


def contradicting(
    replayed: Tensor, labels: Sequence[LabelSet], corrected: Tensor, right: Sequence[str], before: Sequence[str]
) -> list[str | None]:
    """The type [R] that the corrections want of each replayed mention that contradicts them; None of all others.

    Args:
        replayed: vectors [R, V].
        labels: admissible types of each replayed mention.
        corrected: vectors [C, V].
        right: the type of each corrected mention.
        before: the type that the model gave it before.
    """
    found: list[str | None] = [None] * len(labels)
    if not len(labels) or not len(right):
        return found
    near_by = F.normalize(replayed, dim=1)
    own = F.normalize(corrected, dim=1)
    nearest = _nearest(near_by, own)
    for name in sorted(set(right)):
        rows = torch.tensor([i for i, r in enumerate(right) if r == name])
        wrong = {b for b, r in zip(before, right, strict=True) if r == name and b != name}
        if not wrong or len(rows) < FEWEST:
            continue
        claims = torch.tensor([name not in types and not wrong.isdisjoint(types) for types in labels])
        kind = own[rows]
        most = torch.isin(nearest, rows).sum(dim=1) * 2 > nearest.shape[1]
        for row in torch.nonzero(claims & most & (nearness(near_by @ kind.T) >= _reach(kind))).flatten().tolist():
            found[row] = name
    return found


def overruled(replayed: Instances, wanted: Sequence[str | None], way: Contradicting) -> tuple[Instances, Tensor]:
    """(replayed mentions without those that contradict, or with these relabelled; which of them are relabelled [R]).

    `wanted` is what `contradicting` says of each; what a person said earlier is left as it is.
    """
    against = torch.tensor([name is not None for name in wanted], dtype=torch.bool) & ~replayed.closed
    if way == "keep":
        return replayed, torch.zeros_like(against)
    if way == "drop":
        kept = replayed.part(~against)
        return kept, torch.zeros(len(kept), dtype=torch.bool)
    pairs = zip(replayed.labels, wanted, against.tolist(), strict=True)
    labels = [(name,) if name is not None and hit else old for old, name, hit in pairs]
    return Instances(replayed.vectors, labels, replayed.weights, replayed.closed), against


def same_vector(replayed: Tensor, corrected: Tensor) -> Tensor:
    """Which replayed mentions [R, V] are one of the corrected ones [C, V] itself: mask [R]."""
    if not len(replayed) or not len(corrected):
        return torch.zeros(len(replayed), dtype=torch.bool)
    likeness = F.normalize(replayed, dim=1) @ F.normalize(corrected, dim=1).T
    return likeness.amax(dim=1) > SAME


def _nearest(replayed: Tensor, corrected: Tensor) -> Tensor:
    """[R, NEAREST] places of the corrections [C, V] nearest to each replayed mention [R, V], both of length one."""
    count = min(NEAREST, len(corrected))
    # By parts: thousands of corrections beside a full replay file would make a table of half a gigabyte.
    return torch.cat([(part @ corrected.T).topk(count, dim=1).indices for part in torch.split(replayed, 1024)])


def _reach(kind: Tensor) -> float:
    """How near corrections [C, V] of one type lie to one another: the median of their nearness to the others."""
    return max(LEAST, float(nearness_to_the_others(kind).median()))
