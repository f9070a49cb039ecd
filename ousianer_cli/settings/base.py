"""The base of all settings: whatever way they are made, numbers keep to their bounds and choices to their names."""

from __future__ import annotations

import math
import typing
from dataclasses import dataclass
from typing import Any, Literal

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings.fields import Trait, flag, traits


@dataclass(frozen=True)
class Settings:
    """A frozen dataclass of `fields.setting`s, checked when it is made: by hand, by `resolve`, by `replace`.

    Raises:
        SettingsError: a number outside its bounds, or a choice that there is not, by flag; or whatever `check` refuses.
    """

    def __post_init__(self) -> None:
        choices = _choices(type(self))
        for name, trait in traits(self).items():
            value = getattr(self, name)
            if name in choices and value not in choices[name]:
                allowed = ", ".join(str(choice) for choice in choices[name] if choice is not None)
                raise SettingsError(f"{flag(name)}: expected one of {allowed}, found {value!r}")
            check_number(value, trait, name)
        self.check()

    def check(self) -> None:
        """Refuse settings that are at odds with one another; for subclasses."""


def check_number(value: Any, trait: Trait, name: str) -> None:
    """Refuse what no computation takes: numbers without an end, beyond 64 bits, or outside a setting's own bounds.

    Raises:
        SettingsError: such a number, by flag.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or value == trait.unset:
        return
    if not math.isfinite(value):
        raise SettingsError(f"{flag(name)}: expected a finite number, found {value}")
    if not trait.admits(value):
        raise SettingsError(f"{flag(name)}: expected {trait.bounds}, found {value}")
    if isinstance(value, int) and abs(value) >= 1 << 63:
        raise SettingsError(f"{flag(name)}: expected a number of at most 63 bits, found {value}")


def _choices(cls: type) -> dict[str, tuple[Any, ...]]:
    """Setting -> the values of its `Literal`, None among them where it may be left open."""
    found = {}
    for name, hint in typing.get_type_hints(cls).items():
        parts = typing.get_args(hint) if typing.get_origin(hint) is not Literal else (hint,)
        named = [choice for part in parts if typing.get_origin(part) is Literal for choice in typing.get_args(part)]
        if named and typing.get_origin(hint) not in (list, tuple):
            found[name] = (*named, *(None for part in parts if part is type(None)))
    return found
