"""What a pretraining begins with: a new network, or the weights of earlier models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from ousianer_cli.errors import SettingsError
from ousianer_cli.network.average import differing_setting, mean_weights, same_encoder
from ousianer_cli.network.checkpoint import Model
from ousianer_cli.network.encoder import load_encoder
from ousianer_cli.network.pieces import PieceTokenizer
from ousianer_cli.network.tagger import TaggerConfig, TaggerNetwork
from ousianer_cli.settings import flag
from ousianer_cli.settings.pretrain import PretrainSettings
from ousianer_cli.taxonomy.inventory import Inventory
from ousianer_cli.training.pretrain.corpora import Corpora


def new_model(
    settings: PretrainSettings, tokenizer: PieceTokenizer, inventory: Inventory, earlier: Sequence[Model] = ()
) -> Model:
    """A network of these settings, over the encoder of the first earlier model where there is one.

    Raises:
        SettingsError: a layer of the mix that the encoder lacks.
    """
    encoder: Any = (
        earlier[0].tagger.states.encoder if earlier else load_encoder(settings.encoder, settings.encoder_layers or None)
    )
    depth = int(encoder.config.num_hidden_layers)
    layers = tuple(n if n >= 0 else depth + 1 + n for n in settings.mix_layers) or tuple(range(1, depth + 1))
    if not all(0 <= layer <= depth for layer in layers):
        raise SettingsError(
            f"--mix-layers: expected layers 0 to {depth} of encoder '{settings.encoder}' (or -1, -2 … from the top), "
            f"found {settings.mix_layers}"
        )
    config = TaggerConfig(
        layers=layers,
        encoder_size=int(encoder.config.hidden_size),
        types=len(inventory),
        lstm_hidden=settings.lstm_hidden,
        lstm_layers=settings.lstm_layers,
        dropout=settings.dropout,
        shape_size=settings.shape_size,
        shape_input=settings.shape_input,
        pooling=settings.pooling,
        mention_size=settings.mention_size,
        typing_sees_encoder=settings.typing_sees_encoder,
        adapter=earlier[0].tagger.config.adapter if earlier else 0,
    )
    name = earlier[0].encoder_name if earlier else settings.encoder
    # An encoder that an earlier training tuned is found nowhere else, so that it goes into the folder even when frozen.
    tuned = settings.encoder_lr > 0 or any(other.encoder_tuned for other in earlier)
    return Model(TaggerNetwork(config, encoder), tokenizer, inventory, name, tuned)


def set_prior_bias(tagger: TaggerNetwork, corpora: Corpora) -> None:
    """Start each type at its share of the mentions, so that the first thousand steps do not go into learning rarity."""
    total = sum(len(e.labels) for e in corpora.train if e.types)
    total += corpora.stream.mentions if corpora.stream is not None else 0
    if total:
        counts = torch.tensor([t.mentions for t in corpora.inventory.types], dtype=torch.float32)
        share = ((counts + 1) / (total + 2)).clamp(max=0.95)
        with torch.no_grad():
            tagger.types.bias.copy_(torch.log(share / (1 - share)))


def go_on_from(earlier: Sequence[Model], model: Model, folders: Sequence[str]) -> str:
    """Take over the weights of an earlier model, or the mean of several (`network.average`); says what was taken over.

    Raises:
        SettingsError: the settings describe another network, by flag name, or the models have encoders that differ.
    """
    for folder, other in zip(folders, earlier, strict=True):
        name = differing_setting(model.tagger.config, other.tagger.config)
        if name is not None:
            found, wanted = (getattr(m.tagger.config, name) for m in (model, other))
            if name == "adapter":
                raise SettingsError(
                    "--start: expected models whose detectors all learned corrections, or none of them, found both "
                    f"({folder} is unlike {folders[0]}); leave it out"
                )
            option = "--mix-layers" if name == "layers" else flag(name)
            raise SettingsError(f"{option}: expected {wanted} as in {folder}, found {found}; give the same")
        if not same_encoder(earlier[0], other):
            raise SettingsError(f"--start: expected models over one encoder, found another in {folder}; leave it out")
    merged = mean_weights(earlier, [1.0] * len(earlier), model.types, model.tagger.state_dict())
    model.tagger.load_state_dict(merged)
    old = {known for other in earlier for known in other.types}
    kept = len(old & set(model.types))
    return (
        f"going on from {' and '.join(Path(folder).name for folder in folders)}: {kept:,} of "
        f"{'their' if len(folders) > 1 else 'its'} {len(old):,} types are in the inventory, "
        f"{len(model.types) - kept:,} are new"
    )
