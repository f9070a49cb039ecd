"""Settings of `ousianer init`. No file: it writes the one that the others read."""

from __future__ import annotations

from dataclasses import dataclass

from ousianer_cli.settings.base import Settings
from ousianer_cli.settings.fields import setting


@dataclass(frozen=True)
class InitSettings(Settings):
    """The folder of a new project."""

    directory: str = setting(
        "",
        doc="The project folder; made if it is not there.",
        role="output",
        kind="project",
        positional=True,
        metavar="DIR",
    )
