"""The credit matrix W: what a system type is worth where gold has another type of the same line of descent.

One W serves the loss, the decoder and the scorer. W[gold, system] is 1 for equal types, decay**k for types k levels
apart on one line of descent where the direction admits it, else 0. Directions:

- `ancestor`: the system's type lies above gold (less specific, but right), as neleval's documentation has it;
- `descendant`: the system's type lies below gold, as neleval's code computed it in 2019;
- `both`: either.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ousianer_cli.errors import TaxonomyError
from ousianer_cli.taxonomy.tree import OUTSIDE, Taxonomy

Direction = Literal["ancestor", "descendant", "both"]


def credit_matrix(
    taxonomy: Taxonomy,
    direction: Direction,
    decay: float = 0.5,
    *,
    include_phantoms: bool = False,
    outside: bool = False,
) -> NDArray[np.float64]:
    """W [A, A], row gold, column system, in the order of `taxonomy.types` (of `taxonomy.nodes` with phantoms).

    Phantoms count as levels whether or not they have a row. `outside` adds a last row and column for a name that the
    taxonomy does not cover, worth 1 for itself and 0 otherwise.

    Raises:
        TaxonomyError: a direction that is none of the three, or a decay outside [0, 1].
    """
    _check(direction, decay)
    size = len(taxonomy.nodes) if include_phantoms else len(taxonomy.types)
    total = size + (1 if outside else 0)
    weights = np.eye(total, dtype=np.float64)
    for node in taxonomy.nodes[:size]:
        low = taxonomy.index(node)
        for distance, above in enumerate(taxonomy.ancestors(node), 1):
            high = taxonomy.index(above)
            if high >= size:
                continue
            if direction != "descendant":
                weights[low, high] = decay**distance
            if direction != "ancestor":
                weights[high, low] = decay**distance
    return weights


def set_credit(
    taxonomy: Taxonomy,
    gold: Sequence[str],
    *,
    direction: Direction = "both",
    decay: float = 0.5,
    open_gold: bool = True,
    include_phantoms: bool = False,
    outside: bool = False,
) -> NDArray[np.float64]:
    """Credit [A] of every system type for a gold set of alternatives (`a|b`): the greatest over the alternatives.

    With `open_gold` a gold type admits all that lies below it, so a descendant is worth 1; an ancestor is worth
    decay**k under `ancestor` and `both`. Without it, each alternative is a row of `credit_matrix`. The alternative `-`
    is worth 1 for "outside" (with `outside`, the last entry) and nothing otherwise.

    Raises:
        TaxonomyError: an alternative that is no type of the taxonomy, or no alternative at all.
    """
    _check(direction, decay)
    if not gold:
        raise TaxonomyError("at least one gold type", "none")
    size = len(taxonomy.nodes) if include_phantoms else len(taxonomy.types)
    credit = np.zeros(size + (1 if outside else 0), dtype=np.float64)

    def give(node: str, value: float) -> None:
        place = taxonomy.index(node)
        if place < size:
            credit[place] = max(credit[place], value)

    for alternative in gold:
        if alternative == OUTSIDE:
            if outside:
                credit[-1] = 1.0
            continue
        give(alternative, 1.0)
        level = taxonomy.level(alternative)
        if direction != "descendant":
            for distance, above in enumerate(taxonomy.ancestors(alternative), 1):
                give(above, decay**distance)
        if open_gold or direction != "ancestor":
            for below in taxonomy.descendants(alternative):
                give(below, 1.0 if open_gold else decay ** (taxonomy.level(below) - level))
    return credit


def open_credit(
    taxonomy: Taxonomy,
    gold: Sequence[str],
    system: str,
    *,
    direction: Direction = "both",
    decay: float = 0.5,
    open_gold: bool = True,
) -> float:
    """Credit of one system type (`-` for outside) for a gold set of alternatives; see `set_credit`."""
    credit = set_credit(
        taxonomy, gold, direction=direction, decay=decay, open_gold=open_gold, include_phantoms=True, outside=True
    )
    return float(credit[-1] if system == OUTSIDE else credit[taxonomy.index(system)])


def _check(direction: str, decay: float) -> None:
    if direction not in get_args(Direction):
        raise TaxonomyError("the direction ancestor, descendant or both", f"'{direction}'", remedy="check --credit")
    if not (math.isfinite(decay) and 0.0 <= decay <= 1.0):
        raise TaxonomyError("a decay from 0 to 1", str(decay), remedy="check --decay")
