"""The Direct model: no conversion layer, YAGO types mapped by a table (Hagiwara et al. 2019, the Direct baseline)."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

from ousianer_cli.network.checkpoint import load_model, save_model
from ousianer_cli.network.targets import DecodingRule, Targets
from ousianer_cli.network.typing import TypingHead
from ousianer_cli.settings import portable
from ousianer_cli.settings.finetune import FinetuneSettings
from ousianer_cli.taxonomy.tree_files import load_taxonomy, taxonomy_text
from ousianer_cli.training.finetune.evaluation import dev_metrics, dev_set
from ousianer_cli.training.finetune.instances import corpora_of
from ousianer_cli.training.finetune.model import base_folder, card, output_folder
from ousianer_cli.training.finetune.table import direct_table
from ousianer_cli.training.vector_cache import VectorCache


def write_direct(settings: FinetuneSettings, *, report: Callable[[str], None] = print) -> dict[str, Any]:
    """Validate and write the Direct model over a base; returns the metrics that the model folder keeps.

    Raises:
        SettingsError: a missing setting.
        InputError, TaxonomyError: a corpus or a table that is wrong, with file and line.
        ModelError: the base model cannot be read.
    """
    base = base_folder(settings, report)
    model = load_model(base)
    out = output_folder(settings)
    targets = Targets(load_taxonomy(settings.taxonomy))
    table = direct_table(settings, model, targets.taxonomy)
    vectors = VectorCache(model, settings.batch_pieces, settings.vectors)
    head = TypingHead(model, targets, direct=table.mapper)
    metrics: dict[str, Any] = {"direct": {}}
    for corpus in corpora_of(settings.dev):
        dev = dev_set(vectors, corpus, targets)
        metrics["direct"][dev.name] = dev_metrics(head, dev, settings.dev_labels)
        report(f"{dev.name}: {json.dumps(metrics['direct'][dev.name])}")
    model.conversion = None
    model.replay = None
    model.taxonomy_file = taxonomy_text(targets.taxonomy)
    model.direct_table, model.mapping_table = table.text, None
    model.metrics = {**{k: v for k, v in model.metrics.items() if k == "pretrain"}, **metrics}
    model.config = {k: v for k, v in model.config.items() if k not in ("finetune", "replay_sets", "decoding")}
    model.config["finetune"] = portable(settings)
    model.config["decoding"] = dataclasses.asdict(DecodingRule())
    save_model(out, model, card(model, settings, metrics))
    report(f"wrote {out}: a Direct model, {table.mapper.mapped} of {len(model.types)} YAGO types mapped")
    return metrics
