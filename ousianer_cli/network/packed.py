"""A network made ready to run on a CPU: weights packed once, nothing padded, and no sequence changed by another.

The encoder takes one sequence at a time, so that what is computed for it depends on it alone, in every precision
(dynamic int8 takes its scales from the whole input); and kernels of one thread each, several sequences beside one
another, waste less than many threads in one kernel. The BiLSTM takes a step of several sequences at once, whose rows it
sums apart.
Letters: N rows of pieces, T words, S pieces, D encoder size, H BiLSTM output size, L mixed layers.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ousianer_cli.network.onednn import LAID_OUT_ROWS, STEP, Precision, has_packed_weights, padded
from ousianer_cli.network.packed_lstm import PackedLstm
from ousianer_cli.network.pieces import Batch, EncodedSentence, collate
from ousianer_cli.network.tagger import TaggerNetwork


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
        elif has_packed_weights():
            dtype = torch.bfloat16 if precision == "bf16" else torch.float32
            self._bias = self._bias.to(dtype)
            self._weight = torch.ops.mkldnn._reorder_linear_weight(self._weight.to(dtype), LAID_OUT_ROWS)
            self._run, self.step = self._onednn, STEP
        self._dtype = self._bias.dtype

    def __call__(self, rows: Tensor) -> Tensor:
        """[N, D] -> [N, D'], as the layer gives it."""
        out = self._run(rows)
        return torch.ops.aten.gelu_(out) if self._gelu else out  # oneDNN's own, as it ends a product, is slower

    def _plain(self, rows: Tensor) -> Tensor:
        return F.linear(rows, self._weight, self._bias)

    def _onednn(self, rows: Tensor) -> Tensor:
        return torch.ops.mkldnn._linear_pointwise(rows.to(self._dtype), self._weight, self._bias, "none", [], "")  # type: ignore[no-any-return]

    def _int8(self, rows: Tensor) -> Tensor:
        return torch.ops.quantized.linear_dynamic(rows, self._weight, _SATURATES)  # type: ignore[no-any-return]


_SATURATES = torch.backends.cpu.get_cpu_capability() == "AVX2"
"""Whether sums of two int8 products may overflow on the way (processors without VNNI), so that inputs take 7 bits."""


def _quantised(weight: Tensor, bias: Tensor) -> Any:
    scales = (weight.abs().amax(dim=1) / 127).clamp(min=1e-12).double()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated as an interface of tensors; the kernels stay
        whole = torch.quantize_per_channel(weight, scales, torch.zeros(len(scales), dtype=torch.long), 0, torch.qint8)
        return torch.ops.quantized.linear_prepack(whole, bias)


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

    def __call__(self, states: Tensor, pieces: int, wanted: Tensor | None = None) -> Tensor:
        """[N, D] -> [N, D], of which the first S = `pieces` rows count; to the others, which make N a multiple of
        `step`, no piece listens. Overwrites what it is given. Of `wanted` rows alone, those [W, D] are given."""
        query, key, value = self._qkv(states).float().view(1, len(states), 3, self._heads, -1).permute(2, 0, 3, 1, 4)
        if wanted is not None:
            query, states = query[:, :, wanted], states[wanted]
        heard = F.scaled_dot_product_attention(query, key[:, :, :pieces], value[:, :, :pieces])
        states = self._norms[0](states.add_(self._attended(heard.transpose(1, 2).reshape(states.shape))))
        return self._norms[1](states.add_(self._down(self._up(states))))  # type: ignore[no-any-return]


class PackedNetwork:
    """Encoder and BiLSTM of a network over sequences; the weights are copied, so later changes are not seen.

    What a sequence gets does not depend on those beside it. Encoders that are not built like BERT run as they are, in
    fp32. Safe to call from several threads at once where `concurrent` is True.
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

    @property
    def rows(self) -> int:
        """How many sequences are worth giving at once."""
        return self._lstm.rows

    def __call__(self, sequences: Sequence[EncodedSentence]) -> list[tuple[Tensor, Tensor, Tensor]]:
        """BiLSTM states [1, T, H], encoder states [1, T, L, D], and the words' shapes [1, T, F] of each sequence."""
        batches = [collate([sequence]) for sequence in sequences]
        encoded = self._encoded(batches) if self._layers else [self.network.states(batch) for batch in batches]
        words = [self.network.mixed_words(*of)[0] for of in zip(encoded, batches, strict=True)]
        return [
            (states[None], layers, batch.shapes)
            for states, layers, batch in zip(self._lstm(words), encoded, batches, strict=True)
        ]

    def _encoded(self, batches: Sequence[Batch]) -> list[Tensor]:
        """Encoder states [1, T, L, D] of each sequence.

        All of them go through a layer before the next one, whose weights take the place of its own in the cache; the
        last gives the words' first pieces alone.
        """
        wanted, step = self.network.config.layers, self._layers[0].step
        last = max(wanted)
        states = [self.network.states.embedded(batch)[0] for batch in batches]  # [S, D] of each
        pieces = [len(own) for own in states]
        states = [padded(own, step) for own in states]
        words: list[Tensor] = [batch.first_piece[0] for batch in batches]  # where they begin, [T] of each
        kept: dict[int, list[Tensor]] = {}
        for number in range(last + 1):
            if number:
                rows = [padded(begin, step) if number == last else None for begin in words]
                states = [self._layers[number - 1](*of) for of in zip(states, pieces, rows, strict=True)]
            if number in wanted:
                alone = number == last and number > 0
                kept[number] = [
                    own[: len(begin)] if alone else own[begin] for own, begin in zip(states, words, strict=True)
                ]
        return [torch.stack(own, dim=1)[None] for own in zip(*(kept[number] for number in wanted), strict=True)]


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
