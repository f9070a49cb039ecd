"""Settings of `ousianer prepare types`."""

from __future__ import annotations

from dataclasses import dataclass

from ousianer_cli.settings.base import Settings
from ousianer_cli.settings.fields import setting


@dataclass(frozen=True)
class TypesSettings(Settings):
    """`[types]` of ousianer.toml."""

    inputs: list[str] = setting(
        [],
        doc="YAGO's files (TSV, TTL; gz, bz2, xz, zip) and tables title<TAB>class; each is recognised by its content.",
        role="input",
        positional=True,
        metavar="INPUT",
    )
    subclass: list[str] = setting(
        [],
        doc="More subClassOf edges: yagoTaxonomy, or wikicat<TAB>wordnet.",
        role="input",
        metavar="FILE...",
    )
    links: str | None = setting(
        None,
        doc="Links of each title: Parquet or title<TAB>count. Without it each title counts once.",
        role="input",
        metavar="FILE",
    )
    min_mentions: int = setting(30, minimum=1, doc="Minimum mentions of a type.", group="data")
    min_depth: int = setting(3, minimum=0, doc="Minimum depth of a type, in steps below entity.", group="data")
    min_entropy: float = setting(
        0.05,
        minimum=0,
        doc="Bits: below it a type says nothing, because one child has nearly all its mentions or it has nearly all "
        "mentions.",
        group="data",
    )
    memory: str = setting("2GB", doc="Memory for sorting; what does not fit goes to disk.", group="data", neutral=True)
    strict: bool = setting(False, doc="Stop at the first malformed line.", group="data", neutral=True)
    agreement: bool = setting(
        False, doc="Also compare guesses at categories' head nouns with YAGO's edges.", group="output"
    )
    out: str = setting(
        "", doc="Folder to write to.", role="output", kind="types", flags=("-o", "--output"), metavar="DIR"
    )
