"""WordNet over YAGO ids, and the label tables that rest on it."""

from __future__ import annotations

import csv
import gzip
import re
from pathlib import Path

import pytest

from ousianer_cli.errors import InputError, TaxonomyError
from ousianer_cli.taxonomy.wordnet import NOUNS, WordNet, build, correct_sense, read_label_table

CITY = "wordnet_city_108524735"
PERSON = "wordnet_person_100007846"


@pytest.fixture(scope="module")
def wordnet() -> WordNet:
    return WordNet.load()


def test_ids_are_canonical_whatever_the_lemma(wordnet: WordNet) -> None:
    for written in ("wordnet_film_106613686", "wordnet_movie_106613686"):
        assert wordnet.synset(written) == "wordnet_movie_106613686"
    assert wordnet.synset("~" + PERSON) == PERSON
    assert wordnet.find("wordnet_city_199999999") is None
    assert wordnet.find("wikicat_Cities") is None
    with pytest.raises(TaxonomyError, match="199999999"):
        wordnet.synset("wordnet_city_199999999")


def test_lemma_must_be_the_synsets_own(wordnet: WordNet) -> None:
    assert wordnet.has_lemma("wordnet_film_106613686")
    assert not wordnet.has_lemma("wordnet_river_106613686")
    assert not wordnet.has_lemma("wordnet_movie_106613687")


def test_hypernyms_closure_depth_and_name(wordnet: WordNet) -> None:
    assert wordnet.hypernyms(CITY) == ("wordnet_municipality_108626283",)
    closure = wordnet.closure([CITY])
    assert {CITY, "wordnet_location_100027167", "wordnet_entity_100001740"} <= closure
    assert PERSON not in closure
    assert wordnet.closure([CITY, PERSON]) == closure | wordnet.closure([PERSON])
    assert wordnet.depth("wordnet_entity_100001740") == 0
    assert wordnet.depth("wordnet_abstraction_100002137") == 1
    assert wordnet.depth(PERSON) < wordnet.depth("wordnet_actor_109765278")
    assert wordnet.name("wordnet_film_director_110088200") == "film director"


def test_depth_grows_by_at_most_one_a_step(wordnet: WordNet) -> None:
    for type_id in (CITY, PERSON, "wordnet_football_player_110101634", "wordnet_airport_102692232"):
        parents = [wordnet.depth(p) for p in wordnet.hypernyms(type_id)]
        assert wordnet.depth(type_id) == 1 + min(parents)


def test_most_specific(wordnet: WordNet) -> None:
    given = ["wordnet_location_100027167", CITY, PERSON, "wordnet_municipality_108626283"]
    assert wordnet.most_specific(given) == (PERSON, CITY)


def test_drivers_are_persons(wordnet: WordNet) -> None:
    assert wordnet.is_a("wordnet_race_driver_110502576", PERSON)


def test_known_wrong_senses(wordnet: WordNet) -> None:
    assert correct_sense("~wordnet_capital_113354420", wordnet) == "wordnet_capital_108518505"
    assert correct_sense("wordnet_village_108226699", wordnet) == "wordnet_village_108672738"
    assert correct_sense("wordnet_end_108566028", wordnet) is None
    assert correct_sense(CITY, wordnet) == CITY
    assert correct_sense("wordnet_city_199999999", wordnet) is None


NOUN_LINES = """  1 This software and database is being provided to you
00001740 03 n 01 entity 0 001 ~ 00001930 n 0000 | that which exists
00001930 03 n 02 physical_entity 0 Thing 1 001 @ 00001740 n 0000 | an entity that exists physically
00009999 03 n 01 Marsh_Bridge 0 002 @i 00001930 n 0000 + 01234567 v 0101 | a bridge; "over | the marsh"
"""


def test_build_reads_princetons_format_and_is_reproducible(tmp_path: Path) -> None:
    source = tmp_path / "data.noun"
    source.write_text(NOUN_LINES, encoding="utf-8")
    packed = build(source)
    assert packed == build(source)
    small = tmp_path / "small.tsv.gz"
    small.write_bytes(packed)
    nouns = WordNet.load(small)
    bridge = "wordnet_marsh_bridge_100009999"
    assert nouns.ids == ["wordnet_entity_100001740", "wordnet_physical_entity_100001930", bridge]
    assert nouns.hypernyms("wordnet_marsh_bridge_100009999") == ("wordnet_physical_entity_100001930",)


def test_build_names_the_malformed_line(tmp_path: Path) -> None:
    source = tmp_path / "data.noun"
    source.write_text(NOUN_LINES + "00010000 03 n zz\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"data\.noun:5"):
        build(source)


def test_the_shipped_resource_is_whole() -> None:
    assert NOUNS.stat().st_size < 1_500_000
    assert len(WordNet.load().lemmas) == 82_115
    system = Path("/usr/share/wordnet/data.noun")
    if system.is_file():
        assert gzip.decompress(build(system)) == gzip.decompress(NOUNS.read_bytes())


def test_a_broken_resource_is_an_input_error(tmp_path: Path) -> None:
    broken = tmp_path / "bad.tsv.gz"
    broken.write_bytes(gzip.compress(b"00001740\tentity\n"))
    with pytest.raises(InputError, match="3 columns"):
        WordNet.load(broken)


@pytest.mark.parametrize(
    ("source", "labels"),
    [("dbpedia", 210), ("figer", 101), ("fewnerd", 53), ("crossner", 39), ("wfbg", 117), ("coarse", 10)],
)
def test_label_tables_are_sound(source: str, labels: int, wordnet: WordNet) -> None:
    table = read_label_table(source)  # refuses an id whose lemma is not the synset's
    assert len(table) >= labels
    assert any(table.values())
    for ids in table.values():
        in_order = tuple(sorted(ids, key=lambda i: i[-8:]))
        assert wordnet.most_specific(ids) == in_order, "an id above another says nothing"


def test_label_tables_agree_with_yagos_usage() -> None:
    dbpedia, figer = read_label_table("dbpedia"), read_label_table("figer")
    assert dbpedia["city"] == (CITY,)
    assert dbpedia["film"] == ("wordnet_movie_106613686",)
    assert dbpedia["american_footbal_lteam"] == ("wordnet_football_team_108080025",)
    assert dbpedia["university"] == ("wordnet_university_108286569",)
    assert figer["location-country"] == ("wordnet_country_108544813",)
    assert figer["location-cemetery"] == ()


def test_a_wrong_label_table_is_named(tmp_path: Path) -> None:
    table = tmp_path / "t.tsv"
    table.write_text("x\tlabel\twordnet_river_108524735\n", encoding="utf-8")
    with pytest.raises(InputError, match="wordnet_river_108524735"):
        read_label_table("x", table)
    with pytest.raises(InputError, match="source 'y'"):
        read_label_table("y", table)


@pytest.mark.shared
def test_label_tables_cover_the_corpora(shared_data: Path) -> None:
    dbpedia: set[str] = set()
    with (shared_data / "types" / "title_to_dbpedia.tsv").open(encoding="utf-8") as handle:
        for row in csv.reader(handle, delimiter="\t", quoting=csv.QUOTE_NONE):
            if len(row) == 3:
                dbpedia.add(row[2])
    assert dbpedia <= set(read_label_table("dbpedia"))

    figer: set[str] = set()
    for path in sorted((shared_data / "types").glob("title_to_figer.*.tsv")):
        with path.open(encoding="utf-8") as handle:
            next(handle)
            for row in csv.reader(handle, delimiter="\t", quoting=csv.QUOTE_NONE):
                figer.update(row[2].split(","))
    assert figer <= set(read_label_table("figer"))

    def mapped(name: str) -> set[str]:
        lines = (shared_data / "mappings" / name).read_text(encoding="utf-8").splitlines()
        return {line.split("\t")[0] for line in lines if line and not line.startswith("#")}

    assert mapped("fewnerd_to_aida.tsv") <= set(read_label_table("fewnerd"))
    assert mapped("crossner_to_aida.tsv") <= set(read_label_table("crossner"))
    assert mapped("coarse_to_aida.tsv") <= set(read_label_table("coarse"))
    paths = set(re.findall(r'"(/[a-z_/]+)"', (shared_data / "wfbg" / "fner_dev.json").read_text(encoding="utf-8")))
    assert paths <= set(read_label_table("wfbg"))


@pytest.mark.shared
def test_yagos_ids_are_wordnets(shared_data: Path, wordnet: WordNet) -> None:
    paths = [*sorted((shared_data / "types").glob("title_to_yago.*.tsv")), shared_data / "types" / "yago_subclass.tsv"]
    ids: set[str] = set()
    for path in paths:
        ids.update(re.findall(r"wordnet_[^\s,<>]+_1\d{8}", path.read_text(encoding="utf-8")))
    assert len(ids) > 140
    assert {i for i in ids if not wordnet.has_lemma(i)} == set()
