"""Our BERT against that of `transformers`."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import torch

from ousianer_cli.network.bert import Bert, builds
from ousianer_cli.network.encoder import build_encoder, config_of, load_encoder
from ousianer_cli.released_models import released_model


@pytest.fixture(scope="module")
def theirs() -> Any:
    return load_encoder("tiny").eval()


@pytest.fixture(scope="module")
def ours(theirs: Any) -> Any:
    ours = build_encoder(config_of(theirs))
    assert isinstance(ours, Bert) and not isinstance(theirs, Bert)
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    ours.load_state_dict(theirs.state_dict())
    return ours.eval()


@pytest.mark.parametrize("lengths", [[7], [300], [9, 9], [12, 3, 8]])
@torch.no_grad()
def test_every_layer_is_that_of_transformers_to_the_bit(ours: Any, theirs: Any, lengths: list[int]) -> None:
    torch.manual_seed(1)
    ids = torch.randint(4, 60, (len(lengths), max(lengths)))
    mask = (torch.arange(max(lengths))[None] < torch.tensor(lengths)[:, None]).long()
    given = {"attention_mask": mask, "output_hidden_states": True}
    for inputs in ({"input_ids": ids}, {"inputs_embeds": theirs.get_input_embeddings()(ids) + 0.1}):
        found, wanted = ours(**inputs, **given), theirs(**inputs, **given)
        assert len(found.hidden_states) == len(wanted.hidden_states) == 3
        for layer, other in zip(found.hidden_states, wanted.hidden_states, strict=True):
            assert torch.equal(layer, other)
        assert torch.equal(found.last_hidden_state, wanted.last_hidden_state)


def test_gradients_are_those_of_transformers(ours: Any, theirs: Any) -> None:
    ids, mask = torch.randint(4, 60, (2, 6)), torch.tensor([[1] * 6, [1, 1, 1, 1, 0, 0]])
    slopes = []
    for encoder in (ours, theirs):
        encoder.zero_grad()
        encoder(input_ids=ids, attention_mask=mask).last_hidden_state.pow(2)[:, :, ::3].sum().backward()
        slopes.append(encoder.encoder.layer[0].attention.self.query.weight.grad.clone())
    assert slopes[0].abs().max() > 0
    assert torch.allclose(slopes[0], slopes[1], rtol=1e-5, atol=1e-7)


def test_the_configuration_is_kept_as_it_was(ours: Any, theirs: Any) -> None:
    assert config_of(ours) == config_of(theirs)


@pytest.mark.parametrize(
    "change",
    [
        {"model_type": "roberta"},
        {"hidden_act": "relu"},
        {"position_embedding_type": "relative_key"},
        {"is_decoder": True},
        {"layer_norm_eps": None},
    ],
)
def test_what_is_built_otherwise_is_left_to_transformers(theirs: Any, change: dict[str, Any]) -> None:
    config = config_of(theirs)
    assert builds(config)
    assert not builds({n: v for n, v in (config | change).items() if v is not None})


def test_loading_and_learning_need_neither_transformers_nor_the_compiler() -> None:
    code = (
        "import sys, torch; from ousianer_cli.network.checkpoint import load_model; "
        "import ousianer_cli.training.finetune.feedback; from ousianer_cli.training.adamw import AdamW; "
        f"model = load_model({str(released_model())!r}); weights = list(model.conversion.parameters()); "
        "weights[0].sum().backward(); AdamW(weights, 1e-3, 0.01).step(1.0); "
        "print(*sorted({'transformers', 'torch._dynamo', 'sympy', 'scipy', 'sklearn'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""
