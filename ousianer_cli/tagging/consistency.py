"""One document, one entity: mentions of the same string share evidence before a type is chosen.

A string names the same thing nearly always where it stands twice in a document. A person who was named in full is later
named by the surname or the first name alone, and an organisation by its initials. What really differs is kept: a
mention listens to another one as far as the two agree on the top type, so that Washington the city and Washington the
person stay apart.
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
LONGEST_ACRONYM = 8
"""Letters; a longer word in capitals is a word."""


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
        persons = [i for i, top in enumerate(tops) if top.casefold() == person.casefold()]
        return cls(matrix, persons[0] if persons else -1)

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
        # The full names that a shorter one may stand for; one that may stand for two says nothing.
        full_names: dict[str, set[str]] = defaultdict(set)
        of_letters: dict[str, list[str]] = defaultdict(list)
        persons = {s for s, places in of_string.items() if self._is_person(tops[places])}
        for string, places in of_string.items():
            if letters := _acronym(strings[places[0]]):
                of_letters["".join(sorted(letters))].append(string)
        for string, places in of_string.items():
            words = string.split()
            if len(words) < 2:
                continue
            if string in persons:
                full_names[words[-1]].add(string)
                if words[0] in persons:
                    full_names[words[0]].add(string)
            for short in of_letters.get(_initials(strings[places[0]]), ()):
                full_names[short].add(string)
        heard = {string: list(places) for string, places in of_string.items()}
        for short, full in full_names.items():
            if short in of_string and len(full) == 1:
                (long,) = full
                heard[short] += of_string[long]
                heard[long] += of_string[short]
        return [(places, heard[string]) for string, places in of_string.items()]

    def _is_person(self, tops: np.ndarray) -> bool:
        return self.person >= 0 and bool(tops[:, self.person].mean() > 0.5)


def _acronym(string: str) -> str:
    """The letters of an acronym, without full stops (`U.N.`); nothing where the name is none."""
    letters = string.replace(".", "").replace(" ", "")
    return letters if 2 <= len(letters) <= LONGEST_ACRONYM and letters.isalpha() and letters.isupper() else ""


def _initials(string: str) -> str:
    """The capitals that the words of a name begin with, sorted: other languages put them in another order (FARC)."""
    return "".join(sorted(word[0] for word in string.replace("-", " ").split() if word[0].isupper()))
