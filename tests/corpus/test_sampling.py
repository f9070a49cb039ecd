"""A draw is the seed's, keeps the order, and leaves running text whole."""

from __future__ import annotations

from collections import Counter

import pytest

from ousianer_cli.corpus.sampling import draw_sentences
from ousianer_cli.errors import SettingsError
from ousianer_cli.formats.corpus import Sentence


def test_limit_keeps_documents_of_running_text_whole() -> None:
    def text(document: str, length: int) -> list[Sentence]:
        return [Sentence((f"{document}{n}",), document=document) for n in range(length)]

    corpus = [*text("a", 4), *text("", 3), *text("b", 3), *text("c", 2), *text("a", 1)]  # `a` goes on further down
    seen = set()
    for seed in range(20):
        drawn = draw_sentences(corpus, 6, seed)
        assert [s for s in corpus if s in drawn] == drawn and 4 <= len(drawn) <= 6
        sizes = Counter(s.document for s in drawn)
        assert all(sizes[name] in (0, whole) for name, whole in {"a": 5, "b": 3, "c": 2}.items())
        assert drawn == draw_sentences(corpus, 6, seed)
        seen.add(tuple(s.tokens for s in drawn))
    assert len(seen) > 3
    assert draw_sentences(corpus, 13, 0) == corpus
    long = [*text("a", 4), *text("b", 3)]
    assert draw_sentences(long, 3, 5) == long[4:]
    with pytest.raises(SettingsError, match=r"^--limit: expected 3 or more, the sentences of the shortest document"):
        draw_sentences(long, 2, 0)
