"""OusiaNER beside other taggers: same sentences, same encoder, same minutes of training, one scorer for all.

    benchmarks/peers/environments.sh ENVS
    python benchmarks/peers/run.py data --corpus crossner=TRAIN.jsonl,TRAIN_WN.jsonl --corpus fewnerd=... \\
      --validation crossner_dev=DEV.jsonl --validation fewnerd_held=HELD.jsonl
    python benchmarks/peers/run.py all --envs ENVS --minutes-total 120

    python benchmarks/peers/run.py aida-open --lines WORK/aida_open
    python benchmarks/peers/run.py all --envs ENVS --minutes-total 120 --sizes all --every-size \\
      --peers ours-scratch hf flair spacy --budgets all=20 --threads 1 --clock cpu \
      --option 'pretrain={"passage_pieces": 250, "batch_pieces": 400, "encoder_layers": 4}' \
      --option 'finetune={"hidden": 400, "decay": 0.1}' --out docs/results/peers_aida_open.md

`aida-open` takes all batches of that corpus as `ousianer prepare corpus FILE --taxonomy aida-edl` wrote them, 3% of
the documents held out, and its dev as validation; `data` draws training sets of other corpora by seed; `train` runs
one peer once; `sweep` tries learning rates; `score` scores every run that is there; `table` writes the results as
Markdown; `all` runs what is missing, in an order in which an interruption leaves whole comparisons, and goes on from
there when it is started again. A finished run is never made again: it lies in RUNS/SIZE/PEER/seed-S/RATE with its job,
log, predictions and result.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from peers_data import aida_open, data
from peers_files import MINUTES, PEERS, ROOT, SIZES, SWEPT_AT, WORK, absolute, read_json, run_folder
from peers_report import score, table
from peers_training import RATES, sweep, sweep_one, train, train_one

ONLY_AT = {"spanmarker": ("200",)}
"""SpanMarker enumerates spans; beyond 200 sentences it needs a GPU (`--every-size` runs it all the same)."""
AROUND = {"spanmarker": 15.0}
AROUND_OTHERS = 2.0
"""Minutes a run takes beside training, by which `all` judges what still fits: loading, tagging, timing."""


def main() -> None:
    options = parse()
    commands = {
        "data": data,
        "aida-open": aida_open,
        "train": train_one,
        "sweep": sweep_one,
        "score": score,
        "table": table,
        "all": run_all,
    }
    commands[options.command](options)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = parser.add_subparsers(dest="command", required=True)
    made = parts.add_parser("data", help="draw the training sets")
    made.add_argument("--corpus", action="append", required=True, metavar="NAME=FILE[,WORDNET_FILE]")
    made.add_argument("--validation", action="append", required=True, metavar="NAME=FILE")
    made.add_argument("--sizes", nargs="+", default=list(SIZES), help="sentences, or 'all'")
    made.add_argument("--all-limit", type=int, default=0, help="sentences that 'all' is cut to; 0: truly all")
    made.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    corpus = parts.add_parser("aida-open", help="all batches of aida_open, and its dev")
    corpus.add_argument("--lines", type=Path, required=True, help="folder of train*, rare*, web* and dev.jsonl")
    corpus.add_argument("--seeds", nargs="+", type=int, default=[1])
    for name in ("train", "sweep", "score", "table", "all"):
        one = parts.add_parser(name)
        one.add_argument("--runs", type=Path, default=WORK / "runs")
        if name in ("train", "sweep"):
            one.add_argument("peer", choices=sorted(PEERS))
            one.add_argument("--size", default=SWEPT_AT)
            one.add_argument("--seed", type=int, default=1)
            one.add_argument("--budget-minutes", type=float)
        if name == "train":
            one.add_argument("--lr", type=float, help="learning rate; the peer's own default without it")
        if name == "all":
            one.add_argument("--minutes-total", type=float, required=True, help="start nothing that would end later")
            one.add_argument("--sizes", nargs="+", default=list(SIZES))
            one.add_argument("--seeds", nargs="+", type=int, default=[1])
            one.add_argument("--peers", nargs="+", default=list(PEERS), choices=sorted(PEERS))
            one.add_argument("--every-size", action="store_true", help="SpanMarker at every size (where a GPU is)")
            one.add_argument(
                "--sweep", action="store_true", help=f"choose learning rates first, at {SWEPT_AT} sentences"
            )
            one.add_argument("--budgets", nargs="*", default=[], metavar="[PEER/]SIZE=MINUTES")
        if name in ("train", "sweep", "all"):
            one.add_argument("--envs", type=Path, required=True, help="folder of environments.sh")
            one.add_argument("--threads", type=int, default=2)
            one.add_argument("--clock", choices=["wall", "cpu"], default="wall", help="what minutes of training are of")
            one.add_argument("--encoder", default="minilm", help="the encoder of all of them, as `ousianer` names it")
            one.add_argument("--base", type=Path, help="pretrained model of `ours`; the released model without it")
            one.add_argument("--transfer-base", type=Path, help="model whose encoder `ours-transfer` begins with")
            one.add_argument("--base-unseen", action="store_true", help="--base saw nothing of the drawn corpora")
            one.add_argument("--transfer-unseen", action="store_true", help="nor did --transfer-base")
            one.add_argument("--option", action="append", default=[], metavar="NAME=JSON", help="for the peer's script")
        if name in ("score", "table", "all"):
            one.add_argument("--out", type=Path, default=ROOT / "docs" / "results" / "peers.md")
            one.add_argument("--note", default="", help="a sentence for the table's head: what its reader must know")
    for one in parts.choices.values():
        one.add_argument("--data", type=Path, default=WORK / "data")
    return parser.parse_args()


def run_all(options: argparse.Namespace) -> None:
    """Everything that is missing and fits, seed by seed and from small sizes to large, then scores and the table."""
    absolute(options)
    budgets = {**MINUTES, **{k: float(v) for k, _, v in (item.partition("=") for item in options.budgets)}}
    ends = time.perf_counter() + options.minutes_total * 60
    left_out: list[str] = []

    def fits(peer: str, minutes: float, times: int, what: str) -> bool:
        if time.perf_counter() + (minutes + AROUND.get(peer, AROUND_OTHERS)) * times * 60 <= ends:
            return True
        left_out.append(what)
        return False

    def budget(peer: str, size: str) -> float:
        return budgets.get(f"{peer}/{size}", budgets[size])

    def sizes_of(peer: str) -> list[str]:
        return [s for s in options.sizes if options.every_size or s in ONLY_AT.get(peer, options.sizes)]

    wanted = [p for p in options.peers if p != "ours-transfer" or options.transfer_base is not None]
    if options.sweep:
        for peer in wanted:
            sizes = sizes_of(peer)
            if peer not in RATES or peer in read_json(options.runs / "rates.json", {}) or not sizes:
                continue
            size = SWEPT_AT if SWEPT_AT in sizes else sizes[0]
            if fits(peer, budget(peer, size), len(RATES[peer]), f"sweep of {peer}"):
                sweep(options, peer, size, options.seeds[0], budget(peer, size))
    rates = read_json(options.runs / "rates.json", {})
    for seed in options.seeds:
        for size in options.sizes:
            for peer in wanted:
                lr = rates.get(peer, {}).get("lr")
                done = (run_folder(options.runs, peer, size, seed, lr) / "result.json").is_file()
                if size not in sizes_of(peer):
                    continue
                minutes = 1.0 if peer == "ours" else budget(peer, size)
                if done or fits(peer, minutes, 1, f"{peer} at {size}, seed {seed}"):
                    train(options, peer, size, seed, lr, budget(peer, size))
    if left_out:
        print(f"left for another start, since they would end after {options.minutes_total:g} minutes: {left_out}")
    score(options)
    table(options)


if __name__ == "__main__":
    main()
