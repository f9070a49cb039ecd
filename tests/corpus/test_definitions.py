"""Classes from the head nouns of definitions, and silver that takes them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from ousianer_cli.corpus.definitions import Definitions
from ousianer_cli.corpus.silver import write_silver
from ousianer_cli.errors import InputError
from ousianer_cli.formats.corpus import read_corpus
from ousianer_cli.settings.prepare_silver import SilverSettings
from ousianer_cli.taxonomy.wordnet import WordNet

ROWS = 'title\thead\n"Rex" Berg\tracing driver\nAda_Berg\tchemist\nBergen\tport\nBerg Line\tfighter\nNobody\t\n'
PERSON, CITY, VEHICLE = "wordnet_person_100007846", "wordnet_city_108524735", "wordnet_vehicle_104524313"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("definitions") / "heads.tsv.gz"
    path.write_bytes(gzip.compress(ROWS.encode()))
    return path


def test_a_class_counts_where_it_is_of_the_same_kind(table: Path) -> None:
    definitions, wordnet = Definitions(table), WordNet.load()
    driver = definitions.find('"Rex" Berg', [PERSON])
    assert driver is not None and wordnet.is_a(driver, PERSON) and driver != PERSON
    assert definitions.find("Ada Berg", [PERSON]) == "wordnet_chemist_109913824"
    assert definitions.find("Ada Berg", [CITY]) is None
    fighter, plane = definitions.find("Berg_Line", [PERSON]), definitions.find("Berg Line", [VEHICLE])
    assert fighter is not None and wordnet.is_a(fighter, PERSON)
    assert plane is not None and wordnet.is_a(plane, VEHICLE)
    assert definitions.find("Nobody", [PERSON]) is None and definitions.find("Unknown", [PERSON]) is None
    assert definitions.find("Ada Berg", []) is None


def test_a_table_without_its_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "heads.tsv"
    path.write_text("name\tnoun\nA\tb\n", encoding="utf-8")
    with pytest.raises(InputError, match="columns title and head, found name, noun"):
        Definitions(path)
    path.write_text("title\thead\nA\tb\nB\n", encoding="utf-8")
    with pytest.raises(InputError, match="heads.tsv:3: expected 2 columns, found 1"):
        Definitions(path)
    with pytest.raises(InputError, match="a table of definitions"):
        Definitions(tmp_path / "none.tsv")


def test_silver_takes_definitions_and_covers(table: Path, tmp_path: Path) -> None:
    mention = {"start": 0, "end": 1, "title": "Ada_Berg", "tier": "link", "src": "table"}
    types = {"yago": "", "dbpedia": "", "figer": "person-author,person-actor,person"}
    rows = [
        {"id": str(i), "article": "A", "tokens": ["Ada", f"w{i}"], "mentions": [{**mention, "types": types}]}
        for i in range(50)
    ]
    path = tmp_path / "silver.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    write_silver(SilverSettings(inputs=[str(path)], out=str(tmp_path / "plain.jsonl")))
    assert {m.types for s in read_corpus(tmp_path / "plain.jsonl") for m in s.mentions} == {(PERSON,)}
    counts = write_silver(
        SilverSettings(inputs=[str(path)], out=str(tmp_path / "out.jsonl"), definitions=str(table), cover=30)
    )
    kept = list(read_corpus(tmp_path / "out.jsonl"))
    assert {m.types for s in kept for m in s.mentions} == {("wordnet_chemist_109913824",)}
    assert len(kept) == counts.sentences_kept == 30
    assert counts.sentences_dropped == {"each of its types has mentions enough (--cover)": 20}
    assert sum(counts.mentions_dropped.values()) == 20
    assert counts.defined == {"a class below or beside": 50}
