"""Running the pretrained network without training it: batches by length, spans, mention vectors.

Letters: B sentences, T words, M mentions, V mention vector.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ousianer_cli.network.nested import NestedHead, Span, candidates, choose_nested, place_features
from ousianer_cli.network.pieces import EncodedSentence, collate
from ousianer_cli.network.shapes import sentence_begins
from ousianer_cli.network.tagger import Mentions, TaggerNetwork


def length_batches(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Indices in length order, in batches of at most `budget` padded pieces (a longer sentence stands alone)."""
    batches: list[list[int]] = []
    batch: list[int] = []
    for index in np.argsort(np.asarray(lengths, dtype=np.int64), kind="stable"):
        if batch and (len(batch) + 1) * lengths[int(index)] > budget:
            batches.append(batch)
            batch = []
        batch.append(int(index))
    return [*batches, batch] if batch else batches


@dataclass(frozen=True, slots=True)
class Contextualised:
    """A batch after encoder and BiLSTM: which sequences, BiLSTM states [B, T, H], encoder states [B, T, L, D], word
    mask [B, T], and where a sentence begins [B, T]."""

    indices: list[int]
    states: Tensor
    layers: Tensor
    mask: Tensor
    begins: Tensor


def contextualised(
    tagger: TaggerNetwork, sequences: Sequence[EncodedSentence], budget: int, device: torch.device | str = "cpu"
) -> Iterator[Contextualised]:
    """Sentences or passages in length order, one batch after another."""
    tagger.eval()
    for indices in length_batches([s.pieces for s in sequences], budget):
        batch = collate([sequences[i] for i in indices]).to(device)
        states, layers = tagger.contextualise(batch)
        yield Contextualised(indices, states, layers, batch.word_mask, sentence_begins(batch.shapes))


@dataclass(frozen=True, slots=True)
class Detected:
    """Spans [start, end) found in a sentence or passage, p(span) [M], mention vectors [M, V]."""

    spans: list[Span]
    marginals: np.ndarray
    vectors: np.ndarray
    nested: Detected | None = None
    """Names inside the found ones, where they were looked for; p of one is p(its name is found) p(it is one)."""

    @property
    def names(self) -> int:
        """How many names, with those inside others."""
        return len(self.spans) + (0 if self.nested is None else self.nested.names)

    @classmethod
    def nothing(cls, size: int) -> Detected:
        """No mention, of vectors of V = size numbers."""
        return cls([], np.zeros(0), np.zeros((0, size), dtype=np.float32))

    def between(self, start: int, end: int) -> Detected:
        """What lies in the words [start, end), counted from there."""
        kept = [i for i, (a, b) in enumerate(self.spans) if start <= a and b <= end]
        return Detected(
            [(self.spans[i][0] - start, self.spans[i][1] - start) for i in kept],
            self.marginals[kept],
            self.vectors[kept],
            None if self.nested is None else self.nested.between(start, end),
        )

    @classmethod
    def joined(cls, parts: Sequence[tuple[Detected, int]], size: int) -> Detected:
        """All parts together, the words of each counted from its offset; vectors of V = size numbers."""
        nested = [(part.nested, offset) for part, offset in parts if part.nested is not None]
        return cls(
            [(a + offset, b + offset) for part, offset in parts for a, b in part.spans],
            np.concatenate([np.zeros(0), *(part.marginals for part, _ in parts)]),
            np.concatenate([np.zeros((0, size), dtype=np.float32), *(part.vectors for part, _ in parts)]),
            cls.joined(nested, size) if nested else None,
        )


def detect_batch(tagger: TaggerNetwork, batch: Contextualised, nested: NestedHead | None = None) -> list[Detected]:
    """What is found in each sequence of a batch; with a nested head, names inside the found ones too."""
    spans, marginals = _best_spans(tagger, batch)
    vectors = _pooled(tagger, batch, spans)
    detected = [Detected(*one) for one in zip(spans, marginals, vectors, strict=True)]
    if nested is None:
        return detected
    inner = [[s for name in names for s in candidates(name)] for names in spans]
    inner_vectors = _pooled(tagger, batch, inner)
    return [
        replace(one, nested=_nested(nested, one, vector)) for one, vector in zip(detected, inner_vectors, strict=True)
    ]


def _nested(head: NestedHead, outer: Detected, vectors: np.ndarray) -> Detected:
    """The names inside a sentence's found names, from the vectors [N, V] of all candidates in their order."""
    spans: list[Span] = []
    chances: list[float] = []
    places: list[int] = []
    at = 0
    for row, name in enumerate(outer.spans):
        inside = candidates(name)
        if not inside:
            continue
        inner_vectors = torch.from_numpy(vectors[at : at + len(inside)])
        outer_vectors = torch.from_numpy(outer.vectors[row]).expand_as(inner_vectors)
        p = torch.sigmoid(head(inner_vectors, outer_vectors, place_features(inside, [name] * len(inside)))).tolist()
        for k in choose_nested(inside, p):
            spans.append(inside[k])
            chances.append(p[k] * float(outer.marginals[row]))
            places.append(at + k)
        at += len(inside)
    return Detected(spans, np.asarray(chances, dtype=np.float64), vectors[places])


def _best_spans(tagger: TaggerNetwork, batch: Contextualised) -> tuple[list[list[Span]], list[np.ndarray]]:
    """Each sequence's spans with p(span) [M]; a name ends with its sentence."""
    emissions = tagger.crf.ended_before(tagger.emissions(batch.states, batch.layers), batch.begins).float().cpu()
    lengths = batch.mask.sum(dim=1).tolist()
    found = [tagger.crf.named_spans(row[:length]) for row, length in zip(emissions, lengths, strict=True)]
    return [spans for spans, _ in found], [marginals for _, marginals in found]


def _pooled(tagger: TaggerNetwork, batch: Contextualised, spans: Sequence[list[Span]]) -> list[np.ndarray]:
    """Mention vectors [M, V] of each sequence of a batch."""
    mentions = Mentions.of(list(spans), batch.states.device)
    if not len(mentions):
        return [np.zeros((0, tagger.vector_size), np.float32)] * len(spans)
    vectors = tagger.mention_vectors(batch.states, batch.layers, mentions).float().cpu().numpy()
    return np.split(vectors, np.cumsum([len(s) for s in spans])[:-1])


@torch.inference_mode()
def detect(
    tagger: TaggerNetwork,
    sentences: Sequence[EncodedSentence],
    budget: int,
    given: Sequence[list[tuple[int, int]]] = (),
    device: torch.device | str = "cpu",
) -> tuple[list[Detected], np.ndarray]:
    """What is found in each sentence, and the vectors [M, V] of given spans (one list a sentence), in one pass."""
    detections = [Detected.nothing(tagger.vector_size)] * len(sentences)
    vectors = [np.zeros((0, tagger.vector_size), np.float32)] * len(sentences)
    for batch in contextualised(tagger, sentences, budget, device):
        for index, detected in zip(batch.indices, detect_batch(tagger, batch), strict=True):
            detections[index] = detected
        if given:
            pooled = _pooled(tagger, batch, [given[i] for i in batch.indices])
            for index, part in zip(batch.indices, pooled, strict=True):
                vectors[index] = part
    return detections, np.concatenate([np.zeros((0, tagger.vector_size), np.float32), *vectors])


@torch.inference_mode()
def detect_spans(
    tagger: TaggerNetwork, sentences: Sequence[EncodedSentence], budget: int, device: torch.device | str = "cpu"
) -> list[tuple[list[tuple[int, int]], np.ndarray]]:
    """(spans [start, end), p(span) [M]) of each sentence; sentences must fit the encoder."""
    detections: list[tuple[list[tuple[int, int]], np.ndarray]] = [([], np.zeros(0))] * len(sentences)
    for batch in contextualised(tagger, sentences, budget, device):
        for index, row_spans, row_marginals in zip(batch.indices, *_best_spans(tagger, batch), strict=True):
            detections[index] = (row_spans, row_marginals)
    return detections


@torch.inference_mode()
def mention_vectors(
    tagger: TaggerNetwork,
    sentences: Sequence[EncodedSentence],
    spans: Sequence[list[tuple[int, int]]],
    budget: int,
    device: torch.device | str = "cpu",
) -> np.ndarray:
    """Mention vectors [M, V] of given spans, in the order of sentences and spans; sentences must fit the encoder."""
    (vectors,) = vectors_of_each(tagger, sentences, [spans], budget, device)
    return vectors


@torch.inference_mode()
def vectors_of_each(
    tagger: TaggerNetwork,
    sentences: Sequence[EncodedSentence],
    asked: Sequence[Sequence[list[tuple[int, int]]]],
    budget: int,
    device: torch.device | str = "cpu",
) -> list[np.ndarray]:
    """As `mention_vectors` for several sets of spans, from one pass over the sentences that have any."""
    wanted = [i for i in range(len(sentences)) if any(spans[i] for spans in asked)]
    empty = np.zeros((0, tagger.vector_size), np.float32)
    vectors = [[empty] * len(sentences) for _ in asked]
    for batch in contextualised(tagger, [sentences[i] for i in wanted], budget, device):
        chosen = [wanted[i] for i in batch.indices]
        for spans, found in zip(asked, vectors, strict=True):
            for i, part in zip(chosen, _pooled(tagger, batch, [spans[i] for i in chosen]), strict=True):
                found[i] = part
    return [np.concatenate([empty, *found]) for found in vectors]
