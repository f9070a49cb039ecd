"""Mention vectors for fine-tuning, computed once and, where a folder is given, kept from run to run.

Fine-tuning leaves encoder, BiLSTM and pooling as they are, so vectors depend on the model, the sentences and the spans
alone; labels may change. Files are named by a hash of these three. Letters: M mentions, V mention vector.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from ousianer_cli.errors import OutputError
from ousianer_cli.network.checkpoint import Model
from ousianer_cli.network.encoder import fingerprint
from ousianer_cli.network.inference import Detected, detect, vectors_of_each
from ousianer_cli.network.pieces import EncodedSentence
from ousianer_cli.network.tensor_files import save_tensors

Spans = Sequence[list[tuple[int, int]]]
Arrays = dict[str, np.ndarray]


@dataclass(slots=True)
class VectorCache:
    """A network that reads sentences; `folder` keeps what it found, "" keeps nothing."""

    model: Model
    batch_pieces: int
    folder: str = ""
    _network: str = ""

    def of(self, sentences: Sequence[EncodedSentence], spans: Spans) -> np.ndarray:
        """Vectors [M, V] of given spans (one list a sentence)."""
        (vectors,) = self.of_each(sentences, [spans])
        return vectors

    def of_each(self, sentences: Sequence[EncodedSentence], asked: Sequence[Spans]) -> list[np.ndarray]:
        """Vectors [M, V] of each of several sets of spans; what is not kept comes from one pass over the sentences."""
        paths = [self._path("given", sentences, spans) for spans in asked]
        found = [None if path is None or not path.is_file() else _read(path)["vectors"] for path in paths]
        missing = [place for place, vectors in enumerate(found) if vectors is None]
        if missing:
            computed = vectors_of_each(
                self.model.tagger, sentences, [asked[place] for place in missing], self.batch_pieces
            )
            for place, vectors in zip(missing, computed, strict=True):
                found[place] = vectors
                self._keep(paths[place], {"vectors": vectors})
        return [vectors for vectors in found if vectors is not None]

    def detect(self, sentences: Sequence[EncodedSentence], spans: Spans) -> tuple[list[Detected], np.ndarray]:
        """What is found in each sentence, and the vectors [M, V] of given spans (one list a sentence)."""

        def compute() -> Arrays:
            found, given = detect(self.model.tagger, sentences, self.batch_pieces, spans)
            empty = np.zeros((0, self.model.tagger.vector_size), np.float32)
            return {
                "given": given,
                "count": np.asarray([len(f.spans) for f in found], dtype=np.int64),
                "span": np.asarray([s for f in found for s in f.spans], dtype=np.int64).reshape(-1, 2),
                "marginal": np.concatenate([np.zeros(0), *(f.marginals for f in found)]),
                "vector": np.concatenate([empty, *(f.vectors for f in found)]),
            }

        kept = self._kept("found", sentences, spans, compute)
        cuts = np.cumsum(kept["count"])[:-1]
        parts = (np.split(kept[name], cuts) if len(sentences) else [] for name in ("span", "marginal", "vector"))
        found = [
            Detected([(int(a), int(b)) for a, b in pairs], marginals, vectors)
            for pairs, marginals, vectors in zip(*parts, strict=True)
        ]
        return found, kept["given"]

    def _kept(
        self, kind: str, sentences: Sequence[EncodedSentence], spans: Spans, compute: Callable[[], Arrays]
    ) -> Arrays:
        path = self._path(kind, sentences, spans)
        if path is not None and path.is_file():
            return _read(path)
        arrays = compute()
        self._keep(path, arrays)
        return arrays

    def _path(self, kind: str, sentences: Sequence[EncodedSentence], spans: Spans) -> Path | None:
        """Where arrays are kept; None where none are."""
        return Path(self.folder) / f"{self._key(kind, sentences, spans)}.safetensors" if self.folder else None

    @staticmethod
    def _keep(path: Path | None, arrays: Arrays) -> None:
        if path is None:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            save_tensors(path, {name: torch.from_numpy(array) for name, array in arrays.items()})
        except OSError as error:
            raise OutputError(f"{path}: cannot be written ({error.strerror}); choose another --vectors") from None

    def _key(self, kind: str, sentences: Sequence[EncodedSentence], spans: Spans) -> str:
        self._network = self._network or fingerprint(self.model.tagger)
        digest = hashlib.sha256(f"{kind} {self._network}".encode())
        for sentence, pairs in zip(sentences, spans, strict=True):
            for array in (sentence.piece_ids, sentence.first_piece, sentence.shapes, np.asarray(pairs, dtype=np.int64)):
                digest.update(f"{array.shape}".encode())
                digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()[:24]


def _read(path: Path) -> Arrays:
    return {name: tensor.numpy() for name, tensor in load_file(path).items()}
