"""Windows over long sentences: each word is owned once, none is too long, and joined spans never overlap."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ousianer_cli.network.pieces import EncodedSentence, PieceTokenizer
from ousianer_cli.network.shapes import SHAPE_FEATURES
from ousianer_cli.tagging.windows import Window, encode_windows, join_spans, plan_windows

TOKENIZER = PieceTokenizer.characters()


def sentence_of(sizes: list[int]) -> EncodedSentence:
    """A sentence whose words have so many pieces each, between two special pieces."""
    first = np.cumsum([1, *sizes[:-1]]).astype(np.int32)
    return EncodedSentence(
        np.zeros(sum(sizes) + 2, dtype=np.int32), first, np.zeros((len(sizes), SHAPE_FEATURES), dtype=np.uint8)
    )


SIZES = st.lists(st.integers(1, 9) | st.integers(20, 60), min_size=1, max_size=60)
LIMIT = st.integers(16, 40)


@given(SIZES, LIMIT)
def test_every_word_is_owned_by_one_window_that_holds_it(sizes: list[int], limit: int) -> None:
    windows = plan_windows(sentence_of(sizes), limit)
    owned = [word for w in windows for word in range(w.own_start, w.own_end)]
    assert owned == list(range(len(sizes)))
    for w in windows:
        assert w.start <= w.own_start <= w.own_end <= w.end
        assert w.start < w.end


@given(SIZES, LIMIT)
def test_no_window_is_above_the_limit_but_one_of_an_endless_word(sizes: list[int], limit: int) -> None:
    for w in plan_windows(sentence_of(sizes), limit):
        pieces = sum(sizes[w.start : w.end]) + 2
        assert pieces <= limit or w.end == w.start + 1


@given(st.lists(st.integers(1, 2), min_size=30, max_size=80))
def test_windows_overlap_so_that_no_word_stands_at_an_edge_of_its_window(sizes: list[int]) -> None:
    limit = 30
    windows = plan_windows(sentence_of(sizes), limit)
    assert len(windows) > 1 or sum(sizes) <= limit - 2
    for left, right in zip(windows, windows[1:], strict=False):
        assert right.start < left.end, "no overlap"
        assert left.own_end < left.end and right.own_start > right.start


def test_a_short_sentence_is_one_window() -> None:
    assert plan_windows(sentence_of([3, 3]), 8) == [Window(0, 2, 0, 2)]


@st.composite
def windows_and_spans(draw: st.DrawFn) -> tuple[list[Window], list[list[tuple[int, int]]], int]:
    sizes = draw(SIZES)
    windows = plan_windows(sentence_of(sizes), draw(LIMIT))
    found = []
    for w in windows:
        edges = sorted(draw(st.sets(st.integers(0, w.end - w.start), max_size=8)))
        found.append(list(zip(edges[::2], edges[1::2], strict=False)))
    return windows, found, len(sizes)


@given(windows_and_spans())
def test_joined_spans_are_in_order_and_never_overlap(
    case: tuple[list[Window], list[list[tuple[int, int]]], int],
) -> None:
    windows, found, words = case
    joined = join_spans(windows, found)
    reached = 0
    for place, start, end in joined:
        assert reached <= start < end <= words
        assert (start - windows[place].start, end - windows[place].start) in found[place]
        reached = end


def test_a_span_that_begins_inside_one_of_the_window_before_gives_way() -> None:
    windows = [Window(0, 10, 0, 8), Window(6, 16, 8, 16)]
    assert join_spans(windows, [[(1, 2), (7, 10)], [(1, 4), (2, 4), (4, 6)]]) == [(0, 1, 2), (0, 7, 10), (1, 10, 12)]
    assert join_spans(windows, [[(8, 10)], [(2, 5)]]) == [(1, 8, 11)]


@given(st.lists(st.integers(1, 4), min_size=1, max_size=80), st.data())
def test_windows_that_agree_lose_no_span(sizes: list[int], data: st.DataObject) -> None:
    edges = sorted(data.draw(st.sets(st.integers(0, len(sizes)), max_size=30)))
    spans = [(a, min(b, a + 2)) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    windows = plan_windows(sentence_of(sizes), 40)
    found = [[(a - w.start, b - w.start) for a, b in spans if w.start <= a and b <= w.end] for w in windows]
    assert [(a, b) for _, a, b in join_spans(windows, found)] == spans


def test_windows_keep_the_shapes_of_the_whole_sentence() -> None:
    words = ["Mayor"] + ["river"] * 8 + ["Falk"] * 3
    (whole,) = TOKENIZER.encode([words])
    windows = plan_windows(whole, 24)
    assert len(windows) > 2
    encoded = encode_windows(whole, windows, 24)
    for part, window in zip(encoded, windows, strict=True):
        assert part.pieces <= 24
        assert part.words == window.end - window.start
        assert part.shapes.tolist() == whole.shapes[window.start : window.end].tolist()


def test_a_window_is_encoded_as_a_sentence_of_its_words() -> None:
    words = [
        "Mayor",
        "\u0001",
        "Ada",
        "Brun",
        ",",
        "of",
        "Lima",
        "\u0001",
        "and",
        "Oslo",
    ] * 3  # a control character has no piece
    (whole,) = TOKENIZER.encode([words])
    windows = plan_windows(whole, 24)
    for part, window in zip(encode_windows(whole, windows, 24), windows, strict=True):
        (own,) = TOKENIZER.encode([words[window.start : window.end]])
        assert part.piece_ids.tolist() == own.piece_ids.tolist()
        assert part.first_piece.tolist() == own.first_piece.tolist()


def test_long_windows_share_12_pieces_and_part_after_punctuation() -> None:
    (whole,) = TOKENIZER.encode([["a"] * 2000])
    windows = plan_windows(whole, 512)
    assert [(w.start, w.end) for w in windows[:3]] == [(0, 510), (498, 1008), (996, 1506)]
    assert [w.own_start for w in windows[:3]] == [0, 504, 1002]
    assert sum(w.end - w.start for w in windows) < 1.025 * 2000
    words = ["a"] * 2000
    words[501] = words[1004] = ","
    words[1002] = "-"
    (whole,) = TOKENIZER.encode([words])
    assert [w.own_start for w in plan_windows(whole, 512)[:3]] == [0, 502, 1005]


@pytest.mark.parametrize("words", [["x" * 100], ["a", "x" * 100, "b"], ["x" * 100, "y" * 100]])
def test_an_endless_word_keeps_its_place(words: list[str]) -> None:
    (whole,) = TOKENIZER.encode([words])
    windows = plan_windows(whole, 20)
    encoded = encode_windows(whole, windows, 20)
    assert [w for p in windows for w in range(p.own_start, p.own_end)] == list(range(len(words)))
    for part, window in zip(encoded, windows, strict=True):
        assert part.pieces <= 20 and part.words == window.end - window.start
        assert part.first_piece.max() < part.pieces - 1
        assert part.piece_ids[-1] == whole.piece_ids[-1], "the closing special piece is gone"
