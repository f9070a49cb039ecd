"""The conversion layer: from what the pretrained typing head says to target types.

Letters: M mentions, V mention vector, Y pretraining types, A target types (the last one is "outside").
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

ConversionInput = Literal["logits", "probabilities", "vectors", "both"]


class Conversion(nn.Module):
    """Two-layer feed-forward (200, ReLU) on YAGO logits -> AIDA types (Hagiwara et al. 2019, fine-tuning).

    `reads` chooses its input: the logits [M, Y] (the paper), their sigmoid, the mention vectors [M, V], or logits and
    vectors.
    """

    def __init__(
        self,
        vector_size: int,
        types: int,
        targets: int,
        *,
        hidden: int,
        reads: ConversionInput,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.reads = reads
        size = {"logits": types, "probabilities": types, "vectors": vector_size, "both": types + vector_size}[reads]
        # Logits of rare types lie far below zero; without scaling they drown the rest of the input.
        self.scale: nn.Module = nn.LayerNorm(size) if reads in ("logits", "both") else nn.Identity()
        self.hidden = nn.Linear(size, hidden)
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(hidden, targets)

    @property
    def reads_logits(self) -> bool:
        """Whether YAGO logits, which cost as much as the layer itself, are any part of its input."""
        return self.reads != "vectors"

    def forward(self, vectors: Tensor, logits: Tensor) -> Tensor:
        """vectors [M, V], logits [M, Y] -> scores [M, A], to be soft-maxed; logits may be empty where none are read."""
        if self.reads == "vectors":
            seen = vectors
        elif self.reads == "logits":
            seen = logits
        elif self.reads == "probabilities":
            seen = torch.sigmoid(logits)
        else:
            seen = torch.cat([logits, vectors], dim=1)
        state = self.dropout(torch.relu(self.hidden(self.scale(seen))))  # [M, hidden]
        return self.out(state)  # type: ignore[no-any-return]
