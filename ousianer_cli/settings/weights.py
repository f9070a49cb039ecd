"""Corpora with weights as settings have them: `PATH*8` counts eight times, and a path named twice counts twice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ousianer_cli.errors import SettingsError

_WEIGHTED = re.compile(r"(?P<path>.+)\*(?P<weight>[^*/]*)", re.DOTALL)


def split_weight(text: str) -> tuple[str, float]:
    """(path, weight) of `PATH` or `PATH*WEIGHT`; a path that is there as it stands has no weight, whatever its name.

    Raises:
        SettingsError: what follows the `*` of a path that is there is no number above 0.
    """
    match = _WEIGHTED.fullmatch(text)
    if match is None or Path(text).exists():
        return text, 1.0
    path, weight = match["path"], match["weight"]
    if re.fullmatch(r"\d+(\.\d+)?", weight) and float(weight) > 0:
        return path, float(weight)
    if Path(path).exists():
        raise SettingsError(f"{text}: expected PATH or PATH*WEIGHT with a weight above 0, found the weight '{weight}'")
    return text, 1.0


def corpus_weights(texts: Sequence[str]) -> dict[str, float]:
    """Path -> its weights summed, in the order in which paths are first named."""
    weights: dict[str, float] = {}
    for text in texts:
        path, weight = split_weight(text)
        weights[path] = weights.get(path, 0.0) + weight
    return weights


def repeated_paths(texts: Sequence[str], option: str) -> list[str]:
    """Each path as often as its weight says, in the order given.

    Raises:
        SettingsError: a weight that is no whole number, by the option's flag.
    """
    paths = []
    for text in texts:
        path, weight = split_weight(text)
        if weight != int(weight):
            raise SettingsError(f"{option} {text}: expected a whole number of times, found {weight:g}")
        paths += [path] * int(weight)
    return paths
