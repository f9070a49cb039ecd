"""Training in several processes (torchrun), each with its share of every batch: the same update as one process makes.

Every process knows the whole batch and takes its share of the examples. Losses are parts of the mean over the whole
batch, and gradients are summed over the processes, so that all take the same step; the first process validates and
writes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, distributed, nn

from ousianer_cli.errors import SettingsError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Processes:
    """This process among those of a training; alone unless torchrun said otherwise."""

    rank: int = 0
    count: int = 1
    device: str = "cpu"

    @property
    def first(self) -> bool:
        """Whether this is the process that validates and writes."""
        return self.rank == 0

    def own(self, size: int) -> list[int]:
        """Places in a batch of `size` examples that are this process's."""
        return list(range(self.rank, size, self.count))

    def part(self, weights: Sequence[int]) -> slice:
        """Which of things in a row are this process's (see `run_ends`)."""
        ends = run_ends(weights, self.count)
        return slice(ends[self.rank], ends[self.rank + 1])

    def gather(self, value: T) -> list[T]:
        """What every process gives, in their order."""
        if self.count == 1:
            return [value]
        values: list[Any] = [None] * self.count
        distributed.all_gather_object(values, value)
        return values

    def from_first(self, value: T) -> T:
        """What the first process gives."""
        if self.count == 1:
            return value
        values = [value]
        distributed.broadcast_object_list(values, 0)
        return values[0]

    def wait(self) -> None:
        """Wait until every process has come here."""
        if self.count > 1:
            distributed.barrier()

    def sums(self, values: Sequence[float]) -> list[float]:
        """Each value summed over the processes."""
        if self.count == 1:
            return list(values)
        word = torch.tensor(values, dtype=torch.float64, device=self.device)
        distributed.all_reduce(word)
        return [float(value) for value in word.tolist()]

    def sum_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Sum the gradients over the processes; a parameter that has none in any of them has none afterwards."""
        if self.count == 1:
            return
        trained = list(parameters)
        has = torch.tensor([int(p.grad is not None) for p in trained], device=self.device)
        distributed.all_reduce(has)
        used = [p for p, count in zip(trained, has.tolist(), strict=True) if count]
        if not used:
            return
        flat = torch.cat([torch.zeros_like(p).flatten() if p.grad is None else p.grad.flatten() for p in used])
        distributed.all_reduce(flat)
        place = 0
        for parameter in used:
            parameter.grad = flat[place : place + parameter.numel()].view_as(parameter).clone()
            place += parameter.numel()

    def same_start(self, tensors: Iterable[Tensor]) -> None:
        """Give every process the first one's tensors."""
        if self.count > 1:
            for tensor in tensors:
                distributed.broadcast(tensor, 0)


ALONE = Processes()


def run_ends(weights: Sequence[int], count: int) -> list[int]:
    """Things in a row parted into `count` runs of about the same weight: where each begins, and the end. [count + 1]"""
    middles = np.cumsum(weights) - np.asarray(weights) / 2
    borders = np.arange(1, count) * (sum(weights) / count)
    return [0, *np.searchsorted(middles, borders).tolist(), len(weights)]


@contextmanager
def processes() -> Iterator[Processes]:
    """The processes that torchrun started (`RANK`, `WORLD_SIZE`, `LOCAL_RANK`), joined for the block.

    Raises:
        SettingsError: more processes on a machine than it has GPUs.
    """
    count, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    local = int(os.environ.get("LOCAL_RANK", "0"))
    gpus = torch.cuda.device_count()
    if count == 1:
        yield Processes(device="cuda" if gpus else "cpu")
        return
    if gpus and local >= gpus:
        raise SettingsError(f"torchrun: expected a GPU for each process, found {gpus} on this machine; start fewer")
    device = f"cuda:{local}" if gpus else "cpu"
    if gpus:
        torch.cuda.set_device(local)
    # A process may wait long for the first one's validation; one that died is torchrun's to tell.
    distributed.init_process_group("nccl" if gpus else "gloo", timeout=timedelta(days=1))
    try:
        yield Processes(rank, count, device)
    finally:
        distributed.destroy_process_group()
