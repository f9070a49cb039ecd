"""What corrections teach: a fine-tuned model's own layer is trained on, on its replay file and on corrected mentions.

Hagiwara, Tamaki and Yamada (2019), feedback; the original corpora are not needed. `learn_corrections` works in memory
and leaves the model as it is; `adopt` puts what was learned into the model, `write_lesson` into a model folder.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ousianer_cli.errors import InputError, ModelError
from ousianer_cli.formats.feedback.items import FeedbackItem
from ousianer_cli.network.checkpoint import Model, model_taxonomy
from ousianer_cli.network.conversion import Conversion
from ousianer_cli.network.targets import DecodingRule, Targets
from ousianer_cli.network.typing import TypingHead
from ousianer_cli.scoring.sentences import SentenceScorer
from ousianer_cli.settings.fields import kept_by_model
from ousianer_cli.settings.finetune import FinetuneSettings
from ousianer_cli.taxonomy.tree_files import load_taxonomy
from ousianer_cli.training.finetune.corrections import corrected_mentions, correction_instances
from ousianer_cli.training.finetune.evaluation import DevSet, credit_of
from ousianer_cli.training.finetune.guard import GuardFigures, guard_f1, on_guard
from ousianer_cli.training.finetune.instances import Instances
from ousianer_cli.training.finetune.model import write_tuned
from ousianer_cli.training.finetune.neighbours import contradicting, overruled
from ousianer_cli.training.finetune.replay import replay_of, replayed
from ousianer_cli.training.finetune.revision import Revision, revise
from ousianer_cli.training.finetune.table import Table, feedback_table
from ousianer_cli.training.vector_cache import VectorCache


@dataclass(frozen=True, slots=True)
class LearnedSpan:
    """A corrected mention, and its type by the model before and after it was learned (`-`: outside the taxonomy)."""

    item: FeedbackItem
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """What corrections taught: a new conversion layer, and a summary of what it does."""

    conversion: Conversion
    projection: dict[str, Tensor] | None
    """The type projection's tensors, where `tune_projection` trained them."""
    replay: Instances
    """What the next round replays: earlier mentions but for those that contradict corrections, and the corrections."""
    spans: list[LearnedSpan]
    """Each correction, in the order given."""
    guard: GuardFigures | None
    """None where the replay file is too small to spare a guard set."""
    contradicting: int
    """Replayed mentions that contradicted the corrections and were left out."""
    replayed: int
    """Mentions trained on beside the corrections."""
    steps: int
    metrics: dict[str, Any]
    """What the model folder keeps: `finetune`, `feedback`, `guard`."""
    settings: FinetuneSettings
    targets: Targets
    table: Table | None

    def forgets(self, max_loss: float | None = None) -> bool:
        """Whether F1 on the guard set fell by more than `max_loss` (by default the settings' own), so that the lesson
        had better be refused."""
        limit = self.settings.max_loss if max_loss is None else max_loss
        return self.guard is not None and self.guard.loss > limit


def learn_corrections(
    model: Model,
    corrections: Sequence[FeedbackItem],
    *,
    vectors: Tensor | None = None,
    settings: FinetuneSettings | None = None,
    dev: Sequence[DevSet] = (),
    report: Callable[[str], None] = lambda _: None,
    encoder: VectorCache | None = None,
) -> Lesson:
    """Learn corrections over a loaded model's replay file; touches no disk and leaves the model as it was.

    In a process that holds a model and knows its mentions' vectors (`Detected.vectors` of the tagging engine):

        lesson = learn_corrections(model, items, vectors=vectors)
        if lesson.forgets():
            ...  # say lesson.guard; keep the old layer
        else:
            adopt(model, lesson)  # the model types anew from now on; the next round goes on from here
            write_lesson(model, lesson, "folder")  # when it is to be kept

    Args:
        model: a fine-tuned model with a replay file.
        corrections: `type` of each is a target type of the model as its taxonomy writes it, or `-`
            (`corrections.resolved` makes them so); `text`, `start` and `end` are read only where no vectors are given.
            A span may stand once; what is given first is first in `Lesson.spans`.
        vectors: their mention vectors [C, V], in their order, on the CPU; None computes them from the sentences.
        settings: how to train; those that the model was made with (loss, decoding, depth) are taken from the model.
        dev: validation corpora; the best of some validations is kept.
        encoder: what computes vectors, where there are none and some are kept on disk.

    Raises:
        ModelError: the model has no replay file or no conversion layer.
        InputError: no corrections, or a sentence longer than the encoder reads.
    """
    settings = settings or FinetuneSettings()
    check_replay(model, settings.base or "the model")
    kept = kept_settings(settings, model)
    targets = feedback_targets(model, settings)
    table = feedback_table(settings, kept, model, targets.taxonomy, report)
    if vectors is None:
        corrected = correction_instances(encoder or VectorCache(model, kept.batch_pieces), corrections)
    else:
        corrected = corrected_mentions(vectors, corrections)
    earlier = replayed(model, targets)
    if not len(earlier) and not len(corrected):
        raise InputError("training mentions", "none with types", remedy="check --feedback and the model's replay file")
    scorer = SentenceScorer(targets.taxonomy)
    standing = on_guard(earlier)
    guard, trained = earlier.part(standing), earlier.part(~standing)
    report(f"{len(earlier):,} training mentions (replay file) and {len(corrected):,} from feedback")
    with _own_layer(model):
        head = TypingHead(model, targets, DecodingRule.of(model.config))
        before = _types(head, corrected)
        right = [item.type for item in corrections]
        contradicted = contradicting(guard.vectors, guard.labels, corrected.vectors, right, before)
        against = torch.tensor([name is not None for name in contradicted], dtype=torch.bool)
        watched = guard.part(~against)
        guard_before = guard_f1(head, watched, scorer)
        credit_before = credit_of(head, scorer, corrected) if len(corrected) else None
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(kept.seed)
            mapper = None if table is None else table.mapper
            revision = revise(model, targets, mapper, trained, corrected, dev, kept, report=report)
        after = _types(head, corrected)
        figures = GuardFigures(len(watched), int(against.sum()), guard_before, guard_f1(head, watched, scorer))
        credit_after = credit_of(head, scorer, corrected) if len(corrected) else None
        conversion = model.conversion
        projection = copy.deepcopy(model.tagger.types.state_dict()) if kept.tune_projection else None
    assert conversion is not None
    left = revision.replay.joined(overruled(guard, contradicted, kept.contradicting)[0])
    lesson = Lesson(
        conversion=conversion,
        projection=projection,
        replay=left.joined(corrected.weighted(kept.feedback_weight)),
        spans=[LearnedSpan(*one) for one in zip(corrections, before, after, strict=True)],
        guard=figures if len(watched) else None,
        contradicting=revision.contradicting + int(against.sum()),
        replayed=len(revision.replay),
        steps=revision.steps,
        metrics={},
        settings=kept,
        targets=targets,
        table=table,
    )
    return dataclasses.replace(lesson, metrics=_metrics(lesson, revision, credit_before, credit_after))


def adopt(model: Model, lesson: Lesson) -> None:
    """Put what was learned into the model: its types change, detection does not, the next lesson goes on from it."""
    model.conversion = lesson.conversion
    if lesson.projection is not None:
        model.tagger.types.load_state_dict(lesson.projection)
    model.replay, model.config["replay_sets"] = replay_of(
        lesson.replay, lesson.settings.replay_limit, lesson.settings.seed
    )


def write_lesson(
    model: Model,
    lesson: Lesson,
    out: str = "",
    *,
    dev: Sequence[DevSet] = (),
    report: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Adopt a lesson and write the model folder `out` (the settings' own, if empty), whole or not at all; returns the
    metrics that it keeps.

    Raises:
        OutputError: what stands there is no model folder, or cannot be written.
    """
    adopt(model, lesson)
    settings = dataclasses.replace(lesson.settings, out=out) if out else lesson.settings
    metrics = dict(lesson.metrics)
    write_tuned(model, lesson.targets, lesson.table, lesson.replay, dev, settings, metrics, report)
    return metrics


def _metrics(lesson: Lesson, revision: Revision, before: float | None, after: float | None) -> dict[str, Any]:
    metrics: dict[str, Any] = {"finetune": revision.metrics}
    if before is not None:
        metrics["feedback"] = {
            "mentions": len(lesson.spans),
            "credit_before": before,
            "credit_after": after,
            "contradicting": lesson.contradicting,
            "steps": lesson.steps,
        }
    if lesson.guard is not None:
        guard = dataclasses.asdict(lesson.guard)
        metrics["guard"] = {k: round(v, 4) if isinstance(v, float) else v for k, v in guard.items()}
    return metrics


@contextlib.contextmanager
def _own_layer(model: Model) -> Iterator[None]:
    """A copy of the model's layer in its place, to be trained; the model gets its own back at the end."""
    layer = model.conversion
    projection = copy.deepcopy(model.tagger.types.state_dict())
    model.conversion = copy.deepcopy(layer)
    try:
        yield
    finally:
        model.conversion = layer
        model.tagger.types.load_state_dict(projection)


def _types(head: TypingHead, mentions: Instances) -> list[str]:
    return [head.names[i] for i in head.choose(mentions.vectors).positions.tolist()]


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
