"""The mean of models that went on from one another: Wortsman et al. (2022), "Model soups".

Models have the same shape but for their types; a type's row is the mean over the models that know it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ousianer_cli.errors import ModelError
from ousianer_cli.network.checkpoint import Model
from ousianer_cli.network.encoder import config_of
from ousianer_cli.network.tagger import TaggerConfig

_ENCODER = "states.encoder."
_TYPES = ("types.weight", "types.bias")


def differing_setting(first: TaggerConfig, other: TaggerConfig) -> str | None:
    """The first setting of the network, but for the number of types, in which two differ; None if there is none."""
    ours, theirs = dataclasses.asdict(first), dataclasses.asdict(other)
    return next((name for name in ours if name != "types" and ours[name] != theirs[name]), None)


def same_encoder(first: Model, other: Model) -> bool:
    """Whether two models are over encoders of one name and configuration."""
    ours, theirs = (config_of(m.tagger.states.encoder) for m in (first, other))
    return ours == theirs and first.encoder_name == other.encoder_name


def check_alike(models: Sequence[Model], names: Sequence[str]) -> None:
    """Refuse models that have no mean, by name.

    Raises:
        ModelError: encoders or networks that differ, or a model with target types.
    """
    first = models[0]
    for model, name in zip(models, names, strict=True):
        if model.taxonomy_file is not None:
            raise ModelError(
                f"{name}: expected a pretrained model, found one with target types; "
                "average what they were tuned from, and fine-tune the mean"
            )
        if not same_encoder(first, model):
            raise ModelError(f"{name}: expected a model over the encoder of {names[0]}, found another; leave it out")
        differing = differing_setting(first.tagger.config, model.tagger.config)
        if differing is not None:
            found = [getattr(m.tagger.config, differing) for m in (first, model)]
            raise ModelError(
                f"{name}: expected {differing} {found[0]} as in {names[0]}, found {found[1]}; leave it out"
            )


def mean_weights(
    models: Sequence[Model], weights: Sequence[float], types: Sequence[str], fresh: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """The tensors of a network of the given types: weighted means of the models', and `fresh` rows of new types.

    An encoder that no model has tuned is taken as it is, so that its fingerprint stays.
    """
    states = [model.tagger.state_dict() for model in models]
    tuned = any(model.encoder_tuned for model in models)
    merged = {}
    for name, tensor in fresh.items():
        if name.startswith(_ENCODER) and not tuned:
            merged[name] = states[0][name]
        elif name not in _TYPES:
            merged[name] = _mean([state[name] for state in states], weights).to(tensor.dtype)
    rows = [{known: place for place, known in enumerate(model.types)} for model in models]
    for name in _TYPES:
        merged[name] = fresh[name].clone()
        for place, type_id in enumerate(types):
            knowing = [i for i, row in enumerate(rows) if type_id in row]
            if knowing:
                own = [states[i][name][rows[i][type_id]] for i in knowing]
                merged[name][place] = _mean(own, [weights[i] for i in knowing])
    return merged


def _mean(tensors: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
    if len(tensors) == 1:
        return tensors[0]
    shares = torch.tensor(weights, dtype=torch.float32) / sum(weights)
    return torch.einsum("n,n...->...", shares, torch.stack([t.float() for t in tensors]))
