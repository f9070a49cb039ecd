"""Our AdamW against PyTorch's class."""

from __future__ import annotations

import torch
from torch import nn

from ousianer_cli.training.adamw import AdamW


def test_the_weights_are_those_of_torch_to_the_bit() -> None:
    torch.manual_seed(2)
    first = nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3))
    second = nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3))
    second.load_state_dict(first.state_dict())
    unused = nn.Parameter(torch.ones(2))
    ours = AdamW([*first.parameters(), unused], 1e-2, 0.1)
    theirs = torch.optim.AdamW(second.parameters(), lr=1e-2, weight_decay=0.1)
    for step in range(20):
        inputs = torch.randn(4, 5)
        share = (step + 1) / 20
        theirs.param_groups[0]["lr"] = 1e-2 * share
        for model, optimizer in ((first, ours), (second, theirs)):
            optimizer.zero_grad()
            model(inputs).pow(2).sum().backward()
        ours.step(share)
        theirs.step()
        for mine, other in zip(first.parameters(), second.parameters(), strict=True):
            assert torch.equal(mine, other), step
    assert torch.equal(unused, torch.ones(2))
