"""What a category's head noun is, and what it may be guessed to mean."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from ousianer_cli.errors import InputError
from ousianer_cli.taxonomy.head_nouns import FIRST_SENSES, HeadNouns, build

DEBIAN = Path("/usr/share/wordnet")


@pytest.fixture(scope="module")
def nouns() -> HeadNouns:
    return HeadNouns()


@pytest.mark.parametrize(
    ("category", "words"),
    [
        ("wikicat_People_from_Hastings", "person"),
        ("wikicat_Lighthouses_in_Maine", "lighthouse"),
        ("wikicat_Churches_established_in_1790", "church"),
        ("Films directed by a committee", "film"),
        ("Towns and villages along the river", "towns and village"),
        ("wikicat_American_soap_opera_actresses", "american soap opera actress"),
        ("Swiss alumni", "swiss alumnus"),
        ("Bridges (structures) over rivers", "bridge"),
        ("Television series about ships", "television series"),
        ("Policemen in novels", "policeman"),
        ("wikicat_Music_of_Maine", ""),
        ("Glass", ""),
        ("Xyzzys of Maine", ""),
        ("wikicat_", ""),
    ],
)
def test_heads(nouns: HeadNouns, category: str, words: str) -> None:
    assert " ".join(nouns.head(category)) == words


@pytest.mark.parametrize(
    ("category", "guess"),
    [
        ("wikicat_People_from_Hastings", "~wordnet_person_100007846"),
        ("wikicat_Croatian_football_players", "~wordnet_football_player_110101634"),
        ("wikicat_Populated_places_in_Ruritania", "~wordnet_place_108651247"),
        ("wikicat_1990_establishments_in_Ruritania", None),
        ("wikicat_Articles_about_nothing", None),
        ("wikicat_History_of_Ruritania", None),
    ],
)
def test_guesses(nouns: HeadNouns, category: str, guess: str | None) -> None:
    assert nouns.guess(category) == guess


def test_the_first_sense_where_categories_mean_another(nouns: HeadNouns) -> None:
    assert nouns.guess("Populated places in Ruritania", first_sense=True) == "~wordnet_place_108664443"


def test_every_first_sense_is_a_sense(nouns: HeadNouns) -> None:
    with gzip.open(FIRST_SENSES, "rt", encoding="utf-8") as handle:
        firsts = [line.rstrip("\n").split("\t")[1:] for line in handle if line.startswith("first")]
    assert len(firsts) > 10_000
    wrong = [w for w, o in firsts if w not in {lemma.lower() for lemma in nouns.wordnet.lemmas[o]}]
    assert wrong == []


@pytest.mark.skipif(not (DEBIAN / "index.noun").is_file(), reason="Princeton's WordNet files are not installed")
def test_the_resource_is_what_princetons_files_give() -> None:
    assert build(DEBIAN / "index.noun", DEBIAN / "noun.exc") == FIRST_SENSES.read_bytes()


def test_a_broken_resource_is_a_users_error(tmp_path: Path) -> None:
    path = tmp_path / "senses.tsv.gz"
    path.write_bytes(gzip.compress(b"first\tplace\n"))
    with pytest.raises(InputError, match=r"senses\.tsv\.gz:1: expected kind, word, value"):
        HeadNouns(path=path)
    index = tmp_path / "index.noun"
    index.write_text("place n x 1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"index\.noun:1"):
        build(index, index)


def test_all_senses_the_most_frequent_first(nouns: HeadNouns) -> None:
    assert nouns.senses("fighter") == ("09939313", "03335030", "09906538")
    assert nouns.senses("aircraft_carrier") == ("02687172",)
    assert nouns.senses("zxqv") == ()
    for lemma in ("bank", "country", "head"):
        of_lemma = {o for o, lemmas in nouns.wordnet.lemmas.items() if lemma in {x.lower() for x in lemmas}}
        assert set(nouns.senses(lemma)) == of_lemma
