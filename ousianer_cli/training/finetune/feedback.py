"""Feedback: a fine-tuned model's own layer is trained on, on its replay file and on corrected mentions.

Hagiwara, Tamaki and Yamada (2019), feedback; the original corpora are not needed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import torch

from ousianer_cli.errors import InputError, ModelError
from ousianer_cli.network.checkpoint import Model, load_model, model_taxonomy
from ousianer_cli.network.targets import DecodingRule, Targets
from ousianer_cli.network.typing import TypingHead
from ousianer_cli.scoring.sentences import SentenceScorer
from ousianer_cli.settings.fields import kept_by_model
from ousianer_cli.settings.finetune import FinetuneSettings
from ousianer_cli.taxonomy.tree import load_taxonomy
from ousianer_cli.training.finetune.conversion import train_conversion
from ousianer_cli.training.finetune.corrections import correction_instances, read_corrections
from ousianer_cli.training.finetune.evaluation import credit_of, dev_set
from ousianer_cli.training.finetune.instances import Instances, corpora_of
from ousianer_cli.training.finetune.model import base_folder, output_folder, write_tuned
from ousianer_cli.training.finetune.replay import replayed
from ousianer_cli.training.finetune.table import feedback_table
from ousianer_cli.training.vector_cache import VectorCache


def finetune_on_feedback(settings: FinetuneSettings, *, report: Callable[[str], None] = print) -> dict[str, Any]:
    """Train a fine-tuned model on by `feedback`; returns the metrics that the model folder keeps.

    Raises:
        SettingsError: a missing setting or a conflict, by flag name.
        InputError: a corpus or feedback file that is wrong, with file and line.
        ModelError: the base model cannot be read, or has no replay file.
    """
    base = base_folder(settings, report)
    model = load_model(base)
    output_folder(settings)
    torch.manual_seed(settings.seed)
    check_replay(model, base)
    kept = kept_settings(settings, model)
    targets = feedback_targets(model, settings)
    table = feedback_table(settings, kept, model, targets.taxonomy, report)
    items = read_corrections(settings.feedback, settings.source, targets)
    vectors = VectorCache(model, settings.batch_pieces, settings.vectors)
    dev = [dev_set(vectors, corpus, targets) for corpus in corpora_of(settings.dev)]
    earlier = replayed(model, targets)
    _report_layer(model, settings, report)
    corrected = correction_instances(vectors, items)
    before = _credit(model, targets, corrected) if len(corrected) else None
    instances = earlier.joined(corrected.weighted(settings.feedback_weight))
    if not len(instances):
        raise InputError("training mentions", "none with types", remedy="check --feedback and the model's replay file")
    report(f"{len(earlier):,} training mentions (replay file) and {len(corrected):,} from feedback")
    best = train_conversion(
        model,
        targets,
        None if table is None else table.mapper,
        instances,
        dev,
        kept,
        replayed=len(earlier),
        corrected=len(corrected),
        report=report,
    )
    metrics: dict[str, Any] = {"finetune": best}
    if before is not None:
        after = _credit(model, targets, corrected)
        metrics["feedback"] = {"mentions": len(corrected), "credit_before": before, "credit_after": after}
        report(
            f"credit (both directions, decay .5) on the feedback's own mentions: {before:.3f} before, {after:.3f} after"
        )
    write_tuned(model, targets, table, instances, dev, kept, metrics, report)
    return metrics


def check_replay(model: Model, base: str) -> None:
    """Refuse a model without a replay file or a conversion layer with a `ModelError`."""
    if model.replay is None or model.conversion is None:
        raise ModelError(
            f"{base}: expected a fine-tuned model with replay.safetensors, found none; give --train as well"
        )


def kept_settings(settings: FinetuneSettings, model: Model) -> FinetuneSettings:
    """The settings with the loss, decoding and depth that the model was tuned with; its table too, if none is given."""
    earlier: Mapping[str, Any] = model.config.get("finetune", {})
    kept = {name: earlier[name] for name in kept_by_model(settings) if name in earlier}
    if not settings.mapping:
        kept["mapping"] = earlier.get("mapping", "")
    return dataclasses.replace(settings, **kept)


def feedback_targets(model: Model, settings: FinetuneSettings) -> Targets:
    """The targets of the model itself."""
    return Targets(model_taxonomy(model) if model.taxonomy_file else load_taxonomy(settings.taxonomy))


def _report_layer(model: Model, settings: FinetuneSettings, report: Callable[[str], None]) -> None:
    layer = model.conversion
    if layer is not None and (settings.reads != layer.reads or settings.hidden != layer.hidden.out_features):
        report(f"keeping the model's own conversion layer (reads {layer.reads}, hidden {layer.hidden.out_features})")


def _credit(model: Model, targets: Targets, corrected: Instances) -> float:
    head = TypingHead(model, targets, DecodingRule.of(model.config))
    return credit_of(head, SentenceScorer(targets.taxonomy), corrected)
