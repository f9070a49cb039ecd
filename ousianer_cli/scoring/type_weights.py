"""Credit by pairs of types, as neleval reads it from a file, and the measures weighted by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.formats.text import filled_lines
from ousianer_cli.scoring.matching import shared
from ousianer_cli.scoring.track import Floats, Marks, TrackMeasure, _mask, _unique, keys, stack


@dataclass(frozen=True)
class TypeWeights:
    """Credit by gold type and system type, both joined with the mention type, as neleval reads it from a file."""

    values: Mapping[tuple[str, str], float]
    lines: Mapping[tuple[str, str], int]
    path: str

    def weight(self, gold: str, system: str) -> float:
        """The weight of a pair; where there is none, 1 for equal types and 0 for others."""
        weight = self.values.get((gold, system))
        return float(gold == system) if weight is None else weight


def read_type_weights(path: str | Path, *, exact: bool = False) -> tuple[TypeWeights, list[str]]:
    """`gold TAB system TAB weight` a line; of repeated pairs the greatest weight counts.

    Types without a mention type never match a joined type in neleval; unless `exact`, `/NAM` is added, with a warning.
    """
    values: dict[tuple[str, str], float] = {}
    lines: dict[tuple[str, str], int] = {}
    bare, first = 0, 0
    for number, line in filled_lines(path, "a file of type weights (gold, system, weight)"):
        cells = line.split("\t")
        if len(cells) != 3:
            raise InputError("gold type, system type and weight", f"'{line[:60]}'", path=path, line=number)
        try:
            weight = float(cells[2])
        except ValueError:
            weight = float("nan")
        if not np.isfinite(weight):
            raise InputError("a finite number as weight", f"'{cells[2]}'", path=path, line=number)
        pair = (cells[0], cells[1])
        if not exact and not all("/" in label for label in pair):
            bare, first = bare + 1, first or number
            pair = tuple(label if "/" in label else f"{label}/NAM" for label in pair)  # type: ignore[assignment]
        if weight > values.get(pair, float("-inf")):
            values[pair] = weight
            lines.setdefault(pair, number)
    notes = []
    if bare:
        notes.append(
            f"{path}: {bare} rows have types without a mention type, first in line {first}; read as /NAM (neleval "
            "would pass over them: a run's types are joined with column 7)"
        )
    return TypeWeights(values, lines, str(path)), notes


def weighted_sums(
    measure: TrackMeasure,
    gold: Marks,
    system: Marks,
    documents: int,
    weights: TypeWeights,
    gold_names: Sequence[str],
    system_names: Sequence[str],
) -> Floats:
    """`document_sums` of a set measure over types, with credit for pairs of types.

    `gold_names` and `system_names` are the joined types of the mentions [M]. Every mention counts as much as its type
    is worth against itself, which is 1 unless the file says otherwise.

    Raises:
        SettingsError: two annotations with the same key, for which no weight is defined.
    """
    fields = [field for field in measure.fields if field != "type"]
    keep_gold = np.flatnonzero(_mask(gold, measure.filter))
    keep_system = np.flatnonzero(_mask(system, measure.filter))
    gold_side, system_side = gold.take(keep_gold), system.take(keep_system)
    gold_keys, system_keys = keys(gold_side, system_side, fields)
    (gold_values, gold_at), (system_values, system_at) = _unique(gold_keys), _unique(system_keys)
    if len(gold_values) < len(gold_keys) or len(system_values) < len(system_keys):
        raise SettingsError(
            f"--type-weights: {measure.name} has two annotations with the same {'+'.join(fields)}, for which neleval "
            "defines no weight; remove one of them (ousianer validate lists them)"
        )
    gold_place, system_place = shared(gold_values, system_values)
    gold_at, system_at = gold_at[gold_place], system_at[system_place]
    gold_labels = [gold_names[i] for i in keep_gold.tolist()]
    system_labels = [system_names[i] for i in keep_system.tolist()]
    cache: dict[tuple[str, str], float] = {}

    def weight(first: str, second: str) -> float:
        pair = (first, second)
        if pair not in cache:
            alternatives = _alternatives(first)
            cache[pair] = max(weights.weight(label, second) for label in alternatives)
        return cache[pair]

    pairs = zip(gold_at.tolist(), system_at.tolist(), strict=True)
    tp = np.array([weight(gold_labels[g], system_labels[s]) for g, s in pairs], dtype=np.float64)
    own_gold = np.array([weight(label, label) for label in gold_labels], dtype=np.float64)
    own_system = np.array([weights.weight(label, label) for label in system_labels], dtype=np.float64)
    return stack(
        [
            (system_side.doc[system_at], tp),
            (system_side.doc, own_system),
            (gold_side.doc[gold_at], tp),
            (gold_side.doc, own_gold),
        ],
        documents,
    )


def _alternatives(label: str) -> list[str]:
    """`gpe|loc/NAM` -> `gpe|loc/NAM`, `gpe/NAM`, `loc/NAM`: a type as it is written comes first."""
    kinds, slash, form = label.rpartition("/")
    if "|" not in label:
        return [label]
    return [label, *(f"{kind}{slash}{form}" for kind in (kinds if slash else label).split("|"))]
