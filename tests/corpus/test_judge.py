"""Which labels of a title are believed, and how much."""

from __future__ import annotations

import pytest

from ousianer_cli.corpus.silver import SilverCounts
from ousianer_cli.corpus.title_types.judge import TypeJudge


@pytest.fixture(scope="module")
def judge() -> TypeJudge:
    return TypeJudge()


def labels(yago: str = "", dbpedia: str = "", figer: str = "") -> dict[str, str]:
    return {"yago": yago, "dbpedia": dbpedia, "figer": figer}


def names(judge: TypeJudge, given: dict[str, str], src: str = "table") -> set[str] | str:
    verdict = judge.judge(given, src, SilverCounts())
    return verdict if isinstance(verdict, str) else {judge.wordnet.name(t) for t in verdict[0]}


def test_all_sources_agree(judge: TypeJudge) -> None:
    yago = "wordnet_country_108544813,wordnet_administrative_district_108491826"
    given = labels(yago, "country", "location-country,location")
    verdict = judge.judge(given, "table", SilverCounts())
    assert verdict == (("wordnet_country_108544813",), 1.0)


def test_a_label_of_another_kind_loses_the_vote(judge: TypeJudge) -> None:
    counts = SilverCounts()
    verdict = judge.judge(labels("wordnet_town_108665504", "settlement", "person-author"), "table", counts)
    assert not isinstance(verdict, str)
    assert {judge.wordnet.name(t) for t in verdict[0]} == {"town", "settlement"}
    assert counts.labels_dropped["of another kind than the trusted sources"] == 1


def test_figers_free_labels_need_support(judge: TypeJudge) -> None:
    keith = labels("wordnet_person_100007846", "musical_artist", "person-author,person-actor,person")
    assert names(judge, keith) == {"musician"}
    assert names(judge, labels("", "writer", "person-author,person")) == {"writer"}
    assert names(judge, labels("", "", "person-author,person")) == {"writer"}
    assert names(judge, labels("", "", "person-author,person-actor,person")) == {"person"}


def test_a_band_is_not_a_person(judge: TypeJudge) -> None:
    assert names(judge, labels("", "band", "person-musician,person-artist")) == {"musical organization"}
    verdict = names(judge, labels("", "", "person-musician,person-artist"))
    assert isinstance(verdict, str) and "band" in verdict


def test_cemeteries_on_towns_are_ignored(judge: TypeJudge) -> None:
    assert names(judge, labels("", "", "location-cemetery,location-city,location")) == {"municipality"}


def test_guessed_classes_only_refine(judge: TypeJudge) -> None:
    person = "wordnet_person_100007846"
    assert names(judge, labels(person + ",~wordnet_guitarist_110151760,~wordnet_alumnus_109786338")) == {"guitarist"}
    assert names(judge, labels(person + ",~wordnet_director_110014939")) == {"film director"}
    assert names(judge, labels("wordnet_city_108524735,~wordnet_demon_109542339")) == {"city"}
    assert judge.judge(labels("~wordnet_poet_110444194"), "table", SilverCounts()) == (("wordnet_poet_110444194",), 0.5)


def test_disagreement_drops_the_mention(judge: TypeJudge) -> None:
    film = labels("wordnet_person_100007846,wordnet_actor_109765278", "film", "art-film")
    assert names(judge, film, "def") == {"movie"}
    venue = labels("wordnet_venue_108677628", "single", "location")
    assert names(judge, venue, "def") == "sources disagree on the kind"
    assert names(judge, labels("", "", "food,living_thing")) == "sources disagree on the kind"
    assert names(judge, labels()) == "no label with a use"


def test_weights_follow_trust(judge: TypeJudge) -> None:
    def weight(given: dict[str, str], src: str) -> float:
        verdict = judge.judge(given, src, SilverCounts())
        assert not isinstance(verdict, str)
        return verdict[1]

    city = labels("wordnet_city_108524735")
    assert weight(city, "table") == 1.0
    assert weight(city, "def") < weight(labels(figer="location-city"), "table") < 1.0


def test_unknown_labels_are_counted(judge: TypeJudge) -> None:
    counts = SilverCounts()
    judge.judge(labels("wordnet_nothing_199999999", "moonbase", "location"), "table", counts)
    assert counts.unknown_labels == {"yago wordnet_nothing_199999999": 1, "dbpedia moonbase": 1}


@pytest.mark.parametrize(
    ("type_id", "kind"),
    [
        ("wordnet_actor_109765278", "person"),
        ("wordnet_city_108524735", "place"),
        ("wordnet_company_108058098", "group"),
        ("wordnet_battle_100953559", "event"),
        ("wordnet_language_106282651", "work"),
        ("wordnet_disease_114070360", "other"),
    ],
)
def test_kinds_of_classes(judge: TypeJudge, type_id: str, kind: str) -> None:
    assert judge.kind(judge.wordnet.synset(type_id)) == kind


def test_what_is_above_another_type_is_left_out_and_the_rest_has_a_limit(judge: TypeJudge) -> None:
    both = labels("wordnet_person_100007846,wordnet_actor_109765278", "", "person")
    assert judge.judge(both, "table", SilverCounts()) == (("wordnet_actor_109765278",), 1.0)
    occupations = (
        "wordnet_actor_109765278,wordnet_lawyer_110249950,wordnet_poet_110444194,"
        "wordnet_chemist_109913824,wordnet_novelist_110363573,wordnet_painter_110391653,wordnet_sculptor_110566072,"
        "wordnet_guitarist_110151760,wordnet_pianist_110430665,wordnet_boxer_109870208,"
        "wordnet_swimmer_110683126,wordnet_architect_109805475,wordnet_singer_110599806,wordnet_dancer_109989502"
    )
    counts = SilverCounts()
    verdict = judge.judge(labels(occupations), "table", counts)
    assert not isinstance(verdict, str)
    assert len(verdict[0]) == 12 and set(verdict[0]) < {judge.wordnet.synset(t) for t in occupations.split(",")}
    assert counts.labels_dropped["beyond the number of types a mention may have"] == 2
    assert not counts.unknown_labels


def test_a_definition_is_trusted_least(judge: TypeJudge) -> None:
    assert judge.judge(labels("wordnet_city_108524735"), "def", SilverCounts()) == (("wordnet_city_108524735",), 0.4)
    assert judge.judge(labels(figer="location-city"), "table", SilverCounts())[1] == 0.7
