"""What to look at first.

`document`: as the texts stand. `uncertain`: where most credit is expected to be lost, each name standing for those like
it, so that what was just judged is not asked again in other words. `disagreement`: names of which annotators, or two
runs, say different things.
Letters: M names, V mention vector.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np

from ousianer_cli.review.decisions import Place
from ousianer_cli.review.session import Session

NEIGHBOURS = 64
"""Names that one name may stand for at most."""
ALIKE = 0.5
"""Least cosine of vectors of names of which one tells something of the other."""


def by_document(session: Session) -> list[Place]:
    """Every name, as the texts stand."""
    return [Place(d.id, *span) for d in session.documents for span in session.actions.spans(d)]


def by_disagreement(session: Session) -> list[Place]:
    """The names of which annotators or runs differ, those with most opinions first, else as the texts stand."""
    found: list[tuple[int, int, Place]] = []
    for document in session.documents:
        for span in session.actions.spans(document):
            place = Place(document.id, *span)
            types: set[str | None] = {v.type for v in session.decisions.of(place) if v.annotator != session.annotator}
            name = document.names.get(span)
            if document.second or span in document.second:
                types |= {document.second.get(span), None if name is None else name.type}
            elif types and name is not None:
                types.add(name.type)
            if len(types) > 1:
                found.append((-len(types), len(found), place))
    return [place for _, _, place in sorted(found)]


def by_loss(losses: np.ndarray, vectors: np.ndarray | None = None, judged: Sequence[int] = ()) -> list[int]:
    """Rows in the order in which judging them is expected to win most credit.

    A name wins its own expected loss and part of that of its neighbours, as far as nothing chosen before is nearer to
    them: the greedy choice of a facility-location function, whose value is within 1 - 1/e of the best. Without vectors,
    plainly by loss.

    Args:
        losses: [M] expected credit lost, 0..1.
        vectors: [M, V], or None.
        judged: rows that are judged already: they come last, and what is like them has less to win.
    """
    known = set(judged)
    if vectors is None or not len(losses):
        return sorted(range(len(losses)), key=lambda row: (row in known, -losses[row], row))
    near, alike = neighbours(vectors)
    covered = np.zeros(len(losses))
    for row in known:
        covered[near[row]] = np.maximum(covered[near[row]], alike[row])

    def gain(row: int) -> float:
        others = near[row]
        return float((losses[others] * np.maximum(0.0, alike[row] - covered[others])).sum())

    heap = [(-gain(row), row) for row in range(len(losses)) if row not in known]
    heapq.heapify(heap)
    order: list[int] = []
    while heap:
        _, row = heapq.heappop(heap)
        now = -gain(row)
        # Gains only fall as more is chosen, so one that is still the best of what is known is the best.
        if heap and now > heap[0][0] + 1e-12:
            heapq.heappush(heap, (now, row))
            continue
        if now > -1e-9:
            rest = [row, *(r for _, r in heap)]
            order += sorted(rest, key=lambda r: (-losses[r], r))
            break
        order.append(row)
        others = near[row]
        covered[others] = np.maximum(covered[others], alike[row])
    return order + sorted(known)


def neighbours(vectors: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """For each of M vectors the nearest ones, itself among them, and how alike they are: 1 the same, 0 at `ALIKE`."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    unit = unit.astype(np.float32)
    near: list[np.ndarray] = []
    alike: list[np.ndarray] = []
    for at in range(0, len(unit), 512):
        cosines = unit[at : at + 512] @ unit.T
        keep = min(NEIGHBOURS, cosines.shape[1])
        top = np.argpartition(-cosines, keep - 1, axis=1)[:, :keep]
        for offset, places in enumerate(top):
            likeness = np.clip((cosines[offset, places] - ALIKE) / (1 - ALIKE), 0.0, 1.0)
            places = places[likeness > 0]
            near.append(places)
            alike.append(likeness[likeness > 0].astype(np.float64))
    return near, alike


def losses_of(session: Session, places: Sequence[Place]) -> np.ndarray:
    """[M] the credit that each name of the run is expected to lose: what its confidence lacks to 1.

    A name that only a second run has counts as a half.
    """
    values = []
    for place in places:
        name = session.by_id[place.doc].names.get((place.start, place.end))
        values.append(0.5 if name is None or name.type is None else 1.0 - name.confidence)
    return np.asarray(values, dtype=np.float64)
