"""A network made ready to run on a CPU: weights packed once, nothing padded, and no sequence changed by another.

The encoder takes one sequence at a time, so that what is computed for it depends on it alone, in every precision
(dynamic int8 takes its scales from the whole input); and kernels of one thread each, several sequences beside one
another, waste less than many threads in one kernel. The BiLSTM takes a step of several sequences at once, whose rows it
sums apart.
Letters: N words of all sequences, T words of one, S pieces, R sequences, D encoder size, H BiLSTM output size, L mixed
layers.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ousianer_cli.network.pieces import Batch, EncodedSentence, collate
from ousianer_cli.network.tagger import TaggerNetwork

Precision = Literal["fp32", "bf16", "int8"]
_ROWS = 128
"""Rows for which weights are laid out; other numbers of rows run as well."""
_STEP = 8
"""What the number of rows is a multiple of: oneDNN keeps half a MiB of code for each layer and number of rows that it
has met, and takes about a millisecond to make it."""
_ROWS_TOGETHER = 8
"""Sequences whose words the BiLSTM reads side by side at most; from there on its weights are no longer what it waits
for."""
_WORDS = 16
"""Words of a sequence that the BiLSTM takes at a time; its states go on from one block to the next."""
_FEW_ROWS, _MORE_WORDS = 2, 32
"""Of so few sequences it takes more words at a time, or what is left of them in steps of `_STEP`."""


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


_rnn_layer = torch.ops.aten.mkldnn_rnn_layer


class PackedLstm:
    """A bidirectional LSTM over several sequences; oneDNN's weights are packed once, not at each call."""

    def __init__(self, lstm: nn.LSTM, precision: Precision) -> None:
        self._lstm, self._size = lstm, lstm.hidden_size
        self._dtype = torch.bfloat16 if precision != "fp32" and fast_bf16() else torch.float32
        self._layers: list[list[tuple[Tensor, ...]]] = []
        self.rows = 1
        """Sequences that may be taken together: several only where each has, bit by bit, what it has by itself."""
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
        if self._sums_rows_apart():
            self.rows = _ROWS_TOGETHER

    @torch.inference_mode()
    def _sums_rows_apart(self) -> bool:
        """Whether this processor's kernels, tried with every number of rows, give a row what they give it alone."""
        draw = torch.Generator().manual_seed(0)
        sizes = [(_WORDS * (k + 1), self._lstm.input_size) for k in range(_ROWS_TOGETHER)]
        sequences = [torch.randn(size, generator=draw) for size in sizes]
        alone = [self._together([words])[0] for words in sequences]
        return all(map(torch.equal, self._together(sequences), alone))

    def __call__(self, sequences: Sequence[Tensor]) -> list[Tensor]:
        """[T, D] -> [T, H] of each sequence, both directions side by side."""
        if not self._layers:
            return [self._lstm(words[None])[0][0] for words in sequences]
        found: list[Tensor] = []
        for at in range(0, len(sequences), self.rows):
            found += self._together(sequences[at : at + self.rows])
        return found

    def _together(self, sequences: Sequence[Tensor]) -> list[Tensor]:
        lengths = [len(words) for words in sequences]
        states = torch.cat([*sequences]).to(self._dtype)  # [N, D]
        ways = _Blocks.there(lengths), _Blocks.back(lengths)
        for layer in self._layers:
            states = torch.cat([self._one_way(states, *of) for of in zip(layer, ways, strict=True)], dim=-1)
        return list(torch.split(states.float(), lengths))

    def _one_way(self, words: Tensor, weights: tuple[Tensor, ...], blocks: _Blocks) -> Tensor:
        """One direction of a layer, [N, D] -> [N, H / 2]."""
        words = F.pad(words, (0, 0, 0, 1))
        hidden = cell = words.new_zeros(blocks.rows[0], self._size)
        out = []
        for index, rows in zip(blocks.words, blocks.rows, strict=True):
            block = words.index_select(0, index).view(-1, rows, words.shape[1])
            states = hidden[:rows], cell[:rows]
            found, hidden, cell, _ = _rnn_layer(
                block, *weights, *states, False, [], 2, self._size, 1, True, False, False, False
            )
            out.append(found.flatten(0, 1))
        return torch.cat(out).index_select(0, blocks.place)


@dataclass(frozen=True, slots=True)
class _Blocks:
    """How the words of several sequences, one sequence behind another, are read side by side, block by block; a
    sequence that is at its end leaves the rows of the next block."""

    words: list[Tensor]
    """Of each block, which words stand in it, step by step [steps * rows]; N, behind the last, where there is none."""
    rows: list[int]
    """Sequences in each block."""
    place: Tensor
    """Where the blocks, one behind another, have each word, [N]."""

    @classmethod
    def there(cls, lengths: Sequence[int]) -> _Blocks:
        """Each sequence from its first word on."""
        return cls._of(lengths, lambda start, length, step: start + step)

    @classmethod
    def back(cls, lengths: Sequence[int]) -> _Blocks:
        """Each sequence from its last word on."""
        return cls._of(lengths, lambda start, length, step: start + length - 1 - step)

    @classmethod
    def _of(cls, lengths: Sequence[int], word: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]) -> _Blocks:
        start = np.cumsum([0, *lengths[:-1]])
        longest_first = np.argsort([-n for n in lengths], kind="stable")
        start, length = start[longest_first], np.asarray(lengths)[longest_first]
        step = np.arange(length[0] + _MORE_WORDS)[:, None]
        index = np.where(step < length, word(start, length, step), sum(lengths))  # [steps, R]
        words, rows = [], []
        at = 0
        while at < length[0]:
            beside = int((length > at).sum())
            left = -(-int(length[0] - at) // _STEP) * _STEP
            steps = _WORDS if beside > _FEW_ROWS else min(left, _MORE_WORDS)
            words.append(index[at : at + steps, :beside].ravel())
            rows.append(beside)
            at += steps
        order = np.concatenate(words)
        place = np.empty(sum(lengths) + 1, dtype=np.int64)
        place[order] = np.arange(len(order))
        return cls([torch.from_numpy(w) for w in words], rows, torch.from_numpy(place[:-1]))


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
        states = [_padded(own, step) for own in states]
        words: list[Tensor] = [batch.first_piece[0] for batch in batches]  # where they begin, [T] of each
        kept: dict[int, list[Tensor]] = {}
        for number in range(last + 1):
            if number:
                rows = [_padded(begin, step) if number == last else None for begin in words]
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


def fast_bf16() -> bool:
    """Whether this processor multiplies bf16 numbers itself (AVX-512 BF16 or AMX)."""
    known = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(known is not None and known())
