"""The Direct baseline: table, nearest mapped hypernym, and the rule from YAGO probabilities to one target type."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from taxonomies import aida_edl

from ousianer_cli.errors import TaxonomyError
from ousianer_cli.taxonomy.direct import (
    SHIPPED_TABLE,
    direct_matrix,
    direct_scores,
    direct_table,
    direct_type,
    directness,
    inventory_edges,
    parse_direct_mapping,
    target_parents,
)
from ousianer_cli.taxonomy.tree import OUTSIDE
from ousianer_cli.taxonomy.wordnet import RESOURCES, WordNet

LOCATION = "wordnet_location_100027167"
COUNTRY = "wordnet_country_108544813"
CITY = "wordnet_city_108524735"
ORGANISM = "wordnet_organism_100004475"
PERSON = "wordnet_person_100007846"
GOVERNOR = "wordnet_governor_110140314"
SINGER = "wordnet_singer_110599806"
MOVIE = "wordnet_movie_106613686"
TYPES = (LOCATION, ORGANISM, COUNTRY, CITY, PERSON, GOVERNOR, SINGER, MOVIE)


@pytest.fixture(scope="module")
def wordnet() -> WordNet:
    return WordNet.load()


@pytest.fixture(scope="module")
def mapping() -> dict[str, str]:
    path = RESOURCES / SHIPPED_TABLE
    return parse_direct_mapping(path.read_text(encoding="utf-8"), path, aida_edl())


def decide(wordnet: WordNet, mapping: dict[str, str], threshold: float = 0.5, **p: float) -> tuple[str, float]:
    targets = (*aida_edl().types, OUTSIDE)
    names = {"location": 0, "organism": 1, "country": 2, "city": 3, "person": 4, "governor": 5, "singer": 6, "movie": 7}
    probabilities = np.full((1, len(TYPES)), 0.01)
    for name, value in p.items():
        probabilities[0, names[name]] = value
    matrix = direct_matrix(TYPES, direct_table(TYPES, mapping, wordnet), targets)
    scores = direct_scores(probabilities, matrix, inventory_edges(TYPES, wordnet))
    chosen, confidence = direct_type(scores, target_parents(aida_edl()), threshold=threshold)
    return targets[chosen[0]], float(confidence[0])


def test_the_table_covers_the_ontology(mapping: dict[str, str]) -> None:
    covered = set(mapping.values())
    missing = set(aida_edl().types) - covered
    assert OUTSIDE in covered
    assert len(aida_edl().types) == 143
    assert missing == {
        "ORG.Government.ProsecutorOffice",
        "ORG.International.MonitoringGroup",
        "VEH.Aircraft.CargoAircraft",
        "VEH.MilitaryVehicle.MilitaryTransportAircraft",
    }, "the table's head names exactly these"


def test_a_type_without_a_row_takes_the_nearest_hypernym(wordnet: WordNet) -> None:
    small = {LOCATION: "LOC", "wordnet_administrative_district_108491826": "GPE", PERSON: "PER"}
    table = direct_table([COUNTRY, LOCATION, SINGER, MOVIE], small, wordnet)
    assert table == {COUNTRY: "GPE", LOCATION: "LOC", SINGER: "PER", MOVIE: OUTSIDE}


def test_ties_go_to_the_row_that_stands_first(wordnet: WordNet) -> None:
    upper = wordnet.hypernyms("wordnet_municipality_108626283")
    assert len(upper) == 2
    for order in (upper, upper[::-1]):
        small = {order[0]: "A", order[1]: "B"}
        assert direct_table([CITY], small, wordnet)[CITY] == "A"


def test_edges_skip_what_is_not_in_the_inventory(wordnet: WordNet) -> None:
    edges = {(TYPES[a], TYPES[b]) for a, b in inventory_edges(TYPES, wordnet).T}
    expected = {(LOCATION, COUNTRY), (LOCATION, CITY), (ORGANISM, PERSON), (PERSON, GOVERNOR), (PERSON, SINGER)}
    assert edges == expected
    assert inventory_edges([PERSON, CITY], wordnet).shape == (2, 0)


def test_directness_against_plain_loops(wordnet: WordNet) -> None:
    rng = np.random.default_rng(0)
    p = rng.random((5, len(TYPES)))
    edges = inventory_edges(TYPES, wordnet)
    got = directness(p, edges)
    for m in range(5):
        for y in range(len(TYPES)):
            below = max((p[m, c] for a, c in edges.T if a == y), default=0.0)
            assert got[m, y] == pytest.approx(p[m, y] * (1 - below))


def test_scores_against_plain_loops(wordnet: WordNet, mapping: dict[str, str]) -> None:
    rng = np.random.default_rng(1)
    p = rng.random((4, len(TYPES))).astype(np.float32)
    targets = (*aida_edl().types, OUTSIDE)
    table = direct_table(TYPES, mapping, wordnet)
    edges = inventory_edges(TYPES, wordnet)
    d = directness(p, edges)
    scores = direct_scores(p, direct_matrix(TYPES, table, targets), edges)
    assert scores.shape == (4, 144)
    for m in range(4):
        for a, target in enumerate(targets):
            expected = max((d[m, y] for y, t in enumerate(TYPES) if table[t] == target), default=0.0)
            assert scores[m, a] == pytest.approx(expected)


def test_what_stands_above_a_true_class_does_not_win(wordnet: WordNet, mapping: dict[str, str]) -> None:
    assert decide(wordnet, mapping, location=0.99, country=0.97)[0] == "GPE.Country.Country"
    assert decide(wordnet, mapping, organism=0.99, person=0.98)[0] == "PER"
    assert decide(wordnet, mapping, organism=0.99, person=0.98, governor=0.9)[0] == "PER.Politician.Governor"
    assert decide(wordnet, mapping, organism=0.9)[0] == OUTSIDE
    assert decide(wordnet, mapping, location=0.9)[0] == "LOC"
    assert decide(wordnet, mapping, movie=0.9)[0] == OUTSIDE


def test_depth_needs_the_threshold(wordnet: WordNet, mapping: dict[str, str]) -> None:
    given = {"organism": 0.99, "person": 0.5, "governor": 0.6}
    assert decide(wordnet, mapping, threshold=0.5, **given)[0] == "PER.Politician.Governor"
    assert decide(wordnet, mapping, threshold=0.7, **given)[0] == "PER"


def test_nothing_known_is_outside(wordnet: WordNet, mapping: dict[str, str]) -> None:
    matrix = direct_matrix(TYPES, direct_table(TYPES, mapping, wordnet), (*aida_edl().types, OUTSIDE))
    scores = direct_scores(np.zeros((2, len(TYPES))), matrix, inventory_edges(TYPES, wordnet))
    chosen, confidence = direct_type(scores, target_parents(aida_edl()))
    assert chosen.tolist() == [143, 143]
    assert confidence.tolist() == [0.0, 0.0]


def test_no_mentions(wordnet: WordNet, mapping: dict[str, str]) -> None:
    matrix = direct_matrix(TYPES, direct_table(TYPES, mapping, wordnet), (*aida_edl().types, OUTSIDE))
    scores = direct_scores(np.zeros((0, len(TYPES))), matrix, inventory_edges(TYPES, wordnet))
    chosen, confidence = direct_type(scores, target_parents(aida_edl()))
    assert scores.shape == (0, 144) and chosen.shape == (0,) and confidence.shape == (0,)


def test_parents_pass_over_phantoms() -> None:
    taxonomy = aida_edl()
    parents = target_parents(taxonomy)
    types = taxonomy.types
    assert parents.shape == (144,) and parents[-1] == -1
    assert types[parents[types.index("GPE.Country.Country")]] == "GPE"
    assert types[parents[types.index("PER.Politician.Governor")]] == "PER.Politician"
    assert (parents == -1).sum() == 7 + 1


def test_wrong_tables_are_named(tmp_path: Path) -> None:
    path = tmp_path / "m.tsv"
    for line, message in (
        (f"{PERSON}\tPERSON\n", r"m\.tsv:1.*'PERSON'"),
        (f"{PERSON}\tPER\n{PERSON}\tPER\n", r"m\.tsv:2.*again"),
        ("wordnet_river_100007846\tPER\n", r"m\.tsv:1.*wordnet_river"),
        (f"{PERSON}\n", r"m\.tsv:1"),
        ("# nothing\n", "none"),
    ):
        with pytest.raises(TaxonomyError, match=message):
            parse_direct_mapping(line, path, aida_edl())


def test_targets_end_with_outside(wordnet: WordNet, mapping: dict[str, str]) -> None:
    table = direct_table(TYPES, mapping, wordnet)
    with pytest.raises(TaxonomyError, match="last target"):
        direct_matrix(TYPES, table, aida_edl().types)
    with pytest.raises(TaxonomyError, match="another taxonomy"):
        direct_matrix(TYPES, table, ("PER", OUTSIDE))


@pytest.mark.shared
def test_agreement_with_the_public_table(shared_data: Path, wordnet: WordNet, mapping: dict[str, str]) -> None:
    theirs: defaultdict[str, set[str]] = defaultdict(set)
    with (shared_data / "aida" / "yago_to_aida.uiuc.tsv").open(encoding="utf-8") as handle:
        for row in csv.DictReader(handle, delimiter="\t"):
            theirs[wordnet.synset("wordnet_x_1" + row["wordnet30_offset_derived"].split("-")[0])].add(row["aida_type"])
    shared = {c for c in theirs if c in mapping}
    agree = {c for c in shared if mapping[c] in theirs[c]}
    assert len(theirs) == 157
    assert len(shared) >= 139
    assert len(agree) / len(shared) >= 0.94, sorted(shared - agree)
