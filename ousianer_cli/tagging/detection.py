"""Names of a document's sequences, in threads beside one another."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import blake2b
from threading import Lock
from typing import TypeVar

import torch

from ousianer_cli.network.checkpoint import Model
from ousianer_cli.network.inference import Contextualised, Detected, contextualised, detect_batch, length_batches
from ousianer_cli.network.nested import NestedHead
from ousianer_cli.network.packed import PackedNetwork, Precision
from ousianer_cli.network.pieces import EncodedSentence
from ousianer_cli.network.shapes import sentence_begins
from ousianer_cli.tagging.pool import Joint, kernel_pool

BATCH_PIECES = 4096
"""Padded pieces of a GPU's batch at most. It is fixed, and a batch holds one document, so that what is found in a
document depends on its text alone: batches of another shape round differently in the last bits."""
REMEMBERED = 4096
"""Sequences and names in them that are kept at most, for documents that repeat one another: some 5 MiB."""

Result = TypeVar("Result")


class Detection:
    """Runs a model's network over sequences.

    On a CPU each sequence runs by itself, so that its names depend on nothing else by construction, in one thread,
    several of them at once. On a GPU a document's sequences share batches.
    """

    def __init__(
        self, model: Model, nested: NestedHead | None, device: str, threads: int, precision: Precision
    ) -> None:
        self._network, self._nested, self._device = model.tagger, nested, device
        self._packed = PackedNetwork(model.tagger, precision) if device == "cpu" else None
        together = self._packed is not None and self._packed.concurrent
        self._pool: ThreadPoolExecutor = kernel_pool(threads if together else 1, 1 if together else threads)
        self._known: OrderedDict[bytes, Detected] = OrderedDict()
        self._known_names = 0
        self._lock = Lock()

    def start(
        self, sequences: Sequence[EncodedSentence], finish: Callable[[list[Detected]], Result]
    ) -> Joint[list[Detected], Result]:
        """Find the names of a document's sequences; the last thread makes the result of them."""
        if self._packed is not None:
            batches = [[i] for i in range(len(sequences))]
        else:
            batches = length_batches([s.pieces for s in sequences], BATCH_PIECES)
        order = [i for batch in batches for i in batch]

        def join(found: list[list[Detected]]) -> Result:
            of = dict(zip(order, (detected for batch in found for detected in batch), strict=True))
            return finish([of[i] for i in range(len(sequences))])

        parts = [partial(self._detect, [sequences[i] for i in batch]) for batch in batches]
        return Joint(self._pool, parts, join)

    def forget(self) -> None:
        """Run what comes again through the network, too."""
        with self._lock:
            self._known.clear()
            self._known_names = 0

    def _detect(self, sequences: list[EncodedSentence]) -> list[Detected]:
        if self._packed is None:
            return self._in_batch(sequences)
        return [self._alone(sequence, self._packed) for sequence in sequences]

    @torch.inference_mode()
    def _in_batch(self, sequences: list[EncodedSentence]) -> list[Detected]:
        found: dict[int, Detected] = {}
        budget = len(sequences) * max(s.pieces for s in sequences)
        for batch in contextualised(self._network, sequences, budget, self._device):
            found |= zip(batch.indices, detect_batch(self._network, batch, self._nested), strict=True)
        return [found[i] for i in range(len(sequences))]

    @torch.inference_mode()
    def _alone(self, sequence: EncodedSentence, network: PackedNetwork) -> Detected:
        digest = blake2b(digest_size=16)
        for array in (sequence.piece_ids, sequence.first_piece, sequence.shapes):
            digest.update(array.tobytes())
        key = digest.digest()
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        states, layers, shapes = network(sequence)
        every = torch.ones(states.shape[:2], dtype=torch.bool)
        batch = Contextualised([0], states, layers, every, sentence_begins(shapes))
        (found,) = detect_batch(self._network, batch, self._nested)
        self._remember(key, found)
        return found

    def _remember(self, key: bytes, found: Detected) -> None:
        with self._lock:
            if key in self._known:  # by another thread, meanwhile
                return
            self._known[key] = found
            self._known_names += found.names
            while len(self._known) + self._known_names > REMEMBERED:
                self._known_names -= self._known.popitem(last=False)[1].names
