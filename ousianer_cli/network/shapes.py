"""Word-shape features: what an uncased encoder cannot see.

F features a word, all 0/1, in the order of `_NAMES`; the last four describe the word's place and its sentence.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from torch import Tensor

_NAMES = (
    "lower",
    "capitalised",
    "upper",
    "mixed",
    "one_upper",
    "initialism",
    "has_digit",
    "all_digit",
    "year",
    "punctuation",
    "hyphen",
    "apostrophe",
    "non_ascii",
    "long",
    "first",
    "after_stop",
    "sentence_upper",
    "sentence_lower",
    "sentence_title",
)
SHAPE_FEATURES = len(_NAMES)
_AT = {name: i for i, name in enumerate(_NAMES)}
_CASE = [_AT[n] for n in ("lower", "capitalised", "upper", "mixed", "one_upper", "initialism")]
_STOPS = (".", "!", "?", ":", '"', "“", "”", "``", "''", "(", "…")
_SENTENCE = [_AT[n] for n in ("sentence_upper", "sentence_lower", "sentence_title")]


def word_shapes(words: Sequence[str]) -> np.ndarray:
    """Shapes of a sentence's words, uint8 [T, F]."""
    shapes = np.frombuffer(b"".join(map(_word_shape, words)), dtype=np.uint8).reshape(-1, SHAPE_FEATURES).copy()
    shapes[1:, _AT["after_stop"]] = [word in _STOPS for word in words[:-1]]
    if len(words):
        shapes[0, _AT["first"]] = 1
        _mark_sentence(shapes)
    return shapes


@functools.lru_cache(maxsize=1 << 14)  # some 4 MiB
def _word_shape(word: str) -> bytes:
    """What a word shows by itself, [F]."""
    row = np.zeros(SHAPE_FEATURES, dtype=np.uint8)
    letters = [c for c in word if c.isalpha()]
    if letters:
        row[_AT[_case(word, letters)]] = 1
        row[_AT["long"]] = len(letters) > 9
        row[_AT["non_ascii"]] = any(ord(c) > 127 for c in letters)
    digits = sum(c.isdigit() for c in word)
    row[_AT["has_digit"]] = digits > 0
    row[_AT["all_digit"]] = digits == len(word)
    row[_AT["year"]] = digits == len(word) == 4 and word[0] in "12"
    row[_AT["punctuation"]] = not letters and not digits
    row[_AT["hyphen"]] = word in "-–—/"
    row[_AT["apostrophe"]] = "'" in word or "’" in word
    return row.tobytes()


def _case(word: str, letters: list[str]) -> str:
    upper = sum(c.isupper() for c in letters)
    if upper == 0:
        return "lower"
    if upper == len(letters):
        if len(letters) == 1:
            return "one_upper" if len(word) == 1 else "capitalised"
        return "initialism" if "." in word else "upper"
    return "capitalised" if upper == 1 and letters[0].isupper() else "mixed"


def _mark_sentence(shapes: np.ndarray) -> None:
    """Say of every word whether its whole sentence is in capitals, in small letters, or titled, as headlines are."""
    shapes[:, _SENTENCE] = 0
    counts = shapes[:, _CASE].sum(axis=0)
    cased = counts.sum()
    if cased < 3:
        return
    share = counts / cased
    lower, capitalised, upper = share[0], share[1], share[2] + share[4] + share[5]
    if upper > 0.8:
        shapes[:, _AT["sentence_upper"]] = 1
    elif lower > 0.999:
        shapes[:, _AT["sentence_lower"]] = 1
    elif capitalised + upper > 0.6:
        shapes[:, _AT["sentence_title"]] = 1


def recase(shapes: np.ndarray, case: str) -> np.ndarray:
    """The shapes [T, F] that the sentence would have all in `lower`, all in `upper`, or with every word `title`d."""
    changed = shapes.copy()
    cased = changed[:, _CASE].any(axis=1)
    changed[:, _CASE] = 0
    target = {"lower": "lower", "upper": "upper", "title": "capitalised"}[case]
    changed[cased, _AT[target]] = 1
    if case == "title":  # headlines keep initials and acronyms in capitals
        for name in ("upper", "initialism", "one_upper"):
            kept = shapes[:, _AT[name]] == 1
            changed[np.ix_(kept, _CASE)] = shapes[np.ix_(kept, _CASE)]
    _mark_sentence(changed)
    return changed


def hide_case(shapes: np.ndarray, words: np.ndarray) -> np.ndarray:
    """The shapes [T, F] with nothing said of the case of the chosen words [T], bool."""
    changed = shapes.copy()
    changed[np.ix_(np.flatnonzero(words), np.asarray(_CASE))] = 0
    return changed


def sentence_begins(shapes: Tensor) -> Tensor:
    """Which words begin a sentence, from their shapes [..., T, F]: bool [..., T]."""
    return shapes[..., _AT["first"]] > 0


def clause_begins(shapes: np.ndarray) -> np.ndarray:
    """Which words follow punctuation, no hyphen or apostrophe, from their shapes [T, F]: bool [T]."""
    marks = (shapes[:, _AT["punctuation"]] > 0) & ~shapes[:, [_AT["hyphen"], _AT["apostrophe"]]].any(axis=1)
    return np.append(False, marks[:-1])
