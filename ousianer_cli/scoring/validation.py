"""What is wrong with a run, line by line: ids, types, places, and strings against their text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ousianer_cli.errors import InputError
from ousianer_cli.formats.documents.document import Document
from ousianer_cli.formats.edl import EdlRow, iter_edl, normalise_mention_string
from ousianer_cli.formats.misplaced import annotation_expected, refuse_other_kinds
from ousianer_cli.taxonomy.meant import type_meant
from ousianer_cli.taxonomy.tree import Taxonomy

_EXCERPT = 60
_SHIFTS = 80
"""Characters before and behind a row's place in which its string is looked for."""


@dataclass
class Validation:
    """What was found: (line, sentence) of each problem and note."""

    problems: list[tuple[int, str]] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)
    lines: int = 0


def validate_run(
    path: Path, taxonomy: Taxonomy, documents: Iterable[Document] | None = None, *, nested: bool = False
) -> Validation:
    """All problems of a run; with documents, also those of its offsets and strings against their text.

    A run does not say how it was made, so the caller does: with `nested` a span may lie inside another one of its
    document; spans that cross are a problem in any run.

    Raises:
        InputError: the file cannot be opened at all, or is of another format.
    """
    result = Validation()

    def malformed(error: InputError) -> None:
        result.problems.append((error.line or 0, f"expected {error.expected}, found {error.found}"))

    with annotation_expected(path, "an EDL tab", ["edl"]):
        rows = list(iter_edl(path, on_error=malformed))
    if not rows and result.problems:
        refuse_other_kinds(path, "an EDL tab", ["edl"])
    result.lines = len(rows) + len(result.problems)
    for row in rows:
        result.problems.extend((row.line, message) for message in _row_problems(row, taxonomy))
    _check_ids(rows, result)
    _check_places(rows, result, nested)
    wordless = documents is not None and _check_text(rows, documents, result)
    if wordless and not result.lines:
        result.notes.append((1, "an empty run, as the documents of --source have no text"))
    elif not result.lines:
        result.problems.append((1, "expected at least one row, found an empty file"))
    return result


def _row_problems(row: EdlRow, taxonomy: Taxonomy) -> Iterator[str]:
    ids = ((1, "run id", row.run_id), (2, "mention id", row.mention_id), (5, "KB or NIL id", row.kb_id))
    for number, name, value in ids:
        if not value.strip():
            yield f"expected a {name} in column {number}, found an empty column"
    if not row.text.strip():
        yield "expected a mention string in column 3, found an empty column"
    elif row.text != normalise_mention_string(row.text):
        yield f"expected a mention string with single spaces, found '{row.text[:_EXCERPT]}'"
    if row.mention_type not in ("NAM", "NOM"):
        yield f"expected NAM or NOM in column 7, found '{row.mention_type}'"
    for label in row.types:
        node = taxonomy.find(label, ignore_case=True)
        if node is None:
            near = type_meant(label, taxonomy)
            hint = f"; write {taxonomy.to_row(near)}" if near else ""
            yield f"expected a type of taxonomy '{taxonomy.name}', found '{label}'{hint}"
        elif label != label.lower():
            yield f"expected a lower-case type, found '{label}', which scores 0; write {taxonomy.to_row(node)}"


def _check_ids(rows: list[EdlRow], result: Validation) -> None:
    """A mention id belongs to one place; run ids that differ are noted."""
    first: dict[str, EdlRow] = {}
    for row in rows:
        seen = first.setdefault(row.mention_id, row)
        if seen is not row and row.mention_id and _place(seen) != _place(row):
            result.problems.append((row.line, f"mention id '{row.mention_id}' is that of line {seen.line} as well"))
    runs = {row.run_id: row.line for row in reversed(rows)}
    if len(runs) > 1:
        in_order = sorted(runs.items(), key=lambda item: item[1])[:3]
        listed = ", ".join(f"'{run}' from line {line}" for run, line in in_order)
        result.notes.append((1, f"{len(runs)} run ids: {listed}"))


def _check_places(rows: list[EdlRow], result: Validation, nested: bool) -> None:
    """Duplicate lines, several types a span, and overlaps of different spans of a document."""
    same: dict[tuple[str, int, int], list[EdlRow]] = {}
    for row in rows:
        same.setdefault(_place(row), []).append(row)
    by_doc: dict[str, list[EdlRow]] = {}
    for (doc, _, _), group in same.items():
        by_doc.setdefault(doc, []).append(group[0])
        kinds: dict[tuple[str, str], int] = {}
        for row in group:
            seen = kinds.setdefault((row.type, row.mention_type), row.line)
            if seen != row.line:
                result.problems.append((row.line, f"duplicate of line {seen}: same place and type"))
        if len(kinds) > 1:
            best = max(group, key=lambda row: row.confidence)
            note = f"the span has {len(kinds)} types; the most confident is scored: {best.type} (line {best.line})"
            result.notes.append((group[0].line, note))
    for spans in by_doc.values():
        result.problems.extend(_overlaps(spans, nested))
    for row in rows:
        if len(row.types) > 1:
            note = f"alternatives in column 6 ('{row.type}') are for gold; a run's row has one type"
            result.notes.append((row.line, note))


def _overlaps(spans: list[EdlRow], nested: bool) -> Iterator[tuple[int, str]]:
    """(line, sentence) of each span of a document that overlaps one before it, the longest of equal starts first."""
    covering: list[EdlRow] = []
    for row in sorted(spans, key=lambda row: (row.start, -row.end)):
        covering = [outer for outer in covering if outer.end >= row.start]
        crossed = [outer for outer in covering if outer.end < row.end]
        if crossed or (covering and not nested):
            outer = max(crossed or covering, key=lambda outer: outer.end)
            inside = "" if crossed else ", inside it; --nested is for a run with names inside names"
            there = f"{outer.start}-{outer.end} of line {outer.line}"
            yield row.line, f"the span {row.start}-{row.end} overlaps {there}{inside}"
        covering.append(row)


def _check_text(rows: list[EdlRow], documents: Iterable[Document], result: Validation) -> bool:
    """Offsets and strings against the raw text, one document at a time; whether there is none with a name to find."""
    wordless = True
    moved: Counter[str] = Counter()
    apart = 0
    waiting: dict[str, list[EdlRow]] = {}
    for row in rows:
        waiting.setdefault(row.doc, []).append(row)
    for document in documents:
        wordless = wordless and not document.segments and not document.authors
        for row in waiting.pop(document.id, ()):
            start, stop = row.start + document.offset_shift, row.end + document.offset_shift + 1
            if stop > len(document.text):
                found = f"{row.start}-{row.end}"
                message = f"expected offsets within {document.id}, {len(document.text)} characters long, found {found}"
                result.problems.append((row.line, message))
                continue
            there = normalise_mention_string(document.text[start:stop])
            if there != row.text:
                apart += 1
                moved.update(_changes(row, start, stop, document.text))
                here = row.text[:_EXCERPT]
                message = f"the text at {row.start}-{row.end} is '{there[:_EXCERPT]}', the mention string is '{here}'"
                result.problems.append((row.line, message))
    for change, count in moved.most_common(1):
        if count > 1 and 2 * count > apart:
            result.notes.append((1, f"{count} of {apart} strings that differ stand there {change}"))
    for doc, group in waiting.items():
        message = f"expected a document of --source, found '{doc}' ({len(group)} rows), which is not among them"
        result.problems.append((group[0].line, message))
    return wordless


def _changes(row: EdlRow, start: int, stop: int, text: str) -> Iterator[str]:
    """How offsets would have to change for the mention string to stand there, as far as one change may be all rows'."""
    if normalise_mention_string(text[start : stop - 1]) == row.text:
        yield "with ends one less: the run's ends are exclusive, an EDL tab's are inclusive"
    length = stop - start
    for shift in (*range(-_SHIFTS, 0), *range(1, _SHIFTS + 1)):
        if start + shift >= 0 and text.startswith(row.text, start + shift) and length == len(row.text):
            where = f"character{'s' * (abs(shift) > 1)} {'earlier' if shift < 0 else 'later'}"
            yield f"{abs(shift)} {where}: the offsets count from another place, or another text"


def _place(row: EdlRow) -> tuple[str, int, int]:
    return row.doc, row.start, row.end
