"""Titles before names and halves of pairs of brackets."""

from __future__ import annotations

import pytest

from ousianer_cli.formats.name_edges import half_pairs, party_before, titles_before


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("Lt . Gen . Ann Roe", "Ann Roe"),
        ("Mr Roe", "Roe"),
        ("MS . ROE", "ROE"),
        ("Dr . A . Roe", "A . Roe"),
        ("Cpt . Roe", "Roe"),
        ("Mme Roe", "Roe"),
        ("Gen Roe", "Gen Roe"),  # a first name, without its full stop
        ("Dr . Pepper", "Dr . Pepper"),
        ("Gen . Motors", "Gen . Motors"),
        ("Rep . of Fjord", "Rep . of Fjord"),
        ("St . Louis", "St . Louis"),
        ("Mrs .", "Mrs ."),
        ("Ann Roe", "Ann Roe"),
    ],
)
def test_titles_are_before_a_name(name: str, rest: str) -> None:
    words = name.split()
    assert words[titles_before(words) :] == rest.split()


@pytest.mark.parametrize(
    ("before", "name", "count"),
    [
        ("(", "R - N.J.", 2),
        (",", "D \u2013 Ohio", 2),
        ("on", "D - Ohio", 0),
        ("(", "D - Day", 0),
        ("(", "R - rated", 0),
        ("(", "R - ", 0),
        ("(", "Ohio", 0),
    ],
)
def test_a_party_is_before_a_state(before: str, name: str, count: int) -> None:
    assert party_before(before, name.split()) == count


@pytest.mark.parametrize(
    ("name", "halves"),
    [
        ("Fjord ( FJ . O", {1}),
        ("Fjord ) Bank", {1}),
        ("Fjord ( Lund ) Bank", set()),
        ("[ [ Lund ]", {0}),
        ("( Lund ] {", {0, 2, 3}),
        ("Lund", set()),
    ],
)
def test_brackets_come_in_pairs(name: str, halves: set[int]) -> None:
    assert half_pairs(name.split()) == halves
