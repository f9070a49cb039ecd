"""Settings of `ousianer diff`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ousianer_cli.settings.base import Settings
from ousianer_cli.settings.fields import setting


@dataclass(frozen=True)
class DiffSettings(Settings):
    """`[diff]` of ousianer.toml."""

    old: str = setting(
        "",
        doc="The run before: an EDL tab, JSON lines, or what else convert reads.",
        role="input",
        positional=True,
        metavar="OLD",
    )
    new: str = setting("", doc="The run after.", role="input", positional=True, metavar="NEW")
    source: list[str] = setting(
        [],
        doc="The documents (file, folder, archive, @list), to show the text around a name.",
        role="input",
        metavar="INPUT...",
    )
    by: Literal["top", "type"] = setting("top", doc="Count by top type or by type.", group="output")
    examples: int = setting(3, minimum=0, doc="Examples of each change and type; 0 for none.", group="output")
    most: int = setting(
        12, minimum=0, doc="Types of each change that are shown with examples, the most frequent.", group="output"
    )
    format: Literal["text", "json"] = setting("text", doc="text, or json with every change.", group="output")
