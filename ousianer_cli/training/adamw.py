"""AdamW (Loshchilov and Hutter 2019) for trainings of seconds: PyTorch's own step, without its optimizer class.

Making a `torch.optim.AdamW` imports PyTorch's compiler, which takes longer than learning from a page of corrections.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw


class AdamW:
    """AdamW over one group of parameters; gives the weights that `torch.optim.AdamW` gives, to the bit.

    `lr` is the peak rate; `step` is told what share of it to train at.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float, weight_decay: float) -> None:
        self._parameters = list(parameters)
        self.lr, self._weight_decay = lr, weight_decay
        self._means: dict[nn.Parameter, tuple[Tensor, Tensor, Tensor]] = {}  # of gradients and their squares; steps

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self._parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self, share: float) -> None:
        """One step by the gradients, at so much of the peak rate."""
        moved = [p for p in self._parameters if p.grad is not None]
        for parameter in moved:
            if parameter not in self._means:
                zeros = torch.zeros_like(parameter, memory_format=torch.preserve_format)
                self._means[parameter] = zeros, zeros.clone(), torch.tensor(0.0)
        means, squares, steps = (list(kind) for kind in zip(*(self._means[p] for p in moved), strict=True))
        adamw(
            [p.data for p in moved],
            [p.grad for p in moved if p.grad is not None],
            means,
            squares,
            [],
            steps,
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=self.lr * share,
            weight_decay=self._weight_decay,
            eps=1e-8,
            maximize=False,
        )
