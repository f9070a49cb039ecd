"""From settings to the command line: a field as an option, and the options that are no settings."""

from __future__ import annotations

import dataclasses
import inspect
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ousianer_cli.settings import PROJECT_FILE, Trait, flag
from ousianer_cli.settings.tables import table_of

Choices = Callable[[], Sequence[str]]


def escaped(text: str) -> str:
    """Text that Rich prints as it is: `ousianer[tune]` is no markup."""
    return re.sub(r"(\\*)(\[[a-z#/@][^[]*?])", lambda m: f"{m[1] * 2}\\{m[2]}", text)


def parameter_of(
    hint: Any, field: dataclasses.Field[Any], late: Choices | None, *, only_here: bool
) -> inspect.Parameter:
    """A field as a parameter that Typer reads; one without a default is demanded if no file can give it."""
    name = field.name
    trait: Trait = field.metadata["trait"]
    plain, allowed = plain_type(hint)
    default: Any = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
    empty = default in ("", None) or default == []
    listed = typing.get_origin(plain) is list
    shown: bool | str = trait.shown if trait.shown is not None else not empty
    if listed and not empty and trait.shown is None:
        shown = ", ".join(map(str, default))
    details: dict[str, Any] = {
        "help": escaped(trait.doc),
        "show_default": shown,
        "metavar": trait.metavar or (f"[{'|'.join(allowed)}]" if allowed else None),
    }
    if trait.role:
        details["path_type"] = str  # completed as a path, but kept as it was given: `x/` is a folder
    if late or allowed:
        details["autocompletion"] = completing(late or (lambda: allowed))
    if trait.positional:
        info: Any = typer.Argument(**details)
    else:
        forms = [*trait.flags, flag(name)]
        if plain is bool:
            forms = [f"{flag(name)}/{trait.off or '--no' + flag(name)[1:]}"]
        info = typer.Option(*forms, rich_help_panel=trait.panel.capitalize() or None, **details)
    if empty and only_here and trait.positional:
        default = inspect.Parameter.empty
    elif empty:
        plain, default = plain | None, None
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[plain, info])


def plain_type(hint: Any) -> tuple[Any, tuple[str, ...]]:
    """(bool, int, float, str or a list of one; the choices of a `Literal`, which `resolve` checks)."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        hint = next(a for a in typing.get_args(hint) if a is not type(None))
    if typing.get_origin(hint) is Literal:
        return str, typing.get_args(hint)
    return hint, ()


def completing(choices: Choices) -> Callable[[str], list[str]]:
    """What the shell calls with the beginning of a word, to be given the choices that it may become."""

    def complete(incomplete: str) -> list[str]:
        return [choice for choice in choices() if choice.startswith(incomplete)]

    return complete


def extra_parameters(
    classes: Sequence[type],
    presets: Mapping[str, Mapping[str, Any]] | None,
    resume: bool,
    assignments: type | None,
) -> list[inspect.Parameter]:
    """The options that are no settings."""
    extras: dict[str, tuple[Any, Any, Any]] = {}
    if assignments is not None:
        extras["set"] = (
            list[str] | None,
            None,
            typer.Option("--set", metavar="NAME=VALUE", help="Any other setting of the phase, as in ousianer.toml."),
        )
    if presets:
        names = "|".join(presets)
        text = "Settings by name; paper: every hyperparameter of Hagiwara et al. (2019)."
        complete = completing(lambda: list(presets))
        extras["preset"] = (
            str | None,
            None,
            typer.Option(metavar=f"[{names}]", help=text, autocompletion=complete),
        )
    if resume:
        text = "Go on with what an interrupted run left at or beside --out."
        extras["resume"] = (bool, False, typer.Option("--resume", help=text, show_default=False))
    if any(table_of(cls) for cls in classes):
        tables = dict.fromkeys(f"[{table_of(cls)}]" for cls in classes)
        text = f"Settings file, table {' and '.join(tables)}."
        extras["config"] = (
            Path | None,
            None,
            typer.Option(
                metavar="FILE", help=escaped(text), show_default=f"{PROJECT_FILE} of the working folder, if it is there"
            ),
        )
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, info])
        for name, (kind, default, info) in extras.items()
    ]
