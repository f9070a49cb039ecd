"""A text that is split once: its words are those of its sentences, and of the whole text, wherever they are kept."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ousianer_cli.corpus.split_text import SplitText
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
    "\x85",
    "\x1c",
]
TEXTS = st.lists(st.sampled_from(PARTS), max_size=30).map("".join)


@given(TEXTS)
def test_sentences_and_words_are_those_of_the_splitters(text: str) -> None:
    split = SplitText.of(text)
    spans = split_sentences(text, 0, len(text))
    assert [list(words) for words in split.sentences()] == [split_words(text, a, b) for a, b in spans]
    assert [(words[0][0], words[-1][1]) for words in split.sentences()] == spans


@given(TEXTS)
def test_what_is_kept_comes_back(text: str) -> None:
    split = SplitText.of(text)
    assert SplitText.of_steps(text, split.steps().tolist(), split.ends) == split


@given(TEXTS)
def test_lines_are_those_of_python(text: str) -> None:
    split = SplitText.of(text)
    lines = [i for i, line in enumerate(text.replace("\r\n", "\n").splitlines(keepends=True)) for _ in line]
    assert split.lines().tolist() == [lines[a] for a, _ in split.words]


def test_an_address_that_runs_over_a_full_stop_of_full_width_ends_there() -> None:
    split = SplitText.of("Siehe x.org/a。Oslo b.")
    assert [split.tokens()[a:b] for a, b in ((0, split.ends[0]), (split.ends[0], split.ends[1]))][1] == [
        "Oslo",
        "b",
        ".",
    ]


def test_nothing_has_no_words() -> None:
    split = SplitText.of(" \n")
    assert (split.tokens(), list(split.sentences()), split.steps().tolist()) == ([], [], [])
