"""`ousianer score`: precision, recall and F1 of runs against gold."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ousianer_cli.commands.options import command
from ousianer_cli.settings import require
from ousianer_cli.settings.score import ScoreSettings

if TYPE_CHECKING:
    from ousianer_cli.scoring.report import Report


def _formats() -> tuple[str, ...]:
    from ousianer_cli.scoring.inputs import input_kinds

    return input_kinds()


@command(ScoreSettings, choices={"input_format": _formats})
def score(settings: ScoreSettings) -> None:
    """Score runs against gold: span, strict and coarse types, and credit along the type tree in three readings.

    Spans match exactly. The readings of tree credit are: descendant (a system type below
    gold, as the 2019 scorer's code computed it), ancestor (above gold), both. Gold types may have
    alternatives: gpe|loc|fac. Intervals come from resampling documents. Other measures: --measure.
    """
    from ousianer_cli.scoring.render import next_step, rendered
    from ousianer_cli.scoring.tables import detail_sheets

    output = "json" if settings.json else settings.format
    if settings.plot:
        from ousianer_cli.scoring.plots import require_matplotlib

        require_matplotlib()
    report = score_report(settings)
    for warning in (*report.warnings, *(warning for run in report.runs for warning in run.warnings)):
        print(f"warning: {warning}", file=sys.stderr)
    if settings.plot:
        from ousianer_cli.scoring.plots import write_plots

        written = write_plots(report, settings.plot)
        print(f"{len(written)} figures written to {settings.plot}", file=sys.stderr)
    sheets = detail_sheets(
        report,
        by_type=settings.by_type,
        by_doc=settings.by_doc,
        errors=settings.errors,
        confusion=settings.confusion,
        worst=settings.worst,
        calibration=settings.calibration,
        tune_threshold=settings.tune_threshold,
    )
    print(rendered(report, sheets, output, by_document=settings.by_doc))
    if output == "text" and not sheets:
        print(f"\nnext: {next_step(report)}")


def score_report(settings: ScoreSettings) -> Report:
    """What the command prints.

    Raises:
        OusiaError: a missing setting, asked for by name; an unreadable or malformed file; an unknown taxonomy.
    """
    gold = require(settings.gold, "gold", "score", "the gold file", "GOLD first,")
    runs = require(settings.runs, "runs", "score", "the runs to score", "RUN after GOLD,")
    from dataclasses import replace

    from ousianer_cli.scoring.inputs import Filters, check_source
    from ousianer_cli.scoring.scores import ScoreOptions, score_files
    from ousianer_cli.taxonomy.tree import load_taxonomy

    plots = bool(settings.plot)
    options = ScoreOptions(
        measures=tuple(settings.measure),
        names=tuple(settings.names),
        kind=settings.input_format,
        filters=Filters(
            excluded=settings.excluded,
            docs=settings.docs,
            mention_types=tuple(settings.mention_types),
            offset_shift=settings.offset_shift,
        ),
        type_weights=settings.type_weights,
        neleval_exact=settings.neleval_exact,
        unknown_types=settings.unknown_types,
        genres=(settings.genres or "") if settings.by_genre or settings.genres is not None else None,
        resamples=settings.resamples,
        seed=settings.seed,
        compare=settings.compare,
        faults=settings.errors or settings.confusion or plots,
        confidence=settings.calibration or settings.tune_threshold or plots,
    )
    report = score_files(
        gold,
        runs,
        load_taxonomy(settings.taxonomy),
        decay=settings.decay,
        open_gold=settings.open,
        types=settings.by_type or plots,
        options=options,
    )
    if settings.source is None:
        return report
    found = check_source(gold, settings.source, settings.offset_shift, settings.input_format)
    return replace(report, warnings=(*report.warnings, *found))
