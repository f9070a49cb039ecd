"""Two annotations of one document laid side by side: what is the same, and what became of the rest.

The track's figures come from `matching` and `faults`; this is for showing single names. A name of one side has at most
one partner on the other: of the same stretch first, then, of those left, the one that it shares most characters with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ousianer_cli.formats.annotations.annotated import Annotation, one_a_stretch


class Kind(StrEnum):
    """What became of a name."""

    SAME = "same"
    RETYPED = "retyped"
    MOVED = "moved"
    """Other boundaries that overlap the old ones, whatever the type."""
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Change:
    """A name of the old side with its partner on the new; one of them is None where it was removed or added."""

    kind: Kind
    old: Annotation | None
    new: Annotation | None

    @property
    def place(self) -> tuple[int, int]:
        """Code points [start, end), of the old side where there is one."""
        name = self.old or self.new
        assert name is not None
        return name.start, name.end

    @property
    def retyped(self) -> bool:
        """Whether both sides are there and their types differ."""
        return self.old is not None and self.new is not None and not same_type(self.old, self.new)


def same_type(old: Annotation, new: Annotation) -> bool:
    """Whether two annotations agree in type and in NAM or NOM; letter case aside, gold's alternatives are all right."""
    types = {kind.lower() for kind in old.types}
    return old.form == new.form and (new.type.lower() in types or old.type.lower() == new.type.lower())


def align(old: Sequence[Annotation], new: Sequence[Annotation]) -> list[Change]:
    """The changes from the old annotations of a document to its new ones, in text order.

    Several rows of one stretch count as one, as in scoring: the most confident.
    """
    before, after = one_a_stretch(old), one_a_stretch(new)
    there = {(a.start, a.end, a.form): a for a in after}
    changes: list[Change] = []
    left: list[Annotation] = []
    for name in before:
        other = there.pop((name.start, name.end, name.form), None)
        if other is None:
            left.append(name)
        else:
            changes.append(Change(Kind.SAME if same_type(name, other) else Kind.RETYPED, name, other))
    pairs, rest = _overlapping(left, list(there.values()))
    changes += [Change(Kind.RETYPED if (a.start, a.end) == (b.start, b.end) else Kind.MOVED, a, b) for a, b in pairs]
    taken = {id(a) for a, _ in pairs}
    changes += [Change(Kind.REMOVED, a, None) for a in left if id(a) not in taken]
    changes += [Change(Kind.ADDED, None, b) for b in rest]
    return sorted(changes, key=lambda change: (change.place[0], -change.place[1]))


def _overlapping(
    old: Sequence[Annotation], new: Sequence[Annotation]
) -> tuple[list[tuple[Annotation, Annotation]], list[Annotation]]:
    """Pairs of those that share characters, the greatest share of their joint length first; and the rest of `new`."""
    found: list[tuple[float, int, int]] = []
    begin = 0
    for number, name in enumerate(old):
        while begin < len(new) and new[begin].end <= name.start:
            begin += 1
        for place in range(begin, len(new)):
            other = new[place]
            if other.start >= name.end:
                break
            shared = min(name.end, other.end) - max(name.start, other.start)
            if shared > 0:
                joint = max(name.end, other.end) - min(name.start, other.start)
                found.append((-shared / joint, number, place))
    pairs: list[tuple[Annotation, Annotation]] = []
    used_old: set[int] = set()
    used_new: set[int] = set()
    for _, number, place in sorted(found):
        if number not in used_old and place not in used_new:
            used_old.add(number)
            used_new.add(place)
            pairs.append((old[number], new[place]))
    return pairs, [name for place, name in enumerate(new) if place not in used_new]
