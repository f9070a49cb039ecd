"""Names inside found names: a classifier of the stretches of words within a name.

Detection finds outermost names; a second, cheap pass over the words of each decides which stretch inside it names
another entity ("[[Baltimore] Police]"). After the span classifiers of nested NER (a layered CRF as of Ju et al. 2018
would run the whole sentence once more for what lies within a few words).
Letters: N candidates, V mention vector.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

Span = tuple[int, int]

LONGEST = 12
"""Names of more words are not looked into."""
PLACE_FEATURES = 6


def candidates(name: Span) -> list[Span]:
    """Every stretch of words inside a name [start, end) but the whole."""
    start, end = name
    if not 2 <= end - start <= LONGEST:
        return []
    return [(a, b) for a in range(start, end) for b in range(a + 1, end + 1) if (a, b) != name]


def place_features(inner: Sequence[Span], outer: Sequence[Span]) -> Tensor:
    """Where candidates stand in their names, [N, 6]: at its start, at its end, words before, after and in it, and in
    the name."""
    rows = [
        (
            float(a == start),
            float(b == end),
            min(a - start, 5) / 5,
            min(end - b, 5) / 5,
            min(b - a, 5) / 5,
            min(end - start, 8) / 8,
        )
        for (a, b), (start, end) in zip(inner, outer, strict=True)
    ]
    return torch.tensor(rows, dtype=torch.float32).reshape(-1, PLACE_FEATURES)


class NestedHead(nn.Module):
    """p(a stretch inside a name is a name itself): two-layer feed-forward over both vectors and the place."""

    def __init__(self, vector_size: int, hidden: int = 128, dropout: float = 0.3) -> None:
        super().__init__()
        self.hidden = nn.Linear(2 * vector_size + PLACE_FEATURES, hidden)
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(hidden, 1)

    def forward(self, inner: Tensor, outer: Tensor, places: Tensor) -> Tensor:
        """inner [N, V], outer [N, V] (each candidate's name), places [N, 6] -> logits [N]."""
        state = torch.relu(self.hidden(torch.cat([inner, outer, places], dim=1)))
        return self.out(self.dropout(state)).squeeze(1)  # type: ignore[no-any-return]


def choose_nested(spans: Sequence[Span], probabilities: Sequence[float], threshold: float = 0.5) -> list[int]:
    """The candidates of one name that are names, as places: the most probable first, none overlapping another."""
    chosen: list[int] = []
    for place in sorted(range(len(spans)), key=lambda i: (-probabilities[i], spans[i])):
        if probabilities[place] < threshold:
            break
        a, b = spans[place]
        if all(b <= spans[k][0] or spans[k][1] <= a for k in chosen):
            chosen.append(place)
    return sorted(chosen, key=lambda i: spans[i])
