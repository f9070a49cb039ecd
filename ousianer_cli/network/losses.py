"""Losses of both phases. Letters: M mentions, Y pretraining types, A target types."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def multi_label_loss(logits: Tensor, targets: Tensor, weights: Tensor, mask: Tensor | None = None) -> Tensor:
    """Multi-label cross-entropy, summed over types and averaged over mentions by weight.

    logits, targets [M, Y], weights [M]; `mask` [M, Y] is 0 where a type is neither right nor wrong (below a coarse
    label).
    """
    loss = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    if mask is not None:
        loss = loss * mask
    return (loss.sum(dim=1) * weights).sum() / weights.sum().clamp(min=1e-6)


def soft_cross_entropy(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """L = -sum_i y*_i log p(z_i) (Hagiwara et al. 2019, fine-tuning), averaged over mentions by weight.

    logits [M, A]; targets y* [M, A], each row summing to 1; weights [M].
    """
    loss = -(targets * F.log_softmax(logits, dim=1)).sum(dim=1)
    return (loss * weights).sum() / weights.sum().clamp(min=1e-6)


def credit_loss(logits: Tensor, credits: Tensor, weights: Tensor) -> Tensor:
    """L = -log sum_j p(z_j) c_j, averaged over mentions by weight: the credit that a draw from p would earn.

    logits [M, A]; credits c [M, A], what each prediction earns for the mention's gold (0..1, some over 0); weights [M].
    Where gold is one type i, c is row i of W.
    """
    earned = torch.logsumexp(F.log_softmax(logits, dim=1) + credits.log(), dim=1)
    return -(earned * weights).sum() / weights.sum().clamp(min=1e-6)


def soft_targets(gold: Tensor, credit: Tensor) -> Tensor:
    """y* = yW, each row scaled to sum to 1.

    gold y [M, A] (a distribution over admissible types), credit W [A, A] -> [M, A].
    W[i, j] is the partial score for predicting j where gold is i; axes: y over i, W over (i, j), the result over j.
    """
    soft = gold @ credit
    return soft / soft.sum(dim=1, keepdim=True).clamp(min=1e-9)


def expected_credit(probabilities: Tensor, credit: Tensor) -> Tensor:
    """sum_i p(i) W[i, j] for every prediction j: probabilities [M, A], credit W [A, A] -> [M, A]."""
    return probabilities @ credit
