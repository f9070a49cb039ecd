"""Measures over clusters against their definitions, on partitions small enough to try everything."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ousianer_cli.scoring import clusters
from ousianer_cli.scoring.clusters import cluster_counts


def sets_of(partition):
    groups = {}
    for item, cluster in partition.items():
        groups.setdefault(cluster, set()).add(item)
    return list(groups.values())


def arrays(partition):
    items = np.array(list(partition), dtype=np.int64)
    return items, np.array(list(partition.values()), dtype=np.int64)


def counts(measure, gold, system):
    return cluster_counts(measure, *arrays(gold), *arrays(system))


def best(gold, system, credit):
    """The best assignment by trying all of them."""
    golds, systems = sets_of(gold), sets_of(system)
    if len(golds) > len(systems):
        golds, systems = systems, golds
    ways = itertools.permutations(systems, len(golds))
    return max((sum(credit(a, b) for a, b in zip(golds, way, strict=True)) for way in ways), default=0.0)


partitions = st.dictionaries(st.integers(0, 9), st.integers(0, 4), max_size=10)


@settings(deadline=None, max_examples=30)
@given(partitions, partitions)
def test_ceaf_is_the_best_assignment(gold, system):
    overlap = best(gold, system, lambda a, b: len(a & b))
    dice = best(gold, system, lambda a, b: 2 * len(a & b) / (len(a) + len(b)))
    for dense in (0, 10**6):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(clusters, "_DENSE_CELLS", dense)
            found = counts("mention_ceaf", gold, system)
            assert found == pytest.approx((overlap, len(system), overlap, len(gold)))
            found = counts("entity_ceaf", gold, system)
            assert found == pytest.approx((dice, len(sets_of(system)), dice, len(sets_of(gold))))


@settings(deadline=None, max_examples=60)
@given(partitions, partitions)
def test_b_cubed_pairwise_and_muc_by_definition(gold, system):
    golds, systems = sets_of(gold), sets_of(system)

    def group(partition, item):
        return (
            {other for other, cluster in partition.items() if cluster == partition[item]}
            if item in partition
            else set()
        )

    shared = [(len(group(gold, m) & group(system, m)), len(group(gold, m)), len(group(system, m))) for m in gold]
    recall = sum(both / size for both, size, _ in shared)
    precision = sum(both / size for both, _, size in shared if size)
    assert counts("b_cubed", gold, system) == pytest.approx((precision, len(system), recall, len(gold)))

    def pairs(groups):
        return {pair for one in groups for pair in itertools.combinations(sorted(one), 2)}

    common = len(pairs(golds) & pairs(systems))
    assert counts("pairwise", gold, system) == (common, len(pairs(systems)), common, len(pairs(golds)))

    def links(groups, other):
        parts = [{other.get(m, ("alone", m)) for m in one} for one in groups]
        return sum(len(one) - len(part) for one, part in zip(groups, parts, strict=True)), sum(
            len(g) - 1 for g in groups
        )

    assert counts("muc", gold, system) == (*links(systems, gold), *links(golds, system))


def test_nothing_at_all():
    for measure in clusters.CLUSTER_MEASURES:
        assert counts(measure, {}, {}) == (0, 0, 0, 0)
        assert counts(measure, {1: 1}, {})[0] == 0
