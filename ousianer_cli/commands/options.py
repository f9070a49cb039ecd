"""Commands from settings: a dataclass's fields become a command's options, and what was given becomes the dataclass.

    @command(TagSettings)
    def tag(settings: TagSettings) -> None:
        ...

The text, the default, the choices and the place of each option in the help stand in the dataclass alone (`Trait`).
"""

from __future__ import annotations

import dataclasses
import inspect
import tomllib
import typing
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import typer

from ousianer_cli.commands.advice import advice_for
from ousianer_cli.commands.lists import ListOptions
from ousianer_cli.commands.parameters import Choices, escaped, extra_parameters, parameter_of
from ousianer_cli.commands.places import checked
from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.settings import flag, resolve, traits
from ousianer_cli.settings.tables import share_table, table_of

T = TypeVar("T")
LATE = "ousianer_cli.late"
"""Where a context keeps the values of late options."""


@dataclasses.dataclass(frozen=True, slots=True)
class Given:
    """What the command line gave, from which settings are made."""

    overrides: Mapping[type, Mapping[str, Any]]
    """Settings class -> those of its settings that were given."""
    config: Path | None = None
    preset: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    resume: bool = False

    def settings(self, cls: type[T], changes: Mapping[str, Any] | None = None) -> T:
        """The settings: defaults, then the project file, then the preset, then what was given, then `changes`.

        Raises:
            SettingsError: as `settings.resolve` does.
        """
        overrides = {**self.overrides.get(cls, {}), **(changes or {})}
        for name, trait in traits(cls).items():
            if trait.role in ("data", "input") and overrides.get(name) == "":  # a variable of the shell that is not set
                raise SettingsError(f"{flag(name)}: expected a path, found an empty one; leave it out or name one")
        return resolve(cls, table_of(cls), overrides, config=self.config, preset=self.preset_of(cls))

    def preset_of(self, cls: type) -> Mapping[str, Any]:
        """The preset's values that are settings of this class."""
        return {k: v for k, v in self.preset.items() if k in traits(cls)}


def command(
    *classes: type,
    name: str = "",
    presets: Mapping[str, Mapping[str, Any]] | None = None,
    resume: bool = False,
    assignments: type | None = None,
    choices: Mapping[str, Choices] | None = None,
    late: Callable[[], Sequence[type]] | None = None,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command whose options are the fields of settings dataclasses; of two fields of one name the first is taken.

    The body is called with an instance of each class, and with `given=` (see `Given`) if it has a parameter of that
    name. Its docstring is the command's help.

    Args:
        name: the subcommand, for fields that are options of one subcommand only (`Trait.only`).
        presets: `--preset` name -> settings.
        resume: whether there is a `--resume`.
        assignments: the class of which `--set NAME=VALUE` sets any field.
        choices: setting -> its choices, where they are only known once its readers are loaded.
        late: further classes, known only then too, in the table of the first; the body is called with theirs as well.
    """
    extras = extra_parameters(classes, presets, resume, assignments)

    def parameters_of(some: Sequence[type], offered: Mapping[str, type]) -> list[inspect.Parameter]:
        return [
            parameter_of(hints[field.name], field, (choices or {}).get(field.name), only_here=not table_of(cls))
            for cls in some
            for hints in [typing.get_type_hints(cls)]
            for field in dataclasses.fields(cls)
            if offered.get(field.name) is cls
        ]

    def late_parameters() -> list[Any]:
        more = _joined(classes, late)
        return click_parameters(parameters_of(more, _offered((*classes, *more), name)))

    def decorate(body: Callable[..., None]) -> Callable[..., None]:
        wants_given = "given" in inspect.signature(body).parameters

        def run(ctx: typer.Context, **values: Any) -> None:
            every = (*classes, *_joined(classes, late))
            offered = _offered(every, name)
            given = _given(ctx, {**values, **ctx.meta.get(LATE, {})}, offered, every, presets or {}, assignments)
            made: list[Any] = [given.settings(cls) for cls in every]
            with checked(made, offered, given.config) as safe:
                body(*safe, **({"given": given} if wants_given else {}))

        context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
        signature = inspect.Signature([context, *parameters_of(classes, _offered(classes, name)), *extras])
        run.__signature__ = signature  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()}
        run.__doc__ = escaped(inspect.getdoc(body) or "")
        run.__name__, run.__module__, run.__qualname__ = body.__name__, body.__module__, body.__qualname__
        run.late_choices = dict(choices or {})  # type: ignore[attr-defined]
        run.late_parameters = late_parameters if late else list  # type: ignore[attr-defined]
        return run

    return decorate


def _joined(classes: Sequence[type], late: Callable[[], Sequence[type]] | None) -> Sequence[type]:
    """The late classes, which share the table of the first from now on."""
    found = late() if late else ()
    if found:
        share_table(classes[0], found)
    return found


def click_parameters(parameters: Sequence[inspect.Parameter]) -> list[Any]:
    """Parameters as those of a command line, made by Typer as it makes all others."""

    def nothing(**values: Any) -> None: ...

    nothing.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    nothing.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    alone = typer.Typer(add_completion=False)
    alone.command()(nothing)
    return list(typer.main.get_command(alone).params)


def assignments_of(words: Sequence[str]) -> dict[str, Any]:
    """`NAME=VALUE` words as settings; a value that is no TOML is text."""
    found: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.isidentifier():
            raise SettingsError(f"--set: expected NAME=VALUE, found {word!r}")
        try:
            found[name] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            found[name] = value
    return found


class OusianerCommand(ListOptions):
    """A command made by `command`: lists in a row; late options and choices are looked up once it is called."""

    late: tuple[str, ...] = ()

    def add_late(self) -> None:
        """Take in the options that are known only now."""
        if not self.late:
            found: list[Any] = getattr(self.callback, "late_parameters", list)()
            self.late = tuple(parameter.name for parameter in found)
            self.params += found

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """The context of a call, the late options known."""
        self.add_late()
        return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        """Call the command; values of late options wait in the context."""
        # Typer hands a callback the parameters of its signature only.
        ctx.meta[LATE] = {name: ctx.params.pop(name) for name in self.late if name in ctx.params}
        try:
            return super().invoke(ctx)
        except InputError as error:
            raise advice_for(error, self._advised()) from None

    def _advised(self) -> set[str]:
        """The options that a reader's advice may name: `--format` is of what is read, where it is not of the output."""
        own = [p for p in self.params if "--format" not in p.opts or getattr(p, "rich_help_panel", "") != "Output"]
        return {name for parameter in own for name in (*parameter.opts, *parameter.secondary_opts)}

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The help, with choices that are only known now."""
        late: Mapping[str, Choices] = getattr(self.callback, "late_choices", {})
        for parameter in self.params:
            if parameter.name in late:
                parameter.metavar = f"[{'|'.join(late[parameter.name]())}]"
        super().format_help(ctx, formatter)


def _offered(classes: Sequence[type], name: str) -> dict[str, type]:
    """Option -> the class that it is a setting of."""
    found: dict[str, type] = {}
    for cls in classes:
        hints = typing.get_type_hints(cls)
        for setting, trait in traits(cls).items():
            if typing.get_origin(hints[setting]) is not dict and trait.only in ("", name):
                found.setdefault(setting, cls)
    return found


def _given(
    ctx: typer.Context,
    values: Mapping[str, Any],
    offered: Mapping[str, type],
    classes: Sequence[type],
    presets: Mapping[str, Mapping[str, Any]],
    assignments: type | None,
) -> Given:
    overrides: dict[type, dict[str, Any]] = {cls: {} for cls in classes}
    if assignments is not None:
        overrides[assignments] |= assignments_of(values.get("set") or [])
    for name, cls in offered.items():
        source = ctx.get_parameter_source(name)
        if source is not None and source.name not in ("DEFAULT", "DEFAULT_MAP"):
            if values[name] == "" and traits(cls)[name].role == "output":
                raise SettingsError(f"{flag(name)}: expected the name of an output, found ''; name one or leave it out")
            overrides[cls][name] = _plain(values[name])
    preset = values.get("preset")
    if preset is not None and preset not in presets:
        raise SettingsError(f"--preset: expected {' or '.join(map(repr, presets))}, found {preset!r}")
    return Given(overrides, values.get("config"), presets[preset] if preset else {}, bool(values.get("resume", False)))


def _plain(value: Any) -> Any:
    """Paths as text."""
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return str(value) if isinstance(value, Path) else value
