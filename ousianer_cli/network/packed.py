"""A network made ready to run on a CPU, one sequence at a time: weights packed once, nothing padded.

A sequence by itself has no neighbours, so what is computed for it depends on it alone, in every precision (dynamic int8
takes its scales from the whole input); and kernels of one thread each, several sequences beside one another, waste
less than many threads in one kernel.
Letters: T words, S pieces, D encoder size, H BiLSTM output size, L mixed layers.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ousianer_cli.network.pieces import EncodedSentence, collate
from ousianer_cli.network.tagger import TaggerNetwork

Precision = Literal["fp32", "bf16", "int8"]
_ROWS = 128
"""Rows for which weights are laid out; other numbers of rows run as well."""
_STEP = 8
"""What the number of rows is a multiple of: oneDNN keeps half a MiB of code for each layer and number of rows that it
has met, and takes about a millisecond to make it."""
_WORDS, _WORD_STEP = 32, 8
"""Words that the BiLSTM takes at a time, and what their number is a multiple of. Its states go on from one block to the
next."""


def _packs() -> bool:
    """Whether this PyTorch has oneDNN, with its packed weights."""
    available: Callable[[], bool] = torch.backends.mkldnn.is_available
    return available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")


class PackedLinear:
    """A linear layer [N, K] -> [N, M] with its weights laid out for the kernel that runs it.

    `gelu` applies GELU to what comes out. Under `bf16`, products are taken of bf16 numbers and summed in fp32; under
    `int8`, weights have a scale for each output, and inputs one for all of them, found as they come.
    """

    def __init__(self, weight: Tensor, bias: Tensor, precision: Precision, *, gelu: bool = False) -> None:
        self._gelu = gelu
        self._run: Callable[[Tensor], Tensor] = self._plain
        self.step = 1
        """What the number of rows should be a multiple of."""
        self._weight, self._bias = weight.detach(), bias.detach()
        if precision == "int8":
            self._weight, self._run = _quantised(self._weight, self._bias), self._int8
        elif _packs():
            dtype = torch.bfloat16 if precision == "bf16" else torch.float32
            self._bias = self._bias.to(dtype)
            self._weight = torch.ops.mkldnn._reorder_linear_weight(self._weight.to(dtype), _ROWS)
            self._run, self.step = self._onednn, _STEP
        self._dtype = self._bias.dtype

    def __call__(self, rows: Tensor) -> Tensor:
        """[N, D] -> [N, D'], as the layer gives it."""
        return self._run(rows)

    def _plain(self, rows: Tensor) -> Tensor:
        out = F.linear(rows, self._weight, self._bias)
        return F.gelu(out) if self._gelu else out

    def _onednn(self, rows: Tensor) -> Tensor:
        after: tuple[str, list[float], str] = ("gelu", [], "none") if self._gelu else ("none", [], "")
        return torch.ops.mkldnn._linear_pointwise(rows.to(self._dtype), self._weight, self._bias, *after)  # type: ignore[no-any-return]

    def _int8(self, rows: Tensor) -> Tensor:
        out: Tensor = torch.ops.quantized.linear_dynamic(rows, self._weight, _SATURATES)
        return F.gelu(out) if self._gelu else out


_SATURATES = torch.backends.cpu.get_cpu_capability() == "AVX2"
"""Whether sums of two int8 products may overflow on the way (processors without VNNI), so that inputs take 7 bits."""


def _quantised(weight: Tensor, bias: Tensor) -> Any:
    scales = (weight.abs().amax(dim=1) / 127).clamp(min=1e-12).double()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated as an interface of tensors; the kernels stay
        whole = torch.quantize_per_channel(weight, scales, torch.zeros(len(scales), dtype=torch.long), 0, torch.qint8)
        return torch.ops.quantized.linear_prepack(whole, bias)


class PackedLstm:
    """A bidirectional LSTM over one sequence, [T, D] -> [T, H]; oneDNN's weights are packed once, not at each call."""

    def __init__(self, lstm: nn.LSTM, precision: Precision) -> None:
        self._lstm, self._size = lstm, lstm.hidden_size
        self._dtype = torch.bfloat16 if precision != "fp32" and fast_bf16() else torch.float32
        self._layers: list[list[tuple[Tensor, ...]]] = []
        if not (_packs() and hasattr(torch.ops.mkldnn, "_reorder_mkldnn_rnn_layer_weight")):
            return
        for layer in range(lstm.num_layers):
            directions = []
            for suffix in ("", "_reverse"):
                tensors = [
                    getattr(lstm, f"{kind}_l{layer}{suffix}").detach().to(self._dtype)
                    for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
                ]
                shape = [_ROWS, 1, tensors[0].shape[1]]
                packed = torch.ops.mkldnn._reorder_mkldnn_rnn_layer_weight(
                    *tensors[:2], self._size, False, True, False, shape
                )
                directions.append((*packed, *tensors[2:]))
            self._layers.append(directions)

    def __call__(self, words: Tensor) -> Tensor:
        """[T, D] -> [T, H], both directions side by side."""
        if not self._layers:
            return self._lstm(words[None])[0][0]  # type: ignore[no-any-return]
        states = words[:, None].to(self._dtype)  # [T, 1, D]
        for there, back in self._layers:
            both = self._one_way(states, there), self._one_way(states.flip(0), back).flip(0)
            states = torch.cat(both, dim=-1)
        return states[:, 0].float()

    def _one_way(self, words: Tensor, weights: tuple[Tensor, ...]) -> Tensor:
        """One direction of a layer, [T, 1, D] -> [T, 1, H / 2], block by block; padding stands behind the last word."""
        hidden = cell = torch.zeros(1, self._size, dtype=self._dtype)
        blocks = []
        for block in torch.split(_padded(words, _WORD_STEP), _WORDS):
            out, hidden, cell, _ = torch.ops.aten.mkldnn_rnn_layer(
                block, *weights, hidden, cell, False, [], 2, self._size, 1, True, False, False, False
            )
            blocks.append(out)
        return torch.cat(blocks)[: len(words)]


def _padded(rows: Tensor, step: int) -> Tensor:
    """Rows with zeros behind them, as many as make their number a multiple of `step`."""
    missing = -len(rows) % step
    return torch.cat([rows, rows.new_zeros(missing, *rows.shape[1:])]) if missing else rows


class PackedLayer:
    """One layer of BERT and its like: attention, then feed-forward, each added and normalised."""

    def __init__(self, layer: Any, heads: int, precision: Precision) -> None:
        own, self._heads = layer.attention.self, heads
        parts = (own.query, own.key, own.value)
        self._qkv = PackedLinear(torch.cat([p.weight for p in parts]), torch.cat([p.bias for p in parts]), precision)
        self._attended = PackedLinear(layer.attention.output.dense.weight, layer.attention.output.dense.bias, precision)
        self._up = PackedLinear(layer.intermediate.dense.weight, layer.intermediate.dense.bias, precision, gelu=True)
        self._down = PackedLinear(layer.output.dense.weight, layer.output.dense.bias, precision)
        self._norms = layer.attention.output.LayerNorm, layer.output.LayerNorm
        self.step = self._qkv.step

    def __call__(self, states: Tensor, pieces: int) -> Tensor:
        """[N, D] -> [N, D], of which the first S = `pieces` rows count; to the others, which make N a multiple of
        `step`, no piece listens."""
        query, key, value = self._qkv(states).float().view(1, len(states), 3, self._heads, -1).permute(2, 0, 3, 1, 4)
        heard = F.scaled_dot_product_attention(query, key[:, :, :pieces], value[:, :, :pieces])
        states = self._norms[0](states + self._attended(heard.transpose(1, 2).reshape(states.shape)))
        return self._norms[1](states + self._down(self._up(states)))  # type: ignore[no-any-return]


class PackedNetwork:
    """Encoder and BiLSTM of a network over one sequence at a time; the weights are copied, so later changes are not
    seen.

    Encoders that are not built like BERT run as they are, in fp32. Safe to call from several threads at once where
    `concurrent` is True.
    """

    def __init__(self, network: TaggerNetwork, precision: Precision = "fp32") -> None:
        self.network = network
        self._lstm = PackedLstm(network.lstm, precision)
        encoder: Any = network.states.encoder
        self.concurrent = bert_like(encoder)
        self._layers: list[PackedLayer] = []
        if self.concurrent:
            heads = int(encoder.config.num_attention_heads)
            self._layers = [PackedLayer(layer, heads, precision) for layer in encoder.encoder.layer]

    def __call__(self, sequence: EncodedSentence) -> tuple[Tensor, Tensor, Tensor]:
        """BiLSTM states [1, T, H], encoder states [1, T, L, D], and the words' shapes [1, T, F]."""
        batch, network = collate([sequence]), self.network
        if self._layers:
            wanted = network.config.layers
            states = network.states.embedded(batch)[0]  # [S, D]
            first = batch.first_piece[0]
            kept = {0: states.index_select(0, first)} if 0 in wanted else {}
            pieces = len(states)
            states = _padded(states, self._layers[0].step)
            for number, layer in enumerate(self._layers[: max(wanted)], start=1):
                states = layer(states, pieces)
                if number in wanted:
                    kept[number] = states.index_select(0, first)
            layers = torch.cat([kept[number] for number in wanted], dim=1).view(1, len(first), len(wanted), -1)
        else:
            layers = network.states(batch)
        words = network.mixed_words(layers, batch)
        return self._lstm(words[0])[None], layers, batch.shapes


def bert_like(encoder: Any) -> bool:
    """Whether an encoder's layers are those of BERT, so that `PackedLayer` computes what they do."""
    config = encoder.config
    try:
        layer = encoder.encoder.layer[0]
        parts = (layer.attention.self.query, layer.attention.output.dense, layer.intermediate.dense, layer.output.dense)
        norms = (layer.attention.output.LayerNorm, layer.output.LayerNorm)
    except (AttributeError, IndexError, TypeError):
        return False
    return (
        config.model_type in ("bert", "roberta", "xlm-roberta", "camembert")
        and config.hidden_act == "gelu"
        and getattr(config, "position_embedding_type", "absolute") in (None, "absolute")
        and not getattr(config, "is_decoder", False)
        and all(isinstance(part, nn.Linear) for part in parts)
        and all(isinstance(norm, nn.LayerNorm) for norm in norms)
    )


def fast_bf16() -> bool:
    """Whether this processor multiplies bf16 numbers itself (AVX-512 BF16 or AMX)."""
    known = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(known is not None and known())
