"""Settings of `ousianer score`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings.base import Settings
from ousianer_cli.settings.fields import setting

RESAMPLES = 10_000


@dataclass(frozen=True)
class ScoreSettings(Settings):
    """`[score]` of ousianer.toml."""

    gold: str | None = setting(
        None,
        doc="The reference: an EDL tab; also read: a run's JSON lines, neleval's combined format, LAF, AIDA tabs.",
        role="input",
        positional=True,
        metavar="GOLD",
    )
    runs: list[str] = setting(
        [], doc="Runs to score, of the same formats.", role="input", positional=True, metavar="RUN"
    )
    names: list[str] = setting(
        [], doc="Names of the runs in tables, in their order; also as a comma list.", group="data", comma=True
    )
    input_format: str = setting(
        "auto",
        doc="Format of gold and runs; auto detects it from each file's first line.",
        group="data",
        metavar="FORMAT",
    )
    source: str | None = setting(
        None,
        doc="The documents (LTF or source files) to check gold against: strings, offsets.",
        role="input",
        metavar="INPUT",
    )
    excluded: str | None = setting(
        None,
        doc="Regions (docid, start, end) whose mentions are left out.",
        role="input",
        flags=("-x",),
        metavar="FILE",
    )
    docs: str | None = setting(None, doc="A list of document ids: only these are scored.", role="input", metavar="FILE")
    mention_types: list[str] = setting(
        [], doc="Only mentions of these types of column 7: NAM, NOM, or NAM,NOM.", group="data", comma=True
    )
    offset_shift: int = setting(
        0, doc="Added to gold's offsets; 39 where gold counts from after the XML declaration.", group="data"
    )
    unknown_types: Literal["refuse", "keep"] = setting(
        "refuse", doc="Types that are not in the taxonomy: refuse the file, or keep them as they are.", group="data"
    )
    ignore_case: bool = setting(False, doc="Compare types without regard to case.", group="data")
    neleval_exact: bool = setting(False, doc="Read and count exactly as neleval does, pitfalls included.", group="data")
    taxonomy: str = setting(
        "aida-edl", doc="aida-edl, aida, or a taxonomy file (TSV or JSON).", role="input", group="scoring"
    )
    measure: list[str] = setting(
        [],
        doc="Measures to show, also as a comma list; all for every one (docs/scoring.md).",
        group="scoring",
        comma=True,
    )
    decay: float = setting(
        0.5,
        minimum=0,
        maximum=1,
        doc="Credit for each level between system type and gold type, from 0 to 1.",
        group="scoring",
    )
    open: bool = setting(False, doc="Add the open reading: full credit for any type below gold.", group="scoring")
    type_weights: str | None = setting(
        None,
        doc="Credit for pairs of types (gold, system, weight) in the track's set measures.",
        role="input",
        group="scoring",
        metavar="FILE",
    )
    resamples: int = setting(
        RESAMPLES, doc="Resamples of documents for intervals and tests; 0 for none.", group="scoring"
    )
    seed: int = setting(1, minimum=0, doc="Seed of the resamples.", group="scoring")
    compare: bool = setting(False, doc="Also paired permutation and bootstrap tests between the runs.", group="scoring")
    by_type: bool = setting(False, doc="Also a table by type for each run.", group="output")
    by_doc: bool = setting(False, doc="Also a table by document for each run.", group="output")
    by_genre: bool = setting(
        False, doc="Also a table by genre (NW, DF, … in the document's id; see --genres).", group="output"
    )
    genres: str | None = setting(
        None,
        doc="Genres for --by-genre: PREFIX=GENRE,… or a file of two columns (id, genre).",
        group="output",
    )
    errors: bool = setting(
        False, doc="Also the errors by kind: missed, spurious, boundary, type, and at which level.", group="output"
    )
    confusion: bool = setting(False, doc="Also a confusion table of types.", group="output")
    worst: int = setting(0, minimum=0, doc="Also this many documents with the most errors.", group="output")
    calibration: bool = setting(
        False, doc="Also the calibration of confidences: how far they are from precision.", group="output"
    )
    tune_threshold: bool = setting(False, doc="Also the confidence threshold that gives the best F1.", group="output")
    format: Literal["text", "markdown", "latex", "csv", "json"] = setting(
        "text", doc="How the tables are written.", group="output"
    )
    json: bool = setting(False, doc="The same as --format json.", group="output")
    plot: str | None = setting(
        None,
        doc="Write figures (SVG and PNG) into this folder; needs matplotlib.",
        role="output",
        kind="figures",
        metavar="DIR",
    )

    def check(self) -> None:
        """Refuse so few resamples that they say nothing."""
        if self.resamples < 0 or 0 < self.resamples < 100:
            raise SettingsError(f"--resamples ([score] resamples): expected 0 or 100 and more, found {self.resamples}")
