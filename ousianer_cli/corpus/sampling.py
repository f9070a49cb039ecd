"""A random draw of training sentences that leaves running text whole."""

from __future__ import annotations

import random
from collections.abc import Sequence

from ousianer_cli.errors import SettingsError
from ousianer_cli.formats.corpus import Sentence


def draw_sentences(sentences: Sequence[Sentence], limit: int, seed: int) -> list[Sentence]:
    """At most `limit` sentences, drawn by `seed`, in their order; the sentences of a document are drawn together.

    Documents and single sentences are drawn one after another, and those that no longer fit are passed over.

    Raises:
        SettingsError: there are sentences, and `limit` is less than any document has.
    """
    if len(sentences) <= limit:
        return list(sentences)
    if not any(sentence.document for sentence in sentences):
        return [sentences[i] for i in sorted(random.Random(seed).sample(range(len(sentences)), limit))]
    units: dict[str | int, list[int]] = {}
    for place, sentence in enumerate(sentences):
        units.setdefault(sentence.document or place, []).append(place)
    shortest = min(map(len, units.values()))
    if limit < shortest:
        raise SettingsError(
            f"--limit: expected {shortest} or more, the sentences of the shortest document, found {limit}; documents "
            "of running text stay whole"
        )
    kept: list[int] = []
    for unit in random.Random(seed).sample(list(units.values()), len(units)):
        if len(kept) + len(unit) <= limit:
            kept += unit
    return [sentences[place] for place in sorted(kept)]
