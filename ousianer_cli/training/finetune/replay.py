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
    """(tensors `vectors` [M, V] in fp16, `labels` [M], `weights` [M]; the label sets that `labels` counts in).

    Of more mentions than `limit` a seeded sample is kept.
    """
    rows = torch.arange(len(instances))
    weights = instances.weights
    if len(instances) > limit:
        # Drawn by weight and then weighing the same, the sample stands for the whole with the least noise.
        generator = torch.Generator().manual_seed(seed)
        rows = torch.multinomial(weights, limit, generator=generator).sort().values
        weights = torch.ones(len(instances))
    sets: dict[LabelSet, int] = {}
    labels = torch.tensor([sets.setdefault(instances.labels[i], len(sets)) for i in rows.tolist()], dtype=torch.int32)
    return {
        "vectors": instances.vectors[rows].half(),
        "labels": labels,
        "weights": (weights[rows] / weights[rows].mean().clamp(min=1e-6)).half(),
    }, [list(s) for s in sets]


def replayed(model: Model, targets: Targets) -> Instances:
    """The mentions of a model's replay file.

    Raises:
        InputError: a type that is none of the targets.
    """
    replay = model.replay or {}
    sets = [tuple(s) for s in model.config["replay_sets"]]
    for labels in sets:
        check_types(labels, targets, "replay.safetensors")
    return Instances(replay["vectors"].float(), [sets[i] for i in replay["labels"].tolist()], replay["weights"].float())
