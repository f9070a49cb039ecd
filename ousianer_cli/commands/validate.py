"""`ousianer validate`: what is wrong with a run, line by line."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ousianer_cli.errors import InputError
    from ousianer_cli.formats.document import Document
    from ousianer_cli.formats.edl import EdlRow
    from ousianer_cli.taxonomy.tree import Taxonomy

_EXCERPT = 60


def validate(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="EDL tab file.", show_default=False)],
    source: Annotated[
        list[Path] | None,
        typer.Option(help="The documents (file, folder, archive, @list) to check strings against; may be repeated."),
    ] = None,
    taxonomy: Annotated[str, typer.Option(help="aida-edl, aida, or a taxonomy file.")] = "aida-edl",
    after_xml_declaration: Annotated[
        bool, typer.Option("--after-xml-declaration", help="The run counts from after the first <?xml …?> line.")
    ] = False,
) -> None:
    """Check a run: duplicates, overlaps, offsets, types, confidences, ids, and strings against their text.

    Prints file and line of each problem. Exit code 0: none; 1: some; 2: the run cannot be read. Notes are no problems.
    """
    from ousianer_cli.taxonomy.tree import load_taxonomy

    documents, warnings = None, []
    if source:
        from ousianer_cli.formats.readers import ReadReport, read_documents

        report = ReadReport()
        documents = read_documents(source, after_xml_declaration=after_xml_declaration, report=report)
        warnings = report.warnings
    result = validate_run(run, load_taxonomy(taxonomy), documents)
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)
    for line, message in sorted(result.problems):
        print(f"{run}:{line}: {message}")
    for line, message in sorted(result.notes):
        print(f"{run}:{line}: note: {message}")
    count = len(result.problems)
    verdict = f"{count} problem{'s' * (count != 1)}" if count else "no problems"
    print(f"{run}: {verdict} in {result.lines} lines, {len(result.notes)} notes")
    if count:
        raise typer.Exit(1)


@dataclass
class Validation:
    """What was found: (line, sentence) of each problem and note."""

    problems: list[tuple[int, str]] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)
    lines: int = 0


def validate_run(path: Path, taxonomy: Taxonomy, documents: Iterable[Document] | None = None) -> Validation:
    """All problems of a run; with documents, also those of its offsets and strings against their text.

    Raises:
        InputError: the file cannot be opened at all.
    """
    from ousianer_cli.formats.edl import iter_edl

    result = Validation()

    def malformed(error: InputError) -> None:
        result.problems.append((error.line or 0, f"expected {error.expected}, found {error.found}"))

    rows = list(iter_edl(path, on_error=malformed))
    result.lines = len(rows) + len(result.problems)
    if not result.lines:
        result.problems.append((1, "expected at least one row, found an empty file"))
    for row in rows:
        result.problems.extend((row.line, message) for message in _row_problems(row, taxonomy))
    _check_ids(rows, result)
    _check_places(rows, result)
    if documents is not None:
        _check_text(rows, documents, result)
    return result


def _row_problems(row: EdlRow, taxonomy: Taxonomy) -> Iterator[str]:
    from ousianer_cli.formats.edl import normalise_mention_string

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
        if label != label.lower():
            written = taxonomy.to_row(node) if node else label.lower()
            yield f"expected a lower-case type, found '{label}', which scores 0; write {written}"
        elif node is None:
            yield f"expected a type of taxonomy '{taxonomy.name}', found '{label}'"


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


def _check_places(rows: list[EdlRow], result: Validation) -> None:
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
        spans.sort(key=lambda row: (row.start, -row.end))
        furthest = spans[0]
        for row in spans[1:]:
            if row.start <= furthest.end:
                there = f"{furthest.start}-{furthest.end} of line {furthest.line}"
                result.problems.append((row.line, f"the span {row.start}-{row.end} overlaps {there}"))
            if row.end > furthest.end:
                furthest = row
    for row in rows:
        if len(row.types) > 1:
            note = f"alternatives in column 6 ('{row.type}') are for gold; a run's row has one type"
            result.notes.append((row.line, note))


def _check_text(rows: list[EdlRow], documents: Iterable[Document], result: Validation) -> None:
    """Offsets and strings against the raw text, one document at a time."""
    from ousianer_cli.formats.edl import normalise_mention_string

    waiting: dict[str, list[EdlRow]] = {}
    for row in rows:
        waiting.setdefault(row.doc, []).append(row)
    for document in documents:
        for row in waiting.pop(document.id, ()):
            start, stop = row.start + document.offset_shift, row.end + document.offset_shift + 1
            if stop > len(document.text):
                found = f"{row.start}-{row.end}"
                message = f"expected offsets within {document.id}, {len(document.text)} characters long, found {found}"
                result.problems.append((row.line, message))
                continue
            there = normalise_mention_string(document.text[start:stop])
            if there != row.text:
                here = row.text[:_EXCERPT]
                message = f"the text at {row.start}-{row.end} is '{there[:_EXCERPT]}', the mention string is '{here}'"
                result.problems.append((row.line, message))
    for doc, group in waiting.items():
        message = f"expected a document of --source, found '{doc}' ({len(group)} rows), which is not among them"
        result.problems.append((group[0].line, message))


def _place(row: EdlRow) -> tuple[str, int, int]:
    return row.doc, row.start, row.end
