"""The packed network against the network itself, in every precision and for encoders that are not packed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from tiny_models import random_model, random_tagger
from torch.utils._python_dispatch import TorchDispatchMode

from ousianer_cli.network import packed_lstm
from ousianer_cli.network.encoder import build_encoder, tiny_config
from ousianer_cli.network.onednn import Precision
from ousianer_cli.network.packed import PackedLinear, PackedNetwork, bert_like
from ousianer_cli.network.packed_lstm import PackedLstm
from ousianer_cli.network.pieces import EncodedSentence, PieceTokenizer, collate
from ousianer_cli.network.shapes import sentence_begins
from ousianer_cli.network.tagger import TaggerConfig, TaggerNetwork

SENTENCES = [
    ["Ada", "Brun", "went", "to", "Rome", "."],
    ["Lima"],
    ["The", "port", "of", "Oslo", ",", "closed", "for", "9", "days", "."] * 6,
]


def encoded() -> list[EncodedSentence]:
    return PieceTokenizer.characters().encode(SENTENCES)


@torch.inference_mode()
def furthest(network: TaggerNetwork, precision: Precision) -> float:
    """The greatest difference of any state from the network's own, as a share of the greatest state."""
    packed = PackedNetwork(network, precision)
    worst = 0.0
    for sentence, (states, layers, shapes) in zip(encoded(), packed(encoded()), strict=True):
        batch = collate([sentence])
        assert sentence_begins(shapes).tolist() == [[True] + [False] * (sentence.words - 1)]
        for found, wanted in zip((states, layers), network.contextualise(batch), strict=True):
            assert found.shape == wanted.shape and found.dtype == torch.float32
            worst = max(worst, float((found - wanted).abs().max() / wanted.abs().max()))
    return worst


@pytest.mark.parametrize("shape_input", [False, True])
@pytest.mark.parametrize("layers", [(0, 1, 2), (1,), (2, 0)])
def test_fp32_is_the_network_itself(layers: tuple[int, ...], shape_input: bool) -> None:
    network = random_tagger(2, layers=layers, shape_input=shape_input, lstm_layers=2)
    if shape_input:
        assert network.states.shape_input is not None
        torch.nn.init.normal_(network.states.shape_input.weight)
    assert furthest(network, "fp32") < 1e-5


@pytest.mark.parametrize(("precision", "least", "most"), [("bf16", 1e-5, 0.03), ("int8", 1e-4, 0.08)])
def test_lower_precision_is_near_and_not_the_same(precision: Precision, least: float, most: float) -> None:
    assert least < furthest(random_tagger(2, lstm_layers=2), precision) < most


class Shapes(TorchDispatchMode):
    """The kernels that ran, each with the sizes of what it read."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[tuple[str, int, int, int]] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if "mkldnn" in str(func):
            self.seen.add((str(func), args[0].shape[0], args[0].shape[-2], args[0].shape[-1]))
        return func(*args, **(kwargs or {}))


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="needs oneDNN")
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_sequences_of_all_lengths_need_few_kernels(precision: Precision) -> None:
    """oneDNN keeps code for each number of rows that it meets: memory grew with every new length of a sequence."""
    packed = PackedNetwork(random_tagger(2, lstm_layers=2), precision)
    with torch.inference_mode(), Shapes() as shapes:
        sequences = PieceTokenizer.characters().encode([["a"] * words for words in range(1, 80)])
        for count in (1, 2, 5, 8):
            for at in range(0, len(sequences), count):
                packed(sequences[at : at + count])
    linear = {key for key in shapes.seen if "linear" in key[0]}
    lstm = {(words, rows) for _, words, rows, _ in shapes.seen - linear}
    assert {rows for _, rows, *_ in linear} == set(range(8, 89, 8))  # with two special pieces
    assert {words for words, _ in lstm} == {8, 16, 24, 32}
    few, many = ((words, rows) for words in (8, 16, 24, 32) for rows in (1, 2)), ((16, rows) for rows in range(3, 9))
    assert lstm <= {*few, *many}


LENGTHS = [[1], [8], [31], [32], [33], [70], [17, 1], [33, 40], [16, 70, 5, 16, 1], [3, 90, 16, 17, 33, 2, 64, 8, 8, 1]]


@pytest.mark.parametrize("lengths", LENGTHS)
def test_the_bilstm_in_blocks_is_the_bilstm(lengths: list[int]) -> None:
    torch.manual_seed(len(lengths))
    lstm = torch.nn.LSTM(6, 5, num_layers=2, bidirectional=True, batch_first=True)
    sequences = [torch.randn(words, 6) for words in lengths]
    with torch.inference_mode():
        for found, rows in zip(PackedLstm(lstm, "fp32")(sequences), sequences, strict=True):
            assert found == pytest.approx(lstm(rows[None])[0][0], abs=1e-6)


@pytest.mark.parametrize("precision", ["fp32", "bf16", "int8"])
def test_no_sequence_changes_another(precision: Precision) -> None:
    """Bit by bit, whatever stands beside it: the run's bytes depend on it."""
    torch.manual_seed(2)
    draw = np.random.default_rng(2)
    vocabulary = PieceTokenizer.characters()
    lines = [["".join(draw.choice(list("abcdefg"), 3)) for _ in range(n)] for n in (1, 5, 12, 16, 17, 40, 41, 70, 3)]
    sequences = vocabulary.encode(lines)
    network = random_tagger(2, lstm_layers=2, shape_input=True)
    packed = PackedNetwork(network, precision)
    with torch.inference_mode():
        alone = [packed([sequence])[0] for sequence in sequences]
        together = packed(sequences) + packed(sequences[::-1])[::-1]
    for one, other in zip(alone * 2, together, strict=True):
        assert all(map(torch.equal, one, other))


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="needs oneDNN")
def test_where_neighbours_would_change_a_sequence_each_runs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    lstm = torch.nn.LSTM(6, 5, num_layers=2, bidirectional=True, batch_first=True)
    assert PackedLstm(lstm, "fp32").rows == 8
    kernel = torch.ops.aten.mkldnn_rnn_layer
    widths: list[int] = []

    def careless(block: torch.Tensor, *rest: Any) -> Any:
        widths.append(block.shape[1])
        return kernel(block * (1 + 1e-6 * (block.shape[1] - 1)), *rest)

    monkeypatch.setattr(packed_lstm, "_rnn_layer", careless)
    careful = PackedLstm(lstm, "fp32")
    assert careful.rows == 1
    widths.clear()
    with torch.inference_mode():
        careful([torch.randn(words, 6) for words in (20, 30, 40)])
    assert set(widths) == {1}


def test_packing_leaves_the_network_as_it_was() -> None:
    network = random_model().tagger
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    PackedNetwork(network, "int8")
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


@pytest.mark.parametrize("precision", ["fp32", "bf16", "int8"])
def test_a_linear_layer_with_its_gelu(precision: Precision) -> None:
    torch.manual_seed(1)
    rows, weight, bias = torch.randn(7, 24), torch.randn(10, 24), torch.randn(10)
    wanted = torch.nn.functional.linear(rows, weight, bias)
    with torch.inference_mode():
        for gelu, expected in ((False, wanted), (True, torch.nn.functional.gelu(wanted))):
            found = PackedLinear(weight, bias, precision, gelu=gelu)(rows).float()
            assert float((found - expected).abs().max()) < {"fp32": 1e-5, "bf16": 0.2, "int8": 0.4}[precision]


def test_a_weight_of_zeros_stays_zero_in_int8() -> None:
    with torch.inference_mode():
        found = PackedLinear(torch.zeros(3, 4), torch.tensor([1.0, 2.0, 3.0]), "int8")(torch.ones(2, 4))
    assert found.tolist() == [[1.0, 2.0, 3.0]] * 2


@pytest.mark.parametrize("kind", ["distilbert", "roberta", "bert with relu"])
def test_other_encoders_run_too(kind: str) -> None:
    config = tiny_config(PieceTokenizer.characters().vocabulary)
    if kind == "distilbert":
        config = {"model_type": kind, "vocab_size": config["vocab_size"], "dim": 32, "n_layers": 2, "n_heads": 2}
        config |= {"hidden_dim": 64, "max_position_embeddings": 512}
    elif kind == "roberta":
        config["model_type"] = kind
    else:
        config["hidden_act"] = "relu"
    torch.manual_seed(0)
    encoder = build_encoder(config)
    assert bert_like(encoder) == (kind == "roberta")
    settings = TaggerConfig(layers=(1, 2), encoder_size=32, types=4, lstm_hidden=8, lstm_layers=1)
    assert furthest(TaggerNetwork(settings, encoder).eval(), "fp32") < 1e-5
