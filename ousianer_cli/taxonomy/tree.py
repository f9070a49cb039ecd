"""Type trees: ordered type names, each with at most one parent, read from TSV or from a neleval-style hierarchy.

A *phantom* is a node that only makes up a level of the tree. The 2019 EDL scorer had seven of them (`GPE.Country` above
`GPE.Country.Country`): they count as levels of distance and may stand in a row, but a model does not predict them.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from ousianer_cli.errors import TaxonomyError
from ousianer_cli.formats.json_text import JsonFault, parse_json

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


def load_taxonomy(name_or_path: str | Path) -> Taxonomy:
    """A taxonomy by name or from a file.

    `aida` has the 187 entity types of the 2019 AIDA ontology; `aida-edl` the 143 of them under the 7 tops that the 2019
    EDL scorer knew. Both have phantoms where a third-level type lacks its second level (22 and 7 of them).
    A file is a TSV (columns `type` and `parent`, the header optional, a column `phantom` with yes or no allowed), or a
    JSON object that names the children of each type, as neleval's `weights-for-hierarchy` reads it.

    Raises:
        TaxonomyError: no such name or file, or a fault in it, with file and line.
    """
    text = str(name_or_path)
    if text in ("aida", "aida-edl"):
        return _shipped(text)
    path = Path(name_or_path)
    if not path.is_file():
        expected = "a taxonomy: aida, aida-edl, or a TSV or JSON file"
        raise TaxonomyError(expected, f"no file '{path}'", remedy="check --taxonomy")
    return parse_taxonomy(read_table(path), path)


def parse_taxonomy(text: str, path: str | Path) -> Taxonomy:
    """A taxonomy from a file's text; `path` names the tree and stands in messages.

    Raises:
        TaxonomyError: a fault in it, with file and line.
    """
    path = Path(path)
    if path.suffix.lower() == ".json" or text.lstrip().startswith("{"):
        return _from_hierarchy(text, path)
    return _from_table(text, path)


def taxonomy_text(taxonomy: Taxonomy) -> str:
    """Columns `type`, `parent` and `phantom` as text; `parse_taxonomy` gives the same tree back."""
    rows = ["type\tparent\tphantom\n"]
    for number, node in enumerate(taxonomy.nodes):
        kind = "no" if number < len(taxonomy.types) else "yes"
        rows.append(f"{node}\t{taxonomy.parents.get(node, '')}\t{kind}\n")
    return "".join(rows)


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


def _shipped(name: str) -> Taxonomy:
    from importlib.resources import files

    resource = files("ousianer_cli.taxonomy") / "resources" / "aida_entity_types.tsv"
    types, parents = [], {}
    for line in resource.read_text(encoding="utf-8").splitlines()[1:]:
        node, parent, _, scored = line.split("\t")
        if name == "aida" or scored == "yes":
            types.append(node)
            if parent:
                parents[node] = parent
    return with_middles(Taxonomy(tuple(types), parents, name=name))


def read_table(path: Path) -> str:
    """The text of a taxonomy or a table.

    Raises:
        TaxonomyError: a file that cannot be read or is not UTF-8, with its line.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise TaxonomyError("UTF-8 text", f"byte 0x{error.object[error.start]:02x}", path=path, line=line) from None
    except OSError as error:
        raise TaxonomyError("a readable file", str(error.strerror), path=path) from None


def _from_table(content: str, path: Path) -> Taxonomy:
    columns = {"type": 0, "parent": 1}
    rows: list[tuple[int, str, str, bool]] = []
    first = True
    for number, line in enumerate(content.split("\n"), 1):
        line = line.rstrip("\r")
        if not line.strip() or line.startswith("#"):
            continue
        cells = [cell.strip() for cell in line.split("\t")]
        if first:
            first = False
            names = [cell.lower() for cell in cells]
            if "type" in names:
                columns = {name: i for i, name in enumerate(names)}
                if "parent" not in columns:
                    raise TaxonomyError("a column 'parent' in the header", ", ".join(cells), path=path, line=number)
                continue

        node = _cell(cells, columns.get("type"))
        if not node:
            raise TaxonomyError("a type in the column 'type'", "nothing", path=path, line=number)
        phantom = _cell(cells, columns.get("phantom")).lower()
        if phantom not in ("", "yes", "no"):
            raise TaxonomyError("yes or no in the column 'phantom'", phantom, path=path, line=number)
        rows.append((number, node, _cell(cells, columns.get("parent")), phantom == "yes"))
    if not rows:
        raise TaxonomyError("rows with a type and its parent", "none", path=path)
    return _checked(rows, path)


def _cell(cells: list[str], place: int | None) -> str:
    return cells[place] if place is not None and place < len(cells) else ""


def _from_hierarchy(content: str, path: Path) -> Taxonomy:
    duplicates: list[str] = []

    def pairs(items: list[tuple[str, object]]) -> dict[str, object]:
        seen: dict[str, object] = {}
        for key, value in items:
            if key in seen:
                duplicates.append(key)
            seen[key] = value
        return seen

    try:
        hierarchy = parse_json(content, pairs=pairs)
    except JsonFault as error:
        raise TaxonomyError("a JSON object of type: [children]", str(error), path=path, line=error.line) from None
    if not isinstance(hierarchy, dict) or not hierarchy:
        raise TaxonomyError("a JSON object of type: [children]", type(hierarchy).__name__, path=path)

    def line_of(name: str, nth: int = 0) -> int | None:
        places = [found.start() for found in re.finditer(re.escape(json.dumps(name, ensure_ascii=False)), content)]
        return content.count("\n", 0, places[min(nth, len(places) - 1)]) + 1 if places else None

    if duplicates:
        found = f"the key '{duplicates[0]}' twice"
        raise TaxonomyError("each type once", found, path=path, line=line_of(duplicates[0], -1))
    parents: dict[str, str] = {}
    order: dict[str, int | None] = {}
    for key, below in hierarchy.items():
        if not isinstance(below, list) or not all(isinstance(child, str) for child in below):
            raise TaxonomyError(f"a list of type names for '{key}'", repr(below)[:60], path=path, line=line_of(key))
        order.setdefault(_without_form(key), line_of(key))
        for child in below:
            node, parent = _without_form(child), _without_form(key)
            if parents.setdefault(node, parent) != parent:
                found = f"'{parents[node]}' and '{parent}'"
                raise TaxonomyError(f"one parent of '{node}'", found, path=path, line=line_of(child, -1))
    for node in parents:
        order.setdefault(node, line_of(node))
    return _checked([(line or 1, node, parents.get(node, ""), False) for node, line in order.items()], path)


def _without_form(name: str) -> str:
    """`per.politician/NAM` -> `per.politician`: the scorer's hierarchy joins types with column 7."""
    return re.sub(r"/(NAM|NOM)$", "", name)


def _checked(rows: Iterable[tuple[int, str, str, bool]], path: Path) -> Taxonomy:
    """Build the tree from (line, type, parent, phantom), naming the line of any fault."""
    rows = list(rows)
    lines: dict[str, int] = {}
    for number, node, _, _ in rows:
        if node in lines:
            found = f"'{node}' again, first in line {lines[node]}"
            raise TaxonomyError("each type once", found, path=path, line=number, remedy="remove one of the two")
        if node == OUTSIDE or "|" in node or re.search(r"\s", node):
            expected = f"a type name without blanks or '|', other than '{OUTSIDE}'"
            raise TaxonomyError(expected, repr(node), path=path, line=number)
        lines[node] = number
    parents = {}
    for number, node, parent, _ in rows:
        if parent and parent not in lines:
            found = f"the parent '{parent}' of '{node}'"
            remedy = f"add a row for '{parent}'"
            raise TaxonomyError("a parent that has a row", found, path=path, line=number, remedy=remedy)
        if parent:
            parents[node] = parent
    for number, node, _, _ in rows:
        seen, above = {node}, parents.get(node)
        while above is not None and above not in seen:
            seen.add(above)
            above = parents.get(above)
        if above == node:
            remedy = "give one of its types another parent"
            raise TaxonomyError("a tree", f"a cycle through '{node}'", path=path, line=number, remedy=remedy)
    types = tuple(node for _, node, _, phantom in rows if not phantom)
    phantoms = tuple(node for _, node, _, phantom in rows if phantom)
    return Taxonomy(types, parents, phantoms, name=path.stem)
