"""What a person asks for by name: measures, the names of runs, and the genres of documents."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ousianer_cli.errors import SettingsError
from ousianer_cli.scoring.hierarchy import HIERARCHY_READINGS
from ousianer_cli.scoring.inputs import read_pairs
from ousianer_cli.scoring.measures import OPEN, READINGS, Reading
from ousianer_cli.scoring.track import TRACK_MEASURES, TrackMeasure, parse_measure

NELEVAL_DEFAULT = (
    "strong_mention_match",
    "strong_typed_mention_match",
    "strong_all_match",
    "strong_typed_all_match",
    "mention_ceaf",
    "typed_mention_ceaf",
)
_GENRE_CODES = ("NW", "DF", "WB", "WL", "SN", "RF", "BN", "BC", "NG", "CTS", "PROXY")


@dataclass(frozen=True)
class Selection:
    """What `--measure` names: readings of trees and sets of types, and measures of the track."""

    shown: tuple[Reading, ...]
    hierarchy: bool
    track: tuple[TrackMeasure, ...]


def select_measures(names: Sequence[str], *, open_gold: bool = False) -> Selection:
    """The measures behind names; `all` is every one, none the readings of the default table.

    Raises:
        SettingsError: a name that is no measure.
    """
    base = (*READINGS, OPEN) if open_gold else READINGS
    if "all" in names:
        track = tuple(TRACK_MEASURES.values())
        return Selection((*base, *HIERARCHY_READINGS, *(measure.reading() for measure in track)), True, track)
    readings = {reading.key: reading for reading in (*READINGS, OPEN, *HIERARCHY_READINGS)}
    shown: dict[str, Reading] = {}
    measures = []
    for name in names:
        measure = parse_measure(name)
        if name in readings:
            shown[name] = readings[name]
        elif measure is not None:
            if name not in shown:
                measures.append(measure)
            shown[name] = measure.reading()
        else:
            known = [*readings, *TRACK_MEASURES, "all"]
            near = difflib.get_close_matches(name, known, n=2)
            hint = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(known)}"
            if Path(name).suffix:
                hint = "files stand before --measure"
            raise SettingsError(f"--measure: expected the name of a measure, found '{name}'; {hint}")
    hierarchy = any(reading in HIERARCHY_READINGS for reading in shown.values())
    return Selection(tuple(shown.values()) or base, hierarchy, tuple(measures))


def genre_rule(rule: str) -> Callable[[str], str]:
    """What gives a document its genre: a file of two columns, prefixes (`ENG_NW=news,ENG_DF=forum`), or the id itself.

    The empty rule takes the first part of the id that is one of the usual codes (NW, DF, WB, …).
    """
    if not rule:
        return _genre_in_id
    if "=" in rule and not Path(rule).is_file():
        pairs = [part.partition("=") for part in rule.split(",")]
        if not all(prefix and genre for prefix, _, genre in pairs):
            raise SettingsError(f"--genres: expected PREFIX=GENRE,PREFIX=GENRE or a file, found '{rule}'")
        longest_first = sorted(((p, g) for p, _, g in pairs), key=lambda pair: -len(pair[0]))
        return lambda doc: next((genre for prefix, genre in longest_first if doc.startswith(prefix)), "other")
    table = read_pairs(rule, "a file of document ids and genres")
    return lambda doc: table.get(doc, "other")


def _genre_in_id(doc: str) -> str:
    parts = re.split(r"[^A-Za-z]+", doc)
    return next((part.upper() for part in parts if part.upper() in _GENRE_CODES), "other")


def display_names(paths: Sequence[str | Path]) -> list[str]:
    """The shortest names that tell the runs apart: file names without ending, else the paths as given."""
    stems = [Path(path).stem for path in paths]
    return stems if len(set(stems)) == len(stems) else [str(path) for path in paths]
