"""Words: every visible character in exactly one, and a corpus's tokens moved onto them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ousianer_cli.formats.words import resplit_tokens, split_words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ann's house, O'Brien said.", "Ann 's house , O'Brien said ."),
        ("The U.S. won 1,000.50 crowns at 10:30", "The U.S. won 1,000.50 crowns at 10:30"),
        ("(Bergen)", "( Bergen )"),
        ("don't", "don't"),
        ("Zoe\u0308's", "Zoe\u0308 's"),
    ],
)
def test_words_by_example(text: str, expected: str) -> None:
    assert [text[a:b] for a, b in split_words(text)] == expected.split()


@given(st.text(max_size=100), st.data())
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
    assert all(hits[i] == 1 or (hits[i] == 0 and text[i].isspace()) for i in range(start, end))


@given(st.lists(st.text(min_size=1, max_size=8), max_size=8), st.data())
def test_resplit_keeps_what_spans_cover(tokens: list[str], data: st.DataObject) -> None:
    starts = [data.draw(st.integers(0, len(tokens))) for _ in range(2)]
    spans = [(s, data.draw(st.integers(s, len(tokens)))) for s in starts]
    words, moved = resplit_tokens(tokens, spans)

    def visible(parts: list[str]) -> str:
        return "".join("".join(parts).split())

    assert visible(words) == visible(tokens)
    for (a, b), (c, d) in zip(spans, moved, strict=True):
        assert visible(words[c:d]) == visible(tokens[a:b])
        assert (a == b) == (c == d)
