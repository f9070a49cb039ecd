"""Ablations of the pretrained network at a small scale: one thing changed a row, each trained from the encoder up.

    python examples/tables/ablations.py WORK [BASE] -o docs/results [--rows NAME...] [--seeds 1] [--scratch DIR]

WORK holds the corpora of `examples/tables/run.sh`. Every row is pretrained on the same 1,200 sentences whose names are
all marked (CrossNER train and a draw of the clean Few-NERD part) and 1,500 of the silver, then its conversion layer is
tuned on the same 1,200. The encoder is frozen but for the rows that tune it, so rows share its features. The last row
is BASE, pretrained on everything, with its layer tuned on those 1,200 too: what large pretraining is worth where the
fine-tuning data is little. Finished networks and rows are kept in the scratch folder and not made again. Intervals:
95%, bootstrap over sentences, 2,000 resamples; p: permutation test against the first row.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from bench import Bench, difference, figure, mean_sums

from ousianer_cli.formats.corpus import read_corpus, write_corpus
from ousianer_cli.settings.pretrain import PretrainSettings
from ousianer_cli.training.pretrain import last_state, pretrain

COMPLETE, SILVER = 1_200, 1_500
LARGE = "large pretraining (BASE)"
PLAIN: dict[str, Any] = {
    "encoder": "minilm",
    "encoder_lr": 0.0,
    "detection_repeat": 2,
    "epochs": 2,
    "min_mentions": 15,
    "typing_weight": 0.5,
    "patience": 9,
}
ROWS: dict[str, dict[str, Any]] = {
    "plain: frozen encoder, mix of layers 1-6": {},
    "layer 6 alone": {"mix_layers": [6]},
    "layer 4 alone": {"mix_layers": [4]},
    "layer 2 alone": {"mix_layers": [2]},
    "no word shapes": {"shape_size": 0},
    "pooling: first word": {"pooling": "first"},
    "pooling: mean": {"pooling": "mean"},
    "no distant supervision": {"silver": False},
    "encoder tuned": {"encoder_lr": 1.5e-4},
    "encoder tuned, shapes at its input": {"encoder_lr": 1.5e-4, "shape_input": True},
    "encoder tuned, no distant supervision": {"encoder_lr": 1.5e-4, "silver": False},
    LARGE: {},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument(
        "base", type=Path, nargs="?", help="pretrained model of the last row; without it that is left out"
    )
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/results"))
    parser.add_argument("--scratch", type=Path)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1])
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=list(ROWS))
    options = parser.parse_args()
    scratch = options.scratch or options.work / "ablations"
    scratch.mkdir(parents=True, exist_ok=True)
    files = draw(options.work, scratch)
    for name in options.rows:
        for seed in options.seeds:
            if name != LARGE or options.base is not None:
                run(name, seed, files, options.work, scratch, options.base)
    text = table(scratch, options.seeds)
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "ablations.md").write_text(text, encoding="utf-8")
    print(text)


def draw(work: Path, scratch: Path) -> dict[str, str]:
    """The row's corpora: the same sentences with WordNet classes for pretraining and AIDA types for tuning."""
    rng = np.random.default_rng(1)
    crossner = len(list(read_corpus(work / "crossner_train.jsonl")))
    clean = len(list(read_corpus(work / "fewnerd_clean_aida.jsonl")))
    chosen = set(rng.permutation(clean)[: COMPLETE - crossner].tolist())
    files = {}
    for kind, names in (
        ("wn", ("crossner_train_wn", "fewnerd_clean_wn")),
        ("aida", ("crossner_train", "fewnerd_clean_aida")),
    ):
        first = list(read_corpus(work / f"{names[0]}.jsonl"))
        second = [s for i, s in enumerate(read_corpus(work / f"{names[1]}.jsonl")) if i in chosen]
        files[kind] = str(scratch / f"complete_{kind}.jsonl")
        write_corpus(files[kind], [*first, *second])
    silver = list(read_corpus(work / "silver_link.jsonl"))
    files["silver"] = str(scratch / "silver.jsonl")
    write_corpus(files["silver"], [silver[i] for i in sorted(rng.permutation(len(silver))[:SILVER].tolist())])
    return files


def run(name: str, seed: int, files: dict[str, str], work: Path, scratch: Path, large: Path | None) -> None:
    """Pretrain, tune and score one row; its sums are kept as JSON."""
    result = scratch / f"{slug(name)}.{seed}.json"
    if result.is_file():
        return
    base = large if name == LARGE and large is not None else pretrained(name, seed, files, work, scratch)
    bench = Bench.open(base, kept=work / "vectors")
    sets = [bench.read(work / f"{s}.jsonl") for s in ("crossner_dev", "fewnerd_held")]
    used = bench.tune(bench.instances([files["aida"]]), seed, dev=sets, coarse_prior=0.0)
    kept: dict[str, Any] = {"types": len(bench.model.types), "sets": {}}
    for scored in sets:
        chosen, _ = bench.decide(scored, used)
        kept["sets"][scored.name] = {
            "typed": bench.tally(scored, chosen).tolist(),
            "detection": bench.detection(scored).tolist(),
        }
    result.write_text(json.dumps(kept), encoding="utf-8")


def pretrained(name: str, seed: int, files: dict[str, str], work: Path, scratch: Path) -> Path:
    """The row's network, trained from the encoder up."""
    changed = dict(ROWS[name])
    silver = bool(changed.pop("silver", True))
    base = scratch / f"{slug(name)}.{seed}"
    settings = PretrainSettings(
        out=str(base),
        joint=[files["wn"]],
        typing=[files["silver"]] if silver else [],
        detection_dev=[str(work / "crossner_dev.jsonl"), str(work / "fewnerd_held.jsonl")],
        held_out=0.02,
        seed=seed,
        **{**PLAIN, **changed},
    )
    pretrain(settings, resume=(last_state(base) / "state.json").is_file())
    return base


def table(scratch: Path, seeds: list[int]) -> str:
    """Detection F1 and typed F1 (`both`) of every finished row."""
    rows: dict[str, dict[str, tuple[np.ndarray, np.ndarray]]] = {}
    for name in ROWS:
        parts = [scratch / f"{slug(name)}.{seed}.json" for seed in seeds]
        if all(p.is_file() for p in parts):
            read = [json.loads(p.read_text(encoding="utf-8"))["sets"] for p in parts]
            rows[name] = {
                s: (
                    mean_sums(np.asarray(r[s]["typed"]) for r in read),
                    mean_sums(np.asarray(r[s]["detection"]) for r in read),
                )
                for s in read[0]
            }
    out = (
        "# Ablations of the pretrained network, at a small scale\n\n"
        f"`python examples/tables/ablations.py WORK BASE --seeds {' '.join(map(str, seeds))}`\n\n"
        f"{COMPLETE:,} sentences whose names are all marked, {SILVER:,} of silver; two passes. Typed F1 with credit "
        "`both`; differences against the first row with 95% interval and p.\n"
    )
    if not rows:
        return out
    first = next(iter(rows))
    for name in rows[first]:
        out += f"\n## {name}\n\n| row | detection F1 | difference | typed F1 | difference |\n|---|---|---|---|---|\n"
        for label, sums in rows.items():
            typed, found = sums[name]
            base_typed, base_found = rows[first][name]
            cells = []
            for own, base in ((found, base_found), (typed, base_typed)):
                f, low, high = figure(own, "both")[2:]
                d, dlow, dhigh, p = difference(base, own, "both")
                cells += [f"{f:.3f} [{low:.3f}, {high:.3f}]"]
                cells += ["" if label == first else f"{d:+.3f} [{dlow:+.3f}, {dhigh:+.3f}], p {p:.4f}"]
            out += f"| {label} | " + " | ".join(cells) + " |\n"
    return out


def slug(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name)


if __name__ == "__main__":
    main()
