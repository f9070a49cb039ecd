"""The mean of models: weighed, over the types of all of them, and refused where the models are not alike."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import torch
from tiny_models import COUNTRY, MAYOR, command_line, random_model, random_tuned_model

from ousianer_cli.network.checkpoint import Model, load_model, save_model
from ousianer_cli.taxonomy.inventory import Inventory


def without(model: Model, type_id: str) -> Model:
    """The model, but for one of its types."""
    kept = [place for place, known in enumerate(model.types) if known != type_id]
    layer = torch.nn.Linear(model.tagger.vector_size, len(kept))
    layer.load_state_dict({name: t[kept] for name, t in model.tagger.types.state_dict().items()})
    model.tagger.types = layer
    model.tagger.config = dataclasses.replace(model.tagger.config, types=len(kept))
    model.inventory = Inventory(tuple(t for t in model.inventory.types if t.id != type_id))
    return model


def test_the_mean_is_weighed_and_has_the_types_of_all(tmp_path: Path) -> None:
    one, two = without(random_model(1), MAYOR), without(random_model(2), COUNTRY)
    save_model(tmp_path / "one", one, "")
    save_model(tmp_path / "two", two, "")
    code, out, err = command_line("average", tmp_path / "one", f"{tmp_path / 'two'}*3", "-o", tmp_path / "mean")
    assert (code, err) == (0, "")
    assert "the mean of one (1), two (3): 4 types, of which the models know 3, 3" in out
    mean, states = load_model(tmp_path / "mean"), [m.tagger.state_dict() for m in (one, two)]
    assert set(mean.types) == {*one.types, *two.types}
    for name, tensor in mean.tagger.state_dict().items():
        if tensor.is_floating_point() and not name.startswith("types."):
            assert torch.allclose(tensor, 0.25 * states[0][name] + 0.75 * states[1][name], atol=2e-3), name
    rows = mean.tagger.types.weight
    for known, models in ((MAYOR, [two]), (COUNTRY, [one])):  # a type that one model knows is that model's
        (model,) = models
        wanted = model.tagger.types.weight[model.types.index(known)]
        assert torch.allclose(rows[mean.types.index(known)], wanted, atol=2e-3)
    assert json.loads((tmp_path / "mean" / "config.json").read_text())["average"] == {"one": 1, "two": 3}


def test_a_frozen_encoder_stays_as_it_is(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        save_model(tmp_path / str(number), random_model(number, tuned=False), "")
    code, _, err = command_line("average", *(tmp_path / str(n) for n in (1, 2, 3)), "-o", tmp_path / "mean")
    assert (code, err) == (0, "")
    load_model(tmp_path / "mean")  # whose encoder is known by its fingerprint


def test_models_that_are_not_alike_have_no_mean(tmp_path: Path) -> None:
    others = {
        "wide": (random_model(lstm_hidden=9), "expected lstm_hidden 8 as in .*one, found 9; leave it out"),
        "tuned": (random_tuned_model(), "expected a pretrained model, found one with target types"),
        "named": (dataclasses.replace(random_model(), encoder_name="x"), "expected a model over the encoder of .*one"),
        "read": (
            dataclasses.replace(random_model(), config={"passage_pieces": 99}),
            "expected passages of 0 pieces as in .*one, found 99",
        ),
    }
    save_model(tmp_path / "one", random_model(), "")
    for name, (model, message) in others.items():
        save_model(tmp_path / name, model, "")
        code, _, err = command_line("average", tmp_path / "one", tmp_path / name, "-o", tmp_path / "mean")
        assert code == 2 and err.count("\n") == 1
        assert re.search(f"ousianer: .*{name}: {message}", err), err
    assert not (tmp_path / "mean").exists()
