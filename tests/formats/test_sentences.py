"""Sentences of raw text: the rules by example, and what must hold for any text."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ousianer_cli.formats.characters import INVISIBLE
from ousianer_cli.formats.sentences import split_paragraphs, split_sentences

PIECES = st.lists(
    st.sampled_from(
        [
            "Ann",
            "went",
            "home",
            "U.S.",
            "Dr.",
            "J.",
            "No.",
            "5",
            "Sept.",
            ".",
            "!",
            "?",
            '"',
            "”",
            ")",
            "(",
            "...",
            "The",
            "é",
        ]
        + ["\n", "\n\n", "\r\n", " ", "  ", "\t", "\u00a0", "\u2028", "😀", "。", "&quot;", "<P>", "a" * 39]
    ),
    max_size=60,
).map("".join)


def sentences(text: str) -> list[str]:
    return [text[a:b] for a, b in split_sentences(text, 0, len(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It rained. We left.", ["It rained.", "We left."]),
        ("Mr. Lind met Gen. Roe and Sgt. Poe.", ["Mr. Lind met Gen. Roe and Sgt. Poe."]),
        ("Lt.Col. Lee met Msgr. Roe and Maj. Gen. Poe.", ["Lt.Col. Lee met Msgr. Roe and Maj. Gen. Poe."]),
        ("It is the H.I.V. He said so.", ["It is the H.I.V.", "He said so."]),
        ("Yahoo! Norway grew. Yahoo! It is out.", ["Yahoo! Norway grew.", "Yahoo!", "It is out."]),
        ("राम आया। Ann left॥ قال؟ نعم۔ Bo", ["राम आया।", "Ann left॥", "قال؟", "نعم۔", "Bo"]),
        ("J. Smith and A. B. Jones came.", ["J. Smith and A. B. Jones came."]),
        ("He lives in the U.S. The house is old.", ["He lives in the U.S.", "The house is old."]),
        ("The U.S. Senate met.", ["The U.S. Senate met."]),
        ("They won at 5 p.m. Monday.", ["They won at 5 p.m. Monday."]),
        ("Buy No. 5 now. No. He will not.", ["Buy No. 5 now.", "No.", "He will not."]),
        ("On Sept. 11 it began. Dogs vs. Cats was on.", ["On Sept. 11 it began.", "Dogs vs. Cats was on."]),
        ("Acme Inc. Chairman Bo Ek quit. He sat. Bo fell.", ["Acme Inc. Chairman Bo Ek quit.", "He sat.", "Bo fell."]),
        ('"Is it so?" asked Ann. "Yes!" So it is.', ['"Is it so?" asked Ann.', '"Yes!"', "So it is."]),
        ("He left (by car.) Then it rained.", ["He left (by car.)", "Then it rained."]),
        ("It cost 3.5 crowns. 7 were left.", ["It cost 3.5 crowns.", "7 were left."]),
        ("What?! No… Yes.", ["What?!", "No…", "Yes."]),
        ("1. Wash your hands. 2. Eat.", ["1. Wash your hands.", "2. Eat."]),
        (
            "He said &quot;no.&quot; &quot;Why?&quot; Ann said.",
            ["He said &quot;no.&quot;", "&quot;Why?&quot;", "Ann said."],
        ),
        ("visit example.com. now or not", ["visit example.com. now or not"]),
        ("Milk\nBread\nEggs", ["Milk", "Bread", "Eggs"]),
        ("One\r\n\r\nTwo", ["One", "Two"]),
        ("今日は。明日は！", ["今日は。", "明日は！"]),
        ("", []),
        (" \n\t ", []),
    ],
)
def test_rules(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


WRAPPED = (
    "The mayor of the old town by the river said on Monday that the bridge would\n"
    "be closed for a month. Traffic will go over the ford, which Mr.\n"
    "Lindqvist-Andersson of the road office calls safe, and not over the railway\n"
    "bridge."
)


def test_newline_in_a_wrapped_paragraph_is_a_blank() -> None:
    found = sentences(WRAPPED)
    assert len(found) == 2
    assert found[0].endswith("would\nbe closed for a month.")
    assert found[1].endswith("railway\nbridge.")


def test_wrap_is_judged_from_the_whole_text() -> None:
    start, end = split_sentences(WRAPPED, 0, len(WRAPPED))[1]
    assert split_sentences(WRAPPED, start, end) == [(start, end)]


def test_wrap_does_not_see_lines_of_tags() -> None:
    text = f"<TEXT>\n<P>\n{WRAPPED}\n</P>\n</TEXT>\n"
    start = text.index("The mayor")
    assert len(split_sentences(text, start, start + len(WRAPPED))) == 2


def test_one_sentence_a_line_is_not_wrapped() -> None:
    lines = ["The old bridge by the mill will stay shut until the spring comes.", "iPhones are banned there."]
    assert sentences("\n".join(lines)) == lines


@given(PIECES | st.text(max_size=200), st.data())
def test_spans_cover_every_visible_character_once(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    covered = [False] * len(text)
    previous = start
    for a, b in split_sentences(text, start, end):
        assert previous <= a < b <= end
        assert not text[a].isspace() and not text[b - 1].isspace()
        covered[a:b] = [True] * (b - a)
        previous = b
    left_out = "".join(text[i] for i in range(start, end) if not covered[i])
    assert not re.sub(rf"[\s{INVISIBLE}\x00-\x1f\x7f-\x9f>]", "", left_out)


@given(PIECES)
def test_a_sentence_is_one_sentence(text: str) -> None:
    for a, b in split_sentences(text, 0, len(text)):
        assert split_sentences(text, a, b) == [(a, b)]


@given(PIECES)
def test_paragraphs_part_at_blank_lines_only(text: str) -> None:
    spans = split_paragraphs(text)
    whole = split_sentences(text, 0, len(text))
    assert [s for a, b in spans for s in split_sentences(text, a, b)] == whole
    assert all("\n\n" not in text[a:b] for a, b in spans)


def test_crlf_is_one_line_end() -> None:
    assert len(split_paragraphs("one\r\ntwo\r\n\r\nthree")) == 2


@settings(deadline=None, max_examples=1)
@given(st.just(None))
def test_long_odd_text_is_no_burden(_: None) -> None:
    started = time.process_time()
    for text in (
        "." * 200_000,
        "a" * 200_000,
        '."' * 100_000,
        "A. " * 60_000,
        ("word " * 15 + "\n") * 5000,
        "\n" * 200_000,
        "X! At The " * 5_000,
        "http://" * 9_000,
        "a\u0301\u0327" * 9_000,
        "&amp;" * 9_000,
        "> a\n>> b\n" * 4_000,
        "a  b\n" * 6_000,
        "| " * 20_000,
    ):
        sentences(text)
    assert time.process_time() - started < 20
