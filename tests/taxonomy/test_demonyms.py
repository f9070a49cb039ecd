"""What national adjectives, peoples and languages are by the guidelines, by WordNet and the words around."""

from __future__ import annotations

import pytest

from ousianer_cli.taxonomy.demonyms import demonym_type, place_adjectives


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("French troops", (0, 1), "GPE"),
        ("European leaders", (0, 1), "LOC"),
        ("South African miners", (0, 2), "GPE"),
        ("a German - made car", (1, 2), "GPE"),
        ("she is Japanese .", (2, 3), "GPE"),
        ("an American who left", (1, 2), "-"),
        ("a German .", (1, 2), "-"),
        ("Danes left", (0, 1), "-"),
        ("Americans", (0, 1), "-"),
        ("in Russian", (1, 2), "-"),
        ("Kurdish fighters", (0, 1), "-"),
        ("Oslo fans", (0, 1), ""),
        ("Kansas voters", (0, 1), ""),
    ],
)
def test_types(text: str, place: tuple[int, int], expected: str) -> None:
    assert demonym_type(text.split(), *place) == expected


def test_the_list_knows_today_s_states() -> None:
    known = place_adjectives()
    wanted = "Chinese British Irish Australian Ukrainian Syrian Israeli Palestinian Czech Serbian Estonian Sri_Lankan"
    assert {known.get(word) for word in wanted.split()} == {"GPE"}
    assert {known.get(word) for word in ("African", "Asian", "Scandinavian", "Middle_Eastern")} == {"LOC"}
