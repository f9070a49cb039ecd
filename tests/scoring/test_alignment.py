"""Names of two sides laid beside each other."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ousianer_cli.formats.annotations.annotated import Annotation, one_a_stretch
from ousianer_cli.scoring.alignment import Kind, align

stretches = st.tuples(st.integers(0, 20), st.integers(1, 6), st.sampled_from(["per", "org", "gpe.country"]))
sides = st.lists(stretches.map(lambda s: Annotation(s[0], s[0] + s[1], s[2], 0.5)), max_size=8)


def kinds(old: list[Annotation], new: list[Annotation]) -> list[tuple[str, bool]]:
    return [(change.kind.value, change.retyped) for change in align(old, new)]


def test_each_kind_of_change() -> None:
    old = [Annotation(0, 4, "per"), Annotation(10, 14, "org"), Annotation(20, 30, "gpe"), Annotation(40, 44, "loc")]
    new = [Annotation(0, 4, "PER"), Annotation(10, 14, "fac"), Annotation(20, 26, "org"), Annotation(50, 54, "loc")]
    assert kinds(old, new) == [
        ("same", False),
        ("retyped", True),
        ("moved", True),
        ("removed", False),
        ("added", False),
    ]


def test_the_greatest_share_is_the_partner() -> None:
    whole, part = Annotation(0, 20, "org"), Annotation(0, 4, "gpe")
    longer = Annotation(0, 24, "org")
    changes = align([longer], [whole, part])
    assert [(c.kind, c.new) for c in changes] == [(Kind.MOVED, whole), (Kind.ADDED, part)]


def test_alternatives_and_mention_types() -> None:
    assert kinds([Annotation(0, 4, "gpe|loc")], [Annotation(0, 4, "LOC")]) == [("same", False)]
    assert kinds([Annotation(0, 4, "gpe")], [Annotation(0, 4, "gpe", form="NOM")]) == [("retyped", True)]
    several = [Annotation(0, 4, "gpe", 0.2), Annotation(0, 4, "loc", 0.7)]
    assert kinds(several, [Annotation(0, 4, "loc")]) == [("same", False)]


@given(sides, sides)
def test_every_name_is_there_once(old: list[Annotation], new: list[Annotation]) -> None:
    changes = align(old, new)
    for side, given_names in (("old", old), ("new", new)):
        found = Counter(getattr(change, side) for change in changes if getattr(change, side))
        assert found == Counter(one_a_stretch(given_names))
    shared = {(a.start, a.end) for a in old} & {(a.start, a.end) for a in new}
    assert sum(change.kind in (Kind.SAME, Kind.RETYPED) for change in changes) == len(shared)
    for change in changes:
        if change.kind is Kind.MOVED:
            assert change.old and change.new
            assert change.old.start < change.new.end and change.new.start < change.old.end
    lost = [c.old for c in changes if c.kind is Kind.REMOVED]
    come = [c.new for c in changes if c.kind is Kind.ADDED]
    assert not any(a.start < b.end and b.start < a.end for a in lost for b in come if a and b)
