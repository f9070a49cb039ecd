"""A bidirectional LSTM made ready for a CPU, over several sequences at once, none of which changes another.

Letters: N words of all sequences, T words of one, R sequences, D input size, H output size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ousianer_cli.network.bilstm import direction_weights
from ousianer_cli.network.onednn import LAID_OUT_ROWS, STEP, Precision, fast_bf16, has_packed_weights

_ROWS_TOGETHER = 8
"""Sequences whose words the BiLSTM reads side by side at most; from there on its weights are no longer what it waits
for."""
_WORDS = 16
"""Words of a sequence that the BiLSTM takes at a time; its states go on from one block to the next."""
_FEW_ROWS, _MORE_WORDS = 2, 32
"""Of so few sequences it takes more words at a time, or what is left of them in steps of `STEP`."""

_rnn_layer = torch.ops.aten.mkldnn_rnn_layer


class PackedLstm:
    """A bidirectional LSTM over several sequences; oneDNN's weights are packed once, not at each call."""

    def __init__(self, lstm: nn.LSTM, precision: Precision) -> None:
        self._lstm, self._size = lstm, lstm.hidden_size
        self._dtype = torch.bfloat16 if precision != "fp32" and fast_bf16() else torch.float32
        self._layers: list[list[tuple[Tensor, ...]]] = []
        self.rows = 1
        """Sequences that may be taken together: several only where each has, bit by bit, what it has by itself."""
        if not (has_packed_weights() and hasattr(torch.ops.mkldnn, "_reorder_mkldnn_rnn_layer_weight")):
            return
        for layer in range(lstm.num_layers):
            directions = []
            for weights in direction_weights(lstm, layer):
                tensors = [weight.detach().to(self._dtype) for weight in weights]
                shape = [LAID_OUT_ROWS, 1, tensors[0].shape[1]]
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
        ways = _Blocks.of(lengths), _Blocks.of(lengths, from_the_back=True)
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
    def of(cls, lengths: Sequence[int], *, from_the_back: bool = False) -> _Blocks:
        """Each sequence from its first word on, or from its last one."""
        start = np.cumsum([0, *lengths[:-1]])
        longest_first = np.argsort([-n for n in lengths], kind="stable")
        start, length = start[longest_first], np.asarray(lengths)[longest_first]
        step = np.arange(length[0] + _MORE_WORDS)[:, None]
        word = start + (length - 1 - step if from_the_back else step)
        index = np.where(step < length, word, sum(lengths))  # [steps, R]
        words, rows = [], []
        at = 0
        while at < length[0]:
            beside = int((length > at).sum())
            left = -(-int(length[0] - at) // STEP) * STEP
            steps = _WORDS if beside > _FEW_ROWS else min(left, _MORE_WORDS)
            words.append(index[at : at + steps, :beside].ravel())
            rows.append(beside)
            at += steps
        order = np.concatenate(words)
        place = np.empty(sum(lengths) + 1, dtype=np.int64)
        place[order] = np.arange(len(order))
        return cls([torch.from_numpy(w) for w in words], rows, torch.from_numpy(place[:-1]))
