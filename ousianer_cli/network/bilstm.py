"""A bidirectional LSTM over padded sequences, with gradients.

Letters: B sequences, T words, D input size, H output size.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from ousianer_cli.network.onednn import STEP


def direction_weights(lstm: nn.LSTM, layer: int) -> tuple[list[Tensor], list[Tensor]]:
    """The weights of a layer from the front and from the back: of inputs, of states, and their biases."""
    there, back = (
        [getattr(lstm, f"{kind}_l{layer}{way}") for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        for way in ("", "_reverse")
    )
    return there, back


def run_bilstm(lstm: nn.LSTM, words: Tensor, lengths: Tensor) -> Tensor:
    """The states [B, T, H] of padded sequences [B, T, D] of `lengths` words [B], at least one; zeros behind their ends.

    What `lstm` gives for packed sequences. On a CPU its kernel for these fills a whole gradient at every step, so that
    long passages take three times as long; there each direction of each layer runs over the padded sequences
    by itself, the one from the back over turned ones.
    """
    width = words.shape[1]
    if words.device.type != "cpu":
        packed = pack_padded_sequence(words, lengths.cpu(), batch_first=True, enforce_sorted=False)
        return pad_packed_sequence(lstm(packed)[0], batch_first=True, total_length=width)[0]
    states = F.pad(words, (0, 0, 0, -width % STEP))
    place = torch.arange(states.shape[1])
    inside = place < lengths[:, None]  # [B, T]
    turned = torch.where(inside, lengths[:, None] - 1 - place, place)
    rows = torch.arange(len(words))[:, None]
    nothing = states.new_zeros(1, len(words), lstm.hidden_size)

    def one_way(of: Tensor, weights: list[Tensor]) -> Tensor:
        return torch.lstm(of, (nothing, nothing), weights, True, 1, 0.0, lstm.training, False, True)[0]

    for layer in range(lstm.num_layers):
        if layer:
            states = F.dropout(states, lstm.dropout, lstm.training)
        there, back = direction_weights(lstm, layer)
        states = torch.cat([one_way(states, there), one_way(states[rows, turned], back)[rows, turned]], dim=-1)
    return (states * inside[:, :, None])[:, :width]
