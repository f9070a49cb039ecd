"""Type trees: ordered type names, each with at most one parent.

A *phantom* is a node that only makes up a level of the tree. The 2019 EDL scorer had seven of them (`GPE.Country` above
`GPE.Country.Country`): they count as levels of distance and may stand in a row, but a model does not predict them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ousianer_cli.errors import TaxonomyError

OUTSIDE = "-"
"""Written where a type stands: a name that the taxonomy does not cover. Never a type of a tree."""


@dataclass(frozen=True)
class Taxonomy:
    """A forest of types.

    `types` are the A types a model may predict, in a fixed order; `phantoms` come after them in `nodes`, so that a type
    has the same index with and without phantoms. `parents` names the parent of every node that has one.

    Raises:
        TaxonomyError: an empty or duplicate name, an unknown parent, or a cycle.
    """

    types: tuple[str, ...]
    parents: Mapping[str, str]
    phantoms: tuple[str, ...] = ()
    name: str = ""
    _index: Mapping[str, int] = field(init=False, repr=False, compare=False)
    _folded: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)
    _children: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        index: dict[str, int] = {}
        folded: dict[str, tuple[str, ...]] = {}
        for node in (*self.types, *self.phantoms):
            if not node or node == OUTSIDE or "|" in node or re.search(r"\s", node):
                raise TaxonomyError(f"a type name without blanks or '|', other than '{OUTSIDE}'", repr(node))
            if node in index:
                raise TaxonomyError("each type once", f"'{node}' twice", remedy="remove one of the two")
            index[node] = len(index)
            folded[node.lower()] = (*folded.get(node.lower(), ()), node)
        children: dict[str, list[str]] = {}
        for node in index:
            parent = self.parents.get(node)
            if parent is not None:
                if parent not in index:
                    raise TaxonomyError("a parent that is a type itself", f"'{parent}' above '{node}'")
                children.setdefault(parent, []).append(node)
        for node in self.parents:
            if node not in index:
                raise TaxonomyError("parents of listed types only", f"a parent of '{node}'")
        object.__setattr__(self, "parents", MappingProxyType(dict(self.parents)))
        object.__setattr__(self, "_index", index)
        object.__setattr__(self, "_folded", folded)
        object.__setattr__(self, "_children", {node: tuple(below) for node, below in children.items()})
        reached = sum(1 + len(self.descendants(top)) for top in self.tops)
        if reached != len(index):
            stuck = next(node for node in index if self._in_cycle(node))
            raise TaxonomyError("a tree", f"a cycle through '{stuck}'", remedy="give one of its types another parent")

    def _in_cycle(self, node: str) -> bool:
        seen = {node}
        above = self.parents.get(node)
        while above is not None and above not in seen:
            seen.add(above)
            above = self.parents.get(above)
        return above == node

    def __reduce__(self) -> tuple[object, ...]:
        # The read-only views cannot be pickled; the four defining values can.
        return (Taxonomy, (self.types, dict(self.parents), self.phantoms, self.name))

    def __hash__(self) -> int:
        return hash((self.types, self.phantoms, self.name))

    def __len__(self) -> int:
        return len(self.types)

    def __contains__(self, node: object) -> bool:
        return node in self._index

    @property
    def nodes(self) -> tuple[str, ...]:
        """Types, then phantoms."""
        return (*self.types, *self.phantoms)

    @property
    def tops(self) -> tuple[str, ...]:
        """The nodes without a parent, in order."""
        return tuple(node for node in self._index if node not in self.parents)

    def index(self, node: str) -> int:
        """Place of a type (or phantom) in `nodes`; `TaxonomyError` if there is none of that exact spelling."""
        try:
            return self._index[node]
        except KeyError:
            raise self._unknown(node) from None

    def parent(self, node: str) -> str | None:
        """The parent, or None for a top type."""
        self.index(node)
        return self.parents.get(node)

    def children(self, node: str) -> tuple[str, ...]:
        """The nodes directly below, in order."""
        self.index(node)
        return self._children.get(node, ())

    def ancestors(self, node: str) -> tuple[str, ...]:
        """All nodes above, nearest first; phantoms included."""
        self.index(node)
        line = []
        above = self.parents.get(node)
        while above is not None:
            line.append(above)
            above = self.parents.get(above)
        return tuple(line)

    def descendants(self, node: str) -> tuple[str, ...]:
        """All nodes below, a parent before its children; phantoms included."""
        self.index(node)
        below: list[str] = []
        stack = list(reversed(self._children.get(node, ())))
        while stack:
            current = stack.pop()
            below.append(current)
            stack.extend(reversed(self._children.get(current, ())))
        return tuple(below)

    def level(self, node: str) -> int:
        """1 for a top type, 2 for its children, …; phantoms count as levels."""
        return 1 + len(self.ancestors(node))

    def top(self, node: str) -> str:
        """The top type of the node's line of descent (itself, if it is one)."""
        return (node, *self.ancestors(node))[-1]

    def find(self, text: str, *, ignore_case: bool = False, phantoms: bool = True) -> str | None:
        """The node that `text` names, in its canonical spelling, or None; see `parse`."""
        if text in self._index:
            found: tuple[str, ...] = (text,)
        else:
            found = self._folded.get(text.lower(), ()) if ignore_case else ()
        if not phantoms:
            found = tuple(node for node in found if self._index[node] < len(self.types))
        return found[0] if len(found) == 1 else None

    def parse(self, text: str, *, ignore_case: bool = False, phantoms: bool = True) -> str:
        """The node that `text` names, in its canonical spelling.

        `ignore_case` is for EDL rows, whose types are lower-case. A spelling that fits several nodes only when case is
        ignored is refused, as an unknown type is, with a `TaxonomyError` that offers the nearest names.
        """
        found = self.find(text, ignore_case=ignore_case, phantoms=phantoms)
        if found is None:
            raise self._unknown(text)
        return found

    def to_row(self, node: str) -> str:
        """The type as EDL rows write it: lower-case, dotted."""
        self.index(node)
        return node.lower()

    def _unknown(self, text: str) -> TaxonomyError:
        same = self._folded.get(text.lower(), ())
        close = difflib.get_close_matches(text.lower(), list(self._folded), n=3)
        near = same or tuple(node for fold in close for node in self._folded[fold])
        where = f"taxonomy '{self.name}'" if self.name else "the taxonomy"
        remedy = f"did you mean {' or '.join(near)}?" if near else f"its top types are {', '.join(self.tops[:20])}"
        return TaxonomyError(f"a type of {where}", f"'{text}'", remedy=remedy)


def with_middles(taxonomy: Taxonomy) -> Taxonomy:
    """Add a phantom for each level that a dotted name has and the tree lacks (`X.Y` for a type `X.Y.Z` under `X`)."""
    parents = dict(taxonomy.parents)
    phantoms = dict.fromkeys(taxonomy.phantoms)
    known = set(taxonomy.nodes)
    for node in taxonomy.nodes:
        parts = node.split(".")
        lower = node
        for size in range(len(parts) - 1, 0, -1):
            middle = ".".join(parts[:size])
            if middle not in known and middle not in phantoms:
                phantoms[middle] = None
                if lower in parents:
                    parents[middle] = parents[lower]
            elif middle in known:
                break
            parents[lower] = middle
            lower = middle
    return Taxonomy(taxonomy.types, parents, tuple(phantoms), taxonomy.name)
