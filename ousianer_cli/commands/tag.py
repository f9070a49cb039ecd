"""`ousianer tag`: documents to an EDL run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ousianer_cli.settings import require, resolve


def tag(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="INPUT...", help="LTF, source XML, rsd/text: files, folders, .ltf.zip, .gz, @list.txt."),
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="The EDL tab to write.")] = None,
    model: Annotated[str | None, typer.Option(help="Model folder; the shipped model by default.")] = None,
    run_id: Annotated[str | None, typer.Option(help="Column 1 of the run.")] = None,
    input_format: Annotated[
        str | None, typer.Option(help="Force a format instead of telling it by content (see docs/formats.md).")
    ] = None,
    strict: Annotated[
        bool | None, typer.Option("--strict/--no-strict", help="Stop at the first damaged document.")
    ] = None,
    authors: Annotated[
        bool | None, typer.Option("--authors/--no-authors", help='Emit posters\' names in author="…".')
    ] = None,
    author_type: Annotated[
        str | None, typer.Option(help="Type of posters' names; a taxonomy that lacks it has no rows for them.")
    ] = None,
    quotes: Annotated[bool | None, typer.Option("--quotes/--no-quotes", help="Tag text inside <quote> too.")] = None,
    after_xml_declaration: Annotated[
        bool | None,
        typer.Option(
            "--after-xml-declaration/--from-file-start", help="Count offsets from after the first <?xml …?> line."
        ),
    ] = None,
    nil: Annotated[str | None, typer.Option(help="NIL ids: string or per-mention.")] = None,
    deepen: Annotated[
        float | None,
        typer.Option(help="Least YAGO evidence that takes a type below the one chosen (gpe -> a city); 0: never."),
    ] = None,
    coarse_prior: Annotated[
        float | None,
        typer.Option(help="Share of gold taken to stop at the top type, for coarse guidelines; the model's own else."),
    ] = None,
    min_confidence: Annotated[
        float | None, typer.Option(help="Least confidence of a row; by default the model's own threshold.")
    ] = None,
    batch_pieces: Annotated[
        int | None, typer.Option(help="Padded sub-words a batch: speed and memory, never results.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="cpu or cuda; a GPU by default where there is one.")] = None,
    threads: Annotated[int | None, typer.Option(help="CPU threads; 0 leaves the choice to PyTorch.")] = None,
    config: Annotated[
        Path | None, typer.Option(help="Settings file; ousianer.toml of the working folder by default.")
    ] = None,
) -> None:
    """Tag documents and write the run as an EDL tab (8 columns), with a summary of what was done and left out."""
    from ousianer_cli.commands.flags import overrides_of
    from ousianer_cli.settings.tag import TagSettings
    from ousianer_cli.tagging.run import Summary

    settings = resolve(TagSettings, "tag", overrides_of(locals(), TagSettings), config=config)
    summary = run_tag(settings, Summary())
    print_summary(summary, settings.out)


def run_tag(settings: Any, summary: Any, progress: bool | None = None) -> Any:
    """Tag what the settings name and write the run; the summary is filled and returned."""
    inputs = require(settings.inputs, "inputs", "tag", "documents to tag", "INPUT...")
    out = require(settings.out, "out", "tag", "the run to write", "-o FILE")
    from ousianer_cli.formats.readers import ReadReport, read_documents

    report = ReadReport()
    documents = read_documents(
        inputs,
        input_format=settings.input_format or None,
        strict=settings.strict,
        authors=settings.authors,
        quotes=settings.quotes,
        after_xml_declaration=settings.after_xml_declaration,
        report=report,
    )
    import torch
    from tqdm import tqdm

    from ousianer_cli.network.checkpoint import load_model
    from ousianer_cli.released_models import released_model
    from ousianer_cli.tagging.engine import Engine
    from ousianer_cli.tagging.run import tag_documents, timed, write_run

    if settings.threads:
        torch.set_num_threads(settings.threads)
    device = settings.device or ("cuda" if torch.cuda.is_available() else "cpu")
    prior = None if settings.coarse_prior < 0 else settings.coarse_prior
    model = load_model(settings.model or released_model())
    engine = Engine(model, settings.batch_pieces, device, settings.deepen, prior)
    least = None if settings.min_confidence < 0 else settings.min_confidence
    show = sys.stderr.isatty() if progress is None else progress
    bar = tqdm(documents, unit="doc", desc="tag", disable=not show)
    rows = tag_documents(
        engine,
        bar,
        run_id=settings.run_id,
        nil=settings.nil,
        min_confidence=least,
        author_type=settings.author_type,
        summary=summary,
    )
    write_run(out, timed(summary, rows))
    summary.skipped.update(report.skipped)
    if report.warnings_not_kept:
        summary.skipped["warnings not shown"] += report.warnings_not_kept
    summary.warnings += report.warnings
    return summary


def print_summary(summary: Any, out: str) -> None:
    """The run's summary on stdout, warnings on stderr."""
    for line in summary.warnings[:20]:
        typer.echo(f"warning: {line}", err=True)
    if len(summary.warnings) > 20:
        typer.echo(f"warning: and {len(summary.warnings) - 20} more", err=True)
    rate = summary.words / summary.seconds if summary.seconds else 0.0
    rows = [
        ("documents", f"{summary.documents:,}"),
        ("segments", f"{summary.segments:,}"),
        ("sentences", f"{summary.sentences:,}"),
        ("words", f"{summary.words:,}"),
        (
            "names written",
            f"{summary.names:,}" + (f" ({summary.authors:,} of them posters)" if summary.authors else ""),
        ),
        ("outside the taxonomy", f"{summary.outside:,}"),
        ("below the confidence threshold", f"{summary.below_threshold:,}"),
        *((f"skipped: {reason}", f"{count:,}") for reason, count in sorted(summary.skipped.items()) if count),
        ("warnings", f"{len(summary.warnings):,}"),
        ("words a second", f"{rate:,.0f}"),
    ]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        typer.echo(f"{name:<{width}}  {value}")
    typer.echo(f"wrote {out}\nnext: ousianer score GOLD {out}, or ousianer validate {out} --source INPUT")
