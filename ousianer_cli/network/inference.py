"""Running the pretrained network without training it: batches by length, spans, mention vectors.

Letters: B sentences, T words, M mentions, V mention vector.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ousianer_cli.network.crf import Lattice
from ousianer_cli.network.nested import NestedHead, Span, candidates, choose_nested, place_features
from ousianer_cli.network.pieces import EncodedSentence, collate
from ousianer_cli.network.tagger import Mentions, Tagger


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


def contextualised(
    tagger: Tagger, sentences: Sequence[EncodedSentence], budget: int, device: torch.device | str = "cpu"
) -> Iterator[tuple[list[int], Tensor, Tensor, Tensor]]:
    """(indices, BiLSTM states [B, T, H], encoder states [B, T, L, D], word mask [B, T]) of one batch after another."""
    tagger.eval()
    for indices in length_batches([s.pieces for s in sentences], budget):
        batch = collate([sentences[i] for i in indices]).to(device)
        yield indices, *tagger.contextualise(batch), batch.word_mask


@dataclass(frozen=True, slots=True)
class Detected:
    """Spans [start, end) found in a sentence, p(span) [M], mention vectors [M, V]; `certain`: no decision edge near."""

    spans: list[Span]
    marginals: np.ndarray
    vectors: np.ndarray
    certain: bool = True
    nested: Detected | None = None
    """Names inside the found ones, where they were looked for; p of one is p(its name is found) p(it is one)."""


def detect_batch(
    tagger: Tagger,
    states: Tensor,
    layers: Tensor,
    mask: Tensor,
    tie: float = 0.0,
    nested: NestedHead | None = None,
) -> list[Detected]:
    """What is found in each sentence of a batch (`contextualised`); with `tie`, one in which marginals of two tags are
    closer than that is not certain. With a nested head, names inside the found ones too."""
    spans, marginals, lattice = _best_spans(tagger, states, mask)
    edges = lattice.near_tie(tie) if tie else [False] * len(spans)
    vectors = _pooled(tagger, states, layers, spans)
    found = [
        Detected(own, chance, vector, not edge)
        for own, chance, vector, edge in zip(spans, marginals, vectors, edges, strict=True)
    ]
    if nested is None:
        return found
    inner = [[s for name in own for s in candidates(name)] for own in spans]
    inner_vectors = _pooled(tagger, states, layers, inner)
    return [replace(one, nested=_nested(nested, one, vector)) for one, vector in zip(found, inner_vectors, strict=True)]


def _nested(head: NestedHead, found: Detected, vectors: np.ndarray) -> Detected:
    """The names inside a sentence's found names, from the vectors [N, V] of all candidates in their order."""
    spans: list[Span] = []
    chances: list[float] = []
    places: list[int] = []
    at = 0
    for row, name in enumerate(found.spans):
        inside = candidates(name)
        if not inside:
            continue
        own = torch.from_numpy(vectors[at : at + len(inside)])
        outer = torch.from_numpy(found.vectors[row]).expand_as(own)
        p = torch.sigmoid(head(own, outer, place_features(inside, [name] * len(inside)))).tolist()
        for k in choose_nested(inside, p):
            spans.append(inside[k])
            chances.append(p[k] * float(found.marginals[row]))
            places.append(at + k)
        at += len(inside)
    return Detected(spans, np.asarray(chances, dtype=np.float64), vectors[places])


def _best_spans(
    tagger: Tagger, states: Tensor, mask: Tensor
) -> tuple[list[list[tuple[int, int]]], list[np.ndarray], Lattice]:
    """Each sentence's spans with p(span) [M], and the batch's forward-backward scores."""
    emissions = tagger.emission(states)
    spans = tagger.crf.best_spans(emissions, mask)
    lattice = tagger.crf.lattice(emissions, mask)
    return spans, tagger.crf.span_marginals(lattice, spans), lattice


def _pooled(tagger: Tagger, states: Tensor, layers: Tensor, spans: Sequence[list[tuple[int, int]]]) -> list[np.ndarray]:
    """Mention vectors [M, V] of each sentence of a batch."""
    mentions = Mentions.of(list(spans), states.device)
    if not len(mentions):
        return [np.zeros((0, tagger.vector_size), np.float32)] * len(spans)
    vectors = tagger.mention_vectors(states, layers, mentions).float().cpu().numpy()
    return np.split(vectors, np.cumsum([len(s) for s in spans])[:-1])


@torch.inference_mode()
def detect(
    tagger: Tagger,
    sentences: Sequence[EncodedSentence],
    budget: int,
    given: Sequence[list[tuple[int, int]]] = (),
    device: torch.device | str = "cpu",
) -> tuple[list[Detected], np.ndarray]:
    """What is found in each sentence, and the vectors [M, V] of given spans (one list a sentence), in one pass."""
    found = [Detected([], np.zeros(0), np.zeros((0, tagger.vector_size), np.float32))] * len(sentences)
    vectors = [np.zeros((0, tagger.vector_size), np.float32)] * len(sentences)
    for indices, states, layers, mask in contextualised(tagger, sentences, budget, device):
        for index, detected in zip(indices, detect_batch(tagger, states, layers, mask), strict=True):
            found[index] = detected
        if given:
            for index, part in zip(indices, _pooled(tagger, states, layers, [given[i] for i in indices]), strict=True):
                vectors[index] = part
    return found, np.concatenate([np.zeros((0, tagger.vector_size), np.float32), *vectors])


@torch.inference_mode()
def detect_spans(
    tagger: Tagger, sentences: Sequence[EncodedSentence], budget: int, device: torch.device | str = "cpu"
) -> list[tuple[list[tuple[int, int]], np.ndarray]]:
    """(spans [start, end), p(span) [M]) of each sentence; sentences must fit the encoder."""
    found: list[tuple[list[tuple[int, int]], np.ndarray]] = [([], np.zeros(0))] * len(sentences)
    for indices, states, _, mask in contextualised(tagger, sentences, budget, device):
        spans, marginals, _ = _best_spans(tagger, states, mask)
        for index, row_spans, row_marginals in zip(indices, spans, marginals, strict=True):
            found[index] = (row_spans, row_marginals)
    return found


@torch.inference_mode()
def mention_vectors(
    tagger: Tagger,
    sentences: Sequence[EncodedSentence],
    spans: Sequence[list[tuple[int, int]]],
    budget: int,
    device: torch.device | str = "cpu",
) -> np.ndarray:
    """Mention vectors [M, V] of given spans, in the order of sentences and spans; sentences must fit the encoder."""
    wanted = [i for i, s in enumerate(spans) if s]
    vectors = [np.zeros((0, tagger.vector_size), np.float32)] * len(sentences)
    for indices, states, layers, _ in contextualised(tagger, [sentences[i] for i in wanted], budget, device):
        chosen = [wanted[i] for i in indices]
        for i, part in zip(chosen, _pooled(tagger, states, layers, [spans[i] for i in chosen]), strict=True):
            vectors[i] = part
    return np.concatenate([np.zeros((0, tagger.vector_size), np.float32), *vectors])
