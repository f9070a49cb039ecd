"""The credit matrix: its directions, phantoms, open gold, and the weights of 2019."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from taxonomies import aida_edl

from ousianer_cli.errors import TaxonomyError
from ousianer_cli.taxonomy.credit import credit_matrix, open_credit, set_credit
from ousianer_cli.taxonomy.tree import Taxonomy

TREE = Taxonomy(("A", "A.b", "A.b.c", "B"), {"A.b": "A", "A.b.c": "A.b"})


def test_directions_by_hand():
    down = credit_matrix(TREE, "descendant")
    assert down.tolist() == [[1, 0.5, 0.25, 0], [0, 1, 0.5, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    assert np.array_equal(credit_matrix(TREE, "ancestor"), down.T)
    assert np.array_equal(credit_matrix(TREE, "both"), np.maximum(down, down.T))


@pytest.mark.shared
def test_descendant_is_the_2019_code(shared_data):
    tree = aida_edl()
    weights = credit_matrix(tree, "descendant", 0.5, include_phantoms=True)
    ours = {
        (f"{tree.to_row(gold)}/NAM", f"{tree.to_row(system)}/NAM"): weights[i, j]
        for i, gold in enumerate(tree.nodes)
        for j, system in enumerate(tree.nodes)
        if i != j and weights[i, j]
    }
    published = {}
    for line in (shared_data / "aida" / "kbp2019_type_weights.tsv").read_text(encoding="utf-8").splitlines():
        gold, system, weight = line.split("\t")
        published[gold, system] = float(weight)
    assert len(published) == 245
    assert ours == published


def test_phantoms_count_as_levels_without_a_row():
    tree = aida_edl()
    small, large = credit_matrix(tree, "both"), credit_matrix(tree, "both", include_phantoms=True)
    assert small.shape == (143, 143) and large.shape == (150, 150)
    assert np.array_equal(small, large[:143, :143])
    assert small[tree.index("GPE.Country.Country"), tree.index("GPE")] == 0.25


@given(st.sampled_from(["ancestor", "descendant", "both"]), st.floats(0, 1))
def test_entries_follow_the_tree(direction, decay):
    weights = credit_matrix(TREE, direction, decay)
    for i, gold in enumerate(TREE.types):
        for j, system in enumerate(TREE.types):
            above, below = system in TREE.ancestors(gold), system in TREE.descendants(gold)
            fits = (above and direction != "descendant") or (below and direction != "ancestor")
            distance = abs(TREE.level(gold) - TREE.level(system))
            assert weights[i, j] == (1 if i == j else decay**distance if fits else 0)


def test_outside_is_worth_only_itself():
    weights = credit_matrix(TREE, "both", outside=True)
    assert weights.shape == (5, 5)
    assert weights[-1].tolist() == weights[:, -1].tolist() == [0, 0, 0, 0, 1]


@pytest.mark.parametrize(
    ("gold", "system", "direction", "is_open", "expected"),
    [
        (["A"], "A.b.c", "both", True, 1.0),
        (["A"], "A.b.c", "both", False, 0.25),
        (["A"], "A.b.c", "ancestor", False, 0.0),
        (["A"], "A.b.c", "ancestor", True, 1.0),
        (["A.b.c"], "A", "both", True, 0.25),
        (["A.b.c"], "A", "descendant", True, 0.0),
        (["A.b.c", "A.b"], "A", "both", True, 0.5),
        (["B", "A.b"], "A.b.c", "descendant", False, 0.5),
        (["B"], "A", "both", True, 0.0),
        (["-", "B"], "-", "both", True, 1.0),
        (["B"], "-", "both", True, 0.0),
        (["-"], "B", "both", True, 0.0),
    ],
)
def test_open_gold(gold, system, direction, is_open, expected):
    assert open_credit(TREE, gold, system, direction=direction, open_gold=is_open) == expected


def test_phantom_between_open_gold_and_system():
    assert open_credit(aida_edl(), ["GPE.Country.Country"], "GPE") == 0.25
    assert open_credit(aida_edl(), ["GPE.Country.Country"], "GPE.Country") == 0.5


@given(
    st.lists(st.sampled_from(TREE.types), min_size=1, unique=True),
    st.sampled_from(["ancestor", "descendant", "both"]),
)
def test_set_credit_is_the_best_row(gold, direction):
    weights = credit_matrix(TREE, direction)
    best = weights[[TREE.index(t) for t in gold]].max(axis=0)
    assert np.array_equal(set_credit(TREE, gold, direction=direction, open_gold=False), best)
    admitted = [any(t == g or g in TREE.ancestors(t) for g in gold) for t in TREE.types]
    opened = np.where(admitted, 1.0, best)
    assert np.array_equal(set_credit(TREE, gold, direction=direction, open_gold=True), opened)


@pytest.mark.parametrize(
    "call",
    [
        lambda: credit_matrix(TREE, "up"),
        lambda: credit_matrix(TREE, "both", 1.5),
        lambda: credit_matrix(TREE, "both", float("nan")),
        lambda: set_credit(TREE, []),
        lambda: set_credit(TREE, ["Z"]),
    ],
)
def test_refused_values(call):
    with pytest.raises(TaxonomyError):
        call()
