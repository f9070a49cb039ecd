"""Settings of `ousianer prepare wikipedia`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings.base import Settings
from ousianer_cli.settings.fields import setting

How = Literal["link", "bold", "again", "alias"]
HOWS: tuple[How, ...] = ("link", "bold", "again", "alias")


@dataclass(frozen=True)
class ExpansionSettings(Settings):
    """Which further mentions are taken, and what a mention of each kind weighs.

    The defaults follow from reading samples: docs/results/silver_precision.md.
    """

    again: bool = setting(True, doc="later occurrences of a linked or bold name in the same article")
    alias: bool = setting(True, doc="other names of a linked or bold title, from anchor statistics")
    surnames: bool = setting(True, doc="the surname alone of a person named in full before")
    min_commonness: float = setting(
        0.9, minimum=0, maximum=1, doc="an alias must lead to its title in at least this share of its links"
    )
    min_link_probability: float = setting(
        0.01, minimum=0, maximum=1, doc="an alias must be a link in at least this share of its occurrences"
    )
    min_links: int = setting(2, minimum=0, doc="an alias must have been a link at least so often")
    link_weight: float = setting(1.0, minimum=0, maximum=1, doc="weight of links")
    bold_weight: float = setting(1.0, minimum=0, maximum=1, doc="weight of the bold title in the first sentence")
    again_weight: float = setting(1.0, minimum=0, maximum=1, doc="weight of later occurrences")
    alias_weight: float = setting(0.95, minimum=0, maximum=1, doc="weight of aliases")

    def weight(self, how: How) -> float:
        """What a mention found so weighs."""
        return float(getattr(self, f"{how}_weight"))


_EXPANSION = ExpansionSettings()


@dataclass(frozen=True)
class WikipediaSettings(Settings):
    """`[wikipedia]` of ousianer.toml: what `prepare wikipedia` reads and makes.

    Raises:
        SettingsError: settings out of range or in conflict, by flag.
    """

    dumps: list[str] = setting(
        [],
        doc="pages-articles XML: plain, gz, bz2 or multistream bz2.",
        role="data",
        positional=True,
        metavar="DUMP",
    )
    dump_db: str = setting("", doc="A dump DB of Wikipedia2Vec in place of dumps.", role="data", metavar="FILE")
    types: list[str] = setting(
        [],
        doc="Title types: Parquet of `prepare types`, or tables as it reads them.",
        role="data",
        metavar="TABLE...",
    )
    exclude: list[str] = setting(
        [],
        doc="Drop sentences that these corpora hold too, however they split words.",
        role="data",
        metavar="FILE...",
    )
    strict: bool = setting(False, doc="Stop at the first fault of a dump or a table.", group="data", neutral=True)
    how: list[str] = setting(
        list(HOWS), doc="Mentions to take, of link, bold, again (later occurrences), alias.", group="mentions"
    )
    max_per_title: int = setting(
        0, minimum=0, doc="Maximum mentions of one title, drawn by --seed; 0 is no limit.", group="mentions"
    )
    seed: int = setting(0, minimum=0, doc="Seed of --max-per-title.", group="mentions")
    min_commonness: float = setting(
        _EXPANSION.min_commonness,
        doc="Share of an alias's links that must lead to its title.",
        group="mentions",
    )
    min_link_probability: float = setting(
        _EXPANSION.min_link_probability,
        doc="Share of an alias's occurrences that must be links.",
        group="mentions",
    )
    lower_case: bool = setting(False, doc="Keep mentions without a capital letter.", group="mentions")
    max_words: int = setting(200, minimum=1, doc="Drop sentences of more words than this.", group="mentions")
    workers: int = setting(0, minimum=0, doc="Processes.", group="work", neutral=True, shown="one a core")
    memory: str = setting(
        "1GB",
        doc="Memory for the joins, beyond which they spill to the output folder's disk.",
        group="work",
        neutral=True,
    )
    keep_parts: bool = setting(False, doc="Keep the working files when the run has ended.", group="work", neutral=True)
    format: Literal["parquet", "jsonl"] = setting(
        "parquet", doc="Parquet shards, or one file of JSON lines.", group="output"
    )
    rows_per_shard: int = setting(50_000, minimum=1, doc="Sentences a shard, about.", group="output")
    out: str = setting(
        "",
        doc="Folder for the corpus and report.json.",
        role="output",
        kind="shards",
        flags=("-o",),
        metavar="DIR",
    )

    def check(self) -> None:
        """Refuse unknown kinds of mentions, and two sources of articles."""
        if not self.how or any(h not in HOWS for h in self.how):
            raise SettingsError(f"--how: expected some of {', '.join(HOWS)}, found {', '.join(self.how)!r}")
        if self.dumps and self.dump_db:
            raise SettingsError("--dump-db: expected instead of dumps, found both; give one of them")
        self.expansion()

    def expansion(self) -> ExpansionSettings:
        """Which further mentions are looked for."""
        return ExpansionSettings(
            again="again" in self.how,
            alias="alias" in self.how,
            surnames="alias" in self.how,
            min_commonness=self.min_commonness,
            min_link_probability=self.min_link_probability,
        )
