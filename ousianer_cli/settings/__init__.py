"""Settings of every command: frozen dataclasses, read from a TOML table, overridden by flags, conflicts named by flag.

Each command's dataclass is in the module of its name, and what a setting is stands in its field (`fields.Trait`).
`ousianer.toml` in the working folder (or `--config FILE`) has one table a command (`tables.TABLES`).
"""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings.base import Settings
from ousianer_cli.settings.fields import Trait, flag, setting, traits
from ousianer_cli.settings.project_file import PROJECT_FILE, nearest, read_table
from ousianer_cli.settings.tables import settings_of_table

__all__ = [
    "PROJECT_FILE",
    "Settings",
    "Trait",
    "flag",
    "portable",
    "read_table",
    "require",
    "resolve",
    "setting",
    "traits",
]

T = TypeVar("T")


def resolve(
    cls: type[T],
    table: str,
    overrides: Mapping[str, Any],
    *,
    config: str | Path | None = None,
    preset: Mapping[str, Any] | None = None,
) -> T:
    """Defaults, then the TOML table, then the preset (itself a flag), then the other flags (those that are not None).

    Raises:
        SettingsError: an unknown name, a value of the wrong type, or what the settings refuse (see `Settings`).
    """
    known = traits(cls)
    siblings = {*settings_of_table(table)} - {*known}  # other dataclasses may share the table
    values: dict[str, Any] = {k: v for k, v in read_table(table, config).items() if k not in siblings}
    given = {**(preset or {}), **{k: v for k, v in overrides.items() if v is not None and v != []}}
    in_file = values.keys() - given.keys()
    values |= given
    hints = typing.get_type_hints(cls)
    for name, value in values.items():
        if name not in known:
            raise SettingsError(f"[{table}] has no setting '{name}'{nearest(name, known)}")
        if known[name].comma:
            value = _parted(value, known[name])
        values[name] = _coerce(value, hints[name], table, name)
    try:
        return cls(**values)
    except SettingsError as error:
        words = re.findall(r"--[\w-]+", str(error))
        named = [flag(name) for name in values if name in in_file and flag(name) in words]
        if not given or not named:
            raise
        where = f"[{table}] of {config or PROJECT_FILE}"
        note = f"{' and '.join(named)}: set in {where}; --config FILE names another"
        raise SettingsError(f"{error} ({note})") from None


def _parted(value: Any, trait: Trait) -> Any:
    """Texts joined by commas as a list."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        return value
    return [trait.spelled(part.strip()) for text in texts for part in text.split(",") if part.strip()]


def _coerce(value: Any, hint: Any, table: str, name: str) -> Any:
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        if value is None:
            return None
        hint = next(a for a in typing.get_args(hint) if a is not type(None))
        origin = typing.get_origin(hint)
    wanted = origin or hint
    if wanted is Any:
        return value
    if origin is typing.Literal:
        choices = typing.get_args(hint)
        if value not in choices:
            raise SettingsError(
                f"{flag(name)} ([{table}] {name}): expected one of {', '.join(map(str, choices))}, found {value!r}"
            )
        return value
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if wanted is str and isinstance(value, Path):
        return str(value)
    if wanted in (list, tuple) and isinstance(value, list | tuple):
        inner = (typing.get_args(hint) or (Any,))[0]
        items = [_coerce(v, inner, table, name) for v in value]
        return wanted(items)
    if wanted is list and isinstance(value, str):
        return [value]
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise SettingsError(
            f"{flag(name)} ([{table}] {name}): expected {getattr(wanted, '__name__', wanted)}, found {value!r}"
        )
    return value


def require(value: T | None, name: str, table: str, what: str, given_as: str | None = None) -> T:
    """The value, or a `SettingsError` that asks for it by name.

    `given_as` is how the command line takes it, if not by a flag of its name.
    """
    if value is None or value == [] or value == "":
        raise SettingsError(
            f"missing setting: {what}; give {given_as or flag(name)} or '{name}' in [{table}] of {PROJECT_FILE}"
        )
    return value


def portable(settings: Any) -> dict[str, Any]:
    """Settings as a model folder keeps them: files and folders by name, so that no machine's paths travel with it."""
    kept = dataclasses.asdict(settings)
    for name, value in kept.items():
        if isinstance(value, str):
            kept[name] = Path(value).name if "/" in value and Path(value).is_absolute() else value
        elif isinstance(value, list):
            kept[name] = [Path(v).name if isinstance(v, str) else v for v in value]
    return kept
