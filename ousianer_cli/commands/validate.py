"""`ousianer validate`: what is wrong with a run, line by line."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from ousianer_cli.commands.options import command
from ousianer_cli.settings import require
from ousianer_cli.settings.validate import ValidateSettings


@command(ValidateSettings)
def validate(settings: ValidateSettings) -> None:
    """Check a run: duplicates, overlaps, offsets, types, confidences, ids, and strings against their text.

    Prints file and line of each problem. Exit code 0: none; 1: some; 2: the run cannot be read. Notes are no problems.
    """
    run = require(settings.run, "run", "validate", "the run to check", "RUN")
    from ousianer_cli.scoring.validation import validate_run
    from ousianer_cli.taxonomy.tree_files import load_taxonomy

    documents, warnings = None, []
    if settings.source:
        from ousianer_cli.formats.documents.readers import read_documents
        from ousianer_cli.formats.documents.report import ReadReport

        report = ReadReport()
        documents = read_documents(settings.source, after_xml_declaration=settings.after_xml_declaration, report=report)
        warnings = report.warnings
    result = validate_run(Path(run), load_taxonomy(settings.taxonomy), documents, nested=settings.nested)
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
