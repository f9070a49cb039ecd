"""Tables of titles and their classes: pairs, FIGER tables, tables of definitions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ousianer_cli.formats.yago.lines import Invalid, read_lines

FIGER_HEADER = ("freebase_id", "wikipedia_title", "types")
DEFINITION_COLUMNS = ("title", "yago", "dbpedia", "figer")


class TitleLabels(NamedTuple):
    """One row of a table: a title as written and its labels by source (`yago`, `dbpedia`, `figer`, or `class` where
    the table does not say whose)."""

    line: int
    title: str
    labels: tuple[tuple[str, str], ...]


def read_table(path: str | Path, kind: str, invalid: Invalid) -> Iterator[TitleLabels]:
    """The rows of a table of kind `figer`, `definition` or `pairs`."""
    lines = read_lines(path, invalid)
    if kind == "pairs":
        yield from _read_pairs(lines, invalid)
        return
    header = next(lines)[1].split("\t")
    if kind == "figer":
        title, columns = header.index("wikipedia_title"), [("figer", header.index("types"))]
    else:
        title, columns = header.index("title"), [(n, header.index(n)) for n in DEFINITION_COLUMNS[1:]]
    for number, line in lines:
        if not line:
            continue
        cells = line.split("\t")
        if len(cells) != len(header):
            invalid(number, f"{len(header)} columns", f"{len(cells)}")
        elif not cells[title].strip():
            invalid(number, "a title", "nothing")
        else:
            labels = tuple((name, label) for name, at in columns for label in cells[at].split(",") if label)
            yield TitleLabels(number, cells[title], labels)


def _read_pairs(lines: Iterator[tuple[int, str]], invalid: Invalid) -> Iterator[TitleLabels]:
    for number, line in lines:
        if not line or line.startswith(("#\t", "# ")):
            continue
        cells = line.split("\t")
        if len(cells) == 3 and cells[1] in ("type", "rdf:type", "subClassOf", "rdfs:subClassOf"):
            cells = [cells[0], cells[2]]
        title, label = cells[0].strip(), cells[-1].strip()
        if len(cells) != 2:
            invalid(number, "title<TAB>class or title<TAB>type<TAB>class", f"{len(cells)} columns")
        elif not title or not label:
            invalid(number, "a title and a class", "an empty column")
        else:
            yield TitleLabels(number, title, (("class", label),))
