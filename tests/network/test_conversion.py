"""What the conversion layer reads, and that it reads nothing else."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ousianer_cli.network.conversion import Conversion, ConversionInput

VECTORS, LOGITS = torch.randn(3, 5), torch.randn(3, 7)


@pytest.mark.parametrize(("reads", "size"), [("logits", 7), ("probabilities", 7), ("vectors", 5), ("both", 12)])
def test_it_reads_what_it_says(reads: ConversionInput, size: int) -> None:
    torch.manual_seed(1)
    layer = Conversion(5, 7, 4, hidden=6, reads=reads)
    assert (layer.hidden.in_features, layer.hidden.out_features, layer.out.out_features) == (size, 6, 4)
    found = layer(VECTORS, LOGITS)
    assert found.shape == (3, 4)
    assert torch.equal(layer(VECTORS + 1, LOGITS), found) == (reads in ("logits", "probabilities"))
    assert torch.equal(layer(VECTORS, LOGITS * 2), found) == (reads == "vectors")


def test_two_layers_with_relu_over_probabilities() -> None:
    layer = Conversion(5, 7, 4, hidden=6, reads="probabilities")
    seen = torch.sigmoid(LOGITS) @ layer.hidden.weight.T + layer.hidden.bias
    wanted = seen.clamp(min=0) @ layer.out.weight.T + layer.out.bias
    assert torch.allclose(layer(VECTORS, LOGITS), wanted, atol=1e-6)


def test_logits_are_scaled_before_the_first_layer() -> None:
    layer = Conversion(5, 7, 4, hidden=6, reads="logits")
    assert isinstance(layer.scale, nn.LayerNorm)
    assert torch.allclose(layer(VECTORS, LOGITS), layer(VECTORS, 100 * LOGITS), atol=1e-3)


def test_dropout_only_in_training() -> None:
    layer = Conversion(5, 7, 4, hidden=50, reads="both", dropout=0.5)
    layer.train()
    assert not torch.equal(layer(VECTORS, LOGITS), layer(VECTORS, LOGITS))
    layer.eval()
    assert torch.equal(layer(VECTORS, LOGITS), layer(VECTORS, LOGITS))
