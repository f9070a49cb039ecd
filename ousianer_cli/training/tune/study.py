"""A study: trials over a search space, resumable, shared by several workers.

A study is a folder: `study.log` (Optuna's journal, to which several processes may append), `best.toml`, `trials.tsv`,
`report.md`, and for pretraining `trials/` with each trial's validations. A trial holds a file lock as long as its
process lives; one whose lock is free was interrupted, and is begun again with the same settings.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import random
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from filelock import FileLock, Timeout
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import Trial, TrialState

from ousianer_cli.errors import OutputError, SettingsError
from ousianer_cli.settings import PROJECT_FILE, require
from ousianer_cli.settings.fields import inputs_of, models_of, neutral_settings
from ousianer_cli.settings.tune import TuneSettings
from ousianer_cli.training.examples import file_digest
from ousianer_cli.training.finetune.model import base_folder
from ousianer_cli.training.tune.report import Run, superseded_trials, write_results
from ousianer_cli.training.tune.space import (
    Build,
    Dimension,
    Phase,
    default_space,
    encoded,
    read_space,
)
from ousianer_cli.training.tune.trainers import FinetuneTrainer, PretrainTrainer, Trainer
from ousianer_cli.training.tune.trial import run_trial


def tune(
    phase: Phase,
    chosen: TuneSettings,
    build: Build,
    *,
    resume: bool = False,
    where: str = PROJECT_FILE,
    report: Callable[[str], None] = print,
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
        PretrainTrainer(fixed, folder)
        if phase == "pretrain"
        else FinetuneTrainer(fixed, space, chosen.held_out, report)
    )
    if isinstance(trainer, FinetuneTrainer):
        trainer.refuse_kept(space, where)
    # Learning rates fall to zero over a training, so early validations say little; a trial of fine-tuning is cheap.
    study = _open(folder, chosen, max(2, fixed.epochs // 2) if phase == "finetune" else 2)
    if not exists:
        for key, value in identity.items():
            study.set_user_attr(key, value)
        start = {d.name: encoded(getattr(fixed, d.name)) for d in space if d.holds(getattr(fixed, d.name))}
        if points is None and len(start) == len(space):
            study.enqueue_trial(start)  # what is tuned should beat what was given
    run = Run(folder, phase, fixed, space, chosen, study, trainer, report)
    report(
        f"tuning {', '.join(d.name for d in space)}: {chosen.trials} trials"
        + (f", a grid of {len(points)}" if points is not None else "")
        + f"; {trainer.notes['validation']}"
    )
    began = time.monotonic()
    while not chosen.timeout or time.monotonic() - began < 60 * chosen.timeout:
        asked = _ask(run, points)
        if asked is None:
            break
        run_trial(run, *asked)
        write_results(run)
    return write_results(run)


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
    free = neutral_settings(fixed)
    settings = {k: v for k, v in dataclasses.asdict(fixed).items() if k not in free}
    folders = [folder for _, folder in models_of(fixed)]
    files = [path for _, path in inputs_of(fixed) if path not in folders]
    if phase == "finetune":
        folders = [base_folder(fixed, _quiet)]  # the shipped model, where none is named
    files += [str(Path(folder) / "model.safetensors") for folder in folders]
    digests = {path: file_digest(path) for path in sorted({*files}) if Path(path).exists()}
    search = {k: getattr(chosen, k) for k in ("seed", "seeds", "sampler", "pruner")}
    search |= {"held_out": chosen.held_out} if phase == "finetune" else {}
    dimensions = {d.name: dataclasses.asdict(d) for d in space}
    content = {"phase": phase, "tune": search, "space": dimensions, "settings": settings, "data": digests}
    plain: dict[str, Any] = json.loads(json.dumps(content))
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


def _ask(run: Run, points: list[dict[str, Any]] | None) -> tuple[Trial, FileLock] | None:
    """The next trial with the lock that says it is alive; None where enough have begun.

    One worker asks at a time. The sampler is seeded by the trial's place, not counting those that were begun again, so
    that a study that was interrupted draws what it would have drawn.
    """
    study = run.study
    with FileLock(run.folder / "running" / "lock"):
        _begin_again(run)
        trials = study.get_trials(deepcopy=False)
        superseded = superseded_trials(trials)
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
        lock = FileLock(run.lock(trial.number))
        lock.acquire()
        return trial, lock


def _begin_again(run: Run) -> None:
    """Queue the settings of trials whose process is gone."""
    for trial in run.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        lock = _held(run.lock(trial.number))
        if lock is None:
            continue
        run.report(f"trial {trial.number} was interrupted and is begun again")
        run.study.tell(trial.number, state=TrialState.FAIL)
        slot = trial.user_attrs.get("slot", f"{trial.number:04d}")
        run.study.enqueue_trial(trial.params, user_attrs={"again": trial.number, "slot": slot})
        lock.release()
        run.lock(trial.number).unlink(missing_ok=True)


def _held(path: Path) -> FileLock | None:
    """A lock on a file that this process holds now; None where another one holds it."""
    lock = FileLock(path)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return None
    return lock


def _quiet(_: str) -> None:
    pass
