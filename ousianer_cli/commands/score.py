"""`ousianer score`: precision, recall and F1 of runs against gold."""

from __future__ import annotations

import sys

from ousianer_cli.commands.options import command
from ousianer_cli.extras import require_extra
from ousianer_cli.settings.score import ScoreSettings


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
    from ousianer_cli.scoring.by_settings import score_report
    from ousianer_cli.scoring.render import next_step, rendered
    from ousianer_cli.scoring.tables import detail_sheets

    output = "json" if settings.json else settings.format
    if settings.plot:
        require_extra("plot", "--plot")
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
