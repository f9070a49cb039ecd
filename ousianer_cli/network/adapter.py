"""What a detector learned from corrections: a small network beside its last layer.

It adds to the emissions and nothing else reads it, so that mention vectors and types stay to the bit. A residual
adapter after Houlsby et al. (2019), "Parameter-efficient transfer learning for NLP", which begins at zero.
Letters: B sentences, T words, H BiLSTM output size, D encoder size.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ousianer_cli.network.crf import TAGS


class DetectionAdapter(nn.Module):
    """Two layers over each word's BiLSTM state and mixed encoder state; what they give is added to the emissions."""

    def __init__(self, size: int, hidden: int, dropout: float = 0.2) -> None:
        super().__init__()
        self.size = size
        self.dropout = nn.Dropout(dropout)
        self.hidden = nn.Linear(size, hidden)
        self.out = nn.Linear(hidden, TAGS)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, inputs: Tensor) -> Tensor:
        """inputs [..., T, H + D] -> what is added to the emissions [..., T, 3]."""
        normal = F.layer_norm(inputs, (self.size,))
        return self.out(self.dropout(F.gelu(self.hidden(self.dropout(normal)))))  # type: ignore[no-any-return]


def adapter_inputs(states: Tensor, words: Tensor) -> Tensor:
    """BiLSTM states [..., T, H] and mixed encoder states [..., T, D] -> [..., T, H + D]."""
    return torch.cat([states, words], dim=-1)
