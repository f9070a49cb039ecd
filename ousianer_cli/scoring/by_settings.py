"""Scoring as settings say: runs against gold, from files to the report that `ousianer score` prints."""

from __future__ import annotations

from dataclasses import replace

from ousianer_cli.scoring.inputs import Filters, check_source
from ousianer_cli.scoring.report import Report
from ousianer_cli.scoring.scores import ScoreOptions, score_files
from ousianer_cli.settings import require
from ousianer_cli.settings.score import ScoreSettings
from ousianer_cli.taxonomy.tree_files import load_taxonomy


def score_report(settings: ScoreSettings) -> Report:
    """The report of the runs that the settings name, with what --source tells of gold among its warnings.

    Raises:
        OusiaError: a missing setting, asked for by name; an unreadable or malformed file; an unknown taxonomy.
    """
    gold = require(settings.gold, "gold", "score", "the gold file", "GOLD first,")
    runs = require(settings.runs, "runs", "score", "the runs to score", "RUN after GOLD,")
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
        ignore_case=settings.ignore_case,
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
    remarks = check_source(gold, settings.source, settings.offset_shift, settings.input_format)
    return replace(report, warnings=(*report.warnings, *remarks))
