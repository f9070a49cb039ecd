"""What every command's inputs and outputs go through: the check of all outputs, standard input and standard output."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ousianer_cli.outputs import KINDS, Output, check_outputs, prints_aside, spooled_input
from ousianer_cli.settings import PROJECT_FILE, flag, traits
from ousianer_cli.settings.fields import inputs_of, kind_of, outputs_of


@contextmanager
def checked(made: Sequence[Any], offered: Mapping[str, type], config: str | Path | None = None) -> Iterator[list[Any]]:
    """The settings of a command, once its outputs are known to be safe; for the time that the command runs.

    Where an input is `-`, the settings name a file with what standard input gave; where an output is standard output,
    what is printed goes to standard error.

    Args:
        made: settings, one of each class of the command.
        offered: option -> the class that it is a setting of; an output that is no option is not written.
        config: the settings file, if one was named.

    Raises:
        OutputError: as `check_outputs`. InputError: as `spooled_input`.
    """
    inputs = [path for settings in made for _, path in inputs_of(settings)]
    outputs = [
        Output(path, KINDS[kind_of(settings, name)], _flag(settings, name))
        for settings in made
        for name, path in outputs_of(settings)
        if offered.get(name) is type(settings)
    ]
    check_outputs(outputs, [*inputs, config or PROJECT_FILE])
    places = [(number, name) for number, settings in enumerate(made) for name in _readable(settings)]
    words = [word for number, name in places for word in _listed(getattr(made[number], name))]
    with spooled_input(words) as read, prints_aside(output.path for output in outputs):
        yield list(made) if read == words else _with_words(made, places, iter(read))


def _flag(settings: Any, name: str) -> str:
    trait = traits(settings)[name]
    return trait.metavar if trait.positional else next(iter(trait.flags), flag(name))


def _readable(settings: Any) -> list[str]:
    """Settings whose `-` is standard input: files to read, which are neither models nor recorded as training data."""
    return [name for name, trait in traits(settings).items() if trait.role == "input" and trait.kind != "model"]


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _with_words(made: Sequence[Any], places: Sequence[tuple[int, str]], words: Iterator[Any]) -> list[Any]:
    """The settings with the words in the places they were taken from."""
    changed = list(made)
    for number, name in places:
        value = getattr(made[number], name)
        new = [next(words) for _ in _listed(value)]
        changed[number] = dataclasses.replace(
            changed[number], **{name: type(value)(new) if isinstance(value, list | tuple) else new[0]}
        )
    return changed
