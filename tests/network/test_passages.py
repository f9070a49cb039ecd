"""Passages cover every sentence once, and join what each sentence is by itself."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ousianer_cli.network.passages import SPECIAL, join_encoded, plan_passages
from ousianer_cli.network.pieces import PieceTokenizer

WORDS = ["Ana", "Silva", "met", "Mayor", "Lindqvist", "of", "Tarnow", "."]


@given(
    st.lists(st.tuples(st.integers(3, 40), st.sampled_from(["", "a", "b"])), max_size=30),
    st.integers(min_value=0, max_value=120),
)
def test_every_sentence_stands_in_one_passage_of_its_document(rows: list[tuple[int, str]], limit: int) -> None:
    pieces, documents = [p for p, _ in rows], [d for _, d in rows]
    plan = plan_passages(pieces, documents, limit)
    assert [i for part in plan for i in part] == list(range(len(rows)))
    for part in plan:
        if len(part) > 1:
            assert len({documents[i] for i in part}) == 1 and documents[part.start]
            assert sum(pieces[i] - SPECIAL for i in part) + SPECIAL <= limit


def test_passages_are_as_long_as_they_may_be() -> None:
    assert plan_passages([10, 10, 10, 10], ["a", "a", "a", "b"], 18) == [range(2), range(2, 3), range(3, 4)]
    assert plan_passages([10, 10], ["a", "a"], 0) == [range(1), range(1, 2)]
    assert plan_passages([], [], 100) == []


def test_a_joined_passage_reads_each_word_where_its_sentence_had_it() -> None:
    tokenizer = PieceTokenizer.characters()
    parts = tokenizer.encode([WORDS[:3], WORDS[3:5], WORDS[5:]])
    joined = join_encoded(parts)
    assert joined.words == len(WORDS)
    assert joined.pieces == sum(p.pieces - SPECIAL for p in parts) + SPECIAL
    assert joined.piece_ids[0] == parts[0].piece_ids[0] and joined.piece_ids[-1] == parts[0].piece_ids[-1]
    word = 0
    for part in parts:
        for first in part.first_piece:
            assert joined.piece_ids[joined.first_piece[word]] == part.piece_ids[first]
            word += 1
    assert np.array_equal(joined.shapes, np.concatenate([p.shapes for p in parts]))
    assert join_encoded(parts[:1]) is parts[0]
