"""The Direct baseline: YAGO types mapped to target types by a table, no learned conversion layer.

Letters: M mentions, Y YAGO types of a model's inventory, A target types of which the last is "outside" (`-`), E edges
from a YAGO type to a type directly below it in the inventory.

A YAGO head gives each class its own probability, and the classes above a true one are true as well: of a country it
also says `location`. So what counts is how surely a class is the mention's most specific one. With c the classes
directly below y, the directness of y is

    d(y) = p(y) · (1 - max over c of p(c))

and a target type scores the greatest d of the classes that the table maps to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ousianer_cli.errors import TaxonomyError
from ousianer_cli.taxonomy.tree import OUTSIDE, Taxonomy
from ousianer_cli.taxonomy.wordnet import WordNet

Floats = npt.NDArray[np.floating]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SHIPPED_TABLE = "yago_to_aida.tsv"
"""The mapping table among the resources: YAGO classes -> AIDA types."""


def parse_direct_mapping(
    text: str, path: Path, taxonomy: Taxonomy | None = None, wordnet: WordNet | None = None
) -> dict[str, str]:
    """A table `YAGO id<TAB>target type or -<TAB>note` (the note may be left out) as canonical id -> type, in its order.

    Args:
        path: stands in messages.
        taxonomy: when given, its types are checked.

    Raises:
        TaxonomyError: a malformed line, an id that WordNet 3.0 does not have or whose lemma is not the synset's, a
            class twice, an unknown type; with file and line.
    """
    wordnet = wordnet or WordNet.load()
    lines = text.splitlines()
    mapping: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = [c.strip() for c in line.split("\t")]
        if len(cells) not in (2, 3) or not cells[0] or not cells[1]:
            raise TaxonomyError("YAGO id<TAB>type<TAB>note", f"'{line[:60]}'", path=path, line=number)
        if not wordnet.has_lemma(cells[0]):
            expected = "a WordNet 3.0 id as wordnet_<lemma>_1<offset>"
            raise TaxonomyError(expected, f"'{cells[0]}'", path=path, line=number)
        type_id = wordnet.synset(cells[0])
        if type_id in mapping:
            raise TaxonomyError("each class once", f"'{cells[0]}' again", path=path, line=number)
        if taxonomy is not None and cells[1] != OUTSIDE and cells[1] not in taxonomy.types:
            where = f"a type of taxonomy '{taxonomy.name}' or '{OUTSIDE}'"
            raise TaxonomyError(where, f"'{cells[1]}'", path=path, line=number)
        mapping[type_id] = cells[1]
    if not mapping:
        raise TaxonomyError("rows of YAGO id<TAB>type", "none", path=path)
    return mapping


def direct_table(types: Sequence[str], mapping: Mapping[str, str], wordnet: WordNet) -> dict[str, str]:
    """The target type, or `-`, of every YAGO type of an inventory.

    A type without a row takes that of its nearest WordNet hypernym with one (breadth-first; of several at the same
    distance the one that stands first in the table); `-` where none has a row.

    Args:
        types: Y ids.
        mapping: canonical id -> target type, in the table's order (`parse_direct_mapping`).
    """
    rank = {type_id: i for i, type_id in enumerate(mapping)}
    found: dict[str, str] = {}
    for type_id in types:
        front, seen = [wordnet.synset(type_id)], {wordnet.synset(type_id)}
        target = OUTSIDE
        while front:
            listed = [t for t in front if t in rank]
            if listed:
                target = mapping[min(listed, key=rank.__getitem__)]
                break
            above = [p for t in front for p in wordnet.hypernyms(t)]
            front = [p for p in dict.fromkeys(above) if p not in seen]
            seen.update(front)
        found[type_id] = target
    return found


def direct_matrix(types: Sequence[str], table: Mapping[str, str], targets: Sequence[str]) -> Bools:
    """Which YAGO type is mapped to which target type.

    Args:
        types: Y ids in the model's order.
        table: id -> target type or `-` (`direct_table`).
        targets: A types, the last one `-`.

    Returns:
        [Y, A], one True a row.

    Raises:
        TaxonomyError: the last target is not `-`, or the table gives a type that is no target.
    """
    if not targets or targets[-1] != OUTSIDE:
        found = targets[-1] if targets else "no types"
        raise TaxonomyError(f"'{OUTSIDE}' as the last target type", found)
    place = {t: i for i, t in enumerate(targets)}
    matrix = np.zeros((len(types), len(targets)), dtype=np.bool_)
    for y, type_id in enumerate(types):
        target = table[type_id]
        if target not in place:
            raise TaxonomyError(
                f"a target type for {type_id}", f"'{target}'", remedy="the table is for another taxonomy"
            )
        matrix[y, place[target]] = True
    return matrix


def inventory_edges(types: Sequence[str], wordnet: WordNet) -> Ints:
    """Edges of an inventory: each type with its nearest inventory types above, [2, E] positions (above, below)."""
    place = {wordnet.synset(t): i for i, t in enumerate(types)}
    edges: list[tuple[int, int]] = []
    for type_id, below in place.items():
        above = {t for t in wordnet.ancestors(type_id) if t in place and t != type_id}
        further = {f for t in above for f in wordnet.ancestors(t) if f != t}
        edges.extend((place[t], below) for t in above - further)
    return np.array(sorted(edges), dtype=np.int64).reshape(-1, 2).T


def target_parents(taxonomy: Taxonomy) -> Ints:
    """For each of the A target types its nearest parent that is itself a type (phantoms are passed over), or -1: [A].

    The A types are `taxonomy.types` and "outside" at the end.
    """
    place = {t: i for i, t in enumerate(taxonomy.types)}
    parents = np.full(len(place) + 1, -1, dtype=np.int64)
    for type_name, i in place.items():
        above = taxonomy.parents.get(type_name)
        while above is not None and above not in place:
            above = taxonomy.parents.get(above)
        if above is not None:
            parents[i] = place[above]
    return parents


def directness(probabilities: Floats, edges: Ints) -> Floats:
    """d(y) = p(y) · (1 - max over the types c directly below y of p(c)).

    Args:
        probabilities: [M, Y], each in [0, 1].
        edges: [2, E] (`inventory_edges`), in order of the upper type.

    Returns:
        [M, Y].
    """
    direct = probabilities.copy()
    if edges.size:
        upper, below = edges
        starts = np.flatnonzero(np.diff(upper, prepend=-1))  # edges are sorted by their upper type
        direct[:, upper[starts]] *= 1.0 - np.maximum.reduceat(probabilities[:, below], starts, axis=1)
    return direct


def direct_scores(probabilities: Floats, matrix: Bools, edges: Ints) -> Floats:
    """Score of each target type: the greatest directness of the YAGO types mapped to it.

    Args:
        probabilities: [M, Y].
        matrix: [Y, A] (`direct_matrix`).
        edges: [2, E] (`inventory_edges`).

    Returns:
        [M, A], each in [0, 1]; 0 for a target type to which no YAGO type is mapped.
    """
    direct = directness(probabilities, edges)
    scores = np.zeros((probabilities.shape[0], matrix.shape[1]), dtype=direct.dtype)
    targets = matrix.argmax(axis=1)
    order = np.argsort(targets, kind="stable")
    present, starts = np.unique(targets[order], return_index=True)
    if present.size:
        scores[:, present] = np.maximum.reduceat(direct[:, order], starts, axis=1)
    return scores


def direct_type(scores: Floats, parents: Ints, *, threshold: float = 0.5) -> tuple[Ints, Floats]:
    """One target type for each mention.

    The top type (or outside) with the best score anywhere below it is entered; from there the walk goes to the child
    with the best score in its subtree as long as that is above the threshold. Ties go to the type that comes first.

    Args:
        scores: [M, A] (`direct_scores`).
        parents: [A] positions, -1 for a top type and for outside (`target_parents`).
        threshold: probability that a level below the top must exceed.

    Returns:
        Positions [M], and the best score in the chosen type's subtree [M], which may serve as its confidence.
    """
    best = scores.copy()  # [M, A]: best score in each type's subtree
    levels = _levels(parents)
    for level in range(int(levels.max(initial=0)), 0, -1):
        for a in np.flatnonzero(levels == level):
            best[:, parents[a]] = np.maximum(best[:, parents[a]], best[:, a])
    rows = np.arange(scores.shape[0])
    tops = np.flatnonzero(parents < 0)
    # A mention of which nothing is known is outside, though its zeros are tied with those of the first top.
    chosen = np.where(best.max(axis=1) > 0, tops[best[:, tops].argmax(axis=1)], scores.shape[1] - 1)
    for _ in range(int(levels.max(initial=0))):
        below = np.where(parents[None, :] == chosen[:, None], best, -1.0)  # [M, A]
        child = below.argmax(axis=1)
        chosen = np.where(below[rows, child] > threshold, child, chosen)
    return chosen.astype(np.int64), best[rows, chosen]


def _levels(parents: Ints) -> Ints:
    levels = np.zeros_like(parents)
    above = parents.copy()
    while (above >= 0).any():
        levels += above >= 0
        above = np.where(above >= 0, parents[above], -1)
    return levels


@dataclass(frozen=True, slots=True)
class DirectMapper:
    """A model's YAGO types mapped to the target types of a taxonomy, ready for arrays of mentions."""

    matrix: Bools
    edges: Ints
    parents: Ints

    @classmethod
    def from_text(
        cls, text: str, types: Sequence[str], taxonomy: Taxonomy, path: str | Path = "mapping table"
    ) -> DirectMapper:
        """From a mapping table's text and the Y types of a model.

        Raises:
            TaxonomyError: whatever `parse_direct_mapping` refuses.
        """
        wordnet = WordNet.load()
        table = direct_table(types, parse_direct_mapping(text, Path(path), taxonomy, wordnet), wordnet)
        targets = [*taxonomy.types, OUTSIDE]
        return cls(direct_matrix(types, table, targets), inventory_edges(types, wordnet), target_parents(taxonomy))

    @property
    def mapped(self) -> int:
        """How many YAGO types go to a type of the taxonomy, not outside."""
        return int(self.matrix[:, :-1].sum())

    def scores(self, probabilities: Floats) -> Floats:
        """[M, Y] -> [M, A]; see `direct_scores`."""
        return direct_scores(probabilities, self.matrix, self.edges)

    def choose(self, scores: Floats) -> tuple[Ints, Floats]:
        """Positions [M] and confidences [M]; see `direct_type`."""
        return direct_type(scores, self.parents)
