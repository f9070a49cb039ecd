"""The ends of every fine-tuning: the base model it begins with, and the model folder that it writes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ousianer_cli.network.checkpoint import Model, save_model
from ousianer_cli.network.targets import Targets
from ousianer_cli.released_models import released_model
from ousianer_cli.settings import portable, require
from ousianer_cli.settings.fields import data_of
from ousianer_cli.settings.finetune import FinetuneSettings
from ousianer_cli.taxonomy.tree_files import taxonomy_text
from ousianer_cli.training.examples import file_digest
from ousianer_cli.training.finetune.evaluation import DevSet, set_threshold
from ousianer_cli.training.finetune.instances import Instances
from ousianer_cli.training.finetune.replay import replay_of
from ousianer_cli.training.finetune.table import Table


def base_folder(settings: FinetuneSettings, report: Callable[[str], None]) -> str:
    """The model to start from; the shipped one where none is named and there is feedback, or nothing to train."""
    if not settings.base and (settings.feedback or settings.direct):
        base = str(released_model())
        report(f"starting from the shipped model ({Path(base).name})")
        return base
    return require(settings.base, "base", "finetune", "a model folder to start from", "BASE")


def output_folder(settings: FinetuneSettings) -> str:
    """Where the model goes."""
    return require(settings.out, "out", "finetune", "a folder for the model", "-o DIR")


def write_tuned(
    model: Model,
    targets: Targets,
    table: Table | None,
    instances: Instances,
    dev: Sequence[DevSet],
    settings: FinetuneSettings,
    metrics: dict[str, Any],
    report: Callable[[str], None],
) -> None:
    """Choose the threshold, and write the tuned model with its replay file, its table and what it was made of."""
    set_threshold(model, targets, dev, settings, metrics, report)
    model.replay, replay_sets = replay_of(instances, settings.replay_limit, settings.seed)
    model.taxonomy_file = taxonomy_text(targets.taxonomy)
    model.direct_table = None
    model.mapping_table = None if table is None else table.text
    model.metrics = {**model.metrics, **metrics}
    model.config = {
        **model.config,
        "finetune": portable(settings),
        "replay_sets": replay_sets,
        "finetune_data_sha256_16": {Path(path).name: file_digest(path) for _, path in data_of(settings)},
    }
    save_model(settings.out, model, card(model, settings, metrics))
    report(f"wrote {settings.out}")


def card(model: Model, settings: FinetuneSettings, metrics: Mapping[str, Any]) -> str:
    """A model card filled from the run itself."""
    lines = ["# A fine-tuned OusiaNER model" if model.conversion is not None else "# A Direct OusiaNER model", ""]
    lines += [
        f"Base `{Path(settings.base).name or 'shipped'}`, target taxonomy `{settings.taxonomy}`, "
        f"{len(model.types):,} YAGO/WordNet types underneath.",
        "",
    ]
    lines += ["## Validation", "", "```json", json.dumps(metrics, indent=1), "```", ""]
    return "\n".join(lines)
