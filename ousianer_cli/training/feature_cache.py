"""Features of a frozen encoder, computed once and kept in memory-mapped files keyed by a fingerprint.

Letters: T words, L mixed layers, D encoder size.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ousianer_cli.network.encoder import fingerprint
from ousianer_cli.network.inference import length_batches
from ousianer_cli.network.pieces import collate
from ousianer_cli.network.tagger import TaggerNetwork
from ousianer_cli.outputs import whole_file
from ousianer_cli.training.examples import Example


@dataclass(slots=True)
class _Part:
    """Features [words in all, L, D] in fp16, and where each sentence begins and ends in them."""

    path: Path
    features: np.ndarray
    starts: np.ndarray
    ends: np.ndarray


@dataclass(slots=True)
class FeatureCache:
    """The encoder's layers at every word of the training and validation sentences."""

    parts: dict[str, _Part]
    root: Path

    @classmethod
    def open(
        cls,
        tagger: TaggerNetwork,
        corpora: Mapping[str, list[Example]],
        folder: Path,
        report: Callable[[str], None],
    ) -> FeatureCache:
        """Read the cached files of these corpora and this encoder, and compute those that are missing.

        `folder` gets a folder `.features`, where all runs beside one another keep theirs.
        """
        root = folder / ".features"
        root.mkdir(parents=True, exist_ok=True)
        key = fingerprint(tagger.states.encoder)
        parts = {name: _part(tagger, examples, key, root, name, report) for name, examples in corpora.items()}
        return cls(parts, root)

    def features(self, indices: Sequence[int], width: int, part: str = "train") -> Tensor:
        """[B, width, L, D] of the sentences at `indices`, zero-padded."""
        held = self.parts[part]
        out = np.zeros((len(indices), width, *held.features.shape[1:]), dtype=np.float32)
        for row, index in enumerate(indices):
            start, end = held.starts[index], held.ends[index]
            out[row, : end - start] = held.features[start:end]
        return torch.from_numpy(out)

    def remove(self) -> int:
        """Delete the files of these corpora, and their folder if nothing else is in it; returns the bytes freed."""
        paths = {part.path for part in self.parts.values()}
        self.parts = {}
        freed = 0
        for path in paths:
            with contextlib.suppress(FileNotFoundError):  # a run beside this one, over the same sentences, was quicker
                size = path.stat().st_size
                path.unlink()
                freed += size
        with contextlib.suppress(OSError):
            self.root.rmdir()
        return freed


def _reserve(path: Path) -> None:
    """Take the space of a mapped file now: a disk that is full later ends the process (SIGBUS), and says nothing."""
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, os.fstat(file.fileno()).st_size)


def _part(
    tagger: TaggerNetwork, examples: list[Example], key: str, root: Path, name: str, report: Callable[[str], None]
) -> _Part:
    digest = hashlib.blake2b(digest_size=12)
    digest.update(json.dumps([key, tagger.states.layers]).encode())
    unique = list({id(e): e for e in examples}.values())  # a repeated sentence is computed once
    place = {id(e): i for i, e in enumerate(unique)}
    for example in unique:
        digest.update(example.encoded.piece_ids.tobytes())
    lengths = np.array([e.encoded.words for e in unique], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    path = root / f"{digest.hexdigest()}.npy"
    if not path.is_file():
        shape = (int(starts[-1]), len(tagger.states.layers), tagger.config.encoder_size)
        size = 2 * math.prod(shape) / 2**20
        report(f"computing encoder features of {len(unique):,} sentences ({name}): {size:,.1f} MiB in {root} …")
        tagger.eval()
        device = next(tagger.parameters()).device
        with torch.no_grad(), whole_file(path) as part:
            store = np.lib.format.open_memmap(part, mode="w+", dtype=np.float16, shape=shape)
            _reserve(part)
            for indices in length_batches([e.encoded.pieces for e in unique], 4096):
                batch = collate([unique[i].encoded for i in indices]).to(device)
                states = tagger.states(batch).half().cpu().numpy()
                for row, index in enumerate(indices):
                    store[starts[index] : starts[index + 1]] = states[row, : lengths[index]]
            store.flush()
            del store
    order = np.array([place[id(e)] for e in examples], dtype=np.int64)
    return _Part(path, np.load(path, mmap_mode="r"), starts[:-1][order], starts[1:][order])
