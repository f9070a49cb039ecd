"""`ousianer validate`: what is wrong with a run, line by line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


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
    nested: Annotated[
        bool, typer.Option("--nested", help="The run has names inside names: only spans that cross are problems.")
    ] = False,
) -> None:
    """Check a run: duplicates, overlaps, offsets, types, confidences, ids, and strings against their text.

    Prints file and line of each problem. Exit code 0: none; 1: some; 2: the run cannot be read. Notes are no problems.
    """
    from ousianer_cli.scoring.validation import validate_run
    from ousianer_cli.taxonomy.tree import load_taxonomy

    documents, warnings = None, []
    if source:
        from ousianer_cli.formats.readers import ReadReport, read_documents

        report = ReadReport()
        documents = read_documents(source, after_xml_declaration=after_xml_declaration, report=report)
        warnings = report.warnings
    result = validate_run(run, load_taxonomy(taxonomy), documents, nested=nested)
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
