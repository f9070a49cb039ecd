"""Taxonomies as files: the shipped ones, tables of types and parents, neleval-style hierarchies in JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from ousianer_cli.errors import InputError, TaxonomyError
from ousianer_cli.formats.json_text import JsonFault, parse_json
from ousianer_cli.formats.misplaced import no_table
from ousianer_cli.formats.text import read_text, without_gz
from ousianer_cli.taxonomy.tree import OUTSIDE, Taxonomy, with_middles


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
    text = read_table(path)
    try:
        return parse_taxonomy(text, path)
    except TaxonomyError as error:
        if not (found := no_table(path)):
            raise
        expected = "a taxonomy (TSV of types and parents, or JSON)"
        raise TaxonomyError(expected, found, path=path, remedy="check --taxonomy") from error


def parse_taxonomy(text: str, path: str | Path) -> Taxonomy:
    """A taxonomy from a file's text; `path` names the tree and stands in messages.

    Raises:
        TaxonomyError: a fault in it, with file and line.
    """
    path = Path(path)
    if without_gz(path.name).lower().endswith(".json") or text.lstrip().startswith("{"):
        return _from_hierarchy(text, path)
    return _from_table(text, path)


def taxonomy_text(taxonomy: Taxonomy) -> str:
    """Columns `type`, `parent` and `phantom` as text; `parse_taxonomy` gives the same tree back."""
    rows = ["type\tparent\tphantom\n"]
    for number, node in enumerate(taxonomy.nodes):
        kind = "no" if number < len(taxonomy.types) else "yes"
        rows.append(f"{node}\t{taxonomy.parents.get(node, '')}\t{kind}\n")
    return "".join(rows)


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
    """The text of a taxonomy or a table (also `.gz`).

    Raises:
        TaxonomyError: a file that cannot be read or is not UTF-8, with its line.
    """
    try:
        return read_text(path, "a taxonomy or a table").replace("\r\n", "\n").replace("\r", "\n")
    except InputError as error:
        raise TaxonomyError(error.expected, error.found, path=path, line=error.line, remedy=error.remedy) from None


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
    return Taxonomy(types, parents, phantoms, name=Path(without_gz(path.name)).stem)
