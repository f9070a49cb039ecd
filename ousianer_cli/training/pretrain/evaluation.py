"""Validation of pretraining: detection on fully marked corpora, YAGO types of gold mentions on typing corpora."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from ousianer_cli.network.inference import length_batches
from ousianer_cli.network.pieces import Batch, collate
from ousianer_cli.network.tagger import Mentions, TaggerNetwork
from ousianer_cli.scoring.measures import Prf
from ousianer_cli.training.examples import Example
from ousianer_cli.training.feature_cache import FeatureCache
from ousianer_cli.training.pretrain.corpora import Corpora
from ousianer_cli.training.pretrain.targets import TypedMentions, TypeTargets


@torch.no_grad()
def validate(
    tagger: TaggerNetwork, corpora: Corpora, targets: TypeTargets, batch_pieces: int, cache: FeatureCache | None = None
) -> dict[str, Any]:
    """Detection F1 (exact spans, micro) of each validation corpus, and micro F1 of typing gold mentions at p > .5.

    `score`, by which the best is chosen, is the mean of the mean detection F1 and the mean typing F1.
    """
    tagger.eval()
    device = next(tagger.parameters()).device
    result: dict[str, Any] = {"detection": {}, "typing": {}}
    for name, examples in corpora.detection_dev.items():
        right = found = gold = 0
        for batch, chosen in _batches(examples, batch_pieces, cache, f"detection:{name}"):
            states, layers = tagger.contextualise(batch.to(device))
            spans = tagger.crf.best_spans(tagger.emissions(states, layers), batch.word_mask.to(device))
            for example, predicted in zip(chosen, spans, strict=True):
                right += len(set(predicted) & set(example.spans))
                found += len(predicted)
                gold += len(example.spans)
        result["detection"][name] = _figures(right, found, gold)
    for name, examples in corpora.typing_dev.items():
        right = found = gold = 0
        for batch, chosen in _batches(examples, batch_pieces, cache, f"typing:{name}"):
            typed = TypedMentions.of(chosen)
            if not typed.items or not targets.index:
                continue
            states, layers = tagger.contextualise(batch.to(device))
            logits = tagger.type_logits(tagger.mention_vectors(states, layers, Mentions.of(typed.spans, device))).cpu()
            wanted, mask = targets.tensors(typed.items)
            chosen_types = (logits > 0) & (mask > 0)
            right += int((chosen_types & (wanted > 0)).sum())
            found += int(chosen_types.sum())
            gold += int(wanted.sum())
        result["typing"][name] = _figures(right, found, gold)
    means = [
        float(np.mean([m["f1"] for m in part.values()])) for part in (result["detection"], result["typing"]) if part
    ]
    result["score"] = float(np.mean(means)) if means else 0.0
    return result


def _batches(
    examples: list[Example], batch_pieces: int, cache: FeatureCache | None, part: str
) -> Iterator[tuple[Batch, list[Example]]]:
    for indices in length_batches([e.encoded.pieces for e in examples], 2 * batch_pieces):
        chosen = [examples[i] for i in indices]
        batch = collate([e.encoded for e in chosen])
        if cache is not None:
            batch.features = cache.features(indices, batch.word_mask.shape[1], part)
        yield batch, chosen


def _figures(right: int, found: int, gold: int) -> dict[str, float]:
    prf = Prf.of(right, found, gold)
    return {"p": round(prf.precision, 4), "r": round(prf.recall, 4), "f1": round(prf.f1, 4), "n": gold}
