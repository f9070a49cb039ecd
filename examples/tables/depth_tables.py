"""Tables of depth: guidelines that stop higher, and types below an open label."""

from __future__ import annotations

import argparse
import dataclasses
from typing import Any

import numpy as np
import torch
from bench import Bench, Scored, f1
from rows import (
    OURS,
    TRAIN,
    command,
)

from ousianer_cli.taxonomy.tree import Taxonomy
from ousianer_cli.training.finetune.instances import Instances

DEEP = "GPE"
"""The subtree whose labels are hidden below the top in the study of depth."""


def guidelines(bench: Bench, train: Instances, sets: list[Scored], options: argparse.Namespace) -> str:
    """Guidelines stop at different depths; three knobs set where a model stops: what corpora weigh, how far evidence
    moves labels down in tuning, and the decoder's prior that gold is coarse."""
    seeds = options.seeds[:1]
    head = [
        "CrossNER",
        "depth",
        "prior",
        *(f"closed {s.name}" for s in sets),
        *(f"open {s.name}" for s in sets),
        "mean",
    ]
    out = (
        "# Where the answers stop along the type tree\n\n"
        f"{command('guidelines', seeds)}\n\n"
        "F1 with credit `both`, labels closed (what lies below gold is half right) and open (it is right), and the "
        "mean of all eight. CrossNER: how often its training part is named; depth: share of a label's mass that YAGO "
        "evidence may move below it in tuning; prior: share of gold that the decoder takes to stop at the top type. "
        "No confidence threshold; epochs chosen by the mean of both readings.\n\n"
        f"| {' | '.join(head)} |\n|{'---|' * len(head)}\n"
    )
    others = [name for name in TRAIN if name != "crossner_train"]
    for times in (3, 10):
        files = [str(options.work / f"{name}.jsonl") for name in (*["crossner_train"] * times, *others)]
        weighed = bench.instances(files, report=lambda _: None)
        for share in (0.0, 0.3, 0.6):
            used = bench.tune(weighed, seeds[0], dev=sets, depth=share, dev_labels="mean", **OURS)
            for prior in (0.0, 0.1, 0.2, 0.3):
                rule = dataclasses.replace(used, coarse_prior=prior)
                sums = [bench.tally(s, bench.decide(s, rule)[0]) for s in sets]
                values = [f1(table, measure) for measure in ("both", "open") for table in sums]
                cells = [str(times), f"{share}", f"{prior}", *(f"{v:.3f}" for v in (*values, np.mean(values)))]
                out += f"| {' | '.join(cells)} |\n"
                print(out.splitlines()[-1], flush=True)
    return out


def depth(bench: Bench, train: Instances, sets: list[Scored], options: argparse.Namespace) -> str:
    """How often YAGO evidence goes below the fine-tuning label rightly: countries and cities are tuned as `GPE` only,
    and scored on gold that says which."""
    taxonomy = bench.targets.taxonomy
    hidden = Instances(
        train.vectors,
        [tuple(sorted({taxonomy.top(t) if t.startswith(f"{DEEP}.") else t for t in g})) for g in train.labels],
        train.weights,
    )
    feedback = bench.read(options.work / "wfbg.jsonl")
    tested = [sets[0], feedback]
    ways: dict[str, dict[str, Any]] = {
        "labels as they are": {},
        "evidence moves .2 of the mass below a label": {"depth": 0.2},
        "evidence moves .5": {"depth": 0.5},
        "evidence moves all": {"depth": 1.0},
    }
    out = (
        "# Depth below the fine-tuning labels\n\n"
        f"{command('depth', options.seeds[:2])}\n\n"
        f"All labels below `{DEEP}` are hidden in tuning (they become `{DEEP}`). Scored on gold mentions whose own "
        f"label is below `{DEEP}`: how many answers go below it, how many of those are on gold's line, and the mean "
        f"credit `both`; and on gold that admits `{DEEP}` itself: how many answers go below. Mean of the seeds.\n\n"
        "| way | set | deep gold | go below | of these right | credit | coarse gold | go below |\n"
        "|---|---|---|---|---|---|---|---|\n"
    )
    evidence_rows: dict[str, float] = {f"evidence over {t} decides below `{DEEP}`": t for t in (0.3, 0.5, 0.7, 0.9)}
    lines: dict[tuple[str, str], list[list[float]]] = {}
    for seed in options.seeds[:2]:
        for way, settings in ways.items():
            used = bench.tune(hidden, seed, dev=sets[1:2], **{**OURS, **settings})
            for scored in tested:
                chosen = bench.head(used).choose(scored.gold_vectors).positions
                lines.setdefault((way, scored.name), []).append(_depth_row(bench, scored, chosen))
                if not settings:
                    for label, least in evidence_rows.items():
                        deeper = _deepened(bench, scored, chosen, least)
                        lines.setdefault((label, scored.name), []).append(_depth_row(bench, scored, deeper))
    for scored in tested:
        chosen = bench.direct().choose(scored.gold_vectors).positions
        lines["Direct", scored.name] = [_depth_row(bench, scored, chosen)]
    for (way, name), values in lines.items():
        deep, below, right, credit, coarse, coarse_below = np.mean(values, axis=0)
        cells = [f"{deep:.0f}", *(f"{v:.3f}" for v in (below, right, credit)), f"{coarse:.0f}", f"{coarse_below:.3f}"]
        out += " | ".join(["| " + way, name, *cells]) + " |\n"
    return out


def _deepened(bench: Bench, scored: Scored, chosen: torch.Tensor, least: float) -> torch.Tensor:
    """Where the chosen type is the hidden top, the type below it with most evidence, if that is enough."""
    with torch.no_grad():
        probabilities = torch.sigmoid(bench.model.tagger.type_logits(scored.gold_vectors)).numpy()
    evidence = torch.from_numpy(bench.mapper.scores(probabilities)).float()
    below = [i for i, n in enumerate(bench.targets.names) if n.startswith(f"{DEEP}.")]
    best = evidence[:, below].max(dim=1)
    deeper = (chosen == bench.targets.names.index(DEEP)) & (best.values >= least)
    return torch.where(deeper, torch.tensor(below)[best.indices], chosen)


def _depth_row(bench: Bench, scored: Scored, chosen: torch.Tensor) -> list[float]:
    names, taxonomy = bench.targets.names, bench.targets.taxonomy
    answers = [names[i] for i in chosen.tolist()]
    deep = [i for i, g in enumerate(scored.gold) if len(g) == 1 and g[0].startswith(f"{DEEP}.")]
    coarse = [i for i, g in enumerate(scored.gold) if DEEP in g]
    below = [i for i in deep if answers[i].startswith(f"{DEEP}.")]
    right = [i for i in below if on_line(taxonomy, answers[i], scored.gold[i][0])]
    credits = bench.targets.set_credits([scored.gold[i] for i in deep], "both")
    credit = credits.gather(1, chosen[deep][:, None]).mean() if deep else torch.zeros(())
    return [
        len(deep),
        len(below) / max(1, len(deep)),
        len(right) / max(1, len(below)),
        float(credit),
        len(coarse),
        sum(answers[i].startswith(f"{DEEP}.") for i in coarse) / max(1, len(coarse)),
    ]


def on_line(taxonomy: Taxonomy, system: str, gold: str) -> bool:
    """Whether one of the two is the other or lies above it."""
    return system == gold or system in taxonomy.ancestors(gold) or gold in taxonomy.ancestors(system)
