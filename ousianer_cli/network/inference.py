"""Running the pretrained network without training it: batches by length, spans, mention vectors.

Letters: B sentences, T words, M mentions, V mention vector.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

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


@torch.inference_mode()
def detect_spans(
    tagger: Tagger, sentences: Sequence[EncodedSentence], budget: int, device: torch.device | str = "cpu"
) -> list[tuple[list[tuple[int, int]], np.ndarray]]:
    """(spans [start, end), p(span) [M]) of each sentence; sentences must fit the encoder."""
    found: list[tuple[list[tuple[int, int]], np.ndarray]] = [([], np.zeros(0))] * len(sentences)
    for indices, states, _, mask in contextualised(tagger, sentences, budget, device):
        emissions = tagger.emission(states)
        spans = tagger.crf.best_spans(emissions, mask)
        marginals = tagger.crf.span_marginals(emissions, mask, spans)
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
    offsets = np.concatenate([[0], np.cumsum([len(s) for s in spans])]).astype(np.int64)
    out = np.zeros((int(offsets[-1]), tagger.vector_size), dtype=np.float32)
    wanted = [i for i, s in enumerate(spans) if s]
    for indices, states, layers, _ in contextualised(tagger, [sentences[i] for i in wanted], budget, device):
        chosen = [wanted[i] for i in indices]
        mentions = Mentions.of([spans[i] for i in chosen], device)
        vectors = tagger.mention_vectors(states, layers, mentions).float().cpu().numpy()
        for i, part in zip(chosen, np.split(vectors, np.cumsum([len(spans[i]) for i in chosen])[:-1]), strict=True):
            out[offsets[i] : offsets[i + 1]] = part
    return out
