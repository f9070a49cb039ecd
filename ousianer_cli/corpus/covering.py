"""A draw of sentences that gives rare types their mentions, where a random one would be of the frequent types alone."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence

from ousianer_cli.taxonomy.wordnet import WordNet

RAREST = 20
"""A type with fewer mentions in all is not sought: `pretrain --min-mentions` would leave it out."""


def covering(
    sentences: Sequence[tuple[int, Iterable[tuple[str, ...]]]], minimum: int, seed: int, wordnet: WordNet
) -> set[int]:
    """Positions of sentences that together give every type `minimum` mentions, or all that there are.

    Greedy: sentences are gone through in random order, those of a lower rank first, and one is taken where a type of it
    still lacks mentions. A mention counts for its types and all above them.

    Args:
        sentences: rank, and the direct types of each mention.
        minimum: mentions of each type.
    """
    rng = random.Random(seed)
    order = list(range(len(sentences)))
    rng.shuffle(order)
    order.sort(key=lambda at: sentences[at][0])
    closures: dict[tuple[str, ...], frozenset[str]] = {}
    total: Counter[str] = Counter()
    for _, mentions in sentences:
        for types in mentions:
            if types not in closures:
                closures[types] = frozenset(wordnet.closure(types))
            total.update(closures[types])
    sought = {type_id for type_id, count in total.items() if count >= RAREST}
    have: Counter[str] = Counter()
    chosen: set[int] = set()
    for at in order:
        gained = [closures[types] & sought for types in sentences[at][1]]
        if any(have[type_id] < minimum for closure in gained for type_id in closure):
            chosen.add(at)
            for closure in gained:
                have.update(closure)
    return chosen
