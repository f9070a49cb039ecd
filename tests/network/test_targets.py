"""Targets of fine-tuning: open gold, soft targets, and how a distribution becomes one type."""

from __future__ import annotations

import pytest
import torch

from ousianer_cli.network.targets import DecodingRule, Targets
from ousianer_cli.taxonomy.tree import Taxonomy

TREE = Taxonomy(
    ("PER", "PER.Politician", "PER.Politician.Mayor", "PER.Artist", "LOC"),
    {"PER.Politician": "PER", "PER.Politician.Mayor": "PER.Politician", "PER.Artist": "PER"},
    name="small",
)
PER, POLITICIAN, MAYOR, ARTIST, LOC, OUTSIDE = range(6)


@pytest.fixture
def targets() -> Targets:
    return Targets(TREE)


def evidence(**scores: float) -> torch.Tensor:
    place = {"per": PER, "politician": POLITICIAN, "mayor": MAYOR, "artist": ARTIST, "loc": LOC, "outside": OUTSIDE}
    row = torch.zeros(1, 6)
    for name, value in scores.items():
        row[0, place[name]] = value
    return row


def test_outside_is_the_last_type(targets: Targets) -> None:
    assert targets.names == [*TREE.types, "-"]
    assert len(targets) == 6
    credit = targets.credit("both", 0.5)
    assert credit.shape == (6, 6)
    assert credit[OUTSIDE].tolist() == [0, 0, 0, 0, 0, 1]
    assert credit[MAYOR].tolist() == [0.25, 0.5, 1, 0, 0, 0]


def test_below_holds_a_type_and_its_subtree(targets: Targets) -> None:
    below = targets.below()
    assert below[PER].tolist() == [1, 1, 1, 1, 0, 0]
    assert below[POLITICIAN].tolist() == [0, 1, 1, 0, 0, 0]
    assert below[MAYOR].tolist() == [0, 0, 1, 0, 0, 0]
    assert below[OUTSIDE].tolist() == [0, 0, 0, 0, 0, 1]


def test_closed_gold_without_alternatives_is_one_hot(targets: Targets) -> None:
    gold = targets.gold([("PER",), ("-",)], evidence(mayor=0.9).repeat(2, 1), depth=0.0)
    assert gold.tolist() == [[1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1]]


def test_alternatives_share_the_mass_as_their_evidence_goes(targets: Targets) -> None:
    even = targets.gold([("PER", "LOC")], evidence(), depth=0.0)
    assert even[0].tolist() == pytest.approx([0.5, 0, 0, 0, 0.5, 0])
    leaning = targets.gold([("PER", "LOC")], evidence(mayor=0.75, loc=0.15), depth=0.0)
    assert leaning[0].tolist() == pytest.approx([0.8, 0, 0, 0, 0.2, 0])


def test_depth_moves_mass_below_the_label_as_the_evidence_goes(targets: Targets) -> None:
    gold = targets.gold([("PER",)], evidence(politician=0.4, mayor=0.8, loc=0.9), depth=0.5)
    moved = 0.5 * 0.8  # depth times the strongest evidence below
    assert gold[0].tolist() == pytest.approx([1 - moved, moved * 0.2, moved * 0.8, 0, 0, 0])


def test_depth_moves_nothing_without_evidence_below(targets: Targets) -> None:
    gold = targets.gold([("PER",), ("PER.Politician.Mayor",)], evidence(per=1.0, loc=1.0).repeat(2, 1), depth=1.0)
    assert gold.tolist() == [[1, 0, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0]]


def test_rows_of_gold_and_of_soft_targets_sum_to_one(targets: Targets) -> None:
    torch.manual_seed(0)
    labels = [("PER",), ("LOC", "PER"), ("-", "PER.Politician"), ("PER.Artist",), ("-",)]
    gold = targets.gold(labels, torch.rand(5, 6), depth=0.7)
    assert gold.min() >= 0
    assert gold.sum(dim=1).tolist() == pytest.approx([1.0] * 5, abs=1e-6)
    for direction in ("ancestor", "descendant", "both"):
        soft = targets.soft(gold, direction, 0.5)
        assert soft.sum(dim=1).tolist() == pytest.approx([1.0] * 5, abs=1e-6)


def test_soft_targets_of_one_type_are_its_row_of_w(targets: Targets) -> None:
    gold = torch.eye(6)[[MAYOR, OUTSIDE]]
    assert targets.soft(gold, "both", 0.5)[0].tolist() == pytest.approx([0.25 / 1.75, 0.5 / 1.75, 1 / 1.75, 0, 0, 0])
    assert targets.soft(gold, "descendant", 0.5)[0].tolist() == pytest.approx([0, 0, 1, 0, 0, 0])
    assert targets.soft(gold, "both", 0.5)[1].tolist() == [0, 0, 0, 0, 0, 1]
    assert targets.soft(torch.eye(6), "both", 0.0).tolist() == torch.eye(6).tolist()


def test_set_credits_take_the_best_alternative_and_open_sets_all_below(targets: Targets) -> None:
    closed = targets.set_credits([("PER.Politician", "LOC"), ("-",)], "both")
    assert closed.tolist() == [[0.5, 1, 0.5, 0, 1, 0], [0, 0, 0, 0, 0, 1]]
    opened = targets.set_credits([("PER.Politician", "LOC")], "both", open_gold=True)
    assert opened.tolist() == [[0.5, 1, 1, 0, 1, 0]]
    assert targets.set_credits([], "both").shape == (0, 6)


def test_a_coarse_prior_moves_credit_to_the_top(targets: Targets) -> None:
    credit = targets.decoding_credit("both", 0.5, 0.4)
    # where the truth is MAYOR: .6 of its own row, .4 of PER's
    assert credit[MAYOR].tolist() == pytest.approx([0.6 * 0.25 + 0.4, 0.5, 0.6 + 0.4 * 0.25, 0.4 * 0.5, 0, 0])
    assert credit[OUTSIDE].tolist() == [0, 0, 0, 0, 0, 1]
    assert torch.equal(targets.decoding_credit("both", 0.5), targets.credit("both", 0.5))


def test_a_rule_is_read_from_a_models_configuration() -> None:
    assert DecodingRule.of({}) == DecodingRule("argmax", "both", 0.5, 0.0, 0.0)
    assert DecodingRule.of({"decoding": {"decoding": "expected", "coarse_prior": 0.3}}).coarse_prior == 0.3
