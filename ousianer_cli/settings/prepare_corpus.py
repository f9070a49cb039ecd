"""What `ousianer prepare corpus` is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ousianer_cli.errors import SettingsError

Demonyms = Literal["keep", "guidelines", "outside"]
Unmapped = Literal["error", "drop", "outside"]


@dataclass(frozen=True, slots=True)
class PrepareSettings:
    """What `prepare_corpus` does; see the command's help for each.

    Raises:
        SettingsError: settings that contradict each other or are out of range, named by flag.
    """

    format: str | None = None
    map: str | Path | None = None
    map_to: str | None = None
    taxonomy: str | None = None
    unmapped: Unmapped = "error"
    supervises: Literal["detection", "typing", "both"] | None = None
    exclude: tuple[str | Path, ...] = ()
    clean: bool = False
    limit: int | None = None
    seed: int = 0
    held_fraction: float = 0.0
    types: tuple[str, ...] = ()
    """Labels that count as names; none: all (of OntoNotes those that are no numbers or dates)."""
    demonyms: Demonyms = "keep"
    """What becomes of national adjectives, peoples and languages that the labels call places or put outside:
    `guidelines` takes adjectives of places as names of them, nouns for people and languages as `-`; `outside` takes all
    as `-`."""

    def __post_init__(self) -> None:
        def refuse(text: str) -> None:
            raise SettingsError(text)

        for flag, value, allowed in (
            ("--supervises", self.supervises, (None, "detection", "typing", "both")),
            ("--unmapped", self.unmapped, ("error", "drop", "outside")),
            ("--demonyms", self.demonyms, ("keep", "guidelines", "outside")),
        ):
            if value not in allowed:
                refuse(f"{flag}: expected one of {', '.join(a for a in allowed if a)}, found {value!r}")
        if self.map is not None and self.map_to is not None:
            refuse("--map and --map-to exclude each other: give a table of your own, or name a shipped one")
        if self.taxonomy is not None and self.map_to is not None:
            refuse("--taxonomy and --map-to exclude each other: it checks the types of --map or of the corpus itself")
        if self.unmapped != "error" and self.map is None and self.map_to is None and self.taxonomy is None:
            refuse("--unmapped: expected together with --map, --map-to or --taxonomy; without them labels stay")
        if self.limit is not None and self.limit < 1:
            refuse(f"--limit: expected 1 or more sentences, found {self.limit}")
        if not 0 <= self.held_fraction < 1:
            refuse(f"--split-by-hash: expected a share from 0 to below 1, found {self.held_fraction}")
