"""Long sentences in overlapping windows, joined again; nothing is cut.

Letters: S pieces, T words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ousianer_cli.network.pieces import EncodedSentence, PieceTokenizer


@dataclass(frozen=True, slots=True)
class Window:
    """Words [start, end) of a sentence; of the spans found in it, those that begin in [own_start, own_end) are kept."""

    start: int
    end: int
    own_start: int
    own_end: int


def plan_windows(sentence: EncodedSentence, max_pieces: int) -> list[Window]:
    """Windows of at most `max_pieces` pieces that overlap by a quarter, each owning the words far from its edges.

    A single word of more pieces than fit stands in a window by itself; see `truncate_word`.
    """
    words = sentence.words
    if sentence.pieces <= max_pieces:
        return [Window(0, words, 0, words)]
    first = np.append(sentence.first_piece, sentence.pieces - 1).astype(np.int64)
    room = max_pieces - 2
    bounds: list[tuple[int, int]] = []
    start = 0
    while True:
        end = int(np.searchsorted(first, first[start] + room, side="right")) - 1
        end = min(max(end, start + 1), words)
        bounds.append((start, end))
        if end == words:
            break
        back = int(np.searchsorted(first, first[end] - room // 4, side="left"))
        start = min(max(back, start + 1), end)
    edges = [0]
    for (_, left_end), (right_start, _) in zip(bounds, bounds[1:], strict=False):
        edges.append((left_end + right_start) // 2 if right_start < left_end else left_end)
    edges.append(words)
    owned = zip(bounds, edges[:-1], edges[1:], strict=True)
    return [Window(a, b, own, following) for (a, b), own, following in owned]


def encode_windows(
    words: Sequence[str], whole: EncodedSentence, windows: Sequence[Window], tokenizer: PieceTokenizer, max_pieces: int
) -> list[EncodedSentence]:
    """Encode each window as a sentence of its own, with the word shapes it has in the whole sentence."""
    if len(windows) == 1:
        encoded = [whole]
    else:
        encoded = tokenizer.encode([words[w.start : w.end] for w in windows])
        for part, window in zip(encoded, windows, strict=True):
            part.shapes = whole.shapes[window.start : window.end]
    return [truncate_word(part, max_pieces) for part in encoded]


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
