"""Named tensors in safetensors files, an optimizer's state among them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from ousianer_cli.outputs import whole_file


def save_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """A safetensors file that appears whole."""
    with whole_file(path) as part:
        write_tensors({k: v.detach().cpu().contiguous() for k, v in tensors.items()}, part)


def write_tensors(tensors: dict[str, Tensor], path: Path) -> None:
    """Write a safetensors file in place.

    Raises:
        OSError: it cannot be written; a full disk, among others.
    """
    try:
        save_file(tensors, path)
    except SafetensorError as error:
        raise OSError(str(error)) from None


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """An optimizer's state as named tensors."""
    out: dict[str, Tensor] = {}
    for index, state in optimizer.state_dict()["state"].items():
        for key, value in state.items():
            out[f"{index}.{key}"] = value if isinstance(value, Tensor) else torch.tensor(float(value))
    return out


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Put back what `optimizer_tensors` took."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        index, key = name.split(".", 1)
        state.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
