"""Which of the places where a name may stand are mentions: none on another, none that is a part of a bigger name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ousianer_cli.corpus.article_words import ArticleWords
from ousianer_cli.corpus.name_words import HONORIFICS, LINKING, OPENERS
from ousianer_cli.settings.prepare_wikipedia import How

_JOINERS = frozenset("-–/&")
# Marks of formulas and codes: `Li` in `[Li(H2O)4]+`, `ISO` in `ISO_646`.
_GLUE_BEFORE = frozenset("[_=+^@\\")
_GLUE_AFTER = frozenset("(_=+^@\\")


class Candidate(NamedTuple):
    """So many words from `first` on, which may name a title."""

    first: int
    width: int
    title: str | None  # None: another anchor, which only keeps its place free
    how: How


def place_candidates(
    article: ArticleWords, candidates: list[Candidate], taken: bytearray, since: dict[str, int]
) -> Iterator[Candidate]:
    """The candidates that stand, longest first, then in the order given; none on another or on what is `taken`."""
    stated = bytes(taken)
    for c in sorted(candidates, key=lambda c: -c.width):
        end = c.first + c.width
        if any(taken[c.first : end]):
            continue
        if c.title is not None and (c.first < since[c.title] or _is_part(article, c.first, end, stated)):
            continue
        taken[c.first : end] = b"\1" * c.width
        if c.title is not None:
            yield c


def _is_part(article: ArticleWords, first: int, end: int, stated: bytes) -> bool:
    """Whether words [first, end) read like a part of a bigger name, judging by the words beside them."""
    text, left, right = article.text, article.spans[first][0], article.spans[end - 1][1]
    if text[max(0, left - 1) : left] in _GLUE_BEFORE or text[right : right + 1] in _GLUE_AFTER:
        return True
    return _joined_before(article, first, stated) or _joined_after(article, first, end, stated)


def _joined_before(article: ArticleWords, first: int, stated: bytes) -> bool:
    words = article.words
    before = article.beside(first, -1)
    if before is None or stated[first - 1]:
        return False
    further = article.beside(first - 1, -1)
    if before in _JOINERS:
        glued = article.spans[first][0] == article.spans[first - 1][1]
        return further is not None and (before == "&" or (glued and further[0].isalnum()))
    if before[0].isupper():
        return before not in HONORIFICS and not (article.opens(first - 1) and before.lower() in OPENERS)
    # `Bank of Boston`, but not `the coast of Boston`; `University` may well open the sentence, `Most` may not.
    if before not in LINKING or further is None or stated[first - 2] or not further[0].isupper():
        return False
    return further.lower() not in OPENERS and words[first - 2] not in HONORIFICS


def _joined_after(article: ArticleWords, first: int, end: int, stated: bytes) -> bool:
    after = article.beside(end - 1, 1)
    if after is None or stated[end]:
        return False
    if after[0].isupper():
        return True
    further = article.beside(end, 1)
    if further is None or stated[end + 1] or not (further[0].isupper() or further[0].isdigit()):
        return False
    if after in _JOINERS:
        return after == "&" or article.spans[end][0] == article.spans[end - 1][1]
    return after in LINKING and end - first == 1 and further[0].isupper()
