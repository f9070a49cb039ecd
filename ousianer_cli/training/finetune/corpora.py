"""Fine-tuning on corpora: a new conversion layer from the pretrained typing head to a target taxonomy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from ousianer_cli.errors import InputError
from ousianer_cli.network.checkpoint import load_model
from ousianer_cli.network.targets import Targets
from ousianer_cli.settings.finetune import FinetuneSettings
from ousianer_cli.taxonomy.tree_files import load_taxonomy
from ousianer_cli.training.finetune.conversion import train_conversion
from ousianer_cli.training.finetune.corrections import correction_instances, read_corrections
from ousianer_cli.training.finetune.detection import typed
from ousianer_cli.training.finetune.evaluation import dev_set
from ousianer_cli.training.finetune.instances import corpora_of, instances_and_others, joined_corpora, training_corpora
from ousianer_cli.training.finetune.model import base_folder, output_folder, write_tuned
from ousianer_cli.training.finetune.nested import corpus_candidates, nested_head
from ousianer_cli.training.finetune.table import corpora_table
from ousianer_cli.training.vector_cache import VectorCache


def finetune_on_corpora(settings: FinetuneSettings, *, report: Callable[[str], None] = print) -> dict[str, Any]:
    """Tune on `train`, and on `feedback` beside it where there is some; returns the metrics that the folder keeps.

    Raises:
        SettingsError: a missing setting or a conflict, by flag name.
        InputError: a corpus or feedback file that is wrong, with file and line.
        ModelError: the base model cannot be read.
    """
    model = load_model(base_folder(settings, report))
    output_folder(settings)
    torch.manual_seed(settings.seed)
    targets = Targets(load_taxonomy(settings.taxonomy))
    table = corpora_table(settings, model, targets.taxonomy, report)
    items = typed(read_corrections(settings.feedback, settings.source, targets, report=report))
    vectors = VectorCache(model, settings.batch_pieces, settings.vectors)
    dev = [dev_set(vectors, corpus, targets) for corpus in corpora_of(settings.dev)]
    corpora = training_corpora(corpora_of(settings.train), model)
    read = [instances_and_others(vectors, c, targets, report, corpus_candidates(c.examples)) for c in corpora]
    train = joined_corpora([typed_names for typed_names, _ in read], balance=settings.balance)
    corrected = correction_instances(vectors, items)
    instances = train.joined(corrected.weighted(settings.feedback_weight))
    if not len(instances):
        raise InputError("training mentions", "none with types", remedy="check 'types' and 'supervises' in --train")
    report(
        f"{len(train):,} training mentions"
        + (f" (corpora) and {len(corrected):,} from feedback" if settings.feedback else "")
    )
    mapper = None if table is None else table.mapper
    best = train_conversion(model, targets, mapper, instances, dev, settings, report=report)
    inside = [(c.examples, vectors_inside) for c, (_, [vectors_inside]) in zip(corpora, read, strict=True)]
    model.nested = nested_head(inside, settings.seed, report)
    metrics: dict[str, Any] = {"finetune": best}
    write_tuned(model, targets, table, instances, dev, settings, metrics, report)
    return metrics
