"""One document, one entity: mentions of the same string share evidence before a type is chosen.

A string names the same thing nearly always where it stands twice in a document, and a person who was named in full is
later named by the surname alone. What really differs is kept: a mention listens to another one as far as the two agree
on the top type, so that Washington the city and Washington the person stay apart.
Letters: M mentions of a document, A target types, P top types.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ousianer_cli.taxonomy.tree import OUTSIDE, Taxonomy

SHARE = 0.9
"""How much of a mention's distribution comes from its group; chosen on aida_open's dev (docs/LOG.md)."""


@dataclass(frozen=True, slots=True)
class Consistency:
    """Shares evidence among a document's mentions, for distributions over one taxonomy's types and "outside"."""

    tops: np.ndarray
    """[A, P], 1 where the row's type belongs to the column's top type."""
    person: int
    """The column of persons in `tops`; -1 where the taxonomy has none."""

    @classmethod
    def of(cls, taxonomy: Taxonomy, names: Sequence[str], person: str = "PER") -> Consistency:
        """For the types `names` of a taxonomy; `person` is its top type for persons."""
        top_of = [name if name == OUTSIDE else taxonomy.top(name) for name in names]
        tops = sorted(set(top_of))
        matrix = np.zeros((len(names), len(tops)))
        matrix[np.arange(len(names)), [tops.index(t) for t in top_of]] = 1
        found = [i for i, top in enumerate(tops) if top.casefold() == person.casefold()]
        return cls(matrix, found[0] if found else -1)

    def shared(self, strings: Sequence[str], scores: np.ndarray) -> np.ndarray:
        """Distributions [M, A] after sharing, from the mentions' strings and their own distributions [M, A]."""
        result = scores.copy()
        tops = scores @ self.tops  # [M, P]
        for members, group in self._groups(strings, tops):
            if len(group) < 2:
                continue
            agreement = tops[members] @ tops[group].T  # [members, group]
            heard = agreement @ scores[group] / agreement.sum(axis=1, keepdims=True)
            result[members] = (1 - SHARE) * scores[members] + SHARE * heard
        return result

    def _groups(self, strings: Sequence[str], tops: np.ndarray) -> list[tuple[list[int], list[int]]]:
        """(mentions of one string, mentions that it listens to) of each string."""
        of_string: dict[str, list[int]] = defaultdict(list)
        for place, string in enumerate(strings):
            of_string[" ".join(string.casefold().split())].append(place)
        full_names: dict[str, list[str]] = defaultdict(list)
        for string, places in of_string.items():
            if self.person >= 0 and " " in string and tops[places, self.person].mean() > 0.5:
                full_names[string.split()[-1]].append(string)
        groups = []
        for string, places in of_string.items():
            last = string.split()[-1] if string else ""
            # A surname that two persons of the document bear says nothing.
            other = full_names[last] if last in full_names and len(full_names[last]) == 1 else []
            if other and string == last:
                groups.append((places, places + of_string[other[0]]))
            elif other == [string]:
                groups.append((places, places + of_string.get(last, [])))
            else:
                groups.append((places, places))
        return groups
