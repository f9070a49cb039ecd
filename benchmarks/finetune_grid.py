"""Fine-tuning settings compared on one pretrained model: mention vectors once, then each variation by each seed.

    python benchmarks/finetune_grid.py BASE --train FILE... --dev FILE... [--watch FILE...] --seeds 1 2 3

A file named n times weighs n times as much, as in `ousianer finetune`. Prints F1 with credit `both` (decay .5) on each
--dev and --watch corpus, without a confidence threshold, mean over the seeds and their range; --watch corpora choose
nothing.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses

import numpy as np
import torch

from ousianer_cli.network.checkpoint import load_model
from ousianer_cli.network.targets import Targets
from ousianer_cli.taxonomy.direct import DirectMapper
from ousianer_cli.taxonomy.tree import load_taxonomy
from ousianer_cli.training import finetune as ft

VARIATIONS: dict[str, dict[str, object]] = {
    "default": {},
    "logits": {"reads": "logits"},
    "logits and vectors": {"reads": "both"},
    "no coarse prior": {"coarse_prior": 0.0},
    "coarse prior .5": {"coarse_prior": 0.5},
    "hard loss": {"loss": "hard"},
    "hard loss, argmax": {"loss": "hard", "decoding": "argmax"},
    "soft loss, argmax": {"decoding": "argmax"},
    "soft loss, decay .3": {"loss_decay": 0.3},
    "soft loss, decay .5": {"loss_decay": 0.5},
    "depth .2": {"depth": 0.2},
    "depth .5": {"depth": 0.5},
    "projection tuned": {"reads": "logits", "tune_projection": True},
    "hidden 400, dropout .5": {"hidden": 400, "dropout": 0.5},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base")
    parser.add_argument("--train", nargs="+", required=True)
    parser.add_argument("--dev", nargs="+", required=True)
    parser.add_argument("--watch", nargs="*", default=[])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1])
    parser.add_argument("--only", nargs="*", choices=sorted(VARIATIONS))
    options = parser.parse_args()
    model, targets = load_model(options.base), Targets(load_taxonomy("aida-edl"))
    plain = ft.FinetuneSettings(base=options.base, out="-", train=options.train, dev=options.dev)
    mapper = DirectMapper.from_text(ft.mapping_text(plain, model), model.types, targets.taxonomy)
    instances = ft.train_instances(model, plain, targets, print)
    dev = [ft.dev_set(model, path, targets, plain.batch_pieces) for path in options.dev]
    watch = [ft.dev_set(model, path, targets, plain.batch_pieces) for path in options.watch]
    print(f"\n{len(instances):,} training mentions, seeds {options.seeds}\n")
    print("| variation | " + " | ".join(d.name for d in [*dev, *watch]) + " |")
    print("|---|" + "---|" * (len(dev) + len(watch)))
    projection = copy.deepcopy(model.tagger.types.state_dict())
    for part in ("direct", *(options.only or VARIATIONS)):
        scores: list[list[float]] = []
        for seed in options.seeds if part != "direct" else [1]:
            if part == "direct":
                scores.append([ft.direct_metrics(model, mapper, targets, d)["f1"] for d in [*dev, *watch]])
                continue
            settings = dataclasses.replace(plain, seed=seed, **VARIATIONS[part])  # type: ignore[arg-type]
            torch.manual_seed(seed)
            model.conversion = None
            model.tagger.types.load_state_dict(projection)
            ft.train_conversion(model, targets, mapper, instances, dev, settings, warm=False, say=lambda _: None)
            scores.append([ft.dev_metrics(model, targets, d, settings)["headline"] for d in [*dev, *watch]])
        cells = [f"{np.mean(c):.4f} ({min(c):.4f}–{max(c):.4f})" for c in zip(*scores, strict=True)]
        print(f"| {part} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
