"""Words with offsets, from raw text. One segmentation serves training and tagging, so that both see the same words.

LTF TOKENs are not used: many releases token at blanks only (`Obama,` is one token).
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

# Order matters: character references (source documents keep them, and a name must not end inside one), initialisms
# (U.S., a.m.), numbers with inner marks (1,000.50), letters and digits with inner apostrophes (O'Brien, but Obama|'s),
# clitics ('s; n't stays inside its word), then any other character by itself.
_WORD = re.compile(
    r"""
    &(?:amp|lt|gt|quot|apos|nbsp|\#\d{1,7}|\#x[0-9A-Fa-f]{1,6});   # &amp;  &#8220;
  | (?:[^\W\d_]\.){2,}                                   # U.S.  a.m.
  | \d+(?:[.,:]\d+)+                                     # 1,000  3.5  10:30
  | ['’](?:s|S|re|ve|ll|d|m|RE|VE|LL|D|M)(?![^\W_])      # clitics
  | (?:[^\W_]|[\u0300-\u036f])+
      (?:['’](?!(?:s|S|re|ve|ll|d|m|RE|VE|LL|D|M)(?![^\W_]))(?:[^\W_])+)*
  | \S
    """,
    re.VERBOSE,
)


def split_words(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """The words of `text[start:end]` as code-point pairs [start, end) into `text`; no visible character is left out."""
    stop = len(text) if end is None else end
    return [match.span() for match in _WORD.finditer(text, start, stop)]


def word_set(text: str) -> frozenset[str]:
    """The words of a list written as text, parted by blanks."""
    return frozenset(text.split())


def as_read(word: str) -> str:
    """The word as a model reads it: a character reference of a source document (`&amp;`) as its character."""
    return (html.unescape(word).strip() or word) if word.startswith("&") and word.endswith(";") else word


def resplit_tokens(tokens: Sequence[str], spans: Sequence[tuple[int, int]]) -> tuple[list[str], list[tuple[int, int]]]:
    """Split a corpus's own tokens into our words and move token spans [start, end) onto them.

    Returns the words and the spans in word positions. A token with no visible character keeps its place as one word, so
    that spans stay valid.
    """
    words: list[str] = []
    first_word = []
    for token in tokens:
        first_word.append(len(words))
        parts = split_words(token)
        words.extend(token[a:b] for a, b in parts)
        if not parts:
            words.append(token)
    first_word.append(len(words))
    return words, [(first_word[a], first_word[b]) for a, b in spans]
