"""Marking: a sentence's words are those of its article."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ousianer_cli.corpus.wikipedia_write import letters_key, words_inside, words_key
from ousianer_cli.formats.sentences import split_sentences
from ousianer_cli.formats.words import split_words

PARTS = [
    "Ada",
    "Brun",
    " ",
    "\n",
    ". ",
    "。",
    "'s",
    "’",
    "U.S.",
    "1,000",
    "&amp;",
    "\u0301",
    "!",
    "”",
    "-",
    "a.m",
    " Mr.",
]


@given(st.lists(st.sampled_from(PARTS), max_size=30).map("".join))
def test_words_of_a_sentence_are_the_same_from_the_whole_text(text: str) -> None:
    words = split_words(text)
    for start, end in split_sentences(text, 0, len(text)):
        assert list(words_inside(words, text, start, end)) == split_words(text, start, end)


@pytest.mark.parametrize(("start", "end"), [(0, 5), (6, 9), (1, 4), (3, 12), (9, 9)])
def test_a_stretch_that_cuts_words_has_its_own(start: int, end: int) -> None:
    text = "Oslo's U.S. men"
    assert list(words_inside(split_words(text), text, start, end)) == split_words(text, start, end)


def test_keys_of_a_sentence() -> None:
    assert letters_key(["New", "-", "York", "1"]) == letters_key(["new-york1"]) != letters_key(["new", "york"])
    assert words_key(["New", "York"]) == words_key(["new", "YORK"]) != words_key(["NewYork"])
