"""Which of the formats a file is in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ousianer_cli.errors import InputError
from ousianer_cli.formats.yago.facts import Fact
from ousianer_cli.formats.yago.lines import Invalid, read_lines
from ousianer_cli.formats.yago.tables import DEFINITION_COLUMNS, FIGER_HEADER
from ousianer_cli.formats.yago.tsv import read_tsv
from ousianer_cli.formats.yago.turtle import BASE, PREFIX, SIMPLE, read_turtle

KINDS = ("turtle", "yago-tsv", "figer", "definition", "pairs")


def kind_of(path: str | Path) -> str:
    """Which of `KINDS` a file is, by its first 200 lines that say something.

    Raises:
        InputError: no such file, or nothing in it that is known.
    """
    path = Path(path)
    seen = 0
    names = "".join(s.lower() for s in path.suffixes)
    for _, line in read_lines(path, lambda *_: None):
        text = line.strip()
        if not text or (text.startswith("#") and "\t" not in text):
            continue
        cells = line.split("\t")
        if tuple(cells[:3]) == FIGER_HEADER:
            return "figer"
        if seen == 0 and set(DEFINITION_COLUMNS) <= set(cells):
            return "definition"
        if PREFIX.match(line) or BASE.match(line):
            return "turtle"
        if any(c in ("rdf:type", "rdfs:subClassOf") for c in cells):
            return "turtle" if cells[-1].rstrip().endswith(".") and not cells[-1].endswith(">") else "yago-tsv"
        simple = SIMPLE.match(line)
        if ".ttl" in names or ".nt" in names or (simple and len(cells) < 4 and set(simple["p"]) & set(":<")):
            return "turtle"
        if len(cells) in (2, 3) and not text.startswith("<"):
            return "pairs"
        seen += 1
        if seen == 200:
            break
    raise InputError(
        "YAGO's TSV or Turtle, or a table title<TAB>class",
        "an empty file" if seen == 0 else "lines of neither",
        path=path,
    )


def read_facts(path: str | Path, kind: str, invalid: Invalid) -> Iterator[Fact]:
    """The statements of a YAGO file of kind `turtle` or `yago-tsv`."""
    return read_turtle(path, invalid) if kind == "turtle" else read_tsv(path, invalid)
