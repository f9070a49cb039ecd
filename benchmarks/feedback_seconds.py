"""Seconds from corrections to a new model: the whole command, its start and the loading of the model among them.

    OMP_NUM_THREADS=1 python benchmarks/feedback_seconds.py --runs 5 -o docs/results/feedback_seconds.md

Each run is a process of its own. Processor seconds are those of the process and its children, user and system; wall
seconds hold only where nothing else runs. Beside them, for comparison: a start alone (`--help`) and the import of
PyTorch, below which no round can be.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np


def seconds(command: Sequence[str]) -> tuple[float, float]:
    """Processor and wall seconds of one run of a command; ends the program if the command fails."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feedback", type=Path, default=Path("examples/extra.tsv"))
    parser.add_argument("--base", default="", help="a fine-tuned model; the shipped one by default")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("-o", "--out", type=Path)
    options = parser.parse_args()
    program = [sys.executable, "-m", "ousianer_cli.app"]
    base = ["--base", options.base] if options.base else []
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        learn = [*program, "finetune", *base, "--feedback", str(options.feedback), "-o", f"{folder}/model"]
        for name, command in (
            (f"`ousianer finetune --feedback {options.feedback} -o OUT`", learn),
            ("`ousianer --help`", [*program, "--help"]),
            ("`python -c 'import torch'`", [sys.executable, "-c", "import torch"]),
        ):
            runs = np.array([seconds(command) for _ in range(options.runs)])
            cells = (f"{np.median(kind):.1f} ({kind.min():.1f} to {kind.max():.1f})" for kind in runs.T)
            rows.append(f"| {name} | {' | '.join(cells)} |")
    page = "\n".join(
        [
            "# Seconds of a feedback round",
            "",
            f"Median, least and most of {options.runs} runs of the whole command, the new model written. Threads of "
            f"PyTorch: {os.environ.get('OMP_NUM_THREADS', 'its own choice')}; load average before the last run "
            f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} processors, so that wall seconds may be others'.",
            "",
            "| command | processor seconds | wall seconds |",
            "|---|---|---|",
            *rows,
            "",
            f"    OMP_NUM_THREADS=1 python benchmarks/feedback_seconds.py --runs {options.runs}",
            "",
        ]
    )
    if options.out:
        options.out.write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
