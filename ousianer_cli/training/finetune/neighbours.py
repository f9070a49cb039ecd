"""Replayed mentions that teach the opposite of a correction: of the corrected kind, and labelled as the model erred.

A person who corrects a few mentions means their kind. Mentions of that kind in the replay file, learned from corpora
that labelled them otherwise, go on teaching the error, however few or many they are. They are known by three signs:
their label is the type that the model wrongly gave to some of the corrected ones; by Fisher's discriminant they are
told from the other mentions of that label as surely as the corrections themselves are; and most of the corrections that
lie nearest say this very type, since right mentions and corrections of several kinds may come back together. Letters: R
replayed mentions, C corrected ones, V mention vector.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from ousianer_cli.network.targets import LabelSet
from ousianer_cli.settings.finetune import Contradicting
from ousianer_cli.training.finetune.instances import Instances

FEWEST = 3
"""One correction is a case, so many of one type are a kind; fewer change nothing else."""
SAME = 0.99999
"""The cosine of a mention with itself, vectors being kept in fp16."""
NEAREST = 3
"""Corrections that lie nearest to a mention; most of them have to be of the kind."""
SHARE = 0.2
"""Least share of the corrections of a type that the model took for another one, so that this is an error of the kind;
of whole annotated batches, most of which it has right, few types have one."""
QUANTILE = 0.15
"""Share of the corrections that may be less surely of their kind than a mention that counts as of it."""


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
    sizes = Counter(right)
    pairs = Counter((r, b) for r, b in zip(right, before, strict=True) if r != b)
    errors = [(r, b) for (r, b), n in pairs.items() if sizes[r] >= FEWEST and n >= SHARE * sizes[r]]
    if not len(labels) or not errors:
        return found
    nearest = _nearest(F.normalize(replayed, dim=1), F.normalize(corrected, dim=1))
    precision = _precision(replayed, labels)
    for name, wrong in sorted(errors):
        rows = torch.tensor([i for i, r in enumerate(right) if r == name])
        claims = torch.tensor([i for i, types in enumerate(labels) if wrong in types and name not in types]).long()
        if not len(claims):
            continue
        most = torch.isin(nearest[claims], rows).sum(dim=1) * 2 > nearest.shape[1]
        for row in claims[most & _of_the_kind(replayed[claims], corrected[rows], precision)].tolist():
            found[row] = name
    return found


def _precision(replayed: Tensor, labels: Sequence[LabelSet]) -> Tensor:
    """The inverse [V, V] of how mentions [R, V] of one label vary about their mean; directions in which they hardly
    vary are not blown up."""
    sets: dict[LabelSet, int] = {}
    groups = torch.tensor([sets.setdefault(types, len(sets)) for types in labels])
    sums = torch.zeros((len(sets), replayed.shape[1])).index_add_(0, groups, replayed)
    apart = replayed - (sums / groups.bincount(minlength=len(sets))[:, None])[groups]
    covariance = apart.T @ apart / len(replayed)
    shrunk = covariance + covariance.diagonal().mean().clamp(min=1e-8) * torch.eye(len(covariance))
    inverse: Tensor = torch.linalg.inv(shrunk)
    return inverse


def _of_the_kind(claims: Tensor, kind: Tensor, precision: Tensor) -> Tensor:
    """Which mentions [N, V] of a wrong label are as surely of a kind [C, V] as all but a share of its own are: mask.

    Each mention of the kind is judged by what the others of it say.
    """
    origin, count = claims.mean(dim=0), len(kind)
    others = (kind.sum(dim=0) - kind) / (count - 1)
    own = (((others - origin) @ precision) * (kind - origin)).sum(dim=1)
    return (claims - origin) @ (precision @ (kind.mean(dim=0) - origin)) >= own.quantile(QUANTILE)


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
