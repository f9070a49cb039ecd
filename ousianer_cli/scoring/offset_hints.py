"""Offsets that are counted otherwise than gold's: seen from spans that would match if all were moved alike."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from ousianer_cli.scoring.matching import MentionTable, Vocabulary, span_codes

_LEAST = 2
"""Mentions that must match after the change for it to be named."""
_DOCUMENTS = 50
"""Documents that are looked at for a common shift."""
_LONGEST = 200


def offset_hints(gold: MentionTable, system: MentionTable, name: str, vocabulary: Vocabulary) -> list[str]:
    """A sentence if most of a run's spans, of which less than half match, would match after one change of all offsets.

    The changes are ends one less or more (of the two files one has exclusive ends) and one shift of all positions, such
    as where gold counts from after the XML declaration.
    """
    if not len(gold) or not len(system):
        return []
    plain = _matches(gold, system)
    if 2 * plain >= min(len(gold), len(system)):
        return []
    least = max(_LEAST, plain + 1, (min(len(gold), len(system)) + 1) // 2)
    for step, words in (
        (-1, "one less: the run's ends are exclusive, an EDL tab's are inclusive"),
        (1, "one more: gold's ends are exclusive, an EDL tab's are inclusive"),
    ):
        if (found := _matches(gold, replace(system, end=system.end + step))) >= least:
            return [f"{name}: {plain} spans match gold, {found} would with ends {words}"]
    shift = _common_shift(gold, system)
    if shift and (found := _matches(gold, _moved(system, shift))) >= least:
        why = (
            "; gold counts from after the XML declaration? ousianer tag --after-xml-declaration" if shift < -19 else ""
        )
        where = "earlier" if shift < 0 else "later"
        return [f"{name}: {plain} spans match gold, {found} would if all stood {abs(shift)} characters {where}{why}"]
    return []


def _matches(gold: MentionTable, system: MentionTable) -> int:
    gold_codes, system_codes = span_codes([gold, system])
    return len(np.intersect1d(gold_codes, system_codes))


def _moved(table: MentionTable, shift: int) -> MentionTable:
    return replace(table, start=table.start + shift, end=table.end + shift)


def _common_shift(gold: MentionTable, system: MentionTable) -> int:
    """What is most often added to a system span's place to have that of a gold span of the same document and length."""
    shifts: Counter[int] = Counter()
    for doc in np.intersect1d(gold.doc, system.doc)[:_DOCUMENTS]:
        own, theirs = np.flatnonzero(system.doc == doc)[:_LONGEST], np.flatnonzero(gold.doc == doc)[:_LONGEST]
        apart = gold.start[theirs][None, :] - system.start[own][:, None]
        alike = (gold.end - gold.start)[theirs][None, :] == (system.end - system.start)[own][:, None]
        shifts.update(apart[alike & (apart != 0)].tolist())
    return shifts.most_common(1)[0][0] if shifts else 0
