"""Tables of corrections: how many of them do how much, and what the replay file keeps."""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
from typing import Any

import numpy as np
import torch
from bench import MEASURES, Bench, Scored, difference, figure, mean_sums
from rows import (
    BATCHES,
    FIRST,
    FOLDS,
    VALIDATION,
    command,
    differences_of,
    tables_of,
)

from ousianer_cli.settings.finetune import FinetuneSettings
from ousianer_cli.training.finetune.instances import Instances
from ousianer_cli.training.finetune.replay import replay_of


@dataclasses.dataclass(slots=True)
class Corrections:
    """The human feedback, parted by document, and a first submission that it corrects."""

    bench: Bench
    feedback: Scored
    folds: np.ndarray
    """The fold of each sentence."""
    watched: list[Scored]
    used: FinetuneSettings
    first: dict[str, torch.Tensor]
    replay: Instances

    @classmethod
    def of(
        cls, bench: Bench, train: Instances, sets: list[Scored], options: argparse.Namespace, seed: int
    ) -> Corrections:
        feedback = bench.read(options.work / "wfbg.jsonl")
        folds = np.asarray([int(hashlib.sha256(d.encode()).hexdigest(), 16) % FOLDS for d in feedback.documents])
        used = bench.tune(train, seed, dev=sets[: len(VALIDATION)], **FIRST)
        return cls(bench, feedback, folds, sets, used, bench.state(), replayed(train, used))

    def sums(self) -> list[np.ndarray]:
        """Sums on the feedback and on the other sets, as the model is now."""
        return [self.bench.tally(s, self.bench.decide(s, self.used)[0]) for s in (self.feedback, *self.watched)]

    def after(self, size: int, **settings: Any) -> list[np.ndarray]:
        """The same after feedback of so many sentences: each fold is scored by what the others taught, the other sets
        by the mean over the folds."""
        own = np.zeros((len(MEASURES), self.feedback.sentences, 4))
        others = []
        for fold in range(FOLDS):
            tested = self.folds == fold
            part = self.feedback.part(drawn(~tested, size, self.used.seed))
            ones = torch.ones(len(part.gold))
            corrected = Instances(part.gold_vectors, part.gold, ones, ones.bool())
            self.bench.revise(self.replay, corrected, self.used.seed, self.first, **{**FIRST, **settings})
            sums = self.sums()
            own[:, tested] = sums[0][:, tested]
            others.append(sums[1:])
        return [own, *(mean_sums(parts) for parts in zip(*others, strict=True))]


def table2(bench: Bench, train: Instances, sets: list[Scored], options: argparse.Namespace) -> str:
    """First submission, then after feedback in growing batches, cross-validated by document."""
    seeds = options.seeds[:3]
    runs: dict[str, list[list[np.ndarray]]] = {}
    for seed in seeds:
        corrections = Corrections.of(bench, train, sets, options, seed)
        runs.setdefault("first submission", []).append(corrections.sums())
        for size in BATCHES:
            label = f"after feedback of {size or 'all'} sentences"
            runs.setdefault(label, []).append(corrections.after(size))
            print(f"seed {seed}, {label}: both {figure(runs[label][-1][0], 'both')[2]:.4f}", flush=True)
    rows = {label: [mean_sums(parts) for parts in zip(*kept, strict=True)] for label, kept in runs.items()}
    feedback, plain = corrections.feedback, bench.plain
    shown = [feedback, *sets]
    pairs = [("first submission", label) for label in rows if label != "first submission"]
    head = (
        "# Table 2: first submission, after feedback\n\n"
        f"{command('table2', seeds)}\n\n"
        f"Feedback: {feedback.sentences} sentences, {len(feedback.gold):,} mentions, "
        f"{len(set(feedback.documents))} documents, of another text and other guidelines. "
        f"{FOLDS} folds by document: the batch is drawn from four, the fifth is scored; `all` is all of those four "
        "(about 357 sentences). The other sets are scored after each fold's feedback and averaged. Only the conversion "
        f"layer is trained, from the first submission's, over its replay file ({plain.replay_limit:,} mentions); a "
        f"corrected mention weighs {plain.feedback_weight:g}, and {plain.replay_keep:g} of what a replayed one is "
        "trained towards is the first submission's own answer.\n"
    )
    return head + tables_of(rows, shown) + differences_of(rows, pairs, shown, ("strict", "coarse", "both"))


def feedback(bench: Bench, train: Instances, sets: list[Scored], options: argparse.Namespace) -> str:
    """How strongly corrections should pull: their weight, and how much the replayed mentions keep of the first
    submission's answers."""
    seeds = options.seeds[:3]
    runs: dict[tuple[float, float], list[list[np.ndarray]]] = {}
    before: list[list[np.ndarray]] = []
    for seed in seeds:
        corrections = Corrections.of(bench, train, sets, options, seed)
        before.append(corrections.sums())
        for weight in (1.0, 3.0, 10.0):
            for keep in (0.0, 0.5, 0.9):
                sums = corrections.after(0, feedback_weight=weight, replay_keep=keep)
                runs.setdefault((weight, keep), []).append(sums)
    names = [corrections.feedback.name, *(s.name for s in sets)]
    out = (
        "# How strongly feedback pulls\n\n"
        f"{command('feedback', seeds)}\n\n"
        "As Table 2 with all sentences of feedback; `both` F1 less the first submission's, with 95% interval and p. "
        "keep: share of the first submission's own answers in what replayed mentions are trained towards.\n\n"
        "| weight | keep | " + " | ".join(names) + " |\n|---|---|" + "---|" * len(names) + "\n"
    )
    first = [mean_sums(parts) for parts in zip(*before, strict=True)]
    for (weight, keep), kept in runs.items():
        cells = [f"{weight:g}", f"{keep:g}"]
        for a, b in zip(first, [mean_sums(parts) for parts in zip(*kept, strict=True)], strict=True):
            d, low, high, p = difference(a, b, "both")
            cells.append(f"{d:+.3f} [{low:+.3f}, {high:+.3f}], p {p:.4f}")
        out += "| " + " | ".join(cells) + " |\n"
    return out


def drawn(allowed: np.ndarray, size: int, seed: int) -> np.ndarray:
    """A mask with `size` of the allowed sentences (0: all), drawn by seed; smaller draws are parts of larger ones."""
    order = np.random.default_rng(seed).permutation(np.flatnonzero(allowed))
    mask = np.zeros(len(allowed), dtype=bool)
    mask[order[: size or len(order)]] = True
    return mask


def replayed(train: Instances, settings: FinetuneSettings) -> Instances:
    """What the first submission's model folder would keep."""
    replay, sets = replay_of(train, settings.replay_limit, settings.seed)
    labels = [tuple(sets[i]) for i in replay["labels"].tolist()]
    return Instances(replay["vectors"].float(), labels, replay["weights"].float())
