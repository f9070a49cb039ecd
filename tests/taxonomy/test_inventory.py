"""Which types a model learns, and in which order."""

from __future__ import annotations

from pathlib import Path

import pytest

from ousianer_cli.errors import InputError, TaxonomyError
from ousianer_cli.taxonomy.inventory import (
    TOPS,
    Inventory,
    InventoryType,
    WeighedType,
    choose_inventory,
    close_counts,
    count_type_sets,
    weigh_types,
    write_weighed,
)
from ousianer_cli.taxonomy.wordnet import WordNet

PERSON = "wordnet_person_100007846"
SINGER = "wordnet_singer_110599806"
ACTOR = "wordnet_actor_109765278"
PERFORMER = "wordnet_performer_110415638"
ENTERTAINER = "wordnet_entertainer_109616922"
CITY = "wordnet_city_108524735"


@pytest.fixture(scope="module")
def wordnet() -> WordNet:
    return WordNet.load()


def test_tops_are_canonical(wordnet: WordNet) -> None:
    assert {wordnet.synset(t) for t in TOPS} == TOPS
    kept = {"wordnet_person_100007846", "wordnet_organization_108008335", "wordnet_location_100027167"}
    assert not kept & TOPS


def test_a_mention_counts_once_for_each_ancestor(wordnet: WordNet) -> None:
    counts = count_type_sets([(SINGER, ACTOR), (ACTOR, SINGER), (ACTOR,)])
    assert counts == {(ACTOR, SINGER): 2, (ACTOR,): 1}
    closed = close_counts(counts, wordnet)
    assert closed[PERFORMER] == closed[PERSON] == closed[ACTOR] == 3
    assert closed[SINGER] == 2


def test_rare_types_count_for_what_lies_above(wordnet: WordNet) -> None:
    inventory = choose_inventory(
        close_counts({(SINGER,): 20, (ACTOR,): 20, (CITY,): 40}, wordnet), wordnet, min_mentions=30
    )
    assert SINGER not in inventory.ids and ACTOR not in inventory.ids
    assert {PERFORMER, CITY} <= set(inventory.ids)
    assert not set(inventory.ids) & TOPS


def test_chains_without_information_collapse(wordnet: WordNet) -> None:
    counts = {(SINGER,): 50, (ACTOR,): 50, (PERSON,): 50}
    inventory = choose_inventory(close_counts(counts, wordnet), wordnet, min_mentions=30)
    ids = set(inventory.ids)
    # Entertainers are just the performers here; persons are more than performers.
    assert PERFORMER in ids and ENTERTAINER not in ids and PERSON in ids
    whole = choose_inventory(close_counts(counts, wordnet), wordnet, min_mentions=30, collapse=False)
    assert ENTERTAINER in whole.ids
    parents = {t.id: t.parents for t in inventory.types}
    assert parents[PERFORMER] == (PERSON,) and parents[ACTOR] == (PERFORMER,)


def test_parents_come_first_and_order_is_fixed(wordnet: WordNet) -> None:
    counts = {(CITY,): 40, (SINGER,): 60, (ACTOR,): 50, (PERSON,): 40}
    inventory = choose_inventory(close_counts(counts, wordnet), wordnet)
    place = inventory.index()
    for t in inventory.types:
        assert all(place[p] < place[t.id] for p in t.parents)
        assert all(inventory.types[place[p]].mentions >= t.mentions for p in t.parents)
    assert choose_inventory(close_counts(dict(reversed(counts.items())), wordnet), wordnet) == inventory


def test_targets_are_the_kept_closure(wordnet: WordNet) -> None:
    inventory = choose_inventory(
        close_counts({(SINGER,): 50, (ACTOR,): 50, (PERSON,): 50, (CITY,): 50}, wordnet), wordnet
    )
    held = {inventory.ids[i] for i in inventory.targets([ACTOR], wordnet)}
    assert {ACTOR, PERFORMER, PERSON} <= held and CITY not in held and SINGER not in held


def test_save_and_load(wordnet: WordNet, tmp_path: Path) -> None:
    inventory = choose_inventory(close_counts({(SINGER,): 50, (ACTOR,): 50, (PERSON,): 50}, wordnet), wordnet)
    path = tmp_path / "types.tsv"
    inventory.save(path)
    assert Inventory.load(path) == inventory
    assert path.read_text(encoding="utf-8").startswith("type\tparent\tmentions\n")


def test_too_few_mentions(wordnet: WordNet) -> None:
    with pytest.raises(TaxonomyError, match="--min-mentions"):
        choose_inventory(close_counts({(CITY,): 3}, wordnet), wordnet)


def test_wrong_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "types.tsv"
    head = "type\tparent\tmentions\n"
    for text, message in (
        ("a\t\t1\n", r"tsv:1: expected the header"),
        (head + "a\t1\n", r"tsv:2"),
        (head + "a\tb\t1\n", r"tsv:2.*found b"),
        (head + "a\t\t1\na\t\t1\n", r"tsv:3.*each type once"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=message):
            Inventory.load(path)
    assert InventoryType("a", (), 1).parents == ()


def reasons(weighed: list[WeighedType]) -> dict[str, str]:
    return {w.id: w.reason for w in weighed}


def test_each_reason_to_fall(wordnet: WordNet) -> None:
    counts = {(SINGER,): 50, (ACTOR,): 50, (PERSON,): 900, (CITY,): 5}
    weighed = weigh_types(counts, wordnet, min_mentions=30, min_depth=3, min_entropy=0.05)
    found = reasons(weighed)
    assert {t for t, reason in found.items() if not reason} == {SINGER, ACTOR, PERFORMER}
    assert found[CITY] == "too few mentions"
    assert found["wordnet_whole_100003553"] == "an abstract top"
    assert found[PERSON] == "holds for nearly everything"
    assert found[ENTERTAINER] == "its mentions come from one child"
    deeper = reasons(weigh_types(counts, wordnet, min_depth=wordnet.depth(SINGER)))
    assert deeper[PERFORMER] == "not deep enough" and deeper[SINGER] == ""


def test_figures_of_a_type(wordnet: WordNet) -> None:
    weighed = {w.id: w for w in weigh_types({(SINGER,): 50, (ACTOR,): 50, (CITY,): 100}, wordnet)}
    assert weighed[PERFORMER].mentions == 100
    assert weighed[PERFORMER].information == pytest.approx(1.0)
    assert weighed[PERFORMER].entropy == pytest.approx(1.0)
    assert weighed[ENTERTAINER].entropy == pytest.approx(0.0)
    assert weighed[CITY].entropy is None
    assert weighed[PERSON].depth == 3


def test_a_type_of_its_own_mentions_stays_though_a_child_is_rare(wordnet: WordNet) -> None:
    found = reasons(weigh_types({(PERFORMER,): 10_000, (SINGER,): 30, (CITY,): 5_000}, wordnet))
    assert found[PERFORMER] == "" and found[SINGER] == ""


def test_the_kept_types_are_written_with_their_figures(wordnet: WordNet, tmp_path: Path) -> None:
    weighed = weigh_types({(SINGER,): 50, (ACTOR,): 50, (CITY,): 100}, wordnet)
    write_weighed(weighed, tmp_path / "inventory.tsv")
    lines = (tmp_path / "inventory.tsv").read_text(encoding="utf-8").splitlines()
    assert lines[0].split("\t") == ["type", "mentions", "depth", "information", "entropy", "verdict"]
    assert f"{CITY}\t100\t8\t1.0000\t-\tkept" in lines
    assert len(lines) == len(weighed) + 1
