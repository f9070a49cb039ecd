"""Settings of `ousianer merge`."""

from __future__ import annotations

from dataclasses import dataclass

from ousianer_cli.settings.base import Settings
from ousianer_cli.settings.fields import setting


@dataclass(frozen=True)
class MergeSettings(Settings):
    """`[merge]` of ousianer.toml."""

    parts: list[str] = setting(
        [],
        doc="What ousianer tag --shard wrote: all shards of one run, in any order.",
        role="input",
        positional=True,
        metavar="PART",
    )
    out: str = setting("", doc="The run to write.", role="output", kind="run", flags=("-o",), metavar="FILE")
