"""One update of pretraining: each source feeds only its own loss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ousianer_cli.errors import TrainingError
from ousianer_cli.network.crf import tags_of
from ousianer_cli.network.losses import multi_label_loss
from ousianer_cli.network.pieces import Batch, collate
from ousianer_cli.network.tagger import Mentions, TaggerNetwork
from ousianer_cli.settings.pretrain import PretrainSettings
from ousianer_cli.training.examples import Example, augmented_shapes
from ousianer_cli.training.feature_cache import FeatureCache
from ousianer_cli.training.order import TrainingBatch
from ousianer_cli.training.parallel import ALONE, Processes
from ousianer_cli.training.pretrain.targets import TypedMentions, TypeTargets


def new_optimizer(tagger: TaggerNetwork, settings: PretrainSettings) -> torch.optim.Optimizer:
    """Adam over the heads and, where it is tuned, the encoder; each group knows its `peak` rate."""
    for name, parameter in tagger.states.encoder.named_parameters():
        parameter.requires_grad = settings.encoder_lr > 0 and not (
            settings.freeze_embeddings and name.startswith("embeddings.")
        )
    encoder = [p for p in tagger.states.encoder.parameters() if p.requires_grad]
    heads = [p for n, p in tagger.named_parameters() if not n.startswith("states.encoder.")]
    groups = [{"params": heads, "lr": settings.lr, "peak": settings.lr}]
    if encoder:
        groups.append({"params": encoder, "lr": settings.encoder_lr, "peak": settings.encoder_lr})
    return torch.optim.Adam(groups, fused=True)


def training_step(
    tagger: TaggerNetwork,
    batch: TrainingBatch,
    targets: TypeTargets,
    settings: PretrainSettings,
    optimizer: torch.optim.Optimizer,
    step: int,
    cache: FeatureCache | None = None,
    mask_piece: int = 0,
    processes: Processes = ALONE,
) -> dict[str, float]:
    """One update, and its losses by kind.

    It is seeded by its step, so that a resumed run goes on exactly as an uninterrupted one.
    `cache` knows examples by their places in the training list; `mask_piece` hides pieces.
    A batch that is parted, among processes or by `accumulate`, gives the losses and gradients of the whole one.

    Raises:
        TrainingError: a loss or a gradient that is no finite number; the weights are as they were.
    """
    tagger.train()
    rng = np.random.default_rng([settings.seed, step])
    shapes = augmented_shapes(
        batch.examples, rng, settings.recase, settings.hide_case, own=batch.own, words=batch.words
    )
    whole = _Whole.of(batch.examples, processes)
    optimizer.zero_grad(set_to_none=True)
    found: dict[str, float] = {}
    for number in range(min(settings.accumulate, len(batch.examples))):
        torch.manual_seed(settings.seed * 1_000_003 + step + 7_919 * (number * processes.count + processes.rank))
        places = range(number, len(batch.examples), settings.accumulate)
        part = [batch.examples[i] for i in places]
        arrays = collate([e.encoded for e in part], [shapes[i] for i in places])
        if settings.piece_dropout:
            hidden = (torch.rand(arrays.piece_ids.shape) < settings.piece_dropout) & arrays.piece_mask
            arrays.piece_ids = arrays.piece_ids.masked_fill(hidden, mask_piece)
        if cache is not None:
            known = [batch.indices[batch.own[i]] for i in places]
            arrays.features = cache.features(known, arrays.word_mask.shape[1])
        losses = _losses(tagger, arrays, part, targets, whole, bf16=settings.bf16)
        weights = {"detection": settings.detection_weight, "typing": settings.typing_weight}
        if losses:
            torch.stack([weights[kind] * loss for kind, loss in losses.items()]).sum().backward()  # type: ignore[no-untyped-call]
        for kind, loss in losses.items():
            found[kind] = found.get(kind, 0.0) + loss.item()
    trained = [p for g in optimizer.param_groups for p in g["params"]]
    processes.sum_gradients(trained)
    kinds = [*(["detection"] if whole.detecting else []), *(["typing"] if whole.typed and targets.index else [])]
    found = dict(zip(kinds, processes.sums([found.get(kind, 0.0) for kind in kinds]), strict=True))
    if not found:
        return found
    norm = nn.utils.clip_grad_norm_(trained, settings.clip or math.inf)
    if not (all(map(math.isfinite, found.values())) and math.isfinite(norm.item())):
        shown = ", ".join(f"{kind} loss {value:g}" for kind, value in found.items())
        whose = "the batch" if processes.count == 1 else "this process's share of the batch"
        raise TrainingError(
            f"step {step + 1}: expected finite numbers, found {shown} and a gradient of {norm.item():g}; "
            f"{whose} holds {describe_batch(batch.examples)}"
        )
    optimizer.step()
    return found


@dataclass(frozen=True, slots=True)
class _Whole:
    """What the losses of a batch are divided by: its sentences with all names marked, its mentions by weight."""

    detecting: float
    typed: float
    """Its mentions."""
    weight: float

    @classmethod
    def of(cls, examples: list[Example], processes: Processes) -> _Whole:
        """Of the batch whose shares the processes have."""
        typed = TypedMentions.of(examples)
        return cls(*processes.sums([sum(e.detects for e in examples), len(typed.items), sum(typed.weights)]))


def _losses(
    tagger: TaggerNetwork, batch: Batch, examples: list[Example], targets: TypeTargets, whole: _Whole, *, bf16: bool
) -> dict[str, Tensor]:
    """The losses of a part of a batch, as its share of the means over the whole."""
    device = next(tagger.parameters()).device
    batch = batch.to(device)
    with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        states, layers = tagger.contextualise(batch)
    states, layers = states.float(), layers.float()  # names and types are decided in full precision
    losses: dict[str, Tensor] = {}
    rows = [i for i, e in enumerate(examples) if e.detects]
    if rows:
        nll = tagger.crf.negative_log_likelihood(
            tagger.emissions(states[rows], layers[rows]),
            _tags([examples[i] for i in rows], batch.word_mask.shape[1]).to(device),
            batch.word_mask[rows],
        ).mean()
        losses["detection"] = nll * (len(rows) / whole.detecting)
    typed = TypedMentions.of(examples)
    if typed.items and targets.index:
        mentions = Mentions.of(typed.spans, device)
        logits = tagger.type_logits(tagger.mention_vectors(states, layers, mentions))
        wanted, mask = targets.tensors(typed.items)
        bce = multi_label_loss(logits, wanted.to(device), torch.tensor(typed.weights, device=device), mask.to(device))
        losses["typing"] = bce * (sum(typed.weights) / max(whole.weight, 1e-6))
    return losses


def describe_batch(examples: Sequence[Example]) -> str:
    """Where a batch's sentences come from: their corpora, and the documents that have names."""
    by_source: dict[str, list[Example]] = {}
    for example in examples:
        by_source.setdefault(example.source or "an unnamed corpus", []).append(example)
    parts = []
    for source, own in by_source.items():
        documents = list(dict.fromkeys(e.document for e in own if e.document))
        shown = ", ".join(documents[:3]) + (" …" if len(documents) > 3 else "")
        parts.append(f"{len(own)} of {source}" + (f" ({shown})" if shown else ""))
    return "; ".join(parts)


def _tags(examples: Sequence[Example], width: int) -> Tensor:
    """IOB2 tags [B, width], O where padded."""
    tags = torch.zeros((len(examples), width), dtype=torch.long)
    for row, example in enumerate(examples):
        tags[row, : example.encoded.words] = torch.tensor(tags_of(example.spans, example.encoded.words))
    return tags
