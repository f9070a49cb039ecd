"""Passages: sentences of one document that follow one another, read by the network as one sequence.

A role or a kind is often said once in a document ("President Ana Silva … Silva"), so that a mention is typed better
with the sentences around it. How a document falls into passages depends on its text alone.
Letters: S pieces, T words.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ousianer_cli.network.pieces import EncodedSentence

SPECIAL = 2
"""Pieces that the tokenizer puts around a sequence: one before it, one after it."""


def plan_passages(pieces: Sequence[int], documents: Sequence[str], limit: int) -> list[range]:
    """Which sentences stand in one passage, as ranges that cover all of them in order.

    Args:
        pieces: S of each sentence, its special pieces included.
        documents: the id of each sentence's document; "" where it is a sentence by itself.
        limit: most pieces of a passage of several sentences; 0 leaves every sentence by itself.
    """
    plan: list[range] = []
    start = size = 0
    for at, (count, document) in enumerate(zip(pieces, documents, strict=True)):
        joins = at > start and document != "" and document == documents[start] and size + count - SPECIAL <= limit
        if at > start and not joins:
            plan.append(range(start, at))
            start = at
        size = size + count - SPECIAL if joins else count
    return [*plan, range(start, len(pieces))] if len(pieces) else []


def join_encoded(sentences: Sequence[EncodedSentence]) -> EncodedSentence:
    """Encoded sentences one after another between one pair of special pieces; each word keeps its shapes."""
    if len(sentences) == 1:
        return sentences[0]
    pieces = [sentences[0].piece_ids[:1], *(s.piece_ids[1:-1] for s in sentences), sentences[0].piece_ids[-1:]]
    starts = np.cumsum([0, *(s.pieces - SPECIAL for s in sentences[:-1])])
    first = [s.first_piece + start for s, start in zip(sentences, starts, strict=True)]
    return EncodedSentence(
        np.concatenate(pieces), np.concatenate(first).astype(np.int32), np.concatenate([s.shapes for s in sentences])
    )
