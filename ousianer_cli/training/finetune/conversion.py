"""Training the conversion layer on mention vectors.

Hagiwara, Tamaki and Yamada (2019), fine-tuning. Encoder, BiLSTM, CRF and, unless it is tuned too, type projection stay
as they are, so that an epoch takes about a second.
Letters: M mentions, V mention vector, A target types with "outside" last.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ousianer_cli.errors import TrainingError
from ousianer_cli.network.checkpoint import Model
from ousianer_cli.network.conversion import Conversion
from ousianer_cli.network.losses import credit_loss, soft_cross_entropy
from ousianer_cli.network.targets import Targets
from ousianer_cli.network.typing import TypingHead
from ousianer_cli.settings.finetune import FinetuneSettings
from ousianer_cli.taxonomy.direct import DirectMapper
from ousianer_cli.training.finetune.evaluation import DevSet, decoding_rule, dev_metrics
from ousianer_cli.training.finetune.instances import Instances
from ousianer_cli.training.schedule import EarlyStopping, rate_factor, set_rates

BATCHES_AN_EPOCH, SMALLEST_BATCH = 40, 16
"""With fewer batches an epoch a few hundred mentions end before the layer has learned; see docs/LOG.md."""


def train_conversion(
    model: Model,
    targets: Targets,
    mapper: DirectMapper | None,
    instances: Instances,
    dev: Sequence[DevSet],
    settings: FinetuneSettings,
    *,
    report: Callable[[str], None],
    replayed: int = 0,
    corrected: int = 0,
    on_epoch: Callable[[Mapping[str, Any]], None] | None = None,
) -> dict[str, Any]:
    """Train the conversion layer; leaves the best epoch's weights in the model and returns that epoch's metrics.

    With `replayed` the model's layer is trained on, without it a new one. The first `replayed` mentions come from the
    replay file: `replay_keep` of what they are trained towards is the model's own answer before training, so that
    feedback moves less of what it says nothing about. The last `corrected` mentions come from feedback: a person gave
    their very types, so that evidence moves nothing below them.
    `on_epoch` sees each epoch's metrics and may end the training by an exception.

    Raises:
        TrainingError: a loss that is no finite number.
    """
    conversion, optimizer = _prepared(model, len(targets), settings, goes_on=bool(replayed))
    head = TypingHead(model, targets, decoding_rule(settings))
    wanted = _wanted(model, targets, mapper, instances, settings, corrected)
    loss_of = credit_loss if settings.loss == "credit" else soft_cross_entropy
    if replayed and settings.replay_keep and settings.loss == "credit":
        report("--replay-keep has no part in a loss of credit: replayed mentions are trained towards their gold alone")
    elif replayed and settings.replay_keep:
        before = head.scores(instances.vectors[:replayed])
        wanted[:replayed] = (1 - settings.replay_keep) * wanted[:replayed] + settings.replay_keep * before
    batch_size = min(settings.batch_size, max(SMALLEST_BATCH, len(instances) // BATCHES_AN_EPOCH))
    total = -(-len(instances) // batch_size) * settings.epochs
    rise = max(1, min(settings.warmup_steps, total // 2 or 1))
    generator = torch.Generator().manual_seed(settings.seed)
    stopping = EarlyStopping(settings.patience)
    best_state: dict[str, Any] = {}
    step = 0
    for epoch in range(1, settings.epochs + 1):
        conversion.train()
        order = torch.randperm(len(instances), generator=generator)
        summed = 0.0
        for at in range(0, len(order), batch_size):
            rows = order[at : at + batch_size]
            set_rates(optimizer, rate_factor(step, total, rise))
            vectors = instances.vectors[rows]
            logits = conversion(vectors, model.tagger.type_logits(vectors))
            loss = loss_of(logits, wanted[rows], instances.weights[rows])
            if not math.isfinite(loss.item()):
                raise TrainingError(
                    f"epoch {epoch}: expected a finite loss, found {loss.item():g}; no model was written; "
                    "lower --lr, or look at the weights of the corpora"
                )
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            summed += loss.item() * len(rows)
            step += 1
        conversion.eval()
        metrics = _epoch_metrics(head, dev, settings, epoch, summed / len(instances))
        better = stopping.update(metrics)
        if better:
            best_state = copy.deepcopy(
                {"conversion": conversion.state_dict(), "types": model.tagger.types.state_dict()}
            )
        report(
            f"epoch {epoch:3d}  loss {metrics['loss']:.4f}  "
            + "  ".join(f"{n} {m['headline']:.4f}" for n, m in metrics["dev"].items())
            + ("  best" if better and dev else "")
        )
        if on_epoch is not None:
            on_epoch(metrics)
        if dev and stopping.exhausted:
            break
    conversion.load_state_dict(best_state["conversion"])
    model.tagger.types.load_state_dict(best_state["types"])
    return stopping.best


def _prepared(
    model: Model, targets: int, settings: FinetuneSettings, *, goes_on: bool
) -> tuple[Conversion, torch.optim.Optimizer]:
    """The layer to train, new unless training goes on with the model's, and an optimizer over what is trained."""
    tagger = model.tagger
    for parameter in tagger.parameters():
        parameter.requires_grad = False
    if model.conversion is None or not goes_on:
        model.conversion = Conversion(
            tagger.vector_size,
            len(model.types),
            targets,
            hidden=settings.hidden,
            reads=settings.reads,
            dropout=settings.dropout,
        )
    model.conversion.dropout.p = settings.dropout
    trained = list(model.conversion.parameters())
    if settings.tune_projection:
        for parameter in tagger.types.parameters():
            parameter.requires_grad = True
        trained += list(tagger.types.parameters())
    groups = [{"params": trained, "peak": settings.lr}]
    return model.conversion, torch.optim.AdamW(groups, lr=settings.lr, weight_decay=settings.weight_decay)


def _wanted(
    model: Model,
    targets: Targets,
    mapper: DirectMapper | None,
    instances: Instances,
    settings: FinetuneSettings,
    corrected: int,
) -> Tensor:
    """What each mention is trained towards [M, A]: a distribution, or the credits of a loss of credit."""
    if settings.loss == "credit":
        return targets.set_credits(instances.labels, settings.credit)
    evidence = torch.zeros((len(instances), len(targets)))
    if mapper is not None:
        with torch.no_grad():
            probabilities = torch.sigmoid(model.tagger.type_logits(instances.vectors)).numpy()
        evidence = torch.from_numpy(mapper.scores(probabilities)).float()
    cut = len(instances) - corrected
    gold = torch.cat(
        [
            targets.gold(instances.labels[:cut], evidence[:cut], settings.depth),
            targets.gold(instances.labels[cut:], evidence[cut:], 0.0),
        ]
    )
    return targets.soft(gold, settings.credit, settings.loss_decay) if settings.loss == "soft" else gold


def _epoch_metrics(
    head: TypingHead, dev: Sequence[DevSet], settings: FinetuneSettings, epoch: int, loss: float
) -> dict[str, Any]:
    metrics: dict[str, Any] = {
        "epoch": epoch,
        "loss": round(loss, 4),
        "dev": {d.name: dev_metrics(head, d, settings.dev_labels) for d in dev},
    }
    metrics["score"] = float(np.mean([m["headline"] for m in metrics["dev"].values()])) if dev else -metrics["loss"]
    return metrics
