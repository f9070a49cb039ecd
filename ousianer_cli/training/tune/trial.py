"""One trial of a study: training by the settings it drew, its score, and how it ended."""

from __future__ import annotations

import dataclasses
import itertools
import math
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import optuna
import torch
from filelock import FileLock
from optuna.trial import Trial, TrialState

from ousianer_cli.errors import SettingsError, TrainingError
from ousianer_cli.training.tune.report import STATES, Run, best_trial, shown
from ousianer_cli.training.tune.trainers import Watch


class UnusableTrial(Exception):
    """A trial that has no score: its numbers are not finite, or its settings exclude each other."""


def run_trial(run: Run, trial: Trial, lock: FileLock) -> None:
    """Train by the trial's settings and tell the study. An error leaves the trial open, to be begun again."""
    try:
        _train_and_report(run, trial)
    finally:
        lock.release()
    run.lock(trial.number).unlink(missing_ok=True)


def _train_and_report(run: Run, trial: Trial) -> None:
    began = time.monotonic()
    drawn = {d.name: d.suggest(trial) for d in run.space}
    slot = str(trial.user_attrs.get("slot", f"{trial.number:04d}"))
    state, score, why = TrialState.COMPLETE, None, ""
    try:
        score = _objective(run, trial, drawn, slot)
    except optuna.TrialPruned:
        state, why = TrialState.PRUNED, "below the median"
    except (UnusableTrial, TrainingError, ArithmeticError, torch.cuda.OutOfMemoryError) as error:
        state, why = TrialState.FAIL, " ".join(str(error).split())
        trial.set_user_attr("why", why)
    seconds = round(time.monotonic() - began, 1)
    trial.set_user_attr("seconds", seconds)
    run.study.tell(trial, score, state=state)
    run.trainer.clear(slot)
    best = best_trial(run.study)
    values = ", ".join(f"{k} {shown(v)}" for k, v in drawn.items())
    end = f"{score:.4f}" if score is not None else f"{STATES[state]} ({why})"
    run.report(
        f"trial {trial.number}: {end}"
        + (f", best {best.value:.4f} (trial {best.number})" if best else "")
        + f"  {values}  {seconds:g} s"
    )


def _objective(run: Run, trial: Trial, drawn: Mapping[str, Any], slot: str) -> float:
    """Mean score over the seeds. Only the first training can be ended early: later ones would compare seeds too."""
    try:
        settings = dataclasses.replace(run.fixed, **drawn)
    except SettingsError as error:
        raise UnusableTrial(f"refused: {error}") from None
    scores = []
    for seed in range(settings.seed, settings.seed + run.chosen.seeds):
        watch = _watcher(trial, report=seed == settings.seed)
        best = run.trainer.train(dataclasses.replace(settings, seed=seed), slot, watch)
        scores.append(finite_score(best))
        if seed == settings.seed:
            trial.set_user_attr("best_at", best.get("epoch", 0))
    trial.set_user_attr("scores", [round(s, 4) for s in scores])
    return float(np.mean(scores))


def _watcher(trial: Trial, *, report: bool) -> Watch:
    seen = itertools.count(1)

    def watch(metrics: Mapping[str, Any]) -> None:
        score = finite_score(metrics)
        if report:
            trial.report(score, next(seen))
            if trial.should_prune():
                raise optuna.TrialPruned

    return watch


def finite_score(metrics: Mapping[str, Any]) -> float:
    """The score of a validation; a score or a loss that is not finite makes the trial unusable."""
    if not metrics:
        raise UnusableTrial("no validation was reached")
    for name, value in metrics.items():
        if (name == "score" or name.endswith("loss")) and not math.isfinite(value):
            raise UnusableTrial(f"{name} is {value}")
    return float(metrics["score"])
