"""Tuning a phase's settings on a held-out slice: an Optuna study over `[tune.pretrain]` or `[tune.finetune]`.

A study is a folder: `study.log` (Optuna's journal, to which several processes may append), `best.toml`, `trials.tsv`,
`report.md`, and for pretraining `trials/` with each trial's validations. A trial holds a file lock as long as its
process lives; one whose lock is free was interrupted, and is begun again with the same settings.
"""

from __future__ import annotations

import copy
import dataclasses
import itertools
import json
import math
import platform
import random
import shutil
import tempfile
import time
import typing
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import optuna
import torch
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, Trial, TrialState

from ousianer_cli import __version__
from ousianer_cli.corpus.prepare import is_held_out
from ousianer_cli.corpus.store import read_store
from ousianer_cli.errors import InputError, ModelError, OutputError, SettingsError
from ousianer_cli.formats.atomic import atomic_writer
from ousianer_cli.formats.corpus import write_corpus
from ousianer_cli.network.checkpoint import load_model, model_taxonomy
from ousianer_cli.network.targets import Targets
from ousianer_cli.released_models import released_model
from ousianer_cli.settings import PROJECT_FILE, require
from ousianer_cli.settings.finetune import FinetuneSettings, Reading
from ousianer_cli.settings.pretrain import PretrainSettings
from ousianer_cli.settings.tune import TuneSettings
from ousianer_cli.taxonomy.direct import DirectMapper
from ousianer_cli.taxonomy.tree import load_taxonomy
from ousianer_cli.training import finetune as ft
from ousianer_cli.training import pretrain as pt
from ousianer_cli.training.examples import file_digest
from ousianer_cli.training.vectors import Vectors

Phase = Literal["pretrain", "finetune"]
Build = Callable[[Mapping[str, Any]], Any]
"""The phase's settings with these beside the given ones, or a `SettingsError` (`settings.resolve` behind it)."""
Watch = Callable[[Mapping[str, Any]], None]
"""Sees the metrics of each validation; may end the training by an exception."""

_FOLDERS = frozenset({"out", "base", "start", "vectors"})
_COMPARED_ON: dict[str, frozenset[str]] = {
    "pretrain": _FOLDERS
    | {"detection", "typing", "typing_open", "joint", "detection_dev", "typing_dev", "held_out"}
    | {"min_mentions", "max_pieces", "seed", "threads"},
    "finetune": _FOLDERS
    | {
        "train",
        "dev",
        "dev_labels",
        "feedback",
        "source",
        "taxonomy",
        "mapping",
        "direct",
        "seed",
        "replay_limit",
        "batch_pieces",
    },
}
"""What decides on which data and types trials are measured, or leaves the score alone: never part of a space."""

_READINGS: dict[Reading, str] = {
    "closed": "labels closed",
    "open": "labels open",
    "mean": "mean of labels closed and open",
}

_SPACES: dict[str, dict[str, dict[str, Any]]] = {
    "pretrain": {
        "lr": {"low": 3e-4, "high": 3e-3, "log": True},
        "encoder_lr": {"low": 2e-5, "high": 3e-4, "log": True},
        "dropout": {"low": 0.1, "high": 0.6, "step": 0.1},
        "lstm_hidden": {"choices": [100, 200, 300]},
        "mention_size": {"choices": [128, 256, 512]},
        "pooling": {"choices": ["first", "mean", "ends"]},
        "shape_size": {"choices": [0, 32]},
        "typing_weight": {"low": 0.3, "high": 3.0, "log": True},
        "recase": {"choices": [0.0, 0.1, 0.2]},
    },
    "finetune": {
        "lr": {"low": 1e-4, "high": 1e-2, "log": True},
        "weight_decay": {"low": 1e-4, "high": 1e-1, "log": True},
        "hidden": {"choices": [100, 200, 400, 800]},
        "dropout": {"low": 0.0, "high": 0.6, "step": 0.1},
        "batch_size": {"choices": [64, 128, 256, 512]},
        "epochs": {"choices": [10, 20, 40]},
        "reads": {"choices": ["vectors", "both", "logits"]},
        "loss_decay": {"low": 0.0, "high": 0.5, "step": 0.05},
        "coarse_prior": {"low": 0.0, "high": 0.6, "step": 0.1},
    },
    "feedback": {
        "lr": {"low": 1e-4, "high": 1e-2, "log": True},
        "weight_decay": {"low": 1e-4, "high": 1e-1, "log": True},
        "dropout": {"low": 0.0, "high": 0.6, "step": 0.1},
        "epochs": {"choices": [5, 10, 20, 40]},
        "feedback_weight": {"low": 1.0, "high": 50.0, "log": True},
        "replay_keep": {"low": 0.0, "high": 0.9, "step": 0.1},
    },
}
"""The spaces taken where ousianer.toml gives none; `feedback` is fine-tuning on feedback alone."""


# ---- the search space -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dimension:
    """One setting of the space: `choices`, or the numbers from `low` to `high` (both inclusive)."""

    name: str
    choices: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    step: float | None = None
    log: bool = False
    whole: bool = False

    def suggest(self, trial: Trial) -> Any:
        if self.choices:
            return self.value(trial.suggest_categorical(self.name, [_encoded(c) for c in self.choices]))
        if self.whole:
            return trial.suggest_int(self.name, int(self.low), int(self.high), step=int(self.step or 1), log=self.log)
        return self.value(trial.suggest_float(self.name, self.low, self.high, step=self.step, log=self.log))

    def value(self, kept: Any) -> Any:
        """The setting's value for what Optuna keeps of it."""
        if self.choices:
            return next(c for c in self.choices if _encoded(c) == kept)
        return round(kept, 10) if self.step and not self.whole else kept

    def points(self) -> list[Any] | None:
        """All values, as Optuna keeps them; None where they cannot be counted."""
        if self.choices:
            return [_encoded(c) for c in self.choices]
        step = self.step or (1 if self.whole and not self.log else None)
        if step is None:
            return None
        count = int((self.high - self.low) / step + 1e-9) + 1
        values = [round(self.low + i * step, 10) for i in range(count)]
        return [int(v) for v in values] if self.whole else values

    def edges(self) -> list[Any]:
        """The values whose being allowed means that all are."""
        return list(self.choices) or [int(v) if self.whole else v for v in (self.low, self.high)]

    def holds(self, value: Any) -> bool:
        if self.choices:
            return _encoded(value) in [_encoded(c) for c in self.choices]
        if not self.low <= value <= self.high:
            return False
        points = self.points()
        return points is None or any(abs(value - p) < 1e-9 for p in points)


def _encoded(value: Any) -> Any:
    """A choice as Optuna can keep it: lists as JSON."""
    return value if isinstance(value, str | int | float | bool) else json.dumps(value)


def read_space(table: Mapping[str, Any], phase: Phase, build: Build, where: str) -> list[Dimension]:
    """The dimensions of a `[tune.PHASE]` table, every edge of them tried on the phase's own settings.

    Raises:
        SettingsError: an unknown or untunable name, a shape, type or value that is wrong; by file and key.
    """
    fixed = build({})
    hints = typing.get_type_hints(type(fixed))
    space = []
    for name, given in table.items():
        at = f"{where}: [tune.{phase}] {name}"
        if name not in hints:
            raise SettingsError(f"{at}: expected a setting of [{phase}], found none of that name; see {phase} --help")
        if name in _COMPARED_ON[phase]:
            raise SettingsError(
                f"{at}: expected a setting that leaves data and types as they are, found one that decides what "
                f"trials are measured on; fix it in [{phase}]"
            )
        space.append(_dimension(name, given, hints[name], at))
    for dimension in space:
        for value in dimension.edges():
            _allowed(dimension.name, value, space, build, f"{where}: [tune.{phase}] {dimension.name}")
    return [_coerced(d, build, hints[d.name]) for d in space]


def _dimension(name: str, given: Any, hint: Any, at: str) -> Dimension:
    shape = "{choices = [...]} or {low = ..., high = ...} with step or log"
    if not isinstance(given, dict) or not given:
        raise SettingsError(f"{at}: expected {shape}, found {given!r}")
    unknown = sorted(given.keys() - {"choices", "low", "high", "step", "log"})
    if unknown:
        raise SettingsError(f"{at}: expected {shape}, found '{unknown[0]}'")
    if "choices" in given:
        choices = given["choices"]
        if len(given) > 1 or not isinstance(choices, list) or not choices:
            raise SettingsError(f"{at}: expected a list of choices and nothing beside it, found {given!r}")
        if len({repr(c) for c in choices}) < len(choices):
            raise SettingsError(f"{at}: expected choices that differ, found {choices!r}")
        return Dimension(name, tuple(choices))
    if hint not in (int, float):
        raise SettingsError(f"{at}: expected choices, since it is no number; found {given!r}")
    number = (int,) if hint is int else (int, float)
    wanted = "a whole number" if hint is int else "a number"
    for key in ("low", "high", *(["step"] if "step" in given else [])):
        value = given.get(key)
        if not isinstance(value, number) or isinstance(value, bool) or not math.isfinite(value):
            raise SettingsError(f"{at}: expected {wanted} as {key}, found {value!r}")
    low, high, step, log = given["low"], given["high"], given.get("step"), given.get("log", False)
    if low > high:
        raise SettingsError(f"{at}: expected low <= high, found low = {low}, high = {high}")
    if not isinstance(log, bool) or (log and step is not None):
        raise SettingsError(f"{at}: expected log = true or a step, not both, found log = {log!r}, step = {step!r}")
    if log and low <= 0:
        raise SettingsError(f"{at}: expected low above 0 with log = true, found {low}")
    if step is not None and step <= 0:
        raise SettingsError(f"{at}: expected a step above 0, found {step}")
    return Dimension(name, (), low, high, step, log, hint is int)


def _allowed(name: str, value: Any, space: Sequence[Dimension], build: Build, at: str) -> None:
    """The phase accepts the value, if need be beside some value of another dimension."""
    try:
        build({name: value})
    except SettingsError as error:
        beside = ({name: value, d.name: v} for d in space if d.name != name for v in d.edges())
        if not any(_accepts(build, both) for both in beside):
            raise SettingsError(f"{at}: {error}") from None


def _accepts(build: Build, values: Mapping[str, Any]) -> bool:
    try:
        build(values)
    except SettingsError:
        return False
    return True


def _coerced(dimension: Dimension, build: Build, hint: Any) -> Dimension:
    """Choices of the setting's own type: 1 is 1.0 where a float is wanted."""
    if not dimension.choices or hint is not float:
        return dimension
    return dataclasses.replace(dimension, choices=tuple(float(c) for c in dimension.choices))


def default_space(phase: Phase, fixed: Any) -> dict[str, dict[str, Any]]:
    """The shipped space; a frozen encoder stays frozen, and feedback alone has a space of its own."""
    if phase == "finetune":
        return _SPACES["finetune" if fixed.train else "feedback"]
    return {k: v for k, v in _SPACES["pretrain"].items() if k != "encoder_lr" or fixed.encoder_lr > 0}


# ---- trainings ------------------------------------------------------------------------------------------------------


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
        require(fixed.detection or fixed.typing or fixed.joint, "detection", "pretrain", "training corpora")
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
        out = self.folder / f"{slot}-{settings.seed}"
        settings = dataclasses.replace(settings, out=str(out))
        last = pt.last_state(out)
        state: dict[str, Any] = {}
        if (last / "state.json").is_file():
            state = json.loads((last / "state.json").read_text(encoding="utf-8"))
        if state.get("settings", {}).get("out") != str(out):  # none, or the study was moved
            return pt.pretrain(settings, say=_quiet, on_validation=watch)
        for line in (last / "metrics.jsonl").read_text(encoding="utf-8").splitlines():
            metrics = json.loads(line)
            if metrics["step"] <= state["step"]:
                watch(metrics)
        if state["stale"] >= settings.patience:
            return dict(state["best"])
        return pt.pretrain(settings, resume=True, say=_quiet, on_validation=watch)

    def clear(self, slot: str) -> None:
        for last in self.folder.glob(f"{slot}-*.last"):
            log = last / "metrics.jsonl"
            if log.is_file():
                log.replace(self.folder / f"{last.stem}.jsonl")
            shutil.rmtree(last, ignore_errors=True)
            shutil.rmtree(self.folder / last.stem, ignore_errors=True)


class FinetuneTrainer:
    """Trials of fine-tuning: mention vectors, by far the costly part, are computed once and shared by all."""

    def __init__(
        self, fixed: FinetuneSettings, space: Sequence[Dimension], held_out: float, say: Callable[[str], None]
    ) -> None:
        if fixed.direct:
            raise SettingsError("--direct: expected a phase that is trained, found a Direct model; leave it out")
        if not fixed.train and not fixed.feedback:
            raise SettingsError("missing setting: training mentions; give --train or --feedback")
        if not fixed.train and not fixed.dev:
            raise SettingsError("missing setting: validation corpora; give --dev, since feedback alone holds none out")
        self.fixed, self.say = fixed, say
        self.base = _base_folder(fixed)
        self.model = load_model(self.base)
        self.warm = not fixed.train  # feedback alone goes on with the model's own conversion layer
        if self.warm and (self.model.replay is None or self.model.conversion is None):
            raise ModelError(
                f"{self.base}: expected a fine-tuned model with replay.safetensors, found none; give --train as well"
            )
        own = self.warm and self.model.taxonomy_file
        self.targets = Targets(model_taxonomy(self.model) if own else load_taxonomy(fixed.taxonomy))
        self.conversion = copy.deepcopy(self.model.conversion) if self.warm else None
        self.projection = copy.deepcopy(self.model.tagger.types.state_dict())
        items = ft._feedback_items(fixed, self.targets)
        self.vectors = Vectors(self.model, fixed.batch_pieces, fixed.vectors)
        self.new = ft._feedback_instances(self.vectors, items)
        self._mappers: dict[bool, DirectMapper | None] = {}
        with tempfile.TemporaryDirectory() as folder:  # the text of a slice is not kept
            paths, dev, held = fixed.train, fixed.dev, ""
            if not dev:
                paths, dev, held = split_corpora(fixed.train, held_out, Path(folder), self.targets)
                say(held)
            self.dev = [ft.dev_set(self.vectors, path, self.targets) for path in dev]
            balances = next((d.choices for d in space if d.name == "balance"), (fixed.balance,))
            self._instances = {balance: self._collect(balance, paths) for balance in balances}
        for part in self.dev:
            if not len(part.gold):
                raise InputError("validation mentions with types", "none", path=part.name, remedy="check --dev")
        self.notes = {
            "validation": held or ", ".join(Path(p).name for p in dev),
            "score": "mean over the corpora of typed F1 with detection (of typing credit where a corpus does not mark "
            f"all names), credit both, decay .5, {_READINGS[fixed.dev_labels]}, no confidence threshold",
        }

    def _collect(self, balance: bool, paths: list[str]) -> ft.Instances:
        if self.warm:
            return ft._replayed(self.model, self.targets)
        settings = dataclasses.replace(self.fixed, train=paths, balance=balance)
        return ft.train_instances(self.vectors, settings, self.targets, self.say)

    def _mapper(self, settings: FinetuneSettings) -> DirectMapper | None:
        deep = settings.depth > 0
        if deep not in self._mappers:
            table = ft._table(settings, self.model, going_on=self.warm)
            self._mappers[deep] = ft._mapper(table, self.model, settings, self.targets.taxonomy, self.say)
        return self._mappers[deep]

    def refuse_kept(self, space: Sequence[Dimension], where: str) -> None:
        """Feedback alone keeps some of the model's own settings; tuning one of those would change nothing."""
        for dimension in space if self.warm else ():
            values = [{dimension.name: v} for v in dimension.edges()]
            allowed = [self._changed(v) for v in values if _accepts(self._changed, v)]
            if any(
                getattr(ft._effective(s, self.model), dimension.name) != getattr(s, dimension.name) for s in allowed
            ):
                raise SettingsError(
                    f"{where}: [tune.finetune] {dimension.name}: expected a setting that feedback alone can change, "
                    "found one that the model keeps; give --train as well or take it out"
                )

    def _changed(self, values: Mapping[str, Any]) -> FinetuneSettings:
        return dataclasses.replace(self.fixed, **values)

    def train(self, settings: FinetuneSettings, slot: str, watch: Watch) -> Mapping[str, Any]:
        model = self.model
        earlier = self._instances[settings.balance]
        instances = earlier.joined(ft._weighted(self.new, settings.feedback_weight))
        settings = ft._effective(settings, model) if self.warm else settings
        mapper = self._mapper(settings)
        model.conversion = copy.deepcopy(self.conversion)
        model.tagger.types.load_state_dict(self.projection)
        torch.manual_seed(settings.seed)
        replayed = len(earlier) if self.warm else 0
        return ft.train_conversion(
            model,
            self.targets,
            mapper,
            instances,
            self.dev,
            settings,
            replayed=replayed,
            corrected=len(self.new),
            say=_quiet,
            on_epoch=watch,
        )

    def clear(self, slot: str) -> None:
        pass  # nothing on disk


def split_corpora(
    paths: Sequence[str], share: float, folder: Path, targets: Targets
) -> tuple[list[str], list[str], str]:
    """Part corpora by a hash of each sentence: (training paths as often as given, held-out paths, what was held out).

    The parts lie under `folder`. A sentence falls on the same side wherever it stands.

    Raises:
        SettingsError: nothing is held out of a corpus, or nothing is left of it.
        InputError: a corpus that is wrong, or a type that is none of the targets, by the corpus's own name.
    """
    train: dict[str, str] = {}
    held = []
    counts = []
    stems = Counter(Path(path).stem for path in set(paths))
    for number, path in enumerate(dict.fromkeys(paths)):
        # Validation corpora are known by their stems.
        name = Path(path).stem + (f"-{number}" if stems[Path(path).stem] > 1 else "")
        parts: dict[bool, list[Any]] = {True: [], False: []}
        for sentence in read_store(path):
            for mention in sentence.mentions:
                ft._check_types(mention.types, targets, path)
            parts[is_held_out(sentence.tokens, share, sentence.document)].append(sentence)
        if not parts[True] or not parts[False]:
            raise SettingsError(
                f"--held-out: expected a share that parts the {len(parts[True]) + len(parts[False]):,} sentences of "
                f"{path}, found {share:g}, which holds {len(parts[True]):,} of them out; change it or give --dev"
            )
        places = [folder / kind / str(number) / f"{name}.jsonl" for kind in ("train", "held")]
        for place, side in zip(places, (False, True), strict=True):
            place.parent.mkdir(parents=True)
            write_corpus(place, parts[side])
        train[path] = str(places[0])
        held.append(str(places[1]))
        counts.append(f"{len(parts[True]):,} of {len(parts[True]) + len(parts[False]):,} of {Path(path).name}")
    note = f"held out by a hash of the sentence ({share:g}): " + ", ".join(counts)
    return [train[path] for path in paths], held, note


def _base_folder(fixed: FinetuneSettings) -> str:
    if fixed.base or fixed.train:
        return require(fixed.base, "base", "finetune", "a model folder to start from", "BASE")
    return str(released_model())


def _quiet(_: str) -> None:
    pass


# ---- the study ------------------------------------------------------------------------------------------------------


class _Unusable(Exception):
    """A trial that has no score: its numbers are not finite, or its settings exclude each other."""


@dataclass(slots=True)
class _Study:
    """A study and all that its trials share."""

    folder: Path
    phase: Phase
    fixed: Any
    space: list[Dimension]
    chosen: TuneSettings
    study: optuna.Study
    trainer: Trainer
    say: Callable[[str], None]

    def lock(self, number: int) -> Path:
        return self.folder / "running" / f"{number:04d}"


def tune(
    phase: Phase,
    chosen: TuneSettings,
    build: Build,
    *,
    resume: bool = False,
    where: str = PROJECT_FILE,
    say: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Run trials until the study has `chosen.trials` of them; returns the best one's score and settings.

    `build` makes the phase's settings from overrides; `where` is the file that messages about the space name. With
    one worker and the same seeds the trials are the same, also when the study was interrupted in between.

    Raises:
        SettingsError: the space, a missing setting, a study that exists (or, with `resume`, does not, or is another).
        InputError: no trial was usable, or whatever the phase refuses: that stops the study; `resume` goes on with it.
    """
    folder = Path(require(chosen.out, "out", "tune", "a folder for the study", "-o DIR"))
    fixed = build({})
    table = getattr(chosen, phase)
    space = read_space(
        table or default_space(phase, fixed), phase, build, where if table else "the space taken without one"
    )
    points = _grid(space, chosen) if chosen.sampler == "grid" else None
    exists = (folder / "study.log").is_file()
    if exists and not resume:
        raise SettingsError(f"-o {folder}: expected a new folder, found a study; give --resume or another folder")
    if resume and not exists:
        raise SettingsError(f"--resume: expected a study in {folder}, found none; leave --resume out to begin")
    identity = _identity(phase, fixed, space, chosen)
    if exists:
        _same_study(_open(folder, chosen), identity, folder)
    trainer: Trainer = (
        PretrainTrainer(fixed, folder) if phase == "pretrain" else FinetuneTrainer(fixed, space, chosen.held_out, say)
    )
    if isinstance(trainer, FinetuneTrainer):
        trainer.refuse_kept(space, where)
    # Learning rates fall to zero over a training, so early validations say little; a trial of fine-tuning is cheap.
    study = _open(folder, chosen, max(2, fixed.epochs // 2) if phase == "finetune" else 2)
    if not exists:
        for key, value in identity.items():
            study.set_user_attr(key, value)
        start = {d.name: _encoded(getattr(fixed, d.name)) for d in space if d.holds(getattr(fixed, d.name))}
        if points is None and len(start) == len(space):
            study.enqueue_trial(start)  # what is tuned should beat what was given
    run = _Study(folder, phase, fixed, space, chosen, study, trainer, say)
    say(
        f"tuning {', '.join(d.name for d in space)}: {chosen.trials} trials"
        + (f", a grid of {len(points)}" if points is not None else "")
        + f"; {trainer.notes['validation']}"
    )
    began = time.monotonic()
    while not chosen.timeout or time.monotonic() - began < 60 * chosen.timeout:
        asked = _ask(run, points)
        if asked is None:
            break
        _run_trial(run, *asked)
        _write_results(run)
    return _write_results(run)


def _open(folder: Path, chosen: TuneSettings, spared: int = 2) -> optuna.Study:
    """The study in the folder, made where there is none; no training ends before `spared` validations."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    pruner: optuna.pruners.BasePruner = optuna.pruners.NopPruner()
    if chosen.pruner == "median":
        pruner = optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=spared)
    try:
        (folder / "running").mkdir(parents=True, exist_ok=True)
        storage = JournalStorage(JournalFileBackend(str(folder / "study.log")))
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror}); choose another place with -o") from None
    return optuna.create_study(
        storage=storage, study_name="ousianer", direction="maximize", load_if_exists=True, pruner=pruner
    )


def _identity(phase: Phase, fixed: Any, space: Sequence[Dimension], chosen: TuneSettings) -> dict[str, Any]:
    """What makes two studies one, in JSON: a study is only gone on with by the same."""
    names = sorted(_COMPARED_ON[phase] - _FOLDERS)
    settings = {k: v for k, v in dataclasses.asdict(fixed).items() if k not in ("out", "threads", "vectors")}
    digests = {}
    for name in names:
        value = settings.get(name)
        for path in value if isinstance(value, list) else [value]:
            if isinstance(path, str) and path and Path(path).exists():
                digests[path] = file_digest(path)
    for folder in [_base_folder(fixed)] if phase == "finetune" else fixed.start:
        model = Path(folder) / "model.safetensors"
        if model.is_file():
            digests[str(model)] = file_digest(str(model))
    own = {k: getattr(chosen, k) for k in ("seed", "seeds", "sampler", "pruner")}
    own |= {"held_out": chosen.held_out} if phase == "finetune" else {}
    dimensions = {d.name: dataclasses.asdict(d) for d in space}
    told = {"phase": phase, "tune": own, "space": dimensions, "settings": settings, "data": digests}
    plain: dict[str, Any] = json.loads(json.dumps(told))
    return plain


def _same_study(study: optuna.Study, identity: Mapping[str, Any], folder: Path) -> None:
    kept = study.user_attrs
    differing = ["phase"] if kept.get("phase") != identity["phase"] else []
    for part in ("tune", "space", "settings", "data"):
        ours, theirs = identity[part], kept.get(part, {})
        differing += sorted(f"{k} ({part})" for k in ours.keys() | theirs.keys() if ours.get(k) != theirs.get(k))
    if differing:
        raise SettingsError(
            f"--resume: expected what the study in {folder} began with, found other values of "
            f"{', '.join(differing)}; give the same or another -o"
        )


def _grid(space: Sequence[Dimension], chosen: TuneSettings) -> list[dict[str, Any]]:
    """All points of the space in a seeded order."""
    values = []
    for dimension in space:
        points = dimension.points()
        if points is None:
            raise SettingsError(
                f"--sampler grid: expected choices or a step for every setting, found neither for {dimension.name}"
            )
        values.append(points)
    grid = [dict(zip([d.name for d in space], point, strict=True)) for point in itertools.product(*values)]
    random.Random(chosen.seed).shuffle(grid)
    return grid


def _ask(run: _Study, points: list[dict[str, Any]] | None) -> tuple[Trial, Any] | None:
    """The next trial with the lock that says it is alive; None where enough have begun.

    One worker asks at a time. The sampler is seeded by the trial's place, not counting those that were begun again, so
    that a study that was interrupted draws what it would have drawn.
    """
    study = run.study
    with _exclusive(run.folder / "running" / "lock"):
        _begin_again(run)
        trials = study.get_trials(deepcopy=False)
        superseded = _superseded(trials)
        waiting = any(t.state == TrialState.WAITING for t in trials)
        place = sum(t.state != TrialState.WAITING and t.number not in superseded for t in trials)
        if place >= run.chosen.trials:
            return None
        if points is not None and not waiting:
            if place >= len(points):
                return None
            study.enqueue_trial(points[place])
        seed = int(np.random.SeedSequence([run.chosen.seed, place]).generate_state(1)[0])
        study.sampler = (
            optuna.samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True)
            if run.chosen.sampler == "tpe"
            else optuna.samplers.RandomSampler(seed=seed)
        )
        trial = study.ask()
        return trial, _held(run.lock(trial.number))


def _begin_again(run: _Study) -> None:
    """Queue the settings of trials whose process is gone."""
    for trial in run.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        lock = _held(run.lock(trial.number))
        if lock is None:
            continue
        run.say(f"trial {trial.number} was interrupted and is begun again")
        run.study.tell(trial.number, state=TrialState.FAIL)
        slot = trial.user_attrs.get("slot", f"{trial.number:04d}")
        run.study.enqueue_trial(trial.params, user_attrs={"again": trial.number, "slot": slot})
        run.lock(trial.number).unlink(missing_ok=True)
        lock.close()


def _superseded(trials: Sequence[FrozenTrial]) -> set[int]:
    """Numbers of the trials that were interrupted and begun again."""
    return {int(t.user_attrs["again"]) for t in trials if "again" in t.user_attrs}


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    import fcntl

    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _held(path: Path) -> Any:
    """The open file whose lock this process now holds; None where another one holds it."""
    import fcntl

    handle = path.open("a")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        return None
    return handle


def _run_trial(run: _Study, trial: Trial, lock: Any) -> None:
    """Train by the trial's settings and tell the study. An error leaves the trial open, to be begun again."""
    try:
        _train_and_tell(run, trial)
        run.lock(trial.number).unlink(missing_ok=True)
    finally:
        lock.close()


def _train_and_tell(run: _Study, trial: Trial) -> None:
    began = time.monotonic()
    drawn = {d.name: d.suggest(trial) for d in run.space}
    slot = str(trial.user_attrs.get("slot", f"{trial.number:04d}"))
    state, score, why = TrialState.COMPLETE, None, ""
    try:
        score = _objective(run, trial, drawn, slot)
    except optuna.TrialPruned:
        state, why = TrialState.PRUNED, "below the median"
    except (_Unusable, ArithmeticError, torch.cuda.OutOfMemoryError) as error:
        state, why = TrialState.FAIL, " ".join(str(error).split())
        trial.set_user_attr("why", why)
    seconds = round(time.monotonic() - began, 1)
    trial.set_user_attr("seconds", seconds)
    run.study.tell(trial, score, state=state)
    run.trainer.clear(slot)
    best = _best(run.study)
    shown = ", ".join(f"{k} {_shown(v)}" for k, v in drawn.items())
    end = f"{score:.4f}" if score is not None else f"{_STATES[state]} ({why})"
    run.say(
        f"trial {trial.number}: {end}"
        + (f", best {best.value:.4f} (trial {best.number})" if best else "")
        + f"  {shown}  {seconds:g} s"
    )


def _objective(run: _Study, trial: Trial, drawn: Mapping[str, Any], slot: str) -> float:
    """Mean score over the seeds. Only the first training can be ended early: later ones would compare seeds too."""
    try:
        settings = dataclasses.replace(run.fixed, **drawn)
    except SettingsError as error:
        raise _Unusable(f"refused: {error}") from None
    scores = []
    for seed in range(settings.seed, settings.seed + run.chosen.seeds):
        watch = _watcher(trial, report=seed == settings.seed)
        best = run.trainer.train(dataclasses.replace(settings, seed=seed), slot, watch)
        scores.append(_finite(best))
        if seed == settings.seed:
            trial.set_user_attr("best_at", best.get("epoch", 0))
    trial.set_user_attr("scores", [round(s, 4) for s in scores])
    return float(np.mean(scores))


def _watcher(trial: Trial, *, report: bool) -> Watch:
    seen = itertools.count(1)

    def watch(metrics: Mapping[str, Any]) -> None:
        score = _finite(metrics)
        if report:
            trial.report(score, next(seen))
            if trial.should_prune():
                raise optuna.TrialPruned

    return watch


def _finite(metrics: Mapping[str, Any]) -> float:
    """The score of a validation; a score or a loss that is not finite makes the trial unusable."""
    if not metrics:
        raise _Unusable("no validation was reached")
    for name, value in metrics.items():
        if (name == "score" or name.endswith("loss")) and not math.isfinite(value):
            raise _Unusable(f"{name} is {value}")
    return float(metrics["score"])


# ---- what a study leaves --------------------------------------------------------------------------------------------

_STATES = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}


def _best(study: optuna.Study) -> FrozenTrial | None:
    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return max(done, key=lambda t: (t.value or 0.0, -t.number), default=None)


def _write_results(run: _Study) -> dict[str, Any]:
    """`best.toml`, `trials.tsv` and `report.md`, each whole or not at all."""
    trials = run.study.get_trials(deepcopy=False)
    states = Counter(_state(t, _superseded(trials)) for t in trials)
    best = _best(run.study)
    with atomic_writer(run.folder / "trials.tsv") as out:
        out.write(_table(run, trials))
    if best is None:
        if states["failed"] and states["failed"] >= run.chosen.trials:
            why = next(t.user_attrs["why"] for t in trials if "why" in t.user_attrs)
            raise InputError(
                "a trial with a score",
                f"{states['failed']} that failed, the first because {why}",
                path=run.folder / "trials.tsv",
                remedy=f"narrow [tune.{run.phase}]",
            )
        return {"trials": dict(states)}
    drawn = {d.name: d.value(best.params[d.name]) for d in run.space}
    settings = dataclasses.asdict(dataclasses.replace(run.fixed, **drawn))
    with atomic_writer(run.folder / "best.toml") as out:
        out.write(_toml(run, best, settings, drawn))
    with atomic_writer(run.folder / "report.md") as out:
        out.write(_report(run, trials, best, states))
    return {"score": best.value, "trial": best.number, "settings": drawn, "trials": dict(states)}


def _state(trial: FrozenTrial, superseded: set[int]) -> str:
    return "interrupted" if trial.number in superseded else _STATES[trial.state]


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else value if isinstance(value, str) else json.dumps(value)


def _table(run: _Study, trials: Sequence[FrozenTrial]) -> str:
    names = [d.name for d in run.space]
    rows = [["trial", "state", "score", "scores", "best_at", "validations", "seconds", *names, "why"]]
    superseded = _superseded(trials)
    for trial in trials:
        told = trial.user_attrs
        score = "" if trial.value is None else f"{trial.value:.6f}"
        scores = " ".join(map(str, told.get("scores", [])))
        row = [str(trial.number), _state(trial, superseded), score, scores, str(told.get("best_at", ""))]
        row += [str(len(trial.intermediate_values)), str(told.get("seconds", ""))]
        row += [json.dumps(d.value(trial.params[d.name])) if d.name in trial.params else "" for d in run.space]
        rows.append([*row, str(told.get("why", ""))])
    return "".join("\t".join(row) + "\n" for row in rows)


def _toml(run: _Study, best: FrozenTrial, settings: Mapping[str, Any], drawn: Mapping[str, Any]) -> str:
    """All settings of the best trial as the phase's table, without the folder to write to."""
    lines = [
        f"# The best of {_finished(run.study)} finished trials: score {best.value:.4f} (trial {best.number}), by "
        f"{run.trainer.notes['validation']}.",
        f"# ousianer {run.phase} --config best.toml -o DIR",
        f"[{run.phase}]",
    ]
    for name, value in settings.items():
        if name != "out" and value not in ("", []):
            lines.append(f"{name} = {_toml_value(value)}" + ("  # tuned" if name in drawn else ""))
    return "\n".join(lines) + "\n"


def _toml_value(value: Any) -> str:
    """A setting in TOML, which for text, numbers, booleans and lists of them is JSON without surrogate escapes."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _finished(study: optuna.Study) -> int:
    done = (TrialState.COMPLETE, TrialState.PRUNED)
    return len(study.get_trials(deepcopy=False, states=done))


def _report(run: _Study, trials: Sequence[FrozenTrial], best: FrozenTrial, states: Mapping[str, int]) -> str:
    chosen, notes = run.chosen, run.trainer.notes
    done = sorted((t for t in trials if t.state == TrialState.COMPLETE), key=lambda t: (-(t.value or 0.0), t.number))
    seconds = sum(float(t.user_attrs.get("seconds", 0)) for t in trials)
    given = next((t for t in done if "fixed_params" in t.system_attrs and t.number == 0), None)
    names = [d.name for d in run.space]
    seeds = [run.fixed.seed + i for i in range(chosen.seeds)]
    lines = [
        f"# Tuning of `{run.phase}`",
        "",
        f"Best score **{best.value:.4f}** (trial {best.number})"
        + (f", with the settings as given {given.value:.4f} (trial 0)" if given and chosen.sampler != "grid" else "")
        + ". The trials were chosen among on this slice, so the score flatters; measure the model on other data.",
        "",
        f"- Score: {notes['score']}.",
        f"- Validation: {notes['validation']}.",
        f"- Seeds: {', '.join(map(str, seeds))} of the trainings, {chosen.seed} of the sampler ({chosen.sampler}); "
        f"pruner {chosen.pruner}.",
        f"- Trials: {', '.join(f'{n} {state}' for state, n in sorted(states.items()) if n)}; {seconds:,.0f} s in all.",
        f"- Versions: ousianer {__version__}, optuna {optuna.__version__}, torch {torch.__version__}, "
        f"Python {platform.python_version()}.",
        "",
        "## Best trials",
        "",
        "| trial | score | " + " | ".join(names) + " |",
        "|---|---|" + "---|" * len(names),
        *(
            f"| {t.number} | {t.value:.4f} | " + " | ".join(_shown(t.params.get(n, "")) for n in names) + " |"
            for t in done[:10]
        ),
        "",
        "## Search space",
        "",
        *(f"- `{d.name}`: {_described(d)}" for d in run.space),
        "",
        *_importance(run, len(done)),
        "## Data",
        "",
        *(f"- {_named(p)} (sha256 {digest}…)" for p, digest in run.study.user_attrs["data"].items()),
        "",
    ]
    return "\n".join(lines)


def _named(path: str) -> str:
    """A file by name; a model's weights by their folder."""
    return f"{Path(path).parent.name}, {Path(path).name}" if path.endswith(".safetensors") else Path(path).name


def _described(dimension: Dimension) -> str:
    if dimension.choices:
        return ", ".join(map(_shown, dimension.choices))
    extra = f" by {_shown(dimension.step)}" if dimension.step else ", logarithmic" if dimension.log else ""
    return f"{_shown(dimension.low)} to {_shown(dimension.high)}{extra}"


def _importance(run: _Study, complete: int) -> list[str]:
    """PED-ANOVA: how much a setting has to do with being among the best tenth of the trials."""
    if complete < 20 or len(run.space) < 2:
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            shares = optuna.importance.get_param_importances(
                run.study, evaluator=optuna.importance.PedAnovaImportanceEvaluator()
            )
        except (ValueError, RuntimeError, ImportError) as error:
            return ["## Importance", "", f"Not computed: {error}", ""]
    rows = [f"| {name} | {share:.3f} |" for name, share in shares.items()]
    return ["## Importance (PED-ANOVA)", "", "| setting | share |", "|---|---|", *rows, ""]
