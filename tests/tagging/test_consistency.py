"""Mentions of one string share evidence; what differs stays apart."""

from __future__ import annotations

import numpy as np
import pytest

from ousianer_cli.tagging.consistency import Consistency
from ousianer_cli.taxonomy.tree import OUTSIDE
from ousianer_cli.taxonomy.tree_files import load_taxonomy

TAXONOMY = load_taxonomy("aida-edl")
NAMES = [*TAXONOMY.types, OUTSIDE]
RULE = Consistency.of(TAXONOMY, NAMES)


def scores(*rows: dict[str, float]) -> np.ndarray:
    table = np.zeros((len(rows), len(NAMES)))
    for row, values in zip(table, rows, strict=True):
        for name, value in values.items():
            row[NAMES.index(name)] = value
    return table


def chosen(strings: list[str], table: np.ndarray) -> list[str]:
    shared = RULE.shared(strings, table)
    assert shared.sum(axis=1) == pytest.approx(np.ones(len(strings)))
    return [NAMES[i] for i in shared.argmax(axis=1)]


def test_an_unsure_mention_follows_the_sure_ones() -> None:
    mayor = {"PER.Politician.Mayor": 0.9, "PER": 0.1}
    unsure = {"PER": 0.55, "PER.Politician.Mayor": 0.45}
    assert chosen(["Lindqvist", "Lindqvist", "Berg"], scores(mayor, unsure, unsure)) == [
        "PER.Politician.Mayor",
        "PER.Politician.Mayor",
        "PER",
    ]


def test_a_surname_takes_part_in_the_full_name_and_case_does_not_matter() -> None:
    spy = {"PER.ProfessionalPosition.Spy": 1.0}
    plain = {"PER": 0.6, "PER.ProfessionalPosition.Spy": 0.4}
    assert chosen(["Ana Maria Silva", "SILVA"], scores(spy, plain))[1] == "PER.ProfessionalPosition.Spy"


def test_a_surname_of_two_persons_says_nothing() -> None:
    spy, plain = {"PER.ProfessionalPosition.Spy": 1.0}, {"PER": 0.6, "PER.ProfessionalPosition.Spy": 0.4}
    assert chosen(["Ana Silva", "Rui Silva", "Silva"], scores(spy, plain, plain))[2] == "PER"


def test_the_city_and_the_person_of_one_name_stay_apart() -> None:
    city, person = {"GPE.UrbanArea.City": 0.97, "PER": 0.03}, {"PER": 0.97, "GPE.UrbanArea.City": 0.03}
    assert chosen(["Washington"] * 4, scores(city, city, city, person)) == ["GPE.UrbanArea.City"] * 3 + ["PER"]


def test_a_place_lends_nothing_to_its_last_word() -> None:
    place, plain = {"FAC": 1.0}, {"GPE": 0.6, "FAC": 0.4}
    assert chosen(["Port Royal", "Royal"], scores(place, plain))[1] == "GPE"


def test_a_first_name_alone_takes_part_in_the_full_name() -> None:
    spy, plain = {"PER.ProfessionalPosition.Spy": 1.0}, {"PER": 0.6, "PER.ProfessionalPosition.Spy": 0.4}
    assert chosen(["Ana Silva", "Ana"], scores(spy, plain))[1] == "PER.ProfessionalPosition.Spy"
    assert chosen(["Ana Silva", "Ana Costa", "Ana"], scores(spy, plain, plain))[2] == "PER"


def test_what_a_person_s_name_begins_with_is_no_first_name_where_it_is_a_place() -> None:
    spy, place = {"PER.ProfessionalPosition.Spy": 1.0}, {"GPE": 0.55, "PER": 0.45}
    assert chosen(["Paris Silva", "Paris"], scores(spy, place))[1] == "GPE"


@pytest.mark.parametrize(
    ("full", "short"),
    [
        ("National Rescue Union", "NRU"),
        ("Rescue Union of the North", "N.R.U."),
        ("Trans-Baltic Union", "TBU"),
    ],
)
def test_initials_take_part_in_the_name_that_they_stand_for(full: str, short: str) -> None:
    union = {"ORG.PoliticalOrganization.Party": 1.0}
    unsure = {"ORG.Association.Team": 0.6, "ORG.PoliticalOrganization.Party": 0.4}
    assert chosen([full, short], scores(union, unsure))[1] == "ORG.PoliticalOrganization.Party"
    assert chosen([short, full], scores(union, unsure))[1] == "ORG.PoliticalOrganization.Party"


@pytest.mark.parametrize(
    "strings",
    [
        ("National Rescue Union", "New Radio Urals", "NRU"),  # it may stand for two
        ("National Rescue Union", "NRC"),
        ("National Rescue Union", "Nru"),
        ("national rescue union", "NRU"),
    ],
)
def test_other_capitals_say_nothing(strings: tuple[str, ...]) -> None:
    union = {"ORG.PoliticalOrganization.Party": 1.0}
    unsure = {"ORG.Association.Team": 0.6, "ORG.PoliticalOrganization.Party": 0.4}
    table = scores(*[union] * (len(strings) - 1), unsure)
    assert chosen(list(strings), table)[-1] == "ORG.Association.Team"


def test_no_mention_is_no_fault() -> None:
    assert RULE.shared([], np.zeros((0, len(NAMES)))).shape == (0, len(NAMES))
