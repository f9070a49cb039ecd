"""Words: every visible character in exactly one, and a corpus's tokens moved onto them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ousianer_cli.formats.characters import INVISIBLE
from ousianer_cli.formats.words import resplit_tokens, split_words

UNSEEN = re.compile(
    rf"(?m:^)[ \t]*(?:(?:>|&gt;)[ \t]?)+|[\s{INVISIBLE}\x00-\x1f\x7f-\x9f]|\\(?:[nrt]|\r?\n)"
    r"|\*\*|\[\[|\]\]|\]\(\S*\)|\["
)
"""What no word has, or need not have: blanks, what is not seen, marks of quoted mail, escaped line ends, Markdown's."""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ann's house, O'Brien said.", "Ann 's house , O'Brien said ."),
        ("The U.S. won 1,000.50 crowns at 10:30", "The U.S. won 1,000.50 crowns at 10:30"),
        ("(Bergen)", "( Bergen )"),
        ("don't", "don't"),
        ("Zoe\u0308's", "Zoe\u0308 's"),
        ("in 's-Hertogenbosch, ('s-Gravenhage)", "in 's-Hertogenbosch , ( 's-Gravenhage )"),
        ("Ann's-Day, 's-hand", "Ann 's - Day , 's - hand"),
    ],
)
def test_words_by_example(text: str, expected: str) -> None:
    assert [text[a:b] for a, b in split_words(text)] == expected.split()


TEXTS = st.text(max_size=100) | st.lists(
    st.sampled_from(
        ["Ann", "Bo's", " ", "\n", "> ", "&gt; ", "&eacute;", "&amp;", "&#xE3;", "&#0;", "e\u0301", "\u0301", "\u00ad"]
        + ["\u200b", "\ufeff", "\x00", "http://x.org/A", "@", "#", "a_b", ".com", "/", "\\", "ᄀ", "ᅡ", "क़", "\u202a"]
    ),
    max_size=20,
).map("".join)


@given(TEXTS, st.data())
def test_every_visible_character_is_in_one_word(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    hits = [0] * len(text)
    previous = start
    for a, b in split_words(text, start, end):
        assert previous <= a < b <= end
        previous = b
        for i in range(a, b):
            hits[i] += 1
    assert all(hits[i] <= 1 for i in range(start, end))
    unseen = {i for match in UNSEEN.finditer(text) for i in range(*match.span())}
    assert all(hits[i] or i in unseen for i in range(start, end))


@given(st.lists(st.text(min_size=1, max_size=8), max_size=8), st.data())
def test_resplit_keeps_what_spans_cover(tokens: list[str], data: st.DataObject) -> None:
    starts = [data.draw(st.integers(0, len(tokens))) for _ in range(2)]
    spans = [(s, data.draw(st.integers(s, len(tokens)))) for s in starts]
    words, moved = resplit_tokens(tokens, spans)

    def visible(parts: list[str]) -> str:
        return re.sub(rf"[\s{INVISIBLE}\x00-\x1f\x7f-\x9f]", "", "".join(parts))

    assert visible(words) == visible(tokens)
    for (a, b), (c, d) in zip(spans, moved, strict=True):
        assert visible(words[c:d]) == visible(tokens[a:b])
        assert (a == b) == (c == d)
