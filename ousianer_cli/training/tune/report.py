"""What a study leaves: `best.toml`, `trials.tsv` and `report.md`."""

from __future__ import annotations

import dataclasses
import json
import platform
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
import torch
from optuna.trial import FrozenTrial, TrialState

from ousianer_cli import __version__
from ousianer_cli.errors import InputError
from ousianer_cli.outputs import open_output
from ousianer_cli.settings.tune import TuneSettings
from ousianer_cli.training.tune.space import Dimension, Phase
from ousianer_cli.training.tune.trainers import Trainer


@dataclass(slots=True)
class Run:
    """A study and all that its trials share."""

    folder: Path
    phase: Phase
    fixed: Any
    space: list[Dimension]
    chosen: TuneSettings
    study: optuna.Study
    trainer: Trainer
    report: Callable[[str], None]

    def lock(self, number: int) -> Path:
        """The file that a trial's process holds."""
        return self.folder / "running" / f"{number:04d}"


STATES = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}


def best_trial(study: optuna.Study) -> FrozenTrial | None:
    """The complete trial of the highest score, of equals the first; None where there is none."""
    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return max(done, key=lambda t: (t.value or 0.0, -t.number), default=None)


def write_results(run: Run) -> dict[str, Any]:
    """`best.toml`, `trials.tsv` and `report.md`, each whole or not at all."""
    trials = run.study.get_trials(deepcopy=False)
    states = Counter(_state(t, superseded_trials(trials)) for t in trials)
    best = best_trial(run.study)
    with open_output(run.folder / "trials.tsv") as out:
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
    with open_output(run.folder / "best.toml") as out:
        out.write(_toml(run, best, settings, drawn))
    with open_output(run.folder / "report.md") as out:
        out.write(_report(run, trials, best, states))
    return {"score": best.value, "trial": best.number, "settings": drawn, "trials": dict(states)}


def _state(trial: FrozenTrial, superseded: set[int]) -> str:
    return "interrupted" if trial.number in superseded else STATES[trial.state]


def shown(value: Any) -> str:
    """A value for the report."""
    return f"{value:.4g}" if isinstance(value, float) else value if isinstance(value, str) else json.dumps(value)


def _table(run: Run, trials: Sequence[FrozenTrial]) -> str:
    names = [d.name for d in run.space]
    rows = [["trial", "state", "score", "scores", "best_at", "validations", "seconds", *names, "why"]]
    superseded = superseded_trials(trials)
    for trial in trials:
        recorded = trial.user_attrs
        score = "" if trial.value is None else f"{trial.value:.6f}"
        scores = " ".join(map(str, recorded.get("scores", [])))
        row = [str(trial.number), _state(trial, superseded), score, scores, str(recorded.get("best_at", ""))]
        row += [str(len(trial.intermediate_values)), str(recorded.get("seconds", ""))]
        row += [json.dumps(d.value(trial.params[d.name])) if d.name in trial.params else "" for d in run.space]
        rows.append([*row, str(recorded.get("why", ""))])
    return "".join("\t".join(row) + "\n" for row in rows)


def _toml(run: Run, best: FrozenTrial, settings: Mapping[str, Any], drawn: Mapping[str, Any]) -> str:
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


def _report(run: Run, trials: Sequence[FrozenTrial], best: FrozenTrial, states: Mapping[str, int]) -> str:
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
            f"| {t.number} | {t.value:.4f} | " + " | ".join(shown(t.params.get(n, "")) for n in names) + " |"
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
        return ", ".join(map(shown, dimension.choices))
    extra = f" by {shown(dimension.step)}" if dimension.step else ", logarithmic" if dimension.log else ""
    return f"{shown(dimension.low)} to {shown(dimension.high)}{extra}"


def _importance(run: Run, complete: int) -> list[str]:
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


def superseded_trials(trials: Sequence[FrozenTrial]) -> set[int]:
    """Numbers of the trials that were interrupted and begun again."""
    return {int(t.user_attrs["again"]) for t in trials if "again" in t.user_attrs}
