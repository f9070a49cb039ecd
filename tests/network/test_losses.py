"""Losses against values worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from ousianer_cli.network.losses import credit_loss, expected_credit, multi_label_loss, soft_cross_entropy, soft_targets


def test_multi_label_loss_by_hand() -> None:
    logits = torch.tensor([[0.0, 2.0], [-1.0, 0.0]])
    targets = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    weights = torch.tensor([1.0, 3.0])
    first = math.log(2) + math.log(1 + math.exp(2))
    second = math.log(1 + math.exp(-1)) + math.log(2)
    assert multi_label_loss(logits, targets, weights).item() == pytest.approx((first + 3 * second) / 4, rel=1e-6)


def test_a_masked_type_costs_nothing() -> None:
    logits = torch.tensor([[0.0, 50.0]], requires_grad=True)
    loss = multi_label_loss(logits, torch.tensor([[1.0, 0.0]]), torch.ones(1), torch.tensor([[1.0, 0.0]]))
    assert loss.item() == pytest.approx(math.log(2))
    loss.backward()
    assert logits.grad is not None and logits.grad.tolist() == [[-0.5, 0.0]]


def test_soft_cross_entropy_by_hand() -> None:
    logits = torch.tensor([[math.log(3.0), 0.0], [0.0, 0.0]])
    targets = torch.tensor([[0.5, 0.5], [1.0, 0.0]])
    first = -0.5 * (math.log(0.75) + math.log(0.25))
    loss = soft_cross_entropy(logits, targets, torch.tensor([2.0, 1.0]))
    assert loss.item() == pytest.approx((2 * first + math.log(2)) / 3, rel=1e-6)


def test_with_a_sharp_target_it_is_plain_cross_entropy() -> None:
    torch.manual_seed(0)
    logits = torch.randn(5, 4)
    gold = torch.tensor([0, 3, 1, 2, 2])
    found = soft_cross_entropy(logits, torch.eye(4)[gold], torch.ones(5))
    assert found.item() == pytest.approx(torch.nn.functional.cross_entropy(logits, gold).item(), rel=1e-5)


def test_no_weight_at_all_is_no_loss() -> None:
    assert multi_label_loss(torch.zeros(1, 2), torch.ones(1, 2), torch.zeros(1)).item() == 0.0
    assert soft_cross_entropy(torch.zeros(1, 2), torch.full((1, 2), 0.5), torch.zeros(1)).item() == 0.0


def test_soft_targets_are_yw_scaled_to_one() -> None:
    credit = torch.tensor([[1.0, 0.5, 0.0], [0.25, 1.0, 0.0], [0.0, 0.0, 1.0]])
    gold = torch.tensor([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])
    wanted = [[1 / 1.5, 0.5 / 1.5, 0.0], [0.625 / 1.375, 0.75 / 1.375, 0.0], [0.0, 0.0, 1.0]]
    assert soft_targets(gold, credit).tolist() == [pytest.approx(row) for row in wanted]


def test_credit_loss_by_hand() -> None:
    logits = torch.log(torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1]]))
    credits = torch.tensor([[1.0, 0.5, 0.0], [0.0, 1.0, 0.25]])
    loss = credit_loss(logits, credits, torch.tensor([2.0, 1.0]))
    assert loss.item() == pytest.approx(-(2 * math.log(0.65) + math.log(0.825)) / 3)


def test_credit_loss_is_cross_entropy_where_only_gold_earns() -> None:
    logits, gold = torch.randn(5, 4, generator=torch.Generator().manual_seed(1)), torch.tensor([0, 3, 1, 1, 2])
    found = credit_loss(logits, torch.eye(4)[gold], torch.ones(5))
    assert found.item() == pytest.approx(torch.nn.functional.cross_entropy(logits, gold).item())


def test_expected_credit_by_hand() -> None:
    credit = torch.tensor([[1.0, 0.5], [0.0, 1.0]])  # rows gold, columns predictions
    assert expected_credit(torch.tensor([[0.4, 0.6]]), credit).tolist() == [pytest.approx([0.4, 0.8])]
