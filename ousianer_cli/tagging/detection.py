"""Names of a document's sequences, in threads beside one another."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b
from threading import Lock
from typing import Any, TypeVar

import torch

from ousianer_cli.network.checkpoint import Model
from ousianer_cli.network.inference import Contextualised, Detected, contextualised, detect_batch, length_batches
from ousianer_cli.network.nested import NestedHead
from ousianer_cli.network.onednn import Precision
from ousianer_cli.network.packed import PackedNetwork
from ousianer_cli.network.pieces import EncodedSentence
from ousianer_cli.network.shapes import sentence_begins
from ousianer_cli.tagging.pool import Joint, kernel_pool

BATCH_PIECES = 4096
"""Padded pieces of a GPU's batch at most. It is fixed, and a batch holds one document, so that what is found in a
document depends on its text alone: batches of another shape round differently in the last bits."""
REMEMBERED = 4096
"""Sequences and names in them that are kept at most, for documents that repeat one another: some 5 MiB."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """A sequence of a document, and whose result its names are a part of."""

    sequence: EncodedSentence
    joint: Joint[Detected, Any]
    place: int


class Detection:
    """Runs a model's network over sequences.

    On a CPU a few sequences, of any documents, are one piece of work for one thread, several threads at once; what is
    found in a sequence does not depend on those beside it (`PackedNetwork`). On a GPU a document's sequences share
    batches.
    """

    def __init__(
        self, model: Model, nested: NestedHead | None, device: str, threads: int, precision: Precision
    ) -> None:
        self._network, self._nested, self._device = model.tagger, nested, device
        self._packed = PackedNetwork(model.tagger, precision) if device == "cpu" else None
        together = self._packed is not None and self._packed.concurrent
        self._threads = threads if together else 1
        self._pool: ThreadPoolExecutor = kernel_pool(self._threads, 1 if together else threads)
        self._waiting: list[_Task] = []
        self._known: OrderedDict[bytes, Detected] = OrderedDict()
        self._known_names = 0
        self._lock = Lock()

    def start(
        self, sequences: Sequence[EncodedSentence], finish: Callable[[list[Detected]], Result]
    ) -> Joint[Detected, Result]:
        """Find the names of a document's sequences; the last thread makes the result of them."""
        joint: Joint[Detected, Result] = Joint(len(sequences), finish)
        tasks = [_Task(sequence, joint, place) for place, sequence in enumerate(sequences)]
        if self._packed is None:
            for batch in length_batches([s.pieces for s in sequences], BATCH_PIECES):
                self._pool.submit(self._find, [tasks[i] for i in batch], self._in_batch)
            return joint
        with self._lock:
            self._waiting += tasks
        for _ in tasks:
            self._pool.submit(self._find_waiting)
        return joint

    def _find_waiting(self) -> None:
        """Find the names of what waited longest and of what has about its length.

        Of what waits a thread takes half its share, so that all of them end at about the same time.
        """
        assert self._packed is not None
        shares = 2 * self._threads if self._threads > 1 else 1
        with self._lock:
            eldest = self._waiting[: self._packed.rows * shares]
            if not eldest:
                return
            first = eldest[0].sequence.words
            near = sorted(eldest, key=lambda task: abs(task.sequence.words - first))
            taken = near[: -(-len(near) // shares)]
            self._waiting[: len(eldest)] = [task for task in eldest if task not in taken]
        self._find(taken, self._packed_together)

    def _find(self, tasks: Sequence[_Task], find: Callable[[Sequence[EncodedSentence]], list[Detected]]) -> None:
        """Find the names of sequences, and bring them where they belong."""
        wanted = [task for task in tasks if not task.joint.given_up]
        try:
            found = find([task.sequence for task in wanted]) if wanted else []
        except BaseException as error:
            for task in wanted:
                task.joint.fail(error)
        else:
            for task, detected in zip(wanted, found, strict=True):
                task.joint.put(task.place, detected)

    def forget(self) -> None:
        """Run what comes again through the network, too."""
        with self._lock:
            self._known.clear()
            self._known_names = 0

    @torch.inference_mode()
    def _in_batch(self, sequences: Sequence[EncodedSentence]) -> list[Detected]:
        found: dict[int, Detected] = {}
        budget = len(sequences) * max(s.pieces for s in sequences)
        for batch in contextualised(self._network, sequences, budget, self._device):
            found |= zip(batch.indices, detect_batch(self._network, batch, self._nested), strict=True)
        return [found[i] for i in range(len(sequences))]

    @torch.inference_mode()
    def _packed_together(self, sequences: Sequence[EncodedSentence]) -> list[Detected]:
        assert self._packed is not None
        keys = [_digest(sequence) for sequence in sequences]
        with self._lock:
            found = {key: self._known[key] for key in keys if key in self._known}
            for key in found:
                self._known.move_to_end(key)
        new = {key: sequence for key, sequence in zip(keys, sequences, strict=True) if key not in found}
        for key, (states, layers, shapes) in zip(new, self._packed([*new.values()]), strict=True):
            every = torch.ones(states.shape[:2], dtype=torch.bool)
            batch = Contextualised([0], states, layers, every, sentence_begins(shapes))
            (found[key],) = detect_batch(self._network, batch, self._nested)
            self._remember(key, found[key])
        return [found[key] for key in keys]

    def _remember(self, key: bytes, found: Detected) -> None:
        with self._lock:
            if key in self._known:  # by another thread, meanwhile
                return
            self._known[key] = found
            self._known_names += found.names
            while len(self._known) + self._known_names > REMEMBERED:
                self._known_names -= self._known.popitem(last=False)[1].names


def _digest(sequence: EncodedSentence) -> bytes:
    """What tells a sequence from all others."""
    digest = blake2b(digest_size=16)
    for array in (sequence.piece_ids, sequence.first_piece, sequence.shapes):
        digest.update(array.tobytes())
    return digest.digest()
