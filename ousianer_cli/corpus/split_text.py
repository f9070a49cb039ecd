"""A text with its sentences and their words: split once, when it is read, and handed on from step to step."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ousianer_cli.formats.sentences import sentences_of
from ousianer_cli.formats.visible import Span, VisibleText
from ousianer_cli.formats.words import words_of

_LINE_END = re.compile(r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class SplitText:
    """A text, its W words and its sentences, which are those of `tag`."""

    text: str
    words: Sequence[Span]
    """Code points [start, end) of the text, in order."""
    ends: Sequence[int]
    """How many words there are up to the end of each sentence; the last is W."""

    @classmethod
    def of(cls, text: str) -> SplitText:
        """Split a text."""
        visible = VisibleText.of(text)
        words: list[Span] = []
        ends: list[int] = []
        for start, end in sentences_of(visible, 0, len(text)):
            if inside := words_of(visible, start, end):
                words += inside
                ends.append(len(words))
        return cls(text, words, ends)

    @classmethod
    def of_steps(cls, text: str, steps: Sequence[int], ends: Sequence[int]) -> SplitText:
        """The text that was kept as `steps()` and `ends`."""
        edges = np.cumsum(np.array(steps, dtype=np.int64)).tolist()
        return cls(text, list(zip(edges[::2], edges[1::2], strict=True)), ends)

    def steps(self) -> NDArray[np.int64]:
        """The words' edges, each as its distance from the one before, [2 W]: small numbers, which pack well."""
        return np.diff(np.array(self.words, dtype=np.int64).ravel(), prepend=0)

    def tokens(self) -> list[str]:
        """The words as they are written, [W]."""
        return [self.text[a:b] for a, b in self.words]

    def sentences(self) -> Iterator[Sequence[Span]]:
        """The words of each sentence."""
        for first, last in pairwise((0, *self.ends)):
            yield self.words[first:last]

    def lines(self) -> NDArray[np.int64]:
        """The number of the line in which each word stands, from 0, [W]."""
        breaks = np.array([m.start() for m in _LINE_END.finditer(self.text)], dtype=np.int64)
        return np.searchsorted(breaks, np.array([a for a, _ in self.words], dtype=np.int64)).astype(np.int64)
