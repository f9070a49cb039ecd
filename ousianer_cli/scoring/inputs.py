"""Gold and runs from files of any of the formats that are read, and what is left out of them before scoring."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.formats.edl import EdlRow
from ousianer_cli.formats.misplaced import annotation_expected
from ousianer_cli.formats.registry import mention_formats, recognise
from ousianer_cli.formats.text import filled_lines, read_text
from ousianer_cli.scoring.columns import read_edl_table
from ousianer_cli.scoring.matching import Ints, MentionTable, Vocabulary, encode_rows

EDL = "edl"
Flags = NDArray[np.bool_]

_NELEVAL_LOCATION = re.compile("(\\S+): ?(\\d+) ?[-\u2013] ?(\\d+)")


@dataclass(frozen=True)
class Filters:
    """What is scored of the files: regions left out, documents and mention types kept, a shift of gold's offsets."""

    excluded: str | None = None
    docs: str | None = None
    mention_types: tuple[str, ...] = ()
    offset_shift: int = 0


@dataclass(frozen=True)
class Regions:
    """Excluded regions as sorted, disjoint stretches: document code, first and last offset [R]."""

    doc: Ints
    start: Ints
    end: Ints

    def holds(self, doc: Ints, offset: Ints) -> Flags:
        """Whether each position [M] lies in a region."""
        if not len(self.doc):
            return np.zeros(len(doc), dtype=bool)
        span = int(max(self.end.max(), offset.max(initial=0))) + 2
        place = np.searchsorted(self.doc * span + self.start, doc * span + offset, side="right") - 1
        at = np.maximum(place, 0)
        return np.asarray((place >= 0) & (self.doc[at] == doc) & (self.end[at] >= offset))


def input_kinds() -> tuple[str, ...]:
    """The names of the formats that can be scored, and `auto`."""
    return ("auto", *mention_formats())


def detect(path: str | Path) -> str:
    """The format of a file, by its name and its first line; what is none of the others is an EDL tab."""
    form = recognise(path, mention_formats().values())
    return form.name if form else EDL


def read_mentions(path: str | Path, vocabulary: Vocabulary, kind: str = "auto") -> tuple[MentionTable, list[str]]:
    """The rows of a file as columns, and sentences about what was left out while it was read.

    Raises:
        InputError: an unreadable file or a malformed line, with file and line.
    """
    skipped: Counter[str] = Counter()
    notes: list[str] = []
    with annotation_expected(path, "a run or gold", mention_formats()):
        chosen = detect(path) if kind == "auto" else kind
        if chosen == EDL:
            return read_edl_table(path, vocabulary), []
        table = encode_rows(_with_forms(_rows(path, chosen, skipped), str(path), notes), vocabulary)
    return table, [*notes, *(f"{path}: {count} {reason} left out" for reason, count in sorted(skipped.items()))]


def _rows(path: str | Path, kind: str, skipped: Counter[str]) -> Iterator[EdlRow]:
    form = mention_formats().get(kind)
    if form is None or form.mentions is None:
        raise SettingsError(f"--input-format: expected one of {', '.join(input_kinds())}, found '{kind}'")
    return form.mentions(Path(path), skipped)


def _with_forms(rows: Iterable[EdlRow], name: str, notes: list[str]) -> Iterator[EdlRow]:
    """Rows whose type has no `/NAM` read as names; warned about once at the end."""
    bare = first = 0
    for row in rows:
        if row.type and not row.mention_type:
            bare += 1
            first = first or row.line
            row = replace(row, mention_type="NAM")
        elif not row.mention_type:
            row = replace(row, mention_type="NAM")
        yield row
    if bare:
        notes.append(
            f"{name}: {bare} types without a mention type, first in line {first}; read as /NAM (neleval compares 'per' "
            "with 'per/NAM' as they are written: 0)"
        )


def read_as_neleval(path: str | Path, vocabulary: Vocabulary, kind: str = "auto") -> MentionTable:
    """The annotations that neleval would hold, one row each, with its top candidate; types joined with column 7.

    Lines are grouped by the spelling of column 4, so two spellings of a place are two annotations; CRLF, any number as
    confidence, ends before starts and any number of columns from eight on are taken as they come.

    Raises:
        InputError: what stops neleval: too few columns, a location or number that it cannot read; with file and line.
    """
    path = Path(path)
    chosen = detect(path) if kind == "auto" else kind
    if chosen == "combined":
        from ousianer_cli.formats.kinds.combined import iter_combined

        best: dict[int, EdlRow] = {}
        for row in iter_combined(path):
            label = f"{row.type}/{row.mention_type}" if row.mention_type else row.type
            row = replace(row, type=label, mention_type="")
            if row.line not in best or row.confidence > best[row.line].confidence:
                best[row.line] = row
        return _in_neleval_order(best.values(), vocabulary)
    if chosen != "edl":
        raise SettingsError("--neleval-exact: expected an EDL tab or the combined format, since neleval reads no other")
    text = read_text(path, "an EDL tab file")
    groups: dict[str, EdlRow] = {}
    for number, line_text in enumerate(text.removesuffix("\n").split("\n"), 1):
        cells = line_text.rstrip("\r").split("\t")
        if len(cells) < 8:
            raise InputError("at least 8 columns", str(len(cells)), path=path, line=number)
        place = _NELEVAL_LOCATION.fullmatch(cells[3])
        if place is None:
            raise InputError("column 4 as docid:start-end", f"'{cells[3]}'", path=path, line=number)
        try:
            confidence = float(cells[7])
        except ValueError:
            raise InputError("a number in column 8", f"'{cells[7]}'", path=path, line=number) from None
        label = f"{cells[5]}/{cells[6]}"
        row = EdlRow("", "", "", place[1], int(place[2]), int(place[3]), cells[4], label, "", confidence, number)
        if cells[3] not in groups or confidence > groups[cells[3]].confidence:
            groups[cells[3]] = row
    return _in_neleval_order((groups[key] for key in sorted(groups)), vocabulary)


def _in_neleval_order(rows: Iterable[EdlRow], vocabulary: Vocabulary) -> MentionTable:
    """Documents in the order of their first annotation, within one by start and then by the longest."""
    documents: dict[str, list[EdlRow]] = {}
    for row in rows:
        documents.setdefault(row.doc, []).append(row)
    ordered = (row for group in documents.values() for row in sorted(group, key=lambda row: (row.start, -row.end)))
    return encode_rows(ordered, vocabulary)


def read_regions(path: str | Path, vocabulary: Vocabulary) -> Regions:
    """Excluded regions: `docid TAB start TAB end` a line, offsets inclusive; further columns are passed over."""
    rows: list[tuple[int, int, int]] = []
    for number, line in filled_lines(path, "a file of excluded regions (docid, start, end)"):
        cells = line.split("\t")
        if len(cells) < 3:
            raise InputError("docid, start and end, separated by tabs", f"'{line[:60]}'", path=path, line=number)
        if not all(cell.isascii() and cell.isdecimal() and len(cell) <= 9 for cell in cells[1:3]):
            raise InputError("two offsets", f"'{cells[1]}' and '{cells[2]}'", path=path, line=number)
        start, end = int(cells[1]), int(cells[2])
        if end < start:
            raise InputError("an inclusive end that is not before the start", f"{start}-{end}", path=path, line=number)
        rows.append((vocabulary.docs.code(cells[0]), start, end))
    merged: list[list[int]] = []
    for doc, start, end in sorted(rows):
        if merged and merged[-1][0] == doc and start <= merged[-1][2] + 1:
            merged[-1][2] = max(merged[-1][2], end)
        else:
            merged.append([doc, start, end])
    columns = np.array(merged, dtype=np.int64).reshape(-1, 3)
    return Regions(columns[:, 0], columns[:, 1], columns[:, 2])


def read_document_list(path: str | Path) -> list[str]:
    """Document ids, one a line; the first column where there are several."""
    ids = [line.split("\t")[0].strip() for _, line in filled_lines(path, "a list of document ids, one a line")]
    if not ids:
        raise InputError("document ids, one a line", "none", path=path, remedy="check --docs")
    return list(dict.fromkeys(ids))


def read_pairs(path: str | Path, what: str) -> dict[str, str]:
    """A file of two tab-separated columns as a mapping."""
    pairs = {}
    for number, line in filled_lines(path, what):
        cells = line.split("\t")
        if len(cells) != 2 or not all(cells):
            raise InputError("two tab-separated columns", f"'{line[:60]}'", path=path, line=number)
        pairs[cells[0]] = cells[1]
    return pairs


def keep(
    table: MentionTable,
    vocabulary: Vocabulary,
    filters: Filters,
    regions: Regions | None,
    documents: Sequence[str] | None,
    *,
    name: str,
    is_gold: bool,
) -> tuple[MentionTable, list[str]]:
    """The rows that the filters leave, and sentences with counts about those they took out."""
    notes = []
    if is_gold and filters.offset_shift:
        table = replace(table, start=table.start + filters.offset_shift, end=table.end + filters.offset_shift)
        if len(table) and table.start.min() < 0:
            line = int(table.line[table.start.argmin()])
            raise SettingsError(f"--offset-shift {filters.offset_shift}: makes offsets of {name}:{line} negative")
        notes.append(f"{name}: {filters.offset_shift} was added to all offsets (--offset-shift)")

    def drop(gone: Flags, why: str) -> None:
        nonlocal table
        if gone.any():
            notes.append(f"{name}: {int(gone.sum())} rows {why}, first in line {int(table.line[gone].min())}; left out")
            table = table.take(np.flatnonzero(~gone).astype(np.int64, copy=False))

    if documents is not None:
        listed = np.array([vocabulary.docs.code(doc) for doc in documents], dtype=np.int64)
        drop(~np.isin(table.doc, listed), "in documents that --docs does not list")
    if regions is not None:
        inside = regions.holds(table.doc, table.start) | regions.holds(table.doc, table.end)
        drop(inside, "begin or end in an excluded region")
    if filters.mention_types:
        codes = [vocabulary.forms.code(form) for form in filters.mention_types]
        drop(~np.isin(table.form, codes), f"of mention types other than {', '.join(filters.mention_types)}")
    return table, notes


def check_source(path: str | Path, source: str | Path, shift: int = 0, kind: str = "auto") -> list[str]:
    """Sentences about gold whose strings are not what its documents have at their offsets.

    Raises:
        InputError: the documents cannot be read.
    """
    from ousianer_cli.formats.documents.readers import read_documents
    from ousianer_cli.formats.standoff import text_problems

    rows = _rows(path, detect(path) if kind == "auto" else kind, Counter())
    moved = (replace(row, start=row.start + shift, end=row.end + shift) for row in rows)
    problems = text_problems(moved, read_documents([source]))
    if not problems:
        return []
    row, what = min(problems, key=lambda item: item[0].line)
    return [f"{path}: {len(problems)} mentions do not fit {source}, the first in line {row.line}: {what}"]
