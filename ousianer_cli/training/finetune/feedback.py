"""`finetune --feedback`: corrections are read, learned (`lesson`), shown, and written into a model folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ousianer_cli.errors import ForgettingError
from ousianer_cli.formats.detection import check_detection_place
from ousianer_cli.network.checkpoint import Model, load_model
from ousianer_cli.settings.finetune import FinetuneSettings
from ousianer_cli.training.finetune.corrections import read_corrections
from ousianer_cli.training.finetune.detection import (
    detection_lines,
    detection_path,
    keep_faults,
    kept_lines,
    taught,
    typed,
)
from ousianer_cli.training.finetune.evaluation import dev_set
from ousianer_cli.training.finetune.instances import corpora_of
from ousianer_cli.training.finetune.lesson import (
    Lesson,
    check_replay,
    feedback_targets,
    learn_corrections,
    write_lesson,
)
from ousianer_cli.training.finetune.model import base_folder, output_folder
from ousianer_cli.training.vector_cache import VectorCache

_BECOME = {"drop": "left out from now on", "relabel": "given their type from now on", "keep": "kept as they are"}
SHOWN = 20
"""Learned spans in the summary, if not all of them."""


def finetune_on_feedback(settings: FinetuneSettings, *, report: Callable[[str], None] = print) -> dict[str, Any]:
    """Train a fine-tuned model on by `feedback`; returns the metrics that the model folder keeps.

    Raises:
        SettingsError: a missing setting or a conflict, by flag name.
        InputError: a corpus or feedback file that is wrong, with file and line.
        ModelError: the base model cannot be read, or has no replay file.
        ForgettingError: F1 on the guard set fell by more than `max_loss`; nothing is written.
    """
    base = base_folder(settings, report)
    model = load_model(base)
    output_folder(settings)
    check_replay(model, base)
    targets = feedback_targets(model, settings)
    items = read_corrections(settings.feedback, settings.source, targets, report=report)
    vectors = VectorCache(model, settings.batch_pieces, settings.vectors)
    dev = [dev_set(vectors, corpus, targets) for corpus in corpora_of(settings.dev)]
    _report_layer(model, settings, report)
    faults = detection_lines(vectors, items)
    if kept_lines(base, settings.out, faults):
        check_detection_place(detection_path(settings.out))
    lesson = learn_corrections(model, typed(items), settings=settings, dev=dev, report=report, encoder=vectors)
    for line in summary(lesson, every=settings.verbose):
        report(line)
    if lesson.forgets() and lesson.guard is not None:
        raise ForgettingError(lesson.guard.before, lesson.guard.after, settings.max_loss, lesson.guard.mentions)
    if settings.detection:
        lesson.metrics.update(taught(model, kept_lines(base, settings.out, faults), settings, report))
    metrics = write_lesson(model, lesson, dev=dev, report=report)
    keep_faults(base, settings, faults, len(items) - len(typed(items)), report)
    return metrics


def summary(lesson: Lesson, *, every: bool = False) -> list[str]:
    """Lines that say what was learned: the first 20 spans (all with `every`), neighbours, credit, guard set."""
    lines = []
    shown = lesson.spans if every else lesson.spans[:SHOWN]
    for span in shown:
        item = span.item
        left, right = item.text[max(0, item.start - 30) : item.start], item.text[item.end : item.end + 30]
        words = " ".join(f"{left}[{item.mention}]{right}".split())
        right_type = "" if span.after == item.type else f" (asked for: {item.type})"
        lines.append(f"  {words}  {span.before} -> {span.after}{right_type}")
    if len(lesson.spans) > len(shown):
        lines.append(f"  … and {len(lesson.spans) - len(shown):,} more (--verbose shows all)")
    if lesson.contradicting:
        lines.append(
            f"{lesson.contradicting:,} replayed mentions near the corrections are labelled as the model erred, and are "
            f"{_BECOME[lesson.settings.contradicting]}"
        )
    learned = lesson.metrics.get("feedback")
    if learned:
        lines.append(
            "credit (both directions, decay .5) on the feedback's own mentions: "
            f"{learned['credit_before']:.3f} before, {learned['credit_after']:.3f} after"
        )
    lines.append(str(lesson.guard) if lesson.guard else "no guard set: the replay file has too few mentions to spare")
    return lines


def _report_layer(model: Model, settings: FinetuneSettings, report: Callable[[str], None]) -> None:
    layer = model.conversion
    if layer is not None and (settings.reads != layer.reads or settings.hidden != layer.hidden.out_features):
        report(f"keeping the model's own conversion layer (reads {layer.reads}, hidden {layer.hidden.out_features})")
