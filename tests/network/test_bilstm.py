"""The BiLSTM over padded sequences against PyTorch's own over packed ones."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from ousianer_cli.network.bilstm import run_bilstm


def packed(lstm: nn.LSTM, words: Tensor, lengths: Tensor) -> Tensor:
    of = pack_padded_sequence(words, lengths, batch_first=True, enforce_sorted=False)
    return pad_packed_sequence(lstm(of)[0], batch_first=True, total_length=words.shape[1])[0]


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("lengths", [[1], [8, 8], [5, 9, 1], [16, 3, 17, 2]])
def test_states_and_gradients_are_those_of_packed_sequences(layers: int, lengths: list[int]) -> None:
    torch.manual_seed(len(lengths))
    lstm = nn.LSTM(6, 5, num_layers=layers, bidirectional=True, batch_first=True)
    count, width = torch.tensor(lengths), max(lengths) + 2  # as the share of a batch that is narrower than the whole
    words = torch.randn(len(lengths), width, 6, requires_grad=True)
    weight = torch.randn(len(lengths), width, 10)
    found = []
    for run in (packed, run_bilstm):
        words.grad = None
        lstm.zero_grad()
        states = run(lstm, words, count)
        (states * weight).sum().backward()
        assert words.grad is not None
        found.append([states.detach(), words.grad, *(p.grad.clone() for p in lstm.parameters() if p.grad is not None)])
    assert len(found[0]) == len(found[1]) == 2 + 8 * layers
    for wanted, given in zip(*found, strict=True):
        assert given.shape == wanted.shape
        assert float((given - wanted).abs().max()) < 1e-5


def test_what_stands_behind_a_sequence_is_not_read() -> None:
    torch.manual_seed(0)
    lstm = nn.LSTM(4, 3, num_layers=2, bidirectional=True, batch_first=True)
    words = torch.randn(2, 9, 4)
    with torch.inference_mode():
        before = run_bilstm(lstm, words, torch.tensor([9, 4]))
        words[1, 4:] = 100.0
        after = run_bilstm(lstm, words, torch.tensor([9, 4]))
    assert torch.equal(before, after)
    assert not before[1, 4:].any() and before[1, 3].all()


def test_states_between_layers_are_dropped_in_training_alone() -> None:
    torch.manual_seed(0)
    lstm = nn.LSTM(4, 3, num_layers=2, bidirectional=True, batch_first=True, dropout=0.5)
    words, lengths = torch.randn(1, 9, 4), torch.tensor([9])
    with torch.no_grad():
        first, second = run_bilstm(lstm, words, lengths), run_bilstm(lstm, words, lengths)
        lstm.eval()
        settled = [run_bilstm(lstm, words, lengths) for _ in range(2)]
    assert not torch.equal(first, second)
    assert torch.equal(*settled)
