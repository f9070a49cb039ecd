"""Settings of `ousianer prepare silver`."""

from __future__ import annotations

from dataclasses import dataclass

from ousianer_cli.settings.base import Settings
from ousianer_cli.settings.fields import setting


@dataclass(frozen=True)
class SilverSettings(Settings):
    """`[silver]` of ousianer.toml."""

    inputs: list[str] = setting(
        [], doc="Silver files, gzipped or not.", role="input", positional=True, metavar="SILVER.jsonl.gz"
    )
    tiers: list[str] = setting(
        ["link", "self"], doc="Tiers to keep, of link, self, exact; also as a comma list.", group="data", comma=True
    )
    max_per_title: int | None = setting(
        None, minimum=1, doc="Maximum mentions of one title, drawn by --seed.", group="data"
    )
    limit: int | None = setting(None, minimum=1, doc="Stop after this many sentences.", group="data")
    seed: int = setting(0, minimum=0, doc="Seed of the drawing for --max-per-title and --cover.", group="data")
    definitions: str = setting(
        "",
        doc="Table of titles and the head nouns of their definitions (TSV, columns title and head): their classes are "
        "types too, where of the same kind as those known.",
        role="input",
        metavar="TABLE",
    )
    cover: int | None = setting(
        None,
        minimum=1,
        doc="Only so many sentences that each type has this number of mentions, rare types too.",
        group="data",
    )
    out: str = setting(
        "",
        doc="Typing lines to write (JSON lines).",
        role="output",
        kind="lines",
        flags=("-o", "--output"),
        metavar="FILE",
    )
