"""Reports as sheets: a title, columns and rows of text, which `render` turns into any of the output formats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ousianer_cli.scoring.faults import CLASSES, MEANINGS, coarse_matrix
from ousianer_cli.scoring.measures import BOTH, OPEN, STRICT, Prf, Reading
from ousianer_cli.scoring.report import Report, RunScore
from ousianer_cli.scoring.resampling import Difference, Interval

INTERVAL = "95% of F1"
_CONFUSIONS = 20
_COUNTS = ("gold", "run", "strict P", "strict R", "strict F1")


@dataclass(frozen=True)
class Section:
    """A row that heads those below it."""

    title: str


@dataclass
class Sheet:
    """One table: `left` columns of words, then figures."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...] | Section] = field(default_factory=list)
    left: int = 1
    notes: tuple[str, ...] = ()


def figures(prf: Prf) -> tuple[str, str, str]:
    """Precision, recall and F1 to three decimals."""
    return f"{prf.precision:.3f}", f"{prf.recall:.3f}", f"{prf.f1:.3f}"


def main_sheet(report: Report) -> Sheet:
    """Prec., Rec. and F1: a row a run if one measure is shown; else a row a measure, with the runs below it.

    The last column is the interval of F1; measures over clusters have none, since clusters cross documents.
    """
    shown = report.table
    with_intervals = any(run.intervals for run in report.runs)
    columns = ("Prec.", "Rec.", "F1", *((INTERVAL,) if with_intervals else ()))
    title = f"gold {report.gold}: taxonomy {report.taxonomy}, decay {report.decay:g}"
    notes = []
    if with_intervals:
        notes.append(f"95% intervals: {report.resamples:,} resamples of {len(report.documents):,} documents")

    def row(name: str, run: RunScore, reading: Reading) -> tuple[str, ...]:
        interval = run.intervals.get(reading.key)
        last = (_interval(interval[2]) if interval else "-",) if with_intervals else ()
        return (name, *figures(run.measures[reading.key]), *last)

    if len(shown) == 1:
        sheet = Sheet(f"{title}; {shown[0].heading}", ("run", *columns), notes=tuple(notes))
        sheet.rows += [row(run.name, run, shown[0]) for run in report.runs]
    elif len(report.runs) == 1:
        (run,) = report.runs
        sheet = Sheet(title, (run.name, *columns), notes=tuple(notes))
        sheet.rows += [row(reading.heading, run, reading) for reading in shown]
    else:
        sheet = Sheet(title, ("run", *columns), notes=tuple(notes))
        for reading in shown:
            sheet.rows.append(Section(reading.heading))
            sheet.rows += [row(run.name, run, reading) for run in report.runs]
    return sheet


def _interval(interval: Interval | Difference) -> str:
    return f"[{interval.low:.3f}, {interval.high:.3f}]"


def type_sheet(run: RunScore, readings: Sequence[Reading]) -> Sheet:
    """A run's figures by type: counts, strict, then F1 of `both`, and of the open reading where it was asked for."""
    more = [reading for reading in readings if reading in (BOTH, OPEN)]
    sheet = Sheet(f"{run.name} by type", ("type", *_COUNTS, *(f"{reading.key} F1" for reading in more)))
    for label, prfs in run.types.items():
        strict = prfs[STRICT.key]
        counts = f"{strict.gold:.0f}", f"{strict.system:.0f}"
        sheet.rows.append((label, *counts, *figures(strict), *(f"{prfs[reading.key].f1:.3f}" for reading in more)))
    return sheet


def _grouped(title: str, first: str, rows: Sequence[tuple[str, dict[str, Prf]]]) -> Sheet:
    sheet = Sheet(title, (first, *_COUNTS, "both F1"))
    for name, prfs in rows:
        strict = prfs[STRICT.key]
        counts = f"{strict.gold:.0f}", f"{strict.system:.0f}"
        sheet.rows.append((name, *counts, *figures(strict), f"{prfs[BOTH.key].f1:.3f}"))
    return sheet


def document_sheet(report: Report, run: RunScore) -> Sheet:
    """A run's figures by document."""
    both = dict(report.by_document(run, BOTH.key))
    rows = [(doc, {STRICT.key: prf, BOTH.key: both[doc]}) for doc, prf in report.by_document(run, STRICT.key)]
    return _grouped(f"{run.name} by document", "document", rows)


def worst_sheet(report: Report, run: RunScore, number: int) -> Sheet:
    """The documents with the most strict errors: gold mentions not found and mentions of the run that are wrong."""

    def errors(prf: Prf) -> float:
        return prf.gold - prf.gold_tp + prf.system - prf.system_tp

    ordered = sorted(report.by_document(run, STRICT.key), key=lambda item: (-errors(item[1]), item[0]))[:number]
    sheet = Sheet(f"{run.name}: documents with most errors", ("document", "errors", "gold", "run", "strict F1"))
    for doc, prf in ordered:
        sheet.rows.append((doc, f"{errors(prf):.0f}", f"{prf.gold:.0f}", f"{prf.system:.0f}", f"{prf.f1:.3f}"))
    return sheet


def genre_sheet(report: Report, run: RunScore) -> Sheet:
    """A run's figures by genre."""
    both = {name: prf for name, _, prf in report.by_genre(run, BOTH.key)}
    rows = [
        (f"{name} ({documents} documents)", {STRICT.key: prf, BOTH.key: both[name]})
        for name, documents, prf in report.by_genre(run, STRICT.key)
    ]
    return _grouped(f"{run.name} by genre", "genre", rows)


def fault_sheet(run: RunScore) -> Sheet:
    """How many mentions of gold and of the run fall into each class of errors."""
    sheet = Sheet(f"{run.name}: what is right and wrong", ("class", "gold", "run", "meaning"))
    for name in CLASSES if run.faults else ():
        gold, system = run.faults.classes.get(name, (0, 0)) if run.faults else (0, 0)
        if gold or system:
            sheet.rows.append((name, str(gold), str(system), MEANINGS[name]))
    return sheet


def confusion_sheets(report: Report, run: RunScore) -> list[Sheet]:
    """Top types against each other, and the most frequent confusions of types."""
    if run.faults is None or report.credit is None:
        return []
    names, cells = coarse_matrix(run.faults, report.credit)
    matrix = Sheet(f"{run.name}: top types, gold down, run across", ("gold", *names))
    for gold in names:
        matrix.rows.append((gold, *(str(cells.get((gold, system), 0) or ".") for system in names)))
    confused = run.faults.confused()
    pairs = Sheet(f"{run.name}: types taken for others", ("gold", "run", "count"), left=2)
    pairs.rows += [(gold, system, str(count)) for gold, system, count in confused[:_CONFUSIONS]]
    if len(confused) > _CONFUSIONS:
        pairs.notes = (f"and {len(confused) - _CONFUSIONS} more pairs",)
    return [matrix, pairs]


def comparison_sheet(report: Report) -> Sheet:
    """Every two runs: the difference in F1, its interval, and p of both tests."""
    sheet = Sheet(
        "runs against each other: F1 of the second less the first",
        ("measure", "first", "second", "dF1", "95% interval", "p perm.", "p boot."),
        left=3,
        notes=(f"paired over documents, {report.resamples:,} resamples; p two-sided, not adjusted for several tests",),
    )
    for comparison in sorted(
        report.comparisons, key=lambda comparison: [reading.key for reading in report.table].index(comparison.measure)
    ):
        f1 = comparison.f1
        p = f"{f1.permutation_p:.4f}", f"{f1.bootstrap_p:.4f}"
        sheet.rows.append(
            (comparison.measure, comparison.first, comparison.second, f"{f1.difference:+.3f}", _interval(f1), *p)
        )
    return sheet


def confidence_sheets(report: Report) -> list[Sheet]:
    """Calibration of each run's confidences, and the threshold with the best F1."""
    calibrations = Sheet("confidence", ("run, right if", "ECE", "Brier", "mean conf.", "share right"))
    best = Sheet(
        "best threshold: keep mentions of at least this confidence",
        ("run, right if", "threshold", "kept", "of", "Prec.", "Rec.", "F1", "F1 of all"),
        notes=("chosen on these files: use it on others",),
    )
    headings = {reading.key: reading.heading for reading in report.readings}
    for run in report.runs:
        for key, confidence in run.confidence.items():
            name = f"{run.name}, {headings[key]}"
            calibration, cut = confidence.calibration, confidence.threshold
            values = calibration.ece, calibration.brier, calibration.mean_confidence, calibration.accuracy
            calibrations.rows.append((name, *(f"{value:.3f}" for value in values)))
            after = (f"{value:.3f}" for value in (cut.precision, cut.recall, cut.f1, cut.f1_before))
            best.rows.append((name, f"{cut.confidence:.6g}", str(cut.kept), str(cut.of), *after))
    return [calibrations, best]


def detail_sheets(
    report: Report,
    *,
    by_type: bool = False,
    by_doc: bool = False,
    errors: bool = False,
    confusion: bool = False,
    worst: int = 0,
    calibration: bool = False,
    tune_threshold: bool = False,
) -> list[Sheet]:
    """The tables beside the main one that were asked for; `worst` is a number of documents."""
    sheets = []
    for run in report.runs:
        if by_type:
            sheets.append(type_sheet(run, report.readings))
        if by_doc:
            sheets.append(document_sheet(report, run))
        if report.genres:
            sheets.append(genre_sheet(report, run))
        if errors:
            sheets.append(fault_sheet(run))
        if confusion:
            sheets += confusion_sheets(report, run)
        if worst:
            sheets.append(worst_sheet(report, run, worst))
    if report.comparisons:
        sheets.append(comparison_sheet(report))
    confidences, best = confidence_sheets(report)
    return sheets + [confidences] * calibration + [best] * tune_threshold
