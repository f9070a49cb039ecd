"""Measures over clusters of mentions: how well the mentions that share an id on one side share one on the other.

Sources: CEAF (Luo 2005), B-cubed (Bagga and Baldwin 1998), MUC (Vilain et al. 1995), pairwise F1. All follow from the
table of how many mentions each gold cluster and each system cluster have in common.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ousianer_cli.scoring.matching import Ints, combine

CLUSTER_MEASURES = ("mention_ceaf", "entity_ceaf", "b_cubed", "pairwise", "muc")

Counts = tuple[float, float, float, float]
_DENSE_CELLS = 250_000
"""Components of at most this many cells (gold clusters x system clusters) are assigned as dense matrices."""


class _Side:
    """The clusters of one side: (cluster, item) without repeats, sizes, and each item's cluster."""

    def __init__(self, items: Ints, entities: Ints, total: int) -> None:
        # Clusters are numbered by first use: an item in several of them belongs to the one that came last.
        _, first, inverse = np.unique(entities, return_index=True, return_inverse=True)
        rank = np.empty(len(first), dtype=np.int64)
        rank[np.argsort(first, kind="stable")] = np.arange(len(first))
        cluster = rank[inverse.reshape(-1)] if len(entities) else np.empty(0, dtype=np.int64)
        self.clusters = len(first)
        _, once = np.unique(combine([cluster, items]), return_index=True) if len(items) else (None, np.empty(0, int))
        self.cluster, self.item = cluster[once], items[once]
        self.sizes = np.bincount(self.cluster, minlength=self.clusters)
        self.of = np.full(total, -1, dtype=np.int64)
        np.maximum.at(self.of, self.item, self.cluster)


def cluster_counts(measure: str, gold_items: Ints, gold_entities: Ints, items: Ints, entities: Ints) -> Counts:
    """System numerator and denominator, gold numerator and denominator of a measure over clusters.

    Items [M] are equal across the sides where the mentions are the same; entities [M] say which cluster each is in.
    """
    _, codes = np.unique(np.concatenate([gold_items, items]), return_inverse=True)
    codes = codes.reshape(-1).astype(np.int64, copy=False)
    total = int(codes.max()) + 1 if len(codes) else 0
    gold = _Side(codes[: len(gold_items)], gold_entities, total)
    system = _Side(codes[len(gold_items) :], entities, total)
    if measure == "muc":
        return (*_links(system, gold), *_links(gold, system))
    table = _common(gold, system)
    if measure == "b_cubed":
        return (*_b_cubed(system, gold, table, False), *_b_cubed(gold, system, table, True))
    if measure == "pairwise":
        shared = float(_pairs(table[2]))
        return shared, float(_pairs(system.sizes)), shared, float(_pairs(gold.sizes))
    if measure == "mention_ceaf":
        best = _assign(table, table[2].astype(np.float64))
        return best, float(system.sizes.sum()), best, float(gold.sizes.sum())
    dice = 2 * table[2] / (gold.sizes[table[0]] + system.sizes[table[1]])
    best = _assign(table, dice)
    return best, float(system.clusters), best, float(gold.clusters)


def _common(gold: _Side, system: _Side) -> tuple[Ints, Ints, Ints]:
    """The pairs of clusters that have items in common, sorted: gold cluster, system cluster, how many items."""
    if not len(gold.item) or not len(system.item):
        none = np.empty(0, dtype=np.int64)
        return none, none, none
    order = np.argsort(system.item, kind="stable")
    items, clusters = system.item[order], system.cluster[order]
    # An item may be in several clusters of either side: every combination counts.
    begin, stop = np.searchsorted(items, gold.item), np.searchsorted(items, gold.item, side="right")
    times = stop - begin
    gold_cluster = np.repeat(gold.cluster, times)
    offset = np.arange(int(times.sum())) - np.repeat(np.cumsum(times) - times, times)
    system_cluster = clusters[np.repeat(begin, times) + offset]
    codes, count = np.unique(gold_cluster * system.clusters + system_cluster, return_counts=True)
    first, second = np.divmod(codes, max(system.clusters, 1))
    return first, second, count.astype(np.int64, copy=False)


def _pairs(sizes: Ints) -> int:
    return int((sizes * (sizes - 1) // 2).sum())


def _b_cubed(side: _Side, other: _Side, table: tuple[Ints, Ints, Ints], side_is_gold: bool) -> tuple[float, float]:
    """The sum over items of how much of their cluster here is in their cluster there, and the number of items."""
    width = max((other if side_is_gold else side).clusters, 1)
    codes = table[0] * width + table[1]
    here = np.flatnonzero(side.of >= 0)
    both = here[other.of[here] >= 0]
    mine, theirs = side.of[both], other.of[both]
    wanted = mine * width + theirs if side_is_gold else theirs * width + mine
    if not len(both):
        return 0.0, float(len(here))
    common = table[2][np.searchsorted(codes, wanted)]
    return float((common / side.sizes[mine]).sum()), float(len(here))


def _links(side: _Side, other: _Side) -> tuple[float, float]:
    """MUC: links of one side's clusters that the other side's keep, and how many links there are."""
    there = other.of[side.item]
    aligned = there >= 0
    parts = np.unique(side.cluster[aligned] * max(other.clusters, 1) + there[aligned])
    return float(aligned.sum() - len(parts)), float((side.sizes - 1).sum())


def _assign(table: tuple[Ints, Ints, Ints], values: NDArray[np.float64]) -> float:
    """The greatest total value of pairs of clusters in which each cluster occurs once at most.

    Clusters that have no item in common, directly or through others, cannot compete: each connected component is
    assigned by itself, most of them being a single pair or a star.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(values):
        return 0.0
    rows, columns = (np.unique(side, return_inverse=True)[1].reshape(-1) for side in table[:2])
    height, width = int(rows.max()) + 1, int(columns.max()) + 1
    size = height + width
    graph = coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns + height)), shape=(size, size))
    count, component = connected_components(graph, directed=False)
    of_edge = component[rows]
    row_number = np.bincount(component[:height], minlength=count)
    column_number = np.bincount(component[height:], minlength=count)
    star = (row_number == 1) | (column_number == 1)
    best = np.zeros(count, dtype=np.float64)
    simple = star[of_edge]
    np.maximum.at(best, of_edge[simple], values[simple])
    total = float(best.sum())
    order = np.flatnonzero(~simple)
    order = order[np.argsort(of_edge[order], kind="stable")]
    cuts = np.flatnonzero(np.diff(of_edge[order])) + 1
    for edges in np.split(order, cuts) if len(order) else ():
        total += _best(rows[edges], columns[edges], values[edges])
    return total


def _best(rows: Any, columns: Any, values: NDArray[np.float64]) -> float:
    """The assignment within one component."""
    from scipy.optimize import linear_sum_assignment
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    rows, columns = (np.unique(side, return_inverse=True)[1].reshape(-1) for side in (rows, columns))
    height, width = int(rows.max()) + 1, int(columns.max()) + 1
    if height * width <= _DENSE_CELLS:
        dense = np.zeros((height, width), dtype=np.float64)
        dense[rows, columns] = values
        chosen = linear_sum_assignment(dense, maximize=True)
        return float(dense[chosen].sum())
    if height > width:
        rows, columns, height, width = columns, rows, width, height
    # Each row may also stay without a partner: a column of its own, worth nothing. One is added to every value, since a
    # sparse matrix holds no zeros; every full matching has `height` edges, so the best stays the best.
    unpaired = np.arange(height)
    full = coo_array(
        (
            np.concatenate([values + 1.0, np.ones(height)]),
            (np.concatenate([rows, unpaired]), np.concatenate([columns, unpaired + width])),
        ),
        shape=(height, width + height),
    ).tocsr()
    chosen_rows, chosen_columns = min_weight_full_bipartite_matching(full, maximize=True)
    return float(np.asarray(full[chosen_rows, chosen_columns]).sum()) - height
