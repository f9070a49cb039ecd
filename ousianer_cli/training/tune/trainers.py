"""What trains a trial of a study: a whole pretraining, or a fine-tuning over mention vectors that all trials share."""

from __future__ import annotations

import copy
import dataclasses
import shutil
import typing
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from ousianer_cli.corpus.prepare import is_held_out
from ousianer_cli.corpus.store import read_store
from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.network.checkpoint import load_model
from ousianer_cli.network.targets import Targets
from ousianer_cli.settings import require
from ousianer_cli.settings.fields import training_data_of
from ousianer_cli.settings.finetune import FinetuneSettings, Reading
from ousianer_cli.settings.pretrain import PretrainSettings
from ousianer_cli.settings.weights import corpus_weights
from ousianer_cli.taxonomy.tree_files import load_taxonomy
from ousianer_cli.training.finetune.conversion import train_conversion
from ousianer_cli.training.finetune.corrections import correction_instances, read_corrections
from ousianer_cli.training.finetune.detection import typed
from ousianer_cli.training.finetune.evaluation import dev_set
from ousianer_cli.training.finetune.guard import on_guard
from ousianer_cli.training.finetune.instances import (
    Corpus,
    Instances,
    check_types,
    corpora_of,
    corpus_instances,
    joined_corpora,
    training_corpora,
)
from ousianer_cli.training.finetune.lesson import check_replay, feedback_targets, kept_settings
from ousianer_cli.training.finetune.model import base_folder
from ousianer_cli.training.finetune.replay import replayed
from ousianer_cli.training.finetune.revision import revise
from ousianer_cli.training.finetune.table import Table, corpora_table, feedback_table
from ousianer_cli.training.pretrain.loop import pretrain
from ousianer_cli.training.pretrain.state import read_state, read_validations
from ousianer_cli.training.tune.space import Dimension, accepts
from ousianer_cli.training.vector_cache import VectorCache

Watch = Callable[[Mapping[str, Any]], None]
"""Sees the metrics of each validation; may end the training by an exception."""

_READINGS: dict[Reading, str] = {
    "closed": "labels closed",
    "open": "labels open",
    "mean": "mean of labels closed and open",
}


class Trainer(typing.Protocol):
    """Trains the phase once by given settings; `slot` names its place on disk."""

    notes: dict[str, str]
    """What the validation slice is, for the report."""

    def train(self, settings: Any, slot: str, watch: Watch) -> Mapping[str, Any]:
        """The best validation's metrics, with `score`."""

    def clear(self, slot: str) -> None:
        """Remove what a finished training left, but for its validations."""


class PretrainTrainer:
    """Trials of pretraining; an interrupted one goes on from its last validation."""

    def __init__(self, fixed: PretrainSettings, folder: Path) -> None:
        require(training_data_of(fixed), "detection", "pretrain", "training corpora")
        if not (fixed.detection_dev or fixed.typing_dev or fixed.held_out):
            raise SettingsError("--held-out: expected a share above 0 or --detection-dev/--typing-dev, found neither")
        # One folder for all, since a frozen encoder's features are cached beside the model.
        self.folder = (folder / "trials").resolve()
        share = f"{fixed.held_out:g} of the sentences, held out by a hash of their pieces"
        kinds = {"detection": fixed.detection_dev, "typing": fixed.typing_dev}
        self.notes = {
            "validation": "; ".join(f"{k}: {', '.join(Path(p).name for p in v) or share}" for k, v in kinds.items()),
            "score": "mean of detection F1 (exact spans) and of typing F1 (gold mentions, p > .5)",
        }

    def train(self, settings: PretrainSettings, slot: str, watch: Watch) -> Mapping[str, Any]:
        """Pretrain, or go on with what the slot holds; returns the best validation's metrics."""
        out = self.folder / f"{slot}-{settings.seed}"
        settings = dataclasses.replace(settings, out=str(out), keep_features=True)
        state = read_state(out)
        if state is None or state["settings"].get("out") != str(out):  # none, or the study was moved
            return pretrain(settings, report=_quiet, on_validation=watch)
        for metrics in read_validations(out):
            if metrics["step"] <= state["step"]:
                watch(metrics)
        if state["stale"] >= settings.patience:
            return dict(state["best"])
        return pretrain(settings, resume=True, report=_quiet, on_validation=watch)

    def clear(self, slot: str) -> None:
        """Keep the validations of a slot's trainings alone."""
        for last in self.folder.glob(f"{slot}-*.last"):
            log = last / "metrics.jsonl"
            if log.is_file():
                log.replace(self.folder / f"{last.stem}.jsonl")
            shutil.rmtree(last, ignore_errors=True)
            shutil.rmtree(self.folder / last.stem, ignore_errors=True)


class FinetuneTrainer:
    """Trials of fine-tuning: mention vectors, by far the costly part, are computed once and shared by all."""

    def __init__(
        self,
        fixed: FinetuneSettings,
        space: Sequence[Dimension],
        held_out: float,
        report: Callable[[str], None],
    ) -> None:
        if fixed.direct:
            raise SettingsError("--direct: expected a phase that is trained, found a Direct model; leave it out")
        if not fixed.train and not fixed.feedback:
            raise SettingsError("missing setting: training mentions; give --train or --feedback")
        if not fixed.train and not fixed.dev:
            raise SettingsError("missing setting: validation corpora; give --dev, since feedback alone holds none out")
        self.fixed, self.report = fixed, report
        base = base_folder(fixed, report)
        self.model = load_model(base)
        self.feedback_alone = not fixed.train  # goes on with the model's own conversion layer
        if self.feedback_alone:
            check_replay(self.model, base)
            self.targets = feedback_targets(self.model, fixed)
        else:
            self.targets = Targets(load_taxonomy(fixed.taxonomy))
        self.conversion = copy.deepcopy(self.model.conversion) if self.feedback_alone else None
        self.projection = copy.deepcopy(self.model.tagger.types.state_dict())
        items = typed(read_corrections(fixed.feedback, fixed.source, self.targets))
        vectors = VectorCache(self.model, fixed.batch_pieces, fixed.vectors)
        self.corrected = correction_instances(vectors, items)
        self._tables: dict[bool, Table | None] = {}
        train, dev, held = corpora_of(fixed.train), corpora_of(fixed.dev), ""
        if not dev:
            train, dev, held = split_corpora(fixed.train, held_out, self.targets)
            report(held)
        self.dev = [dev_set(vectors, corpus, self.targets) for corpus in dev]
        for part in self.dev:
            if not len(part.gold):
                raise InputError("validation mentions with types", "none", path=part.name, remedy="check --dev")
        self._earlier = self._read(vectors, train, space)
        self.notes = {
            "validation": held or ", ".join(Path(c.path).name for c in dev),
            "score": "mean over the corpora of typed F1 with detection (of typing credit where a corpus does not mark "
            f"all names), credit both, decay .5, {_READINGS[fixed.dev_labels]}, no confidence threshold",
        }

    def _read(
        self, vectors: VectorCache, corpora: Sequence[Corpus], space: Sequence[Dimension]
    ) -> dict[bool, Instances]:
        """The mentions that are trained on beside corrected ones, for each way to balance corpora."""
        balances = next((d.choices for d in space if d.name == "balance"), (self.fixed.balance,))
        if self.feedback_alone:
            earlier = replayed(self.model, self.targets)
            return dict.fromkeys(balances, earlier.part(~on_guard(earlier)))
        parts = corpus_instances(vectors, training_corpora(corpora, vectors.model), self.targets, self.report)
        return {balance: joined_corpora(parts, balance=balance) for balance in balances}

    def _table(self, settings: FinetuneSettings, kept: FinetuneSettings) -> Table | None:
        deep = kept.depth > 0
        if deep not in self._tables:
            taxonomy = self.targets.taxonomy
            self._tables[deep] = (
                feedback_table(settings, kept, self.model, taxonomy, self.report)
                if self.feedback_alone
                else corpora_table(settings, self.model, taxonomy, self.report)
            )
        return self._tables[deep]

    def refuse_kept(self, space: Sequence[Dimension], where: str) -> None:
        """Feedback alone keeps some of the model's own settings; tuning one of those would change nothing."""
        for dimension in space if self.feedback_alone else ():
            values = [{dimension.name: v} for v in dimension.edges()]
            allowed = [self._changed(v) for v in values if accepts(self._changed, v)]
            if any(
                getattr(kept_settings(s, self.model), dimension.name) != getattr(s, dimension.name) for s in allowed
            ):
                raise SettingsError(
                    f"{where}: [tune.finetune] {dimension.name}: expected a setting that feedback alone can change, "
                    "found one that the model keeps; give --train as well or take it out"
                )

    def _changed(self, values: Mapping[str, Any]) -> FinetuneSettings:
        return dataclasses.replace(self.fixed, **values)

    def train(self, settings: FinetuneSettings, slot: str, watch: Watch) -> Mapping[str, Any]:
        """Tune from where the base model stands; returns the best epoch's metrics."""
        model = self.model
        earlier = self._earlier[settings.balance]
        kept = kept_settings(settings, model) if self.feedback_alone else settings
        table = self._table(settings, kept)
        model.conversion = copy.deepcopy(self.conversion)
        model.tagger.types.load_state_dict(self.projection)
        torch.manual_seed(kept.seed)
        mapper = None if table is None else table.mapper
        if self.feedback_alone:
            return revise(
                model, self.targets, mapper, earlier, self.corrected, self.dev, kept, report=_quiet, on_round=watch
            ).metrics
        instances = earlier.joined(self.corrected.weighted(settings.feedback_weight))
        return train_conversion(model, self.targets, mapper, instances, self.dev, kept, report=_quiet, on_epoch=watch)

    def clear(self, slot: str) -> None:
        """Nothing is on disk."""


def split_corpora(texts: Sequence[str], share: float, targets: Targets) -> tuple[list[Corpus], list[Corpus], str]:
    """Part corpora by a hash of each sentence: (training parts, held-out parts, what was held out).

    A sentence falls on the same side wherever it stands, and training parts weigh what their corpora do.

    Raises:
        SettingsError: nothing is held out of a corpus, or nothing is left of it.
        InputError: a corpus that is wrong, or a type that is none of the targets, by the corpus's own name.
    """
    weights = corpus_weights(texts)
    train, held, counts = [], [], []
    stems = Counter(Path(path).stem for path in weights)
    for number, (path, weight) in enumerate(weights.items()):
        parts: dict[bool, list[Any]] = {True: [], False: []}
        for sentence in read_store(path):
            for mention in sentence.mentions:
                check_types(mention.types, targets, path)
            parts[is_held_out(sentence.tokens, share)].append(sentence)
        size = len(parts[True]) + len(parts[False])
        if not parts[True] or not parts[False]:
            raise SettingsError(
                f"--held-out: expected a share that parts the {size:,} sentences of "
                f"{path}, found {share:g}, which holds {len(parts[True]):,} of them out; change it or give --dev"
            )
        # Validation corpora are known by their names.
        name = Path(path).stem + (f"-{number}" if stems[Path(path).stem] > 1 else "")
        train.append(Corpus(path, parts[False], weight))
        held.append(Corpus(path, parts[True], name=name))
        counts.append(f"{len(parts[True]):,} of {size:,} of {Path(path).name}")
    return train, held, f"held out by a hash of the sentence ({share:g}): " + ", ".join(counts)


def _quiet(_: str) -> None:
    pass
