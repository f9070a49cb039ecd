"""What the tables have in common: their corpora and settings, rows over seeds, differences with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from bench import MEASURES, Bench, Scored, difference, figure, mean_sums

from ousianer_cli.training.finetune.instances import Instances

TRAIN = (
    *["crossner_train"] * 3,
    "fewnerd_dev",
    "fewnerd_test",
    "fewnerd_big_test",
    "uner",
    "wnut_train",
)
VALIDATION = ("crossner_dev", "fewnerd_held")
WATCHED = ("wikigold", "wnut_dev")
PAPER: dict[str, Any] = {"reads": "logits", "dropout": 0.0, "decoding": "argmax", "coarse_prior": 0.0}
OURS: dict[str, Any] = {"coarse_prior": 0.0}
FIRST: dict[str, Any] = {"coarse_prior": 0.2, "depth": 0.4}
"""What the first submission of Table 2 is tuned with: the shipped model's settings."""
FOLDS = 5
BATCHES = (50, 100, 200, 0)
"""Sentences of feedback; 0 is all of them."""


def seeds_of(
    bench: Bench, train: Instances, sets: Sequence[Scored], seeds: Sequence[int], settings: dict[str, Any]
) -> list[np.ndarray]:
    """The average run's sums on each set."""
    runs: list[list[np.ndarray]] = []
    for seed in seeds:
        used = bench.tune(train, seed, dev=sets[: len(VALIDATION)], **settings)
        runs.append([bench.tally(s, bench.decide(s, used)[0]) for s in sets])
    return [mean_sums(parts) for parts in zip(*runs, strict=True)]


def command(part: str, seeds: Sequence[int]) -> str:
    return f"`python examples/tables/tables.py BASE WORK --parts {part} --seeds {' '.join(map(str, seeds))}`"


def tables_of(rows: dict[str, list[np.ndarray]], sets: Sequence[Scored], measures: Sequence[str] = MEASURES) -> str:
    out = ""
    for place, scored in enumerate(sets):
        out += f"\n## {scored.name} ({scored.sentences:,} sentences or passages, as the model reads them)\n\n"
        out += "| system | P (both) | R (both) | " + " | ".join(f"F1 {m}" for m in measures) + " |\n"
        out += "|---|---|---|" + "---|" * len(measures) + "\n"
        for name, sums in rows.items():
            p, r, *_ = figure(sums[place], "both")
            cells = [
                f"{f:.3f} [{low:.3f}, {high:.3f}]" for _, _, f, low, high in (figure(sums[place], m) for m in measures)
            ]
            out += f"| {name} | {p:.3f} | {r:.3f} | " + " | ".join(cells) + " |\n"
    return out


def differences_of(
    rows: dict[str, list[np.ndarray]],
    pairs: Sequence[tuple[str, str]],
    sets: Sequence[Scored],
    measures: Sequence[str] = ("strict", "ancestor", "both"),
) -> str:
    out = "\n## Differences in F1 (second less first)\n\n"
    out += "| first | second | set | " + " | ".join(measures) + " |\n|---|---|---|" + "---|" * len(measures) + "\n"
    for first, second in pairs:
        for place, scored in enumerate(sets):
            cells = []
            for measure in measures:
                d, low, high, p = difference(rows[first][place], rows[second][place], measure)
                cells.append(f"{d:+.3f} [{low:+.3f}, {high:+.3f}], p {p:.4f}")
            out += f"| {first} | {second} | {scored.name} | " + " | ".join(cells) + " |\n"
    return out


def places(work: Path, name: str) -> Path:
    """A fine-tuning corpus with its own labels for national adjectives, which `prepare_data.sh` puts outside."""
    own = work / f"{name}_places.jsonl"
    return own if own.is_file() else work / f"{name}.jsonl"
