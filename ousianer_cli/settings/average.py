"""Settings of `ousianer average`."""

from __future__ import annotations

from dataclasses import dataclass

from ousianer_cli.settings.base import Settings
from ousianer_cli.settings.fields import setting


@dataclass(frozen=True)
class AverageSettings(Settings):
    """`[average]` of ousianer.toml."""

    models: list[str] = setting(
        [],
        doc="Pretrained models that continued one another; MODEL*2 counts twice.",
        role="input",
        kind="model",
        positional=True,
        metavar="MODEL",
    )
    out: str = setting("", doc="Folder for the model.", role="output", kind="model", flags=("-o",), metavar="DIR")
