"""Word shapes: what they say of words, of their place, and of a whole sentence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ousianer_cli.network.shapes import _NAMES, SHAPE_FEATURES, hide_case, recase, word_shapes

SENTENCE = {"sentence_upper", "sentence_lower", "sentence_title"}


def names(words: list[str], place: int = 1) -> set[str]:
    row = word_shapes(words)[place]
    return {name for name, value in zip(_NAMES, row, strict=True) if value} - SENTENCE


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("river", {"lower"}),
        ("Oslo", {"capitalised"}),
        ("NATO", {"upper"}),
        ("iPhone", {"mixed"}),
        ("A", {"one_upper"}),
        ("U.S.", {"initialism"}),
        ("A3", {"capitalised", "has_digit"}),
        ("1987", {"has_digit", "all_digit", "year"}),
        ("4711", {"has_digit", "all_digit"}),
        ("737", {"has_digit", "all_digit"}),
        ("1,000", {"has_digit"}),
        (",", {"punctuation"}),
        ("-", {"punctuation", "hyphen"}),
        ("O'Brien", {"mixed", "apostrophe"}),
        ("Zürich", {"capitalised", "non_ascii"}),
        ("Constantinople", {"capitalised", "long"}),
        ("東京", {"lower", "non_ascii"}),
    ],
)
def test_one_word(word: str, wanted: set[str]) -> None:
    assert names(["x", word, "x"]) == wanted


def test_place_in_the_sentence() -> None:
    assert "first" in names(["He", "ran"], 0) and "first" not in names(["He", "ran"], 1)
    assert "after_stop" in names([".", "He"]) and "after_stop" not in names([",", "He"])


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["FLOODS", "HIT", "OSLO"], "sentence_upper"),
        (["floods", "hit", "oslo"], "sentence_lower"),
        (["Floods", "Hit", "Oslo", "Today", "in"], "sentence_title"),
        (["Floods", "hit", "the", "town", "of", "Oslo"], None),
        (["Oslo", "floods"], None),
    ],
)
def test_the_sentence_as_a_whole(words: list[str], wanted: str | None) -> None:
    shapes = word_shapes(words)
    for name in SENTENCE:
        assert (shapes[:, _NAMES.index(name)] == (name == wanted)).all()


def test_no_words() -> None:
    assert word_shapes([]).shape == (0, SHAPE_FEATURES)


WORDS = ["Mayor", "Falk", "of", "the", "U.S.", "sails", "on", "MV", "A", "1987", "."]


@pytest.mark.parametrize(("case", "change"), [("lower", str.lower), ("upper", str.upper)])
def test_recased_shapes_are_those_of_the_recased_sentence(case: str, change: object) -> None:
    words = ["Mayor", "Falk", "of", "the", "port", "sails", "1987", "."]
    recased = [change(w) for w in words]  # type: ignore[operator]
    assert recase(word_shapes(words), case).tolist() == word_shapes(recased).tolist()


def test_title_case_keeps_acronyms_and_initials() -> None:
    shapes, titled = word_shapes(WORDS), recase(word_shapes(WORDS), "title")
    for place, name in ((2, "capitalised"), (4, "initialism"), (7, "upper"), (8, "one_upper")):
        assert titled[place, _NAMES.index(name)] == 1
        assert titled[place, : _NAMES.index("initialism") + 1].sum() == 1
    assert (titled[9:, :6] == 0).all()
    assert (titled[:, _NAMES.index("sentence_title")] == 1).all()
    assert (shapes[:, _NAMES.index("sentence_title")] == 0).all(), "the given shapes were changed"


@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=12), st.sampled_from(["lower", "upper", "title"]))
def test_shapes_are_zero_or_one_and_one_case_at_most(words: list[str], case: str) -> None:
    for shapes in (word_shapes(words), recase(word_shapes(words), case)):
        assert shapes.shape == (len(words), SHAPE_FEATURES)
        assert set(np.unique(shapes)) <= {0, 1}
        assert (shapes[:, :6].sum(axis=1) <= 1).all()


def test_hidden_case_leaves_everything_else() -> None:
    shapes = word_shapes(["In", "MALTA", "1984", "we", "met"])
    changed = hide_case(shapes, np.array([False, True, True, False, False]))
    assert changed[1].sum() < shapes[1].sum() and np.array_equal(changed[2:], shapes[2:])
    assert np.array_equal(changed[0], shapes[0])
    assert np.array_equal(hide_case(shapes, np.zeros(5, dtype=bool)), shapes)
