"""`ousianer tag`: documents to a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ousianer_cli.settings import resolve
from ousianer_cli.settings.tag import TagSettings

if TYPE_CHECKING:
    from ousianer_cli.tagging.summary import Summary


def tag(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="INPUT...", help="LTF, source XML, rsd/text: files, folders, .ltf.zip, .gz, @list.txt."),
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="The run to write.")] = None,
    format: Annotated[
        str | None, typer.Option(help="edl (EDL tab), jsonl (one document a line) or conll (one token a line).")
    ] = None,
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
    consistency: Annotated[
        str | None, typer.Option(help="document: mentions of one string in a document share evidence; none.")
    ] = None,
    nested: Annotated[bool | None, typer.Option(help="Give names inside other names too.")] = None,
    yago_threshold: Annotated[
        float | None,
        typer.Option(help="Of a pretrained model: least probability of a YAGO class that has a row of its own."),
    ] = None,
    device: Annotated[str | None, typer.Option(help="cpu or cuda; a GPU by default where there is one.")] = None,
    threads: Annotated[int | None, typer.Option(help="CPU threads; 0 leaves the choice to PyTorch.")] = None,
    config: Annotated[
        Path | None, typer.Option(help="Settings file; ousianer.toml of the working folder by default.")
    ] = None,
) -> None:
    """Tag documents and write the run, by default an EDL tab (8 columns), with a summary of what was left out."""
    from ousianer_cli.commands.flags import overrides_of
    from ousianer_cli.tagging.run import run_tag

    settings = resolve(TagSettings, "tag", overrides_of(locals(), TagSettings), config=config)
    print_summary(run_tag(settings), settings)


def print_summary(summary: Summary, settings: TagSettings) -> None:
    """The run's summary on stdout, warnings on stderr."""
    for line in summary.warnings[:20]:
        typer.echo(f"warning: {line}", err=True)
    if len(summary.warnings) > 20:
        typer.echo(f"warning: and {len(summary.warnings) - 20} more", err=True)
    for line in summary.lines():
        typer.echo(line)
    out = settings.out
    typer.echo(f"wrote {out}")
    if settings.format == "edl" and not summary.rows:
        typer.echo(f"next: ousianer score GOLD {out}, or ousianer validate {out} --source INPUT")
