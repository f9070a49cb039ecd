"""In which numbers the network is computed on a CPU; `auto` tries them on this very machine."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from ousianer_cli.errors import SettingsError
from ousianer_cli.network.checkpoint import Model
from ousianer_cli.network.onednn import Precision, fast_bf16
from ousianer_cli.network.packed import PackedNetwork, bert_like
from ousianer_cli.network.pieces import EncodedSentence
from ousianer_cli.network.shapes import SHAPE_FEATURES
from ousianer_cli.tagging.pool import kernel_pool

PrecisionChoice = Literal["auto", "fp32", "int8", "bf16"]
MIN_SPEEDUP = 1.15
"""How many times as fast numbers of less precision must be, to be taken in place of the next better ones."""
_PIECES, _RUNS = 160, 7
"""A passage of usual length, and how often it is tried."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A precision, and why it was taken, in words."""

    precision: Precision
    reason: str

    def __str__(self) -> str:
        return f"{self.precision} ({self.reason})"


def choose_precision(wanted: PrecisionChoice, model: Model, device: str) -> Chosen:
    """The precision wanted, or, of `auto`, the one that a short trial finds worth it.

    From fp32 over bf16 to int8, each is taken in place of the one before where it is `MIN_SPEEDUP` times as fast on a
    passage of made-up words.

    Raises:
        SettingsError: a precision that the device, the processor or the encoder cannot have.
    """
    reason = _only_fp32(model, device)
    if wanted not in ("auto", "fp32") and reason:
        raise SettingsError(f"--precision {wanted}: expected a network that can be packed for a CPU, found {reason}")
    if wanted == "bf16" and not _has_bf16():
        raise SettingsError(
            f"--precision bf16: expected a processor with AVX-512, found {torch.backends.cpu.get_cpu_capability()}; "
            "try int8"
        )
    if wanted != "auto":
        return Chosen(wanted, "as set")
    if reason:
        return Chosen("fp32", reason)
    with kernel_pool(1, 1) as pool:
        seconds = pool.submit(_tried, model).result()
    best: Precision = "fp32"
    for precision in seconds:
        if seconds[best] / seconds[precision] >= MIN_SPEEDUP:
            best = precision
    rates = ", ".join(f"{name} {_PIECES / s:,.0f}" for name, s in seconds.items())
    return Chosen(best, f"pieces a second in a trial of one thread: {rates}")


def _only_fp32(model: Model, device: str) -> str:
    if device != "cpu":
        return f"the device {device}"
    encoder = model.tagger.states.encoder
    return "" if bert_like(encoder) else f"an encoder of another kind ({encoder.config.model_type})"


def _has_bf16() -> bool:
    """Whether oneDNN can multiply bf16 numbers here, if only in software."""
    return torch.backends.cpu.get_cpu_capability().startswith("AVX512") or fast_bf16()


@torch.inference_mode()
def _tried(model: Model) -> dict[Precision, float]:
    """Seconds of each precision on one passage, the least of several runs; bf16 only where the processor has it."""
    words = _PIECES - 2
    ids = np.random.default_rng(0).integers(0, model.tokenizer.vocabulary, _PIECES).astype(np.int32)
    first = np.arange(1, words + 1, dtype=np.int32)
    passage = EncodedSentence(ids, first, np.zeros((words, SHAPE_FEATURES), dtype=np.uint8))
    order: list[Precision] = ["fp32", "bf16", "int8"] if fast_bf16() else ["fp32", "int8"]
    seconds: dict[Precision, float] = {}
    for precision in order:
        network = PackedNetwork(model.tagger, precision)
        network([passage])
        times = []
        for _ in range(_RUNS):
            began = time.perf_counter()
            network([passage])
            times.append(time.perf_counter() - began)
        seconds[precision] = min(times)
    return seconds
