"""Long sentences in overlapping windows, joined again; nothing is cut.

Letters: S pieces, T words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ousianer_cli.network.pieces import EncodedSentence
from ousianer_cli.network.shapes import clause_begins

OVERLAP = 12
"""Pieces that two windows share, a quarter of a window at most, so that a word stands half as far from the edge of the
window that owns it."""


@dataclass(frozen=True, slots=True)
class Window:
    """Words [start, end) of a sentence; of the spans found in it, those that begin in [own_start, own_end) are kept."""

    start: int
    end: int
    own_start: int
    own_end: int


def plan_windows(sentence: EncodedSentence, max_pieces: int) -> list[Window]:
    """Windows of at most `max_pieces` pieces that overlap by `OVERLAP`, each owning the words far from its edges.

    Where punctuation stands in the middle half of what two windows share, the second owns from the word after it on. A
    single word of more pieces than fit stands in a window by itself; see `truncate_word`.
    """
    words = sentence.words
    if sentence.pieces <= max_pieces:
        return [Window(0, words, 0, words)]
    first = _starts(sentence)
    room = max_pieces - 2
    shared = min(room // 4, OVERLAP)
    bounds: list[tuple[int, int]] = []
    start = 0
    while True:
        end = int(np.searchsorted(first, first[start] + room, side="right")) - 1
        end = min(max(end, start + 1), words)
        bounds.append((start, end))
        if end == words:
            break
        back = int(np.searchsorted(first, first[end] - shared, side="left"))
        start = min(max(back, start + 1), end)
    begins = clause_begins(sentence.shapes)
    starts = [start for start, _ in bounds[1:]]
    inner = [_edge(begins, start, end) for start, (_, end) in zip(starts, bounds, strict=False)]
    edges = [0, *inner, words]
    owned = zip(bounds, edges[:-1], edges[1:], strict=True)
    return [Window(a, b, own, following) for (a, b), own, following in owned]


def _starts(sentence: EncodedSentence) -> np.ndarray:
    """Where the pieces of each word and those behind it begin, [T + 1]; `first_piece` of a word without pieces is that
    of the word before it."""
    first = np.append(sentence.first_piece, sentence.pieces - 1).astype(np.int64)
    first[np.diff(first, prepend=0) == 0] = sentence.pieces
    return np.minimum.accumulate(first[::-1])[::-1]


def _edge(begins: np.ndarray, start: int, end: int) -> int:
    """The first word that the second of two windows owns, which share the words [start, end): one that begins a clause
    and lies near the middle, the middle without one."""
    middle, quarter = (start + end) // 2 if start < end else end, (end - start) // 4
    near = np.flatnonzero(begins[middle - quarter : middle + quarter + 1]) + middle - quarter
    return int(near[np.abs(near - middle).argmin()]) if quarter > 0 and len(near) else middle


def encode_windows(whole: EncodedSentence, windows: Sequence[Window], max_pieces: int) -> list[EncodedSentence]:
    """The sequence of each window: its pieces between the special ones, its words' shapes as in the whole sentence."""
    if len(windows) == 1:
        return [truncate_word(whole, max_pieces)]
    starts = _starts(whole)
    encoded = []
    for window in windows:
        begin, end = starts[window.start], starts[window.end]
        ids = np.concatenate([whole.piece_ids[:1], whole.piece_ids[begin:end], whole.piece_ids[-1:]])
        own = np.maximum(whole.first_piece[window.start : window.end] - begin + 1, 0).astype(np.int32)
        encoded.append(truncate_word(EncodedSentence(ids, own, whole.shapes[window.start : window.end]), max_pieces))
    return encoded


def truncate_word(sentence: EncodedSentence, max_pieces: int) -> EncodedSentence:
    """A window that still does not fit is one endless word: only its last pieces are left out, never a word."""
    if sentence.pieces <= max_pieces:
        return sentence
    ids = np.append(sentence.piece_ids[: max_pieces - 1], sentence.piece_ids[-1])
    return EncodedSentence(ids, np.minimum(sentence.first_piece, max_pieces - 2), sentence.shapes)


def join_spans(windows: Sequence[Window], spans: Sequence[Sequence[tuple[int, int]]]) -> list[tuple[int, int, int]]:
    """(window, start, end) of the sentence's spans in word order: each window gives those that begin where it owns.

    A span that reaches into the next window's words stands, and a span of the next window that begins inside it is
    dropped, so that none overlap.
    """
    joined: list[tuple[int, int, int]] = []
    reached = 0
    for place, (window, window_spans) in enumerate(zip(windows, spans, strict=True)):
        for start, end in window_spans:
            a, b = start + window.start, end + window.start
            if window.own_start <= a < window.own_end and a >= reached:
                joined.append((place, a, b))
                reached = b
    return joined
