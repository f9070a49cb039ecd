"""What PyTorch's oneDNN kernels on a CPU offer, and the shapes that suit them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

Precision = Literal["fp32", "bf16", "int8"]
LAID_OUT_ROWS = 128
"""Rows for which weights are laid out; other numbers of rows run as well."""
STEP = 8
"""What the number of rows is a multiple of: oneDNN keeps half a MiB of code for each layer and number of rows that it
has met, and takes about a millisecond to make it."""


def has_packed_weights() -> bool:
    """Whether this PyTorch has oneDNN, with its packed weights."""
    available: Callable[[], bool] = torch.backends.mkldnn.is_available
    return available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")


def fast_bf16() -> bool:
    """Whether this processor multiplies bf16 numbers itself (AVX-512 BF16 or AMX)."""
    known = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(known is not None and known())


def padded(rows: Tensor, step: int) -> Tensor:
    """Rows with zeros behind them, as many as make their number a multiple of `step`."""
    missing = -len(rows) % step
    return torch.cat([rows, rows.new_zeros(missing, *rows.shape[1:])]) if missing else rows
