"""Settings of `ousianer prepare silver`."""

from __future__ import annotations

from dataclasses import dataclass

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings import flag, setting


@dataclass(frozen=True)
class SilverSettings:
    """`[silver]` of ousianer.toml."""

    inputs: list[str] = setting(
        [], doc="Silver files, gzipped or not.", role="input", positional=True, metavar="SILVER.jsonl.gz"
    )
    tiers: list[str] = setting(
        ["link", "self"], doc="Tiers to keep, of link, self, exact; also as a comma list.", group="data", comma=True
    )
    max_per_title: int | None = setting(
        None, doc="At most so many mentions of one title, drawn by --seed.", group="data"
    )
    limit: int | None = setting(None, doc="Stop after so many sentences.", group="data")
    seed: int = setting(0, least=0, doc="Seed of the drawing for --max-per-title and --cover.", group="data")
    definitions: str = setting(
        "",
        doc="Table of titles and the head nouns of their definitions (TSV, columns title and head): their classes are "
        "types too, where of the same kind as those known.",
        role="input",
        metavar="TABLE",
    )
    cover: int | None = setting(
        None,
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

    def __post_init__(self) -> None:
        for name in ("max_per_title", "limit", "cover"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise SettingsError(f"{flag(name)}: expected at least 1, found {value}")
