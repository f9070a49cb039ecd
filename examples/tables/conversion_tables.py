"""Tables of the conversion layer: the systems of the paper, the grid of losses and decoders, what the layer reads."""

from __future__ import annotations

import argparse
import dataclasses
from typing import Any, get_args

import numpy as np
import torch
from bench import Bench, Scored, f1, mean_sums
from rows import (
    OURS,
    PAPER,
    TRAIN,
    VALIDATION,
    command,
    differences_of,
    places,
    seeds_of,
    tables_of,
)

from ousianer_cli.network.targets import Decoding
from ousianer_cli.taxonomy.credit import Direction
from ousianer_cli.training.finetune.instances import Instances


def table1(bench: Bench, train: Instances, sets: list[Scored], options: argparse.Namespace) -> str:
    """Direct, Fine-tuned, Fine-tuned without hierarchical loss; the paper's network and ours."""
    rows: dict[str, list[np.ndarray]] = {}
    rows["Direct"] = [bench.tally(s, bench.decide_directly(s)[0]) for s in sets]
    for label, base in (("paper's layer", PAPER), ("our layer", OURS)):
        rows[f"Fine-tuned, {label}"] = seeds_of(
            bench, train, sets, options.seeds, {**base, "loss": "soft", "loss_decay": 0.5 if base is PAPER else 0.1}
        )
        rows[f"— without hierarchical loss, {label}"] = seeds_of(
            bench, train, sets, options.seeds, {**base, "loss": "hard"}
        )
    tuned = "Fine-tuned, paper's layer"
    ours = "Fine-tuned, our layer"
    pairs = [
        ("Direct", tuned),
        ("— without hierarchical loss, paper's layer", tuned),
        ("Direct", ours),
        ("— without hierarchical loss, our layer", ours),
        (tuned, ours),
    ]
    head = (
        "# Table 1: Direct, Fine-tuned, Fine-tuned without hierarchical loss\n\n"
        f"{command('table1', options.seeds)}\n\n"
        f"{len(train):,} mentions to tune on. The paper's layer reads YAGO logits, W decays by .5 in both directions, "
        "argmax; ours reads mention vectors, W decays by .1, and decides by expected credit. Same detection in every "
        "row.\n"
    )
    return head + tables_of(rows, sets) + differences_of(rows, pairs, sets)


GRID_SEEDS = 1


def grid(bench: Bench, train: Instances, sets: list[Scored], options: argparse.Namespace) -> str:
    """The hierarchical loss taken apart: direction, decay, normalisation, decoding, and the layer's input."""
    seeds = options.seeds[:GRID_SEEDS]
    losses: list[tuple[str, Direction, float]] = [("hard", "both", 0.0)]
    for direction in get_args(Direction):
        losses += [("soft", direction, decay) for decay in (0.1, 0.5)]
        losses += [("soft, rows not normalised", direction, 0.5), ("credit", direction, 0.5)]
    head = ["reads", "loss", "W", "decay", "decoding", "strict", "ancestor", "both"]
    head += [f"both {s.name}" for s in sets]
    out = (
        "# The hierarchical loss taken apart\n\n"
        f"{command('grid', seeds)}\n\n"
        "F1 with three credits, mean of the validation sets (CrossNER dev, Few-NERD slice), then `both` on each set. "
        "soft: y* = yW, each row scaled to sum to 1, or (not normalised) as it is, so that a mention weighs by its "
        "row's sum; credit: minus the log of the expected credit. Decoding: argmax, or expected credit of the same "
        "direction with decay .5. A threshold or prior is in no row.\n\n"
        f"| {' | '.join(head)} |\n|{'---|' * len(head)}\n"
    )
    for reads in ("logits", "vectors"):
        for loss, direction, decay in losses:
            name, _, unscaled = loss.partition(", ")
            weighed = by_row_sum(bench, train, direction, decay) if unscaled else train
            runs: dict[Decoding, list[list[np.ndarray]]] = {"argmax": [], "expected": []}
            for seed in seeds:
                used = bench.tune(
                    weighed,
                    seed,
                    dev=sets[: len(VALIDATION)],
                    reads=reads,
                    loss=name,
                    loss_decay=decay,
                    credit=direction,
                    coarse_prior=0.0,
                    decoding="argmax",
                )
                for decoding, kept in runs.items():
                    rule = dataclasses.replace(used, decoding=decoding)
                    kept.append([bench.tally(s, bench.decide(s, rule)[0]) for s in sets])
            for decoding, kept in runs.items():
                sums = [mean_sums(parts) for parts in zip(*kept, strict=True)]
                means = [np.mean([f1(s, m) for s in sums[: len(VALIDATION)]]) for m in ("strict", "ancestor", "both")]
                figures = [f"{v:.3f}" for v in (*means, *(f1(s, "both") for s in sums))]
                choice = ["—", "—"] if loss == "hard" else [direction, f"{decay}"]
                out += f"| {' | '.join([reads, loss, *choice, decoding, *figures])} |\n"
                print(out.splitlines()[-1], flush=True)
    return out


def by_row_sum(bench: Bench, train: Instances, direction: Direction, decay: float) -> Instances:
    """Mentions weighing by the sum of their row of yW: the soft loss without scaling."""
    gold = bench.targets.gold(train.labels, torch.zeros((len(train), len(bench.targets))), 0.0)
    sums = (gold @ bench.targets.credit(direction, decay)).sum(dim=1)
    return dataclasses.replace(train, weights=train.weights * sums / sums.mean())


CHOICES: dict[str, dict[str, Any]] = {
    "reads vectors (kept)": {},
    "reads logits": {"reads": "logits"},
    "reads probabilities": {"reads": "probabilities"},
    "reads logits and vectors": {"reads": "both"},
    "reads logits, projection tuned": {"reads": "logits", "tune_projection": True},
    "argmax": {"decoding": "argmax"},
}


def conversion(bench: Bench, train: Instances, sets: list[Scored], options: argparse.Namespace) -> str:
    """Ablations of the conversion layer and of the way to say "not in this taxonomy"."""
    seeds = options.seeds[:3]
    rows = {label: seeds_of(bench, train, sets, seeds, {**OURS, **chosen}) for label, chosen in CHOICES.items()}
    own_labels = bench.instances([str(places(options.work, name)) for name in TRAIN])
    rows["national adjectives as places, where Few-NERD has them so"] = seeds_of(bench, own_labels, sets, seeds, OURS)
    kept = next(iter(CHOICES))
    inside = [i for i, types in enumerate(train.labels) if types != ("-",)]
    named = Instances(train.vectors[inside], [train.labels[i] for i in inside], train.weights[inside])
    thresholds: dict[float, list[list[np.ndarray]]] = {t: [] for t in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)}
    for seed in seeds:
        used = bench.tune(named, seed, dev=sets[: len(VALIDATION)], **OURS)
        decided = [bench.decide(s, used) for s in sets]
        for threshold, runs in thresholds.items():
            runs.append([bench.tally(s, c, p >= threshold) for s, (c, p) in zip(sets, decided, strict=True)])
    for threshold, runs in thresholds.items():
        rows[f"no outside type, confidence over {threshold}"] = [mean_sums(p) for p in zip(*runs, strict=True)]
    head = (
        "# Ablations of the conversion layer\n\n"
        f"{command('conversion', seeds)}\n\n"
        "Each row changes one thing of the first. The last rows never see a name outside the taxonomy and leave out "
        "what they are unsure of.\n"
    )
    pairs = [(kept, label) for label in rows if label != kept]
    return head + tables_of(rows, sets, ("strict", "coarse", "both")) + differences_of(rows, pairs, sets)
