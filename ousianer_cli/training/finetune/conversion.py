"""Training the conversion layer on mention vectors.

Hagiwara, Tamaki and Yamada (2019), fine-tuning. Encoder, BiLSTM, CRF and, unless it is tuned too, type projection stay
as they are, so that an epoch takes about a second.
Letters: M mentions, V mention vector, A target types with "outside" last.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ousianer_cli.errors import TrainingError
from ousianer_cli.network.checkpoint import Model
from ousianer_cli.network.conversion import Conversion
from ousianer_cli.network.losses import credit_loss, soft_cross_entropy
from ousianer_cli.network.targets import Targets
from ousianer_cli.network.typing import TypingHead, converted
from ousianer_cli.settings.finetune import FinetuneSettings
from ousianer_cli.taxonomy.direct import DirectMapper
from ousianer_cli.training.adamw import AdamW
from ousianer_cli.training.finetune.evaluation import DevSet, decoding_rule, dev_metrics
from ousianer_cli.training.finetune.instances import Instances
from ousianer_cli.training.schedule import EarlyStopping, rate_factor

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
    on_epoch: Callable[[Mapping[str, Any]], None] | None = None,
) -> dict[str, Any]:
    """Train a new conversion layer; leaves the best epoch's weights in the model and returns that epoch's metrics.

    `on_epoch` sees each epoch's metrics and may end the training by an exception.

    Raises:
        TrainingError: a loss that is no finite number.
    """
    model.conversion = Conversion(
        model.tagger.vector_size,
        len(model.types),
        len(targets),
        hidden=settings.hidden,
        reads=settings.reads,
        dropout=settings.dropout,
    )
    training = LayerTraining(model, targets, instances.vectors, wanted(model, targets, mapper, instances, settings))
    training.begin(settings)
    batch_size = min(settings.batch_size, max(SMALLEST_BATCH, len(instances) // BATCHES_AN_EPOCH))
    total = -(-len(instances) // batch_size) * settings.epochs
    rise = max(1, min(settings.warmup_steps, total // 2 or 1))
    generator = torch.Generator().manual_seed(settings.seed)
    stopping = EarlyStopping(settings.patience)
    step = 0
    for epoch in range(1, settings.epochs + 1):
        order = torch.randperm(len(instances), generator=generator)
        summed = 0.0
        for at in range(0, len(order), batch_size):
            rows = order[at : at + batch_size]
            summed += training.step(rows, instances.weights[rows], rate_factor(step, total, rise)) * len(rows)
            step += 1
        metrics = training.validated(dev, settings, epoch, summed / len(instances))
        better = stopping.update(metrics)
        if better:
            training.keep()
        report(
            f"epoch {epoch:3d}  loss {metrics['loss']:.4f}  "
            + "  ".join(f"{n} {m['headline']:.4f}" for n, m in metrics["dev"].items())
            + ("  best" if better and dev else "")
        )
        if on_epoch is not None:
            on_epoch(metrics)
        if dev and stopping.exhausted:
            break
    training.end()
    return stopping.best


@dataclass(slots=True)
class LayerTraining:
    """A model's conversion layer in training on M mentions: vectors [M, V], what each is trained towards [M, A].

    With `tune_projection` the type projection is trained too; nothing else is.
    """

    model: Model
    targets: Targets
    vectors: Tensor
    wanted: Tensor
    _optimizer: AdamW = field(init=False)
    _loss: Callable[[Tensor, Tensor, Tensor], Tensor] = field(init=False)
    _kept: dict[str, Any] = field(init=False, default_factory=dict)

    @property
    def conversion(self) -> Conversion:
        """The layer."""
        assert self.model.conversion is not None
        return self.model.conversion

    def begin(self, settings: FinetuneSettings) -> None:
        """Freeze what is not trained, and set the optimizer up."""
        tagger = self.model.tagger
        for parameter in tagger.parameters():
            parameter.requires_grad = False
        self.conversion.dropout.p = settings.dropout
        trained = list(self.conversion.parameters())
        if settings.tune_projection:
            for parameter in tagger.types.parameters():
                parameter.requires_grad = True
            trained += list(tagger.types.parameters())
        self._optimizer = AdamW(trained, settings.lr, settings.weight_decay)
        self._loss = credit_loss if settings.loss == "credit" else soft_cross_entropy

    def step(self, rows: Tensor, weights: Tensor, rate: float) -> float:
        """One step on the mentions in `rows`, at so much of the peak rate; returns the loss.

        Raises:
            TrainingError: a loss that is no finite number.
        """
        self.conversion.train()
        loss = self._loss(converted(self.model, self.conversion, self.vectors[rows]), self.wanted[rows], weights)
        if not math.isfinite(loss.item()):
            raise TrainingError(
                f"expected a finite loss, found {loss.item():g}; no model was written; lower --lr, or look at the "
                "weights of the corpora"
            )
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step(rate)
        return loss.item()

    def validated(self, dev: Sequence[DevSet], settings: FinetuneSettings, epoch: int, loss: float) -> dict[str, Any]:
        """Metrics of the layer as it is now; without validation corpora its score is minus the loss."""
        self.conversion.eval()
        head = TypingHead(self.model, self.targets, decoding_rule(settings))
        metrics: dict[str, Any] = {
            "epoch": epoch,
            "loss": round(loss, 4),
            "dev": {d.name: dev_metrics(head, d, settings.dev_labels) for d in dev},
        }
        metrics["score"] = float(np.mean([m["headline"] for m in metrics["dev"].values()])) if dev else -metrics["loss"]
        return metrics

    def keep(self) -> None:
        """Remember the weights as they are now."""
        self._kept = copy.deepcopy(
            {"conversion": self.conversion.state_dict(), "types": self.model.tagger.types.state_dict()}
        )

    def end(self) -> None:
        """Put back the weights that were kept last."""
        self.conversion.load_state_dict(self._kept["conversion"])
        self.model.tagger.types.load_state_dict(self._kept["types"])
        self.conversion.eval()


def wanted(
    model: Model,
    targets: Targets,
    mapper: DirectMapper | None,
    instances: Instances,
    settings: FinetuneSettings,
) -> Tensor:
    """What each mention is trained towards [M, A]: a distribution, or the credits of a loss of credit."""
    if settings.loss == "credit":
        return targets.set_credits(instances.labels, settings.credit)
    gold = torch.zeros((len(instances), len(targets)))
    for mask, depth in ((~instances.closed, settings.depth), (instances.closed, 0.0)):
        part = instances.part(mask)
        if not len(part):
            continue
        evidence = torch.zeros((len(part), len(targets)))
        if mapper is not None and (depth or any(len(labels) > 1 for labels in part.labels)):
            with torch.no_grad():
                probabilities = torch.sigmoid(model.tagger.type_logits(part.vectors)).numpy()
            evidence = torch.from_numpy(mapper.scores(probabilities)).float()
        gold[mask] = targets.gold(part.labels, evidence, depth)
    return targets.soft(gold, settings.credit, settings.loss_decay) if settings.loss == "soft" else gold
