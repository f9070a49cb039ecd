"""The paper's two tables with `aida_open` to tune on, and what more annotation buys.

    python examples/tables/aida_open.py BASE WORK -o docs/results [--seeds 1 2 3 4 5] \\
      [--parts aida-table1 aida-table2 learning-curve]

BASE is a folder that `ousianer pretrain` wrote, of a network that has seen no AIDA types; WORK holds the lines of the
corpus, `train01.jsonl` … `web3.jsonl` and `dev.jsonl`, which `ousianer prepare corpus FILE --taxonomy aida-edl -o
WORK/NAME.jsonl` writes. Everything is scored on dev, which chooses nothing: layers train for a fixed number of passes.
Detection is the base's own and the same in every row; conversion layers are trained here, each seed anew, over mention
vectors that are computed once and kept. No confidence threshold in any row. Intervals: 95%, bootstrap over documents,
2,000 resamples, of the average run over the seeds; p: two-sided permutation test over documents.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from bench import Bench, Scored, figure, mean_sums
from correction_tables import replayed
from rows import differences_of, tables_of

from ousianer_cli.scoring.sentences import by_document

EPOCHS = 10
MEASURES = ("strict", "descendant", "both", "coarse")
PAPER: dict[str, Any] = {"reads": "logits", "dropout": 0.0, "decoding": "argmax", "loss_decay": 0.5}
OURS: dict[str, Any] = {"reads": "vectors", "decoding": "expected", "loss_decay": 0.1}
LAYERS = {"the paper's layer": PAPER, "our layer": OURS}
CURVE = (1, 2, 4, 8)
"""Batches of the learning curve, before all of them."""
FEEDBACK_SHARE = 5
"""One in so many of the plain batches comes as feedback: the last ones."""

Sums = dict[str, list[np.ndarray]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/results"))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3, 4, 5])
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="passes over the mentions")
    options = parser.parse_args()
    bench = Bench.open(options.base, kept=options.work / "vectors")
    # Batches are alike, so that a mention weighs the same wherever it stands.
    bench.plain = dataclasses.replace(bench.plain, epochs=options.epochs, balance=False, coarse_prior=0.0)
    dev = bench.read(options.work / "dev.jsonl")
    options.output.mkdir(parents=True, exist_ok=True)
    for part in options.parts:
        text = PARTS[part](bench, dev, options)
        (options.output / f"{part}.md").write_text(text, encoding="utf-8")
        print(f"\n{text}", flush=True)


def batches(work: Path) -> tuple[list[str], list[str]]:
    """The plain training batches in order, and the other ones (rare types, web text).

    Raises:
        SystemExit: none of the plain ones is there.
    """
    plain = numbered(work, "train")
    if not plain:
        raise SystemExit(f"{work}: expected train01.jsonl and further batches, found none; see the head of {__file__}")
    return plain, [path for kind in ("rare", "web") for path in numbered(work, kind)]


def numbered(work: Path, kind: str) -> list[str]:
    """The batches of a kind in order; lines of WordNet classes (`train01_wn.jsonl`) may stand beside them."""
    return sorted(str(path) for path in work.glob(f"{kind}*[0-9].jsonl"))


def table1(bench: Bench, dev: Scored, options: argparse.Namespace) -> str:
    """Direct, Fine-tuned, Fine-tuned without hierarchical loss."""
    plain, others = batches(options.work)
    train = bench.instances([*plain, *others])
    rows: Sums = {"Direct": [per_document(bench.tally(dev, bench.decide_directly(dev)[0]), dev)]}
    pairs = []
    for label, settings in LAYERS.items():
        tuned, without = f"Fine-tuned, {label}", f"— without hierarchical loss, {label}"
        for name, loss in ((tuned, "soft"), (without, "hard")):
            rows[name] = [
                average(dev, [tuned_sums(bench, dev, train, s, {**settings, "loss": loss}) for s in options.seeds])
            ]
        pairs += [("Direct", tuned), (without, tuned)]
    paper, ours = LAYERS
    pairs.append((f"Fine-tuned, {paper}", f"Fine-tuned, {ours}"))
    head = (
        "# Table 1 on `aida_open`: Direct, Fine-tuned, Fine-tuned without hierarchical loss\n\n"
        f"{command('aida-table1', options)}\n\n"
        f"{len(train):,} mentions to tune on, {bench.plain.epochs} passes. The paper's layer reads YAGO logits, W "
        "decays by .5 in both directions, argmax; ours reads mention vectors, W decays by .1, and decides by expected "
        "credit. "
        f"{detection_of(bench, dev)}\n"
    )
    return head + tables_of(rows, [dev], MEASURES) + differences_of(rows, pairs, [dev], MEASURES)


def table2(bench: Bench, dev: Scored, options: argparse.Namespace) -> str:
    """A first submission trained without the last fifth of the batches, which come as feedback, batch by batch."""
    plain, others = batches(options.work)
    count = max(1, len(plain) // FEEDBACK_SHARE)
    early, late = [*plain[:-count], *others], plain[-count:]
    train, everything = bench.instances(early), bench.instances([*plain, *others])
    corrections = [bench.instances(late[:number]) for number in range(1, count + 1)]
    runs: dict[str, list[np.ndarray]] = {}
    for seed in options.seeds:
        used = bench.tune(train, seed, **OURS)
        first, replay = bench.state(), replayed(train, used)
        runs.setdefault("first submission", []).append(bench.tally(dev, bench.decide(dev, used)[0]))
        for number, new in enumerate(corrections, 1):
            closed = dataclasses.replace(new, closed=torch.ones(len(new), dtype=torch.bool))
            bench.revise(replay, closed, seed, first, **OURS)
            label = f"after feedback of {number} of {count} batches ({len(new):,} mentions)"
            runs.setdefault(label, []).append(bench.tally(dev, bench.decide(dev, used)[0]))
        runs.setdefault("tuned on all of it at once", []).append(tuned_sums(bench, dev, everything, seed, OURS))
    rows: Sums = {label: [average(dev, sums)] for label, sums in runs.items()}
    settings = bench.plain
    head = (
        "# Table 2 on `aida_open`: first submission, after feedback\n\n"
        f"{command('aida-table2', options)}\n\n"
        f"First submission: {len(train):,} mentions, without the last {count} plain batches; those come as feedback, "
        "in their order. The network stays as it is; only the conversion layer goes on, from the first submission's, "
        f"over its replay file ({settings.replay_limit:,} mentions), as `ousianer finetune --feedback` has it. "
        f"{detection_of(bench, dev)}\n"
    )
    pairs = [("first submission", label) for label in rows if label != "first submission"]
    return head + tables_of(rows, [dev], MEASURES) + differences_of(rows, pairs, [dev], MEASURES)


def learning_curve(bench: Bench, dev: Scored, options: argparse.Namespace) -> str:
    """Tuned on growing parts of the batches."""
    plain, others = batches(options.work)
    parts = {f"{n} batches": plain[:n] for n in CURVE if n < len(plain)}
    parts[f"{len(plain)} batches"] = plain
    if others:
        parts["and the batches of rare types and web text"] = [*plain, *others]
    rows: Sums = {}
    for label, files in parts.items():
        train = bench.instances(files, report=lambda _: None)
        sums = [tuned_sums(bench, dev, train, seed, OURS) for seed in options.seeds]
        rows[f"{label} ({len(train):,} mentions)"] = [average(dev, sums)]
    names = list(rows)
    head = (
        "# What more annotation buys: the conversion layer over growing parts of `aida_open`\n\n"
        f"{command('learning-curve', options)}\n\n"
        f"Our layer, {bench.plain.epochs} passes over each part. {detection_of(bench, dev)}\n"
    )
    pairs = list(zip(names, names[1:], strict=False))
    return head + tables_of(rows, [dev], MEASURES) + differences_of(rows, pairs, [dev], MEASURES)


def tuned_sums(bench: Bench, dev: Scored, train: Any, seed: int, settings: Mapping[str, Any]) -> np.ndarray:
    """Sums by sentence of a layer tuned anew."""
    used = bench.tune(train, seed, **settings)
    return bench.tally(dev, bench.decide(dev, used)[0])


def average(dev: Scored, runs: Sequence[np.ndarray]) -> np.ndarray:
    """The average run's sums by document."""
    return per_document(mean_sums(runs), dev)


def per_document(sums: np.ndarray, scored: Scored) -> np.ndarray:
    """Sums [measures, D, 4] of documents from those of sentences."""
    return np.stack([by_document(table, scored.documents) for table in sums])


def detection_of(bench: Bench, dev: Scored) -> str:
    """A sentence about what the base finds."""
    f, low, high = figure(per_document(bench.detection(dev), dev), "both")[2:]
    return (
        f"Detection, all names: F1 {f:.3f} [{low:.3f}, {high:.3f}], the same in every row; dev has "
        f"{len(set(dev.documents)):,} documents and {len(dev.gold):,} names."
    )


def command(part: str, options: argparse.Namespace) -> str:
    seeds = " ".join(map(str, options.seeds))
    return f"`python examples/tables/aida_open.py BASE WORK --parts {part} --seeds {seeds} --epochs {options.epochs}`"


PARTS = {"aida-table1": table1, "aida-table2": table2, "learning-curve": learning_curve}

if __name__ == "__main__":
    main()
