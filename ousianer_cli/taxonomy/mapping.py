"""Label-mapping tables: a corpus's own labels -> admissible types of a taxonomy.

A line is `label<TAB>TYPE|TYPE|…`; `-` is a name that lies outside the taxonomy; lines that begin with `#` are comments.
A row is open: it admits the type named and everything below it.

A label that is a path (`/person/artist/painter`) and has no row takes its nearest listed prefix, and of a mention's
several labels the deepest mapped one counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from ousianer_cli.errors import TaxonomyError
from ousianer_cli.taxonomy.tree import OUTSIDE, Taxonomy
from ousianer_cli.taxonomy.tree_files import read_table


@dataclass(frozen=True)
class LabelMapping:
    """A mapping table in memory: label -> admissible types, in the order of the table."""

    rows: Mapping[str, tuple[str, ...]]
    path: str = ""

    def __len__(self) -> int:
        return len(self.rows)

    def match(self, label: str) -> str | None:
        """The row that serves a label: its own, or for a path its nearest listed prefix; None if there is neither."""
        while label not in self.rows:
            if not label.startswith("/") or "/" not in label[1:]:
                return None
            label = label.rpartition("/")[0]
        return label

    def lookup(self, labels: Iterable[str]) -> tuple[str, ...]:
        """The admissible types of a mention with several labels: those of the deepest row that serves one of them.

        Of two equally deep rows the label given first counts; an empty tuple means that no label has a row.
        """
        matched = [row for row in map(self.match, labels) if row is not None]
        return self.rows[max(matched, key=lambda row: row.rstrip("/").count("/"))] if matched else ()


def load_mapping(path: str | Path, taxonomy: Taxonomy | None = None) -> LabelMapping:
    """Read a mapping table; with a taxonomy, types are checked against it and take its spelling.

    Raises:
        TaxonomyError: no such file, a line without two columns, a label twice, a type twice in a row, a type that the
            taxonomy does not have; with file and line.
    """
    path = Path(path)
    if not path.is_file():
        raise TaxonomyError("a mapping table (label<TAB>TYPE|TYPE)", f"no file '{path}'", remedy="check the path")
    rows: dict[str, tuple[str, ...]] = {}
    first_seen: dict[str, int] = {}
    for number, line in enumerate(read_table(path).split("\n"), 1):
        line = line.rstrip("\r")
        if not line.strip() or line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != 2 or not cells[0].strip() or not cells[1].strip():
            found = f"{len(cells)} column{'s' * (len(cells) != 1)}: '{line[:60]}'"
            remedy = "separate label and types with one tab"
            raise TaxonomyError("label<TAB>TYPE|TYPE", found, path=path, line=number, remedy=remedy)
        label = cells[0].strip()
        if label in rows:
            found = f"'{label}' again, first in line {first_seen[label]}"
            raise TaxonomyError("each label once", found, path=path, line=number, remedy="remove one of the two")
        types: list[str] = []
        for text in cells[1].split("|"):
            text = text.strip()
            if not text:
                raise TaxonomyError("types separated by single '|'", f"'{cells[1]}'", path=path, line=number)
            if taxonomy is not None and text != OUTSIDE:
                found_type = taxonomy.find(text)
                if found_type is None:
                    where = f"a type of taxonomy '{taxonomy.name}'"
                    near = taxonomy.find(text, ignore_case=True)
                    remedy = f"write {near}" if near else "correct it, or choose another --taxonomy"
                    raise TaxonomyError(where, f"'{text}'", path=path, line=number, remedy=remedy)
                text = found_type
            if text in types:
                raise TaxonomyError("each type once in a row", f"'{text}' twice", path=path, line=number)
            types.append(text)
        rows[label] = tuple(types)
        first_seen[label] = number
    if not rows:
        raise TaxonomyError("rows of label<TAB>TYPE|TYPE", "none", path=path)
    return LabelMapping(MappingProxyType(rows), str(path))
