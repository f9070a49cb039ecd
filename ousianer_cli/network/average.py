"""The mean of models that went on from one another: Wortsman et al. (2022), "Model soups".

Models have the same shape but for their types; a type's row is the mean over the models that know it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ousianer_cli.errors import ModelError
from ousianer_cli.network.checkpoint import Model, load_model, save_model
from ousianer_cli.network.encoder import config_of
from ousianer_cli.network.tagger import TaggerConfig, TaggerNetwork
from ousianer_cli.settings.weights import corpus_weights
from ousianer_cli.taxonomy.inventory import joined_inventory
from ousianer_cli.taxonomy.wordnet import WordNet

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
            values = [getattr(m.tagger.config, differing) for m in (first, model)]
            raise ModelError(
                f"{name}: expected {differing} {values[0]} as in {names[0]}, found {values[1]}; leave it out"
            )
        if model.passage_pieces != first.passage_pieces:
            raise ModelError(
                f"{name}: expected passages of {first.passage_pieces} pieces as in {names[0]}, found "
                f"{model.passage_pieces}; leave it out"
            )


def average_folders(texts: Sequence[str], out: str) -> list[str]:
    """Write the mean of pretrained model folders (`PATH` or `PATH*WEIGHT`); returns what was done, line by line.

    The mean has the types of all of them.

    Raises:
        ModelError: a folder that cannot be read, or models that have no mean.
    """
    weights = corpus_weights(texts)
    models = [load_model(folder) for folder in weights]
    check_alike(models, list(weights))
    types = joined_inventory([model.inventory for model in models], WordNet.load())
    first = models[0]
    tagger = TaggerNetwork(dataclasses.replace(first.tagger.config, types=len(types)), first.tagger.states.encoder)
    tagger.load_state_dict(mean_weights(models, list(weights.values()), types.ids, tagger.state_dict()))
    parts = {Path(folder).resolve().name: weight for folder, weight in weights.items()}
    config: dict[str, Any] = {
        "average": parts,
        "max_pieces": min(model.max_pieces for model in models),
        "passage_pieces": first.passage_pieces,
    }
    tuned = any(model.encoder_tuned for model in models)
    save_model(out, Model(tagger, first.tokenizer, types, first.encoder_name, tuned, config), _card(parts, len(types)))
    known = [len(model.types) for model in models]
    return [
        f"the mean of {', '.join(f'{name} ({weight:g})' for name, weight in parts.items())}: {len(types):,} types, "
        f"of which the models know {', '.join(f'{n:,}' for n in known)}"
    ]


def _card(parts: Mapping[str, float], types: int) -> str:
    lines = ["# The mean of pretrained OusiaNER models", "", f"{types:,} YAGO/WordNet types; not validated itself.", ""]
    lines += [*(f"- `{name}`, weight {weight:g}" for name, weight in parts.items()), ""]
    return "\n".join(lines)


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
                type_rows = [states[i][name][rows[i][type_id]] for i in knowing]
                merged[name][place] = _mean(type_rows, [weights[i] for i in knowing])
    return merged


def _mean(tensors: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
    if len(tensors) == 1:
        return tensors[0]
    shares = torch.tensor(weights, dtype=torch.float32) / sum(weights)
    return torch.einsum("n,n...->...", shares, torch.stack([t.float() for t in tensors]))
