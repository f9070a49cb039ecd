"""Settings of every command: frozen dataclasses, read from a TOML table, overridden by flags, conflicts named by flag.

Each command's dataclass is in the module of its name.

A field's `metadata` carries its one doc line and its flag. `ousianer.toml` in the working folder (or `--config FILE`)
has one table a command: `[pretrain]`, `[finetune]`, `[tag]`, `[score]`.
"""

from __future__ import annotations

import dataclasses
import tomllib
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from ousianer_cli.errors import SettingsError

PROJECT_FILE = "ousianer.toml"
T = TypeVar("T")


def setting(default: Any = dataclasses.MISSING, *, doc: str, **metadata: Any) -> Any:
    """A dataclass field with its doc line (and unit); lists and dicts become fresh copies."""
    metadata["doc"] = doc
    if isinstance(default, list | dict):
        return dataclasses.field(default_factory=lambda: type(default)(default), metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def flag(name: str) -> str:
    """The command-line flag of a setting: `min_mentions` -> `--min-mentions`."""
    return "--" + name.replace("_", "-")


def read_table(table: str, config: str | Path | None = None) -> dict[str, Any]:
    """The table `[table]` of the project file; empty when no file is named and none is in the working folder.

    Raises:
        SettingsError: the named file is missing, is not TOML, or the table is no table.
    """
    path = Path(config) if config is not None else Path(PROJECT_FILE)
    if config is None and not path.is_file():
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot read the settings ({error.strerror}); check --config") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: expected TOML, found an error: {error}") from None
    found = content.get(table, {})
    if not isinstance(found, dict):
        raise SettingsError(f"{path}: expected a table [{table}], found {type(found).__name__}")
    return found


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
        SettingsError: an unknown name, a value of the wrong type, or whatever the dataclass refuses in `__post_init__`.
    """
    values: dict[str, Any] = read_table(table, config) | dict(preset or {})
    values.update({k: v for k, v in overrides.items() if v is not None and v != []})
    fields = {f.name: f for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
    hints = typing.get_type_hints(cls)
    for name, value in values.items():
        if name not in fields:
            known = ", ".join(sorted(fields))
            raise SettingsError(f"[{table}] has no setting '{name}'; expected one of {known}")
        values[name] = _coerce(value, hints[name], table, name)
    return cls(**values)


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
