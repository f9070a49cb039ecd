"""The typing head: one type from a distribution, the table of a model itself, and a model without a taxonomy."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from tiny_models import CITY, COUNTRY, MAYOR, PERSON, random_model, random_tuned_model

from ousianer_cli.errors import SettingsError
from ousianer_cli.network.checkpoint import load_model, save_model
from ousianer_cli.network.targets import DecodingRule, Targets
from ousianer_cli.network.typing import TypingHead, mapping_table, shipped_table
from ousianer_cli.released_models import released_model
from ousianer_cli.taxonomy.tree import Taxonomy

TREE = Taxonomy(
    ("PER", "PER.Politician", "PER.Politician.Mayor", "PER.Artist", "LOC"),
    {"PER.Politician": "PER", "PER.Politician.Mayor": "PER.Politician", "PER.Artist": "PER"},
    name="small",
)
PER, POLITICIAN, _, ARTIST, LOC, _ = range(6)
PLACES = Taxonomy(("Human", "Place", "Place.Town"), {"Place.Town": "Place"}, name="places")
TABLE = f"{CITY}\tPlace.Town\n{COUNTRY}\tPlace\n{PERSON}\tHuman\n"


def chosen(p: list[float], rule: DecodingRule) -> tuple[int, float]:
    choice = TypingHead(random_model(), Targets(TREE), rule).choose(torch.zeros(1, 12), torch.tensor([p]))
    return int(choice.positions), float(choice.scores)


def test_argmax_and_expected_credit_differ_where_siblings_split_the_mass() -> None:
    # Politician .3 and artist .3: neither is sure, but PER is worth half for both.
    p = [0.05, 0.3, 0.0, 0.3, 0.34, 0.01]
    credit = [0.05 + 0.15 + 0.15, 0.3 + 0.025, 0.15 + 0.0125, 0.3 + 0.025, 0.34, 0.01]
    assert (torch.tensor(p) @ Targets(TREE).credit("both", 0.5)).tolist() == pytest.approx(credit)
    assert chosen(p, DecodingRule("argmax")) == (LOC, pytest.approx(0.34))
    assert chosen(p, DecodingRule("expected")) == (PER, pytest.approx(0.35))


def test_expected_credit_prefers_the_parent_of_a_split() -> None:
    p = [0.1, 0.3, 0.0, 0.3, 0.3, 0.0]
    assert chosen(p, DecodingRule("argmax"))[0] == POLITICIAN
    assert chosen(p, DecodingRule("expected")) == (PER, pytest.approx(0.1 + 0.5 * 0.3 + 0.5 * 0.3))


def test_a_direction_that_does_not_credit_ancestors_keeps_to_the_leaf() -> None:
    assert chosen([0.1, 0.0, 0.0, 0.5, 0.4, 0.0], DecodingRule("expected", "descendant"))[0] == ARTIST


def test_the_prior_decides_how_deep_a_choice_goes() -> None:
    sure = [0.0, 0.9, 0.0, 0.0, 0.1, 0.0]
    depths = [chosen(sure, DecodingRule("expected", "both", 0.5, prior))[0] for prior in (0.0, 0.45, 0.55, 1.0)]
    assert depths == [POLITICIAN, POLITICIAN, PER, PER]
    assert chosen(sure, DecodingRule("argmax", coarse_prior=1.0))[0] == POLITICIAN


def test_a_pretrained_model_gives_its_most_specific_yago_type() -> None:
    model = random_model()
    with torch.no_grad():
        model.tagger.types.weight.zero_()
        model.tagger.types.bias.copy_(torch.tensor([3.0, -4.0, -4.0, 1.0]))  # a person, and rather a mayor
    head = TypingHead.of(model)
    assert head.names == [PERSON, CITY, COUNTRY, MAYOR]
    vectors = torch.zeros(2, 12)
    sigmoid = torch.sigmoid(torch.tensor([3.0, 1.0]))
    assert head.scores(vectors).shape == (2, 4)
    assert head.yago_probabilities(vectors)[0, [0, 3]].tolist() == pytest.approx(sigmoid.tolist())
    choice = head.choose(vectors)
    assert choice.positions.tolist() == [3, 3]
    assert choice.scores.tolist() == pytest.approx([sigmoid[1].item()] * 2)
    with pytest.raises(SettingsError, match="--deepen: expected a model with target types, found a pretrained one"):
        TypingHead.of(model, deepen=0.5)


def test_evidence_is_read_by_the_models_own_table(tmp_path: Path) -> None:
    """A taxonomy without a single AIDA type: the shipped table has nothing to say of it."""
    model = random_tuned_model(taxonomy=PLACES)
    assert model.conversion is not None
    with torch.no_grad():
        model.conversion.out.weight.zero_()
        model.conversion.out.bias.copy_(torch.tensor([0.0, 9.0, 0.0, 0.0]))  # a place, whatever it is
        model.tagger.types.weight.zero_()
        model.tagger.types.bias.copy_(torch.tensor([-9.0, 3.0, -9.0, -9.0]))  # and a city, says YAGO
    model.mapping_table = TABLE
    save_model(tmp_path / "own", model, "card")
    loaded = load_model(tmp_path / "own")
    vectors = torch.zeros(1, 12)
    names = [
        head.names[int(head.choose(vectors).positions)]
        for head in (TypingHead.of(loaded), TypingHead.of(loaded, deepen=0.5), TypingHead.of(loaded, deepen=0.99))
    ]
    assert names == ["Place", "Place.Town", "Place"]


def test_deepen_is_refused_where_no_table_fits_the_taxonomy() -> None:
    model = random_tuned_model(taxonomy=PLACES)
    with pytest.raises(SettingsError, match="--deepen: expected a model with a table .* found one of other types"):
        TypingHead.of(model, deepen=0.5)
    model.config["finetune"] = {"mapping": "own.tsv"}  # tuned with a table that the folder does not hold
    with pytest.raises(SettingsError, match=r"found none in the folder, which was tuned with own\.tsv"):
        TypingHead.of(model, deepen=0.5)
    model.direct_table = TABLE
    with pytest.raises(SettingsError, match="--deepen: .* found a Direct one"):
        TypingHead.of(dataclasses.replace(model, conversion=None), deepen=0.5)


def test_a_folder_that_names_no_table_was_tuned_with_the_shipped_one() -> None:
    assert mapping_table(load_model(released_model())) == shipped_table()
