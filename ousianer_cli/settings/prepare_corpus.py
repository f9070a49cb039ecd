"""Settings of `ousianer prepare corpus`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings.base import Settings
from ousianer_cli.settings.fields import setting

Demonyms = Literal["keep", "guidelines", "outside"]
Unmapped = Literal["error", "drop", "outside"]


@dataclass(frozen=True)
class PrepareSettings(Settings):
    """`[corpus]` of ousianer.toml: what `prepare_corpus` does.

    Raises:
        SettingsError: settings that contradict each other or are out of range, named by flag.
    """

    files: list[str] = setting(
        [],
        doc="Corpus files; each may have its own format. OntoNotes, brat, LAF and AIDA tabs also by folder.",
        role="input",
        positional=True,
        metavar="FILE",
    )
    format: str | None = setting(None, doc="Format of the files.", group="data", shown="by content", metavar="FORMAT")
    supervises: Literal["detection", "typing", "both"] | None = setting(
        None,
        doc="What the lines teach: detection (all names are marked), typing (those marked have types) or both.",
        group="data",
        shown="both; for AIDA tabs typing; our own lines say it themselves",
    )
    types: list[str] = setting(
        [],
        doc="Labels that count as names; the others are dropped. Also as a comma list.",
        group="labels",
        comma=True,
        shown="all; of OntoNotes the 11 that are no numbers or dates",
    )
    map: str | None = setting(
        None,
        doc="Label-mapping table: label<TAB>TYPE|TYPE; '-' lies outside. Without one, labels stay.",
        role="input",
        group="labels",
        metavar="FILE",
    )
    map_to: str | None = setting(
        None,
        doc="wordnet or wordnet:SOURCE: synsets by the shipped table, for pretraining; SOURCE is fewnerd, crossner, "
        "coarse, wfbg, ontonotes, or nouns (the mentions' own). aida or aida:ontonotes: AIDA types, for fine-tuning.",
        group="labels",
    )
    taxonomy: str | None = setting(
        None,
        doc="Check the types of --map, or without it read the labels as types in any case: aida, aida-edl, or a "
        "taxonomy file.",
        role="input",
        group="labels",
    )
    unmapped: Unmapped = setting(
        "error",
        doc="A label without a row: error; drop (with its sentence, if that trains detection); outside.",
        group="labels",
    )
    demonyms: Demonyms = setting(
        "keep",
        doc="How to treat national adjectives, peoples and languages that labels call places or put outside: "
        "guidelines (French in 'French troops' is GPE, Danes are outside) or outside (all are).",
        group="labels",
    )
    exclude: list[str] = setting(
        [], doc="Drop sentences that these files hold too.", role="input", group="sentences", metavar="FILE..."
    )
    clean: bool = setting(
        False,
        doc="Keep only sentences in which no capitalised word is left O, where a corpus does not mark every name.",
        group="sentences",
    )
    limit: int | None = setting(
        None,
        minimum=1,
        doc="Keep at most this many sentences, drawn at random, in their order; documents of running text stay whole.",
        group="sentences",
    )
    seed: int = setting(0, minimum=0, doc="Seed of --limit.", group="sentences")
    split_by_hash: float = setting(
        0.0,
        minimum=0,
        below=1,
        doc="Share of sentences to hold out (with --held-out), by a hash of the lower-cased sentence.",
        group="sentences",
    )
    held_out: str = setting("", doc="JSON lines for the share held out.", role="output", kind="lines", metavar="FILE")
    out: str = setting(
        "", doc="JSON lines to write.", role="output", kind="lines", flags=("-o", "--output"), metavar="FILE"
    )

    def check(self) -> None:
        """Refuse options that exclude each other, or that lack what they need."""
        if self.map is not None and self.map_to is not None:
            raise SettingsError(
                "--map and --map-to exclude each other: give a table of your own, or name a shipped one"
            )
        if self.taxonomy is not None and self.map_to is not None:
            raise SettingsError(
                "--taxonomy and --map-to exclude each other: it checks the types of --map or of the corpus itself"
            )
        if self.unmapped != "error" and self.map is None and self.map_to is None and self.taxonomy is None:
            raise SettingsError(
                "--unmapped: expected together with --map, --map-to or --taxonomy; without them labels stay"
            )
