"""An article's words, and what their letters and neighbours tell."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ousianer_cli.corpus.split_text import SplitText

_STOPS = frozenset(".!?…")
QUOTES = frozenset("\"'“”‘’«»()[]")


@dataclass(slots=True)
class ArticleWords:
    """An article's words, and what their letters tell."""

    text: str
    spans: Sequence[tuple[int, int]]
    words: list[str]
    line: NDArray[np.int64]
    starts: list[int]
    small: set[str] = field(default_factory=set)  # words seen in small letters
    inside: set[str] = field(default_factory=set)  # words seen with a capital inside a sentence

    @classmethod
    def read(cls, split: SplitText) -> ArticleWords:
        """The words of an article, with the line and the place of each."""
        text, spans, words = split.text, split.words, split.tokens()
        starts = [a for a, _ in spans]
        breaks = np.array([m.start() for m in re.finditer(r"[\n\r]", text)], dtype=np.int64)
        line = np.searchsorted(breaks, np.array(starts, dtype=np.int64)).astype(np.int64)
        article = cls(text, spans, words, line, starts)
        for i, word in enumerate(words):
            if word[0].islower():
                article.small.add(word)
            elif word[0].isupper() and not article.opens(i):
                article.inside.add(word)
        return article

    def opens(self, i: int) -> bool:
        """Whether a sentence, a quotation, or what follows a colon begins with word `i`."""
        before = i - 1
        while before >= 0 and self.line[before] == self.line[i] and self.words[before] in QUOTES:
            before -= 1
        if before < 0 or self.line[before] != self.line[i] or before < i - 1:
            return True
        return self.words[before] in _STOPS or self.words[before] in (":", ";", "•", "*", "–", "—")

    def covered(self, start: int, end: int) -> range:
        """The words that [start, end) touches."""
        first = bisect_left(self.starts, start)
        if first and self.spans[first - 1][1] > start:
            first -= 1
        return range(first, max(first, bisect_left(self.starts, end)))

    def beside(self, i: int, step: int) -> str | None:
        """The word before (`step` -1) or after (1) word `i`, at most one blank away; None if there is none."""
        j = i + step
        if not 0 <= j < len(self.words) or self.line[j] != self.line[i]:
            return None
        left, right = (i, j) if step > 0 else (j, i)
        return self.words[j] if self.spans[right][0] - self.spans[left][1] <= 1 else None
