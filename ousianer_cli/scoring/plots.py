"""Figures of a report: precision over recall, reliability, F1 by type, confusions of top types; SVG and PNG.

matplotlib is an optional extra, loaded here alone and without its interactive parts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ousianer_cli.extras import require_extra
from ousianer_cli.outputs import whole_file
from ousianer_cli.outputs.kinds import FIGURE_MAKER
from ousianer_cli.scoring.faults import coarse_matrix
from ousianer_cli.scoring.measures import STRICT
from ousianer_cli.scoring.report import Report, RunScore

_MOST_TYPES = 40


def write_plots(report: Report, folder: str | Path) -> list[Path]:
    """Write all figures into a folder, which is made if need be; returns the paths.

    Raises:
        SettingsError: matplotlib is missing. OutputError: a figure cannot be written.
    """
    require_extra("plot", "--plot")
    folder = Path(folder)
    written = _save(_curves(report), folder, "precision-recall")
    written += _save(_reliability(report), folder, "reliability")
    names = _file_names(report)
    for run, name in zip(report.runs, names, strict=True):
        written += _save(_types(run), folder, f"types{name}")
        written += _save(_confusion(report, run), folder, f"confusion{name}")
    return written


def _file_names(report: Report) -> list[str]:
    if len(report.runs) == 1:
        return [""]
    plain = ["".join(c if c.isalnum() or c in "-." else "-" for c in run.name).strip(".") for run in report.runs]
    return [f"-{number}-{name}" for number, name in enumerate(plain, 1)]


def _save(figure: Any, folder: Path, name: str) -> list[Path]:
    # Without a date and with fixed ids, the same figures give the same bytes; by its maker a figure is known for ours.
    from matplotlib import rc_context

    options: dict[str, dict[str, Any]] = {
        "svg": {"metadata": {"Date": None, "Creator": FIGURE_MAKER}},
        "png": {"metadata": {"Software": FIGURE_MAKER}, "dpi": 150},
    }
    paths = [folder / f"{name}.{form}" for form in options]
    with rc_context({"svg.hashsalt": name}):
        for path, (form, chosen) in zip(paths, options.items(), strict=True):
            with whole_file(path) as part:
                figure.savefig(part, format=form, **chosen)
    return paths


def _figure(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def _curves(report: Report) -> Any:
    figure, axes = _figure(6, 5)
    for run in report.runs:
        for key, confidence in run.confidence.items():
            if key == STRICT.key:
                axes.plot(
                    confidence.curve.recall,
                    confidence.curve.precision,
                    label=run.name,
                    drawstyle="default",
                    linewidth=1.5,
                )
                axes.plot(
                    confidence.threshold.recall, confidence.threshold.precision, "o", color=axes.lines[-1].get_color()
                )
    grid = np.linspace(0.01, 1, 200)
    for f1 in (0.2, 0.4, 0.6, 0.8):
        recall = grid[grid > f1 / 2 + 1e-9]
        precision = f1 * recall / (2 * recall - f1)
        inside = precision <= 1
        axes.plot(recall[inside], precision[inside], color="0.85", linewidth=0.8, zorder=0)
        axes.annotate(f"F1 {f1}", (1.0, f1 / (2 - f1)), color="0.6", fontsize=8, ha="right", va="bottom")
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.02))
    axes.set_title("span and strict type, by confidence; dots: best F1")
    if len(axes.lines) and report.runs:
        axes.legend(loc="lower left")
    return figure


def _reliability(report: Report) -> Any:
    figure, axes = _figure(5, 5)
    axes.plot([0, 1], [0, 1], color="0.8", linewidth=1)
    for run in report.runs:
        if STRICT.key in run.confidence:
            calibration = run.confidence[STRICT.key].calibration
            sure, right, count = (np.array(column) for column in zip(*calibration.bins, strict=True))
            (line,) = axes.plot(sure, right, linewidth=1, label=f"{run.name} (ECE {calibration.ece:.3f})")
            axes.scatter(sure, right, s=10 + 200 * count / count.sum(), color=line.get_color(), alpha=0.6)
    axes.set(xlabel="confidence", ylabel="share right (span and strict type)", xlim=(0, 1.02), ylim=(0, 1.02))
    axes.set_title("reliability; dots grow with the mentions in a bin")
    axes.legend(loc="upper left")
    return figure


def _types(run: RunScore) -> Any:
    ordered = sorted(run.types.items(), key=lambda item: (-item[1][STRICT.key].gold, item[0]))
    shown = [(label, prfs[STRICT.key]) for label, prfs in ordered if prfs[STRICT.key].gold][:_MOST_TYPES]
    figure, axes = _figure(7, max(2.5, 0.22 * len(shown) + 1))
    place = np.arange(len(shown))
    axes.barh(place, [prf.f1 for _, prf in shown], color="tab:blue", height=0.7)
    for at, (_, prf) in enumerate(shown):
        axes.annotate(f" {prf.gold:.0f}", (prf.f1, at), va="center", fontsize=7)
    axes.set_yticks(place, [label for label, _ in shown], fontsize=7)
    axes.invert_yaxis()
    axes.set(xlabel="strict F1 (number: gold mentions)", xlim=(0, 1.1))
    left = sum(prfs[STRICT.key].gold > 0 for _, prfs in ordered) - len(shown)
    axes.set_title(f"{run.name}: F1 by type" + (f" (the {left} rarest left out)" if left else ""))
    return figure


def _confusion(report: Report, run: RunScore) -> Any:
    figure, axes = _figure(6, 5.2)
    if run.faults is None or report.credit is None:
        return figure
    names, cells = coarse_matrix(run.faults, report.credit)
    counts = np.array([[cells.get((gold, system), 0) for system in names] for gold in names], dtype=np.float64)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for row in range(len(names)):
        for column in range(len(names)):
            if counts[row, column]:
                color = "white" if share[row, column] > 0.5 else "black"
                axes.annotate(
                    f"{counts[row, column]:.0f}", (column, row), ha="center", va="center", fontsize=7, color=color
                )
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right", fontsize=8)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set(xlabel="run", ylabel="gold")
    axes.set_title(f"{run.name}: top types (colour: share of gold's row)")
    return figure
