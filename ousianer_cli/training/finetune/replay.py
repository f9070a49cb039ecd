"""The replay file: mention vectors, label sets and weights of what a model was tuned on, without any text.

Letters: M mentions, V mention vector.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ousianer_cli.network.checkpoint import Model
from ousianer_cli.network.targets import LabelSet, Targets
from ousianer_cli.training.finetune.instances import Instances, check_types


def replay_of(instances: Instances, limit: int, seed: int) -> tuple[dict[str, Tensor], list[list[str]]]:
    """(tensors `vectors` [M, V] in fp16, `labels` [M], `weights` [M], and `closed` [M] where some are; the label sets
    that `labels` counts in).

    Of more mentions than `limit` a seeded sample is kept; what a person corrected is kept first.
    """
    if len(instances) > limit:
        instances = _sample(instances, limit, seed)
    sets: dict[LabelSet, int] = {}
    labels = torch.tensor([sets.setdefault(types, len(sets)) for types in instances.labels], dtype=torch.int32)
    tensors = {
        "vectors": instances.vectors.half(),
        "labels": labels,
        "weights": (instances.weights / instances.weights.mean().clamp(min=1e-6)).half(),
    }
    if bool(instances.closed.any()):
        tensors["closed"] = instances.closed.to(torch.uint8)
    return tensors, [list(s) for s in sets]


def _sample(instances: Instances, limit: int, seed: int) -> Instances:
    """`limit` of the mentions: all corrections while they fit, of the others those drawn by weight.

    Drawn by weight and then weighing the same, a sample stands for the whole with the least noise.
    """
    generator = torch.Generator().manual_seed(seed)
    corrected = torch.nonzero(instances.closed).flatten()
    if len(corrected) > limit:
        corrected = corrected[torch.randperm(len(corrected), generator=generator)[:limit]]
    others = torch.nonzero(~instances.closed).flatten()
    count = min(limit - len(corrected), len(others))
    weights = instances.weights.clone()
    if count and count < len(others):
        drawn = torch.multinomial(instances.weights[others], count, generator=generator)
        weights[others] = instances.weights[others].mean()
        others = others[drawn]
    chosen = torch.cat([corrected, others[:count]]).sort().values
    kept = instances.part(chosen)
    kept.weights = weights[chosen]
    return kept


def replayed(model: Model, targets: Targets) -> Instances:
    """The mentions of a model's replay file.

    Raises:
        InputError: a type that is none of the targets.
    """
    replay = model.replay or {}
    sets = [tuple(s) for s in model.config["replay_sets"]]
    for labels in sets:
        check_types(labels, targets, "replay.safetensors")
    closed = replay["closed"].bool() if "closed" in replay else torch.zeros(0, dtype=torch.bool)
    labels_of = [sets[i] for i in replay["labels"].tolist()]
    return Instances(replay["vectors"].float(), labels_of, replay["weights"].float(), closed)
