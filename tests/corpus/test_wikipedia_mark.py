"""Marking: the key of repeats."""

from __future__ import annotations

from ousianer_cli.corpus.wikipedia_mark import words_key


def test_words_in_any_case_make_the_key_of_repeats() -> None:
    assert words_key(["New", "York"]) == words_key(["new", "YORK"]) != words_key(["NewYork"])
