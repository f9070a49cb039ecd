"""The search space of a study: which settings of a phase are varied, and through which values."""

from __future__ import annotations

import dataclasses
import json
import math
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from optuna.trial import Trial

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings.fields import fixed_settings

Phase = Literal["pretrain", "finetune"]
Build = Callable[[Mapping[str, Any]], Any]
"""The phase's settings with these beside the given ones, or a `SettingsError` (`settings.resolve` behind it)."""

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
        """The setting's value as the trial draws it."""
        if self.choices:
            return self.value(trial.suggest_categorical(self.name, [encoded(c) for c in self.choices]))
        if self.whole:
            return trial.suggest_int(self.name, int(self.low), int(self.high), step=int(self.step or 1), log=self.log)
        return self.value(trial.suggest_float(self.name, self.low, self.high, step=self.step, log=self.log))

    def value(self, kept: Any) -> Any:
        """The setting's value for what Optuna keeps of it."""
        if self.choices:
            return next(c for c in self.choices if encoded(c) == kept)
        return round(kept, 10) if self.step and not self.whole else kept

    def points(self) -> list[Any] | None:
        """All values, as Optuna keeps them; None where they cannot be counted."""
        if self.choices:
            return [encoded(c) for c in self.choices]
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
        """Whether a value of the setting is in the space."""
        if self.choices:
            return encoded(value) in [encoded(c) for c in self.choices]
        if not self.low <= value <= self.high:
            return False
        points = self.points()
        return points is None or any(abs(value - p) < 1e-9 for p in points)


def encoded(value: Any) -> Any:
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
        if name in fixed_settings(fixed):
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
        if not any(accepts(build, both) for both in beside):
            raise SettingsError(f"{at}: {error}") from None


def accepts(build: Build, values: Mapping[str, Any]) -> bool:
    """Whether the phase accepts these values together."""
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
