"""YAGO 2 and 3 as TSV: `[<id>]<TAB><Title><TAB>relation<TAB>class`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ousianer_cli.formats.yago.facts import OTHER, PREDICATES, SUBCLASS, TYPE, Fact, unescape
from ousianer_cli.formats.yago.lines import Invalid, read_lines


def read_tsv(path: str | Path, invalid: Invalid) -> Iterator[Fact]:
    """The statements of a file of YAGO 2 or 3."""
    for number, line in read_lines(path, invalid):
        cells = line.split("\t")
        if len(cells) >= 4 and cells[2] == "rdf:type" and "\\" not in line:  # nearly all lines of the largest files
            subject, target = cells[1], cells[3]
            whole = subject[:1] == target[:1] == "<" and subject[-1:] == target[-1:] == ">"
            if whole and len(subject) > 2 and len(target) > 2:
                yield Fact(number, TYPE, subject[1:-1], target[1:-1])
                continue
        # The fact's id stands first, may be empty, or may be left out.
        at = 2 if len(cells) >= 4 else 1
        if len(cells) < 3:
            if line.strip() and not line.startswith(("#", "<id_")):
                invalid(number, "[id]<TAB>subject<TAB>relation<TAB>class", repr(line[:60]))
            elif line.startswith("<id_"):
                invalid(number, "[id]<TAB>subject<TAB>relation<TAB>class", f"{len(cells)} columns")
            continue
        kind = PREDICATES.get(cells[at])
        if kind is None and cells[1] in PREDICATES:
            at = 1
            kind = PREDICATES[cells[1]]
        if kind != TYPE and kind != SUBCLASS:
            if line.startswith("#") or cells[at][:1] == "<" or ":" in cells[at]:
                yield Fact(number, OTHER, "", "")
            else:
                invalid(number, "a relation such as rdf:type", repr(cells[at][:40]))
            continue
        subject, target = cells[at - 1], cells[at + 1]
        if subject[:1] != "<" or subject[-1:] != ">" or len(subject) < 3:
            invalid(number, "a subject in <>", repr(subject[:60]))
            continue
        if target[:1] == "<":
            if target[-1:] != ">" or len(target) < 3:
                invalid(number, "a class in <>", repr(target[:60]))
                continue
            target = target[1:-1]
        elif not target:
            invalid(number, "a class", "nothing")
            continue
        name = unescape(subject[1:-1])
        if name is None or (label := unescape(target)) is None:
            invalid(number, "whole characters after \\u", repr(line[:80]))
            continue
        yield Fact(number, kind, name, label)
