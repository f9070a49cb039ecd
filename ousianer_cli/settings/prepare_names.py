"""Settings of `ousianer prepare names`."""

from __future__ import annotations

from dataclasses import dataclass

from ousianer_cli.settings.base import Settings
from ousianer_cli.settings.fields import SHIPPED_MODEL, setting


@dataclass(frozen=True)
class NamesSettings(Settings):
    """`[names]` of ousianer.toml."""

    files: list[str] = setting(
        [], doc="Typing lines, as `prepare silver` writes.", role="input", positional=True, metavar="CORPUS"
    )
    model: str = setting(
        "",
        doc="The teacher.",
        role="input",
        kind="model",
        group="model",
        flags=("-m",),
        shown=SHIPPED_MODEL,
        metavar="DIR",
    )
    out: str = setting(
        "",
        doc="Lines whose names are all marked (JSON lines).",
        role="output",
        kind="lines",
        flags=("-o", "--output"),
        metavar="FILE",
    )
    rest: str = setting(
        "",
        doc="Output for the lines in which the teacher is unsure, unchanged.",
        role="output",
        kind="lines",
        metavar="FILE",
    )
