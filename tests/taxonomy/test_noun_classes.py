"""Which class of WordNet a common noun means, by itself and as the noun of an entity of a coarse type."""

from __future__ import annotations

from pathlib import Path

import pytest

from ousianer_cli.errors import InputError, TaxonomyError
from ousianer_cli.taxonomy.noun_classes import EXCEPTIONS, NounClasses, noun_class


@pytest.mark.parametrize(
    ("noun", "coarse", "found"),
    [
        ("mayor", "PER", "wordnet_mayor_110303814"),
        ("aircraft carrier", "VEH", "wordnet_aircraft_carrier_102687172"),
        ("news agency", "ORG", "wordnet_news_agency_108355075"),
        ("spokesman", "PER", "wordnet_spokesman_110638310"),
        ("rapper", "PER", "wordnet_rapper_110507482"),
        ("country", "GPE", "wordnet_country_108544813"),
        ("film", "-", "wordnet_movie_106613686"),
        ("fighter", "PER", "wordnet_combatant_109939313"),
        ("fighter", "VEH", "wordnet_fighter_103335030"),
        ("hospital", "FAC", "wordnet_hospital_103540595"),
        ("department", "GPE", "wordnet_department_108548733"),
        ("department", "ORG", "wordnet_government_department_108119821"),
        ("cartridge", "WEA", "wordnet_cartridge_102971691"),
        ("river", "LOC.Position", "wordnet_river_109411430"),
        ("subway", "FAC", "wordnet_metro_103757138"),
        ("media player", "-", "wordnet_software_106566077"),
    ],
)
def test_the_sense_that_fits_the_type(noun: str, coarse: str, found: str) -> None:
    assert noun_class(noun, coarse) == found


@pytest.mark.parametrize(
    ("noun", "same"),
    [
        ("Mayors", "mayor"),
        ("aircraft_carriers", "aircraft carrier"),
        ("news  agencies", "news agency"),
        ("secretaries of state", "secretary of state"),
        ("deputy prime minister", "prime minister"),
        ("minister of defence", "minister"),
        ("mayor of a small town", "mayor"),
        ("secretary-general", "secretary general"),
        ("co-founder", "founder"),
        ("prosecutor general", "prosecutor"),
        ("women's rights activist", "activist"),
        ("jazz saxophonist", "saxophonist"),
    ],
)
def test_forms_and_compounds(noun: str, same: str) -> None:
    found = noun_class(noun, "PER")
    assert found is not None
    assert found == noun_class(same, "PER")


def test_a_whole_phrase_before_its_head() -> None:
    assert noun_class("attorney general", "PER") == "wordnet_attorney_general_109822830"
    assert noun_class("secretary of state", "PER") == "wordnet_secretary_of_state_110572706"
    assert noun_class("rebel group", "ORG") == "wordnet_guerrilla_force_108197895"


def test_without_a_type_the_most_frequent_sense() -> None:
    assert noun_class("fighter") == "wordnet_combatant_109939313"
    assert noun_class("fighter", "-") == noun_class("fighter")


def test_what_has_no_class() -> None:
    assert noun_class("zxqv", "PER") is None
    assert noun_class("virus", "VEH") is None
    assert noun_class("", None) is None
    with pytest.raises(TaxonomyError, match="expected PER, ORG, .*found 'XYZ'"):
        noun_class("mayor", "XYZ")


def test_each_exception_is_one(tmp_path: Path) -> None:
    empty = tmp_path / "empty.tsv"
    empty.write_text("# none\n", encoding="utf-8")
    plain, table = NounClasses(path=empty), NounClasses()
    idle = []
    for line in EXCEPTIONS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            noun, kind, _ = line.split("\t")
            coarse = None if kind == "*" else kind
            if plain.find(noun, coarse) == table.find(noun, coarse):
                idle.append((noun, kind))
    assert idle == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("mayor\tPER", "3 columns"),
        ("mayor\tXYZ\t-", "PER, ORG"),
        ("mayor\tPER\twordnet_mayor_100000000", "WordNet 3.0 id"),
        ("mayor\tPER\twordnet_major_110303814", "WordNet 3.0 id"),
    ],
)
def test_a_broken_table_is_a_users_error(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "nouns.tsv"
    path.write_text(f"# a table\n{line}\n", encoding="utf-8")
    with pytest.raises(InputError, match=rf"nouns\.tsv:2: expected .*{message}"):
        NounClasses(path=path)


@pytest.mark.shared
def test_nearly_all_nouns_of_open_news_have_a_class(shared_data: Path) -> None:
    import json
    from collections import Counter

    from ousianer_cli.taxonomy.inventory import TOPS, close_counts
    from ousianer_cli.taxonomy.wordnet import WordNet

    nouns: Counter[tuple[str, str]] = Counter()
    for path in sorted((shared_data / "aida_open").glob("train*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            nouns.update((span["noun"], span["label"]) for span in json.loads(line)["spans"])
    sets: Counter[tuple[str, ...]] = Counter()
    for (noun, label), number in nouns.items():
        found = noun_class(noun, label)
        if found is not None:
            sets[(found,)] += number
    assert sets.total() > 0.995 * nouns.total()
    closed = close_counts(sets, WordNet.load())
    assert sum(n >= 20 and t not in TOPS for t, n in closed.items()) > 450
