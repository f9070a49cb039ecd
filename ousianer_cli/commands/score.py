"""`ousianer score`: precision, recall and F1 of runs against gold."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings import PROJECT_FILE, resolve

if TYPE_CHECKING:
    from ousianer_cli.scoring.report import Report


def score(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="GOLD RUN...",
            help=f"EDL tab files; 'gold' and 'runs' of the score table in {PROJECT_FILE} where left out. "
            "Also read: neleval's combined format, LAF, AIDA tabs.",
            show_default=False,
        ),
    ] = None,
    measure: Annotated[
        list[str] | None,
        typer.Option(help="A measure to show; may be repeated, or a comma list; all for every one (docs/scoring.md)."),
    ] = None,
    names: Annotated[
        list[str] | None, typer.Option(help="Names of the runs, in their order; may be repeated, or a comma list.")
    ] = None,
    taxonomy: Annotated[
        str | None, typer.Option(help="aida-edl (if left out), aida, or a taxonomy file (TSV or JSON).")
    ] = None,
    decay: Annotated[
        float | None, typer.Option(help="Credit for each level between system type and gold type; 0.5 if left out.")
    ] = None,
    open: Annotated[
        bool | None, typer.Option("--open/--no-open", help="Add the open reading: full credit for any type below gold.")
    ] = None,
    type_weights: Annotated[
        Path | None, typer.Option(help="Credit for pairs of types (gold, system, weight) in the track's set measures.")
    ] = None,
    by_type: Annotated[bool, typer.Option("--by-type", help="Also a table by type for each run.")] = False,
    by_doc: Annotated[bool, typer.Option("--by-doc", help="Also a table by document for each run.")] = False,
    by_genre: Annotated[
        bool, typer.Option("--by-genre", help="Also a table by genre (NW, DF, … in the document's id; see --genres).")
    ] = False,
    genres: Annotated[
        str | None, typer.Option(help="Genres for --by-genre: PREFIX=GENRE,… or a file of two columns (id, genre).")
    ] = None,
    errors: Annotated[
        bool, typer.Option("--errors", help="Also what is wrong: missed, spurious, boundary, type and at which level.")
    ] = False,
    confusion: Annotated[bool, typer.Option("--confusion", help="Also which types are taken for which.")] = False,
    worst: Annotated[int, typer.Option(help="Also this many documents with the most errors.", min=0)] = 0,
    compare: Annotated[
        bool, typer.Option("--compare", help="Also paired permutation and bootstrap tests between the runs.")
    ] = False,
    calibration: Annotated[
        bool, typer.Option("--calibration", help="Also how far confidences are from the share of right mentions.")
    ] = False,
    tune_threshold: Annotated[
        bool, typer.Option("--tune-threshold", help="Also the confidence below which to drop mentions for the best F1.")
    ] = False,
    plot: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write figures (SVG and PNG) into this folder; needs matplotlib.")
    ] = None,
    excluded: Annotated[
        Path | None, typer.Option("-x", "--excluded", help="Regions (docid, start, end) whose mentions are left out.")
    ] = None,
    docs: Annotated[Path | None, typer.Option(help="A list of document ids: only these are scored.")] = None,
    mention_types: Annotated[
        str | None, typer.Option(help="Only mentions of these types of column 7: NAM, NOM, or NAM,NOM.")
    ] = None,
    offset_shift: Annotated[
        int, typer.Option(help="Added to gold's offsets; 39 where gold counts from after the XML declaration.")
    ] = 0,
    source: Annotated[
        Path | None, typer.Option(help="The documents (LTF or source files) to check gold against: strings, offsets.")
    ] = None,
    input_format: Annotated[
        str, typer.Option(help="auto, edl, combined, laf or aida; auto tells by each file's first line.")
    ] = "auto",
    neleval_exact: Annotated[
        bool, typer.Option("--neleval-exact", help="Read and count as neleval does, its traps included.")
    ] = False,
    unknown_types: Annotated[
        str, typer.Option(help="Types that the taxonomy lacks: refuse the file, or keep them as they are.")
    ] = "refuse",
    resamples: Annotated[
        int | None, typer.Option(help="Resamples of documents for intervals and tests; 10,000 if left out, 0 for none.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the resamples; 1 if left out.")] = None,
    format: Annotated[str, typer.Option(help="text, markdown, latex, csv or json.")] = "text",
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    config: Annotated[Path | None, typer.Option(help=f"Project file; {PROJECT_FILE} if left out.")] = None,
) -> None:
    """Score runs against gold: span, strict and coarse types, and credit along the type tree in three readings.

    Spans match exactly. The readings of tree credit are: descendant (a system type below
    gold, as the 2019 scorer's code computed it), ancestor (above gold), both. Gold types may have
    alternatives: gpe|loc|fac. Intervals come from resampling documents. Other measures: --measure.
    """
    from ousianer_cli.scoring.render import OUTPUT_FORMATS, next_step, rendered
    from ousianer_cli.scoring.tables import detail_sheets

    output = "json" if json else format
    if output not in OUTPUT_FORMATS:
        raise SettingsError(f"--format: expected one of {', '.join(OUTPUT_FORMATS)}, found '{format}'")
    if plot is not None:
        from ousianer_cli.scoring.plots import require_matplotlib

        require_matplotlib()
    report = score_report(
        files or [],
        taxonomy=taxonomy,
        decay=decay,
        open=open,
        by_type=by_type or plot is not None,
        config=config,
        measure=measure,
        names=names,
        resamples=resamples,
        seed=seed,
        type_weights=type_weights,
        excluded=excluded,
        docs=docs,
        mention_types=mention_types,
        offset_shift=offset_shift,
        source=source,
        input_format=input_format,
        neleval_exact=neleval_exact,
        unknown_types=unknown_types,
        genres=(genres or "") if by_genre or genres is not None else None,
        compare=compare,
        faults=errors or confusion or plot is not None,
        confidence=calibration or tune_threshold or plot is not None,
    )
    for warning in (*report.warnings, *(warning for run in report.runs for warning in run.warnings)):
        print(f"warning: {warning}", file=sys.stderr)
    if plot is not None:
        from ousianer_cli.scoring.plots import write_plots

        written = write_plots(report, plot)
        print(f"{len(written)} figures written to {plot}", file=sys.stderr)
    sheets = detail_sheets(
        report,
        by_type=by_type,
        by_doc=by_doc,
        errors=errors,
        confusion=confusion,
        worst=worst,
        calibration=calibration,
        tune_threshold=tune_threshold,
    )
    print(rendered(report, sheets, output, by_document=by_doc))
    if output == "text" and not sheets:
        print(f"\nnext: {next_step(report)}")


def score_report(
    files: list[Path],
    *,
    taxonomy: str | None = None,
    decay: float | None = None,
    open: bool | None = None,
    by_type: bool = False,
    config: Path | None = None,
    measure: list[str] | None = None,
    names: list[str] | None = None,
    resamples: int | None = None,
    seed: int | None = None,
    type_weights: Path | None = None,
    excluded: Path | None = None,
    docs: Path | None = None,
    mention_types: str | None = None,
    offset_shift: int = 0,
    source: Path | None = None,
    input_format: str = "auto",
    neleval_exact: bool = False,
    unknown_types: str = "refuse",
    genres: str | None = None,
    compare: bool = False,
    faults: bool = False,
    confidence: bool = False,
) -> Report:
    """What the command prints; `files` are gold and runs, each taken from the project file where it is not given.

    Raises:
        OusiaError: a missing setting, asked for by name; an unreadable or malformed file; an unknown taxonomy.
    """
    from dataclasses import replace

    from ousianer_cli.scoring.inputs import Filters
    from ousianer_cli.scoring.scores import ScoreOptions, score_files
    from ousianer_cli.settings.score import ScoreSettings
    from ousianer_cli.taxonomy.tree import load_taxonomy

    overrides = {
        "gold": str(files[0]) if files else None,
        "runs": [str(path) for path in files[1:]],
        "taxonomy": taxonomy,
        "decay": decay,
        "open": open,
        "measure": _listed(measure),
        "names": _listed(names),
        "resamples": resamples,
        "seed": seed,
    }
    chosen = resolve(ScoreSettings, "score", overrides, config=config)
    place = config or PROJECT_FILE
    if not chosen.gold:
        raise SettingsError(f"missing setting: the gold file; give GOLD first, or 'gold' in [score] of {place}")
    if not chosen.runs:
        raise SettingsError(f"missing setting: the runs to score; give RUN after GOLD, or 'runs' in [score] of {place}")
    if unknown_types == "refuse":
        unknown: Any = "refuse"
    elif unknown_types == "keep":
        unknown = "keep"
    else:
        raise SettingsError(f"--unknown-types: expected refuse or keep, found '{unknown_types}'")
    options = ScoreOptions(
        measures=tuple(chosen.measure),
        names=tuple(chosen.names),
        kind=input_format,
        filters=Filters(
            excluded=str(excluded) if excluded else None,
            docs=str(docs) if docs else None,
            mention_types=tuple(_listed([mention_types]) if mention_types else ()),
            offset_shift=offset_shift,
        ),
        type_weights=str(type_weights) if type_weights else None,
        neleval_exact=neleval_exact,
        unknown_types=unknown,
        genres=genres,
        resamples=chosen.resamples,
        seed=chosen.seed,
        compare=compare,
        faults=faults,
        confidence=confidence,
    )
    report = score_files(
        chosen.gold,
        chosen.runs,
        load_taxonomy(chosen.taxonomy),
        decay=chosen.decay,
        open=chosen.open,
        types=by_type,
        options=options,
    )
    if source is None:
        return report
    from ousianer_cli.scoring.inputs import check_source

    return replace(report, warnings=(*report.warnings, *check_source(chosen.gold, source, offset_shift, input_format)))


def _listed(values: list[str] | None) -> list[str]:
    """Values given one by one, in a row, or joined by commas."""
    return [part.strip() for value in values or [] for part in value.split(",") if part.strip()]
