"""A draw that covers rare types."""

from __future__ import annotations

from collections import Counter

import pytest

from ousianer_cli.corpus.covering import RAREST, covering
from ousianer_cli.taxonomy.wordnet import WordNet

CITY, RIVER, ACTOR = "wordnet_city_108524735", "wordnet_river_109411430", "wordnet_actor_109765278"


@pytest.fixture(scope="module")
def wordnet() -> WordNet:
    return WordNet.load()


def corpus(**counts: int) -> list[tuple[int, list[tuple[str, ...]]]]:
    ids = {"city": CITY, "river": RIVER, "actor": ACTOR}
    return [(0, [(ids[name],)]) for name, count in counts.items() for _ in range(count)]


def test_each_type_gets_its_number_and_no_more(wordnet: WordNet) -> None:
    sentences = corpus(city=500, river=25, actor=60)
    chosen = covering(sentences, 30, 1, wordnet)
    assert Counter(sentences[at][1][0][0] for at in chosen) == {CITY: 30, RIVER: 25, ACTOR: 30}
    assert covering(sentences, 30, 1, wordnet) == chosen != covering(sentences, 30, 2, wordnet)


def test_a_type_too_rare_to_be_learned_is_not_sought(wordnet: WordNet) -> None:
    cities = corpus(city=40)
    for rivers, found in ((RAREST - 1, {CITY}), (RAREST, {CITY, RIVER})):
        sentences = [*cities, *((1, types) for _, types in corpus(river=rivers))]
        assert {sentences[at][1][0][0] for at in covering(sentences, 15, 1, wordnet)} == found


def test_lower_ranks_come_first(wordnet: WordNet) -> None:
    sentences = [(at % 2, [(CITY,)]) for at in range(60)]
    assert all(at % 2 == 0 for at in covering(sentences, 30, 3, wordnet))
    assert len(covering(sentences, 40, 3, wordnet)) == 40


def test_a_mention_counts_for_what_lies_above_it(wordnet: WordNet) -> None:
    """Painters are artists: those that came for their own sake leave fewer artists to look for."""
    painter, artist = "wordnet_painter_110391653", "wordnet_artist_109812338"
    sentences = [(0, [(painter,)])] * 30 + [(1, [(artist,)])] * 30
    assert covering(sentences, 20, 1, wordnet) <= set(range(30))
