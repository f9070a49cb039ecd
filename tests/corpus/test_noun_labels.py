"""Types for pretraining from nouns: senses by the label, what has none, what is no AIDA type."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ousianer_cli.corpus.noun_labels import noun_labels
from ousianer_cli.corpus.prepare import prepare_corpus
from ousianer_cli.errors import InputError
from ousianer_cli.formats.labelled import LabelledMention
from ousianer_cli.settings.prepare_corpus import PrepareSettings
from ousianer_cli.taxonomy.wordnet import WordNet


def types(noun: str, *labels: str) -> tuple[str, ...] | None:
    return noun_labels(LabelledMention(0, 1, labels, noun=noun))


def test_a_noun_takes_the_sense_of_its_label() -> None:
    wordnet = WordNet.load()
    person, vehicle = (
        types("pilot", "PER.ProfessionalPosition"),
        types("fighter", "VEH.MilitaryVehicle.FighterAircraft"),
    )
    assert person and "wordnet_person_100007846" in wordnet.closure(person)
    assert vehicle and "wordnet_vehicle_104524313" in wordnet.closure(vehicle)
    assert types("fighter", "per.combatant") != vehicle


def test_what_has_no_class_has_no_types_unless_it_is_a_person() -> None:
    assert types("", "GPE.Country.Country") == ()
    assert types("grfxl", "ORG") == ()
    assert types("", "PER.Politician") == ("wordnet_person_100007846",)
    assert types("novel", "-") not in ((), None)


@pytest.mark.parametrize("labels", [(), ("PERSON",), ("PER", "person-actor")])
def test_other_labels_are_unknown(labels: tuple[str, ...]) -> None:
    assert types("mayor", *labels) is None


def test_prepare_corpus_writes_them(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    spans = [
        {"start": 0, "end": 4, "label": "PER.Politician.Mayor", "noun": "mayor"},
        {"start": 8, "end": 12, "label": "gpe.urbanarea.city", "noun": "city"},
        {"start": 17, "end": 21, "label": "GPE"},
    ]
    path.write_text(json.dumps({"text": "Anna of Oslo and Hove", "spans": spans}), encoding="utf-8")
    prepared = prepare_corpus([path], PrepareSettings(map_to="wordnet:nouns"))
    (sentence,) = prepared.sentences
    mayor, city, unknown = sentence.mentions
    assert WordNet.load().is_a(mayor.types[0], "wordnet_person_100007846") and mayor.noun == "mayor"
    assert city.types == ("wordnet_city_108524735",)
    assert unknown.types == () and sentence.supervises == "both"
    path.write_text(json.dumps({"text": "Anna", "spans": [{"start": 0, "end": 4, "label": "PERSON"}]}), "utf-8")
    with pytest.raises(InputError, match="'PERSON'"):
        prepare_corpus([path], PrepareSettings(map_to="wordnet:nouns"))
