"""OusiaNER beside other taggers: same sentences, same encoder, same minutes of training, one scorer for all.

    benchmarks/peers/environments.sh ENVS
    python benchmarks/peers/run.py data --corpus crossner=TRAIN.jsonl,TRAIN_WN.jsonl --corpus fewnerd=... \\
      --validation crossner_dev=DEV.jsonl --validation fewnerd_held=HELD.jsonl
    python benchmarks/peers/run.py all --envs ENVS --minutes-total 120

    python benchmarks/peers/run.py aida-open --lines WORK/aida_open
    python benchmarks/peers/run.py all --envs ENVS --minutes-total 120 --sizes all --every-size \\
      --peers ours-scratch hf flair spacy --budgets all=20 --threads 1 --clock cpu \
      --option 'pretrain={"passage_pieces": 250, "batch_pieces": 800}' \
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
import hashlib
import json
import os
import platform
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = ROOT / "models-work" / "peers"

PEERS = {
    "ours": ("peer_ours.py", "OusiaNER, pretrained base"),
    "ours-scratch": ("peer_ours.py", "OusiaNER, from scratch"),
    "ours-transfer": ("peer_ours.py", "OusiaNER, transferred encoder"),
    "hf": ("peer_hf.py", "Hugging Face token classification"),
    "flair": ("peer_flair.py", "Flair SequenceTagger, CRF"),
    "spacy": ("peer_spacy.py", "spaCy from scratch"),
    "spanmarker": ("peer_spanmarker.py", "SpanMarker"),
}
"""Peer -> its script and how the table calls it; the project's own run in the driver's environment."""
OWN = ("ours", "ours-scratch", "ours-transfer")
SIZES = ("200", "1000", "all")
MINUTES = {"200": 2.0, "1000": 5.0, "all": 10.0}
ONLY_AT = {"spanmarker": ("200",)}
"""SpanMarker enumerates spans; beyond 200 sentences it needs a GPU (`--every-size` runs it all the same)."""
SWEPT_AT = "1000"
RATES: dict[str, tuple[float | None, ...]] = {
    "hf": (None, 1.5e-4, 5e-4),
    "flair": (None, 1.5e-4, 5e-4),
    "spanmarker": (None, 1.5e-4),
    "ours-scratch": (None, 5e-4),
    "ours-transfer": (None, 5e-4),
}
"""Learning rates that `sweep` tries; None is the peer's own default. spaCy keeps its own configuration."""
HELD_SHARE, HELD_DOCUMENTS = 0.1, 0.03
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


# ---- data ---------------------------------------------------------------------------------------------------------


def shares(available: Sequence[int], wanted: int) -> list[int]:
    """How many sentences each corpus gives: equal shares, and what a small one lacks falls to the others."""
    taken = [0] * len(available)
    while wanted > sum(taken) and any(t < a for t, a in zip(taken, available, strict=True)):
        open_places = [i for i, a in enumerate(available) if taken[i] < a]
        left = wanted - sum(taken)
        for rank, i in enumerate(open_places):
            part = left // len(open_places) + (rank < left % len(open_places))
            taken[i] += min(part, available[i] - taken[i])
    return taken


def data(options: argparse.Namespace) -> None:
    """Draw training sets by seed: nested (200 lies in 1,000), equal shares of the corpora, a tenth of each held out."""
    from ousianer_cli.formats.corpus import Sentence, read_corpus, write_corpus

    def key(sentence: Sentence) -> tuple[str, ...]:
        return tuple(token.lower() for token in sentence.tokens)

    options.data.mkdir(parents=True, exist_ok=True)
    facts: dict[str, Any] = {"corpora": {}, "validation": {}, "sets": {}, "all_limit": options.all_limit}
    seen: set[tuple[str, ...]] = set()
    for name, path in (item.split("=", 1) for item in options.validation):
        sentences = [s for s in read_corpus(path) if s.detects and s.types_mentions]
        seen |= {key(s) for s in sentences}
        facts["validation"][name] = {"sentences": write_corpus(options.data / f"{name}.jsonl", sentences)}
        facts["validation"][name]["sha256_16"] = digest(options.data / f"{name}.jsonl")
    corpora: list[list[Sentence]] = []
    wordnet: dict[tuple[str, ...], Sentence] = {}
    for name, paths in (item.split("=", 1) for item in options.corpus):
        path, _, other = paths.partition(",")
        every = list(read_corpus(path))
        usable = {key(s): s for s in every if s.detects and s.types_mentions and all(m.types for m in s.mentions)}
        kept = [s for k, s in usable.items() if k not in seen]
        seen |= set(usable)
        corpora.append(kept)
        wordnet.update((s.tokens, s) for s in (read_corpus(other) if other else ()))
        facts["corpora"][name] = {"sentences": len(every), "usable": len(kept), "sha256_16": digest(Path(path))}
        print(f"{name}: {len(kept):,} of {len(every):,} sentences (whole, and in no file before)")
    for seed in options.seeds:
        orders = [random.Random(seed).sample(c, len(c)) for c in corpora]
        for size in options.sizes:
            wanted = (options.all_limit or sum(map(len, corpora))) if size == "all" else int(size)
            drawn = [order[:n] for order, n in zip(orders, shares([len(c) for c in corpora], wanted), strict=True)]
            held = [s for part in drawn for s in part[: max(1, round(len(part) * HELD_SHARE))]]
            train = [s for part in drawn for s in part[max(1, round(len(part) * HELD_SHARE)) :]]
            folder = options.data / f"size-{size}" / f"seed-{seed}"
            folder.mkdir(parents=True, exist_ok=True)
            for kind, sentences in (("train", train), ("held", held)):
                write_corpus(folder / f"{kind}.jsonl", sentences)
                # Without the other labels the project's own model cannot be trained from scratch, the rest can.
                if all(s.tokens in wordnet for s in sentences):
                    write_corpus(folder / f"{kind}_wn.jsonl", [wordnet[s.tokens] for s in sentences])
            facts["sets"][f"{size}/{seed}"] = {
                "parts": [len(part) for part in drawn],
                "train": len(train),
                "held": len(held),
                "mentions": sum(len(s.mentions) for s in train),
                "wordnet": (folder / "train_wn.jsonl").is_file(),
            }
            print(f"size {size}, seed {seed}: {facts['sets'][f'{size}/{seed}']}")
    write_json(options.data / "data.json", facts)


def aida_open(options: argparse.Namespace) -> None:
    """All batches to learn from, a few of their documents held out by seed, and dev to test on.

    Names inside names are left out: no peer can say them. `ours-scratch` also learns the classes of the mentions'
    nouns, which stand in the same lines; the flat taggers have no use for them.
    """
    from dataclasses import replace

    from ousianer_cli.formats.corpus import Sentence, read_corpus, write_corpus
    from ousianer_cli.taxonomy.noun_classes import noun_class

    def classes(sentence: Sentence) -> Sentence:
        found = [(noun_class(m.noun, m.types[0]) if m.noun else None, m) for m in sentence.mentions]
        return replace(sentence, mentions=tuple(replace(m, types=(c,) if c else ()) for c, m in found))

    files = sorted(p for kind in ("train", "rare", "web") for p in options.lines.glob(f"{kind}*.jsonl"))
    if not files:
        raise SystemExit(f"{options.lines}: expected train01.jsonl and further batches, found none")
    sentences = [replace(s, nested=()) for path in files for s in read_corpus(path)]
    dev = [replace(s, nested=()) for s in read_corpus(options.lines / "dev.jsonl")]
    options.data.mkdir(parents=True, exist_ok=True)
    write_corpus(options.data / "aida_open_dev.jsonl", dev)
    known = {"sentences": len(dev), "sha256_16": digest(options.data / "aida_open_dev.jsonl")}
    used = {"sentences": len(sentences), "usable": len(sentences), "files": {p.name: digest(p) for p in files}}
    facts: dict[str, Any] = {"corpora": {"aida_open": used}, "validation": {"aida_open_dev": known}, "sets": {}}
    documents = sorted({s.document for s in sentences})
    for seed in options.seeds:
        chosen = set(random.Random(seed).sample(documents, max(1, round(len(documents) * HELD_DOCUMENTS))))
        folder = options.data / "size-all" / f"seed-{seed}"
        folder.mkdir(parents=True, exist_ok=True)
        parts = {
            "train": [s for s in sentences if s.document not in chosen],
            "held": [s for s in sentences if s.document in chosen],
        }
        for kind, part in parts.items():
            write_corpus(folder / f"{kind}.jsonl", part)
            write_corpus(folder / f"{kind}_wn.jsonl", map(classes, part))
        facts["sets"][f"all/{seed}"] = {
            "parts": [len(sentences)],
            "train": len(parts["train"]),
            "held": len(parts["held"]),
            "mentions": sum(len(s.mentions) for s in parts["train"]),
            "wordnet": True,
        }
        print(f"seed {seed}: {facts['sets'][f'all/{seed}']}")
    write_json(options.data / "data.json", {**facts, "all_limit": 0})


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def write_json(path: Path, value: Any) -> None:
    part = path.with_suffix(path.suffix + ".part")
    part.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    part.replace(path)


def read_json(path: Path, otherwise: Any = None) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else otherwise


# ---- training -----------------------------------------------------------------------------------------------------


def run_folder(runs: Path, peer: str, size: str, seed: int, lr: float | None) -> Path:
    return runs / f"size-{size}" / peer / f"seed-{seed}" / ("default" if lr is None else f"lr-{lr:g}")


def train(options: argparse.Namespace, peer: str, size: str, seed: int, lr: float | None, minutes: float) -> bool:
    """Run one peer once, unless its result is there; whether it came to an end.

    Raises:
        SystemExit: no such data or environment, or a result that was made with other settings.
    """
    drawn = options.data / f"size-{size}" / f"seed-{seed}"
    if not (drawn / "train.jsonl").is_file():
        raise SystemExit(f"{drawn}: expected train.jsonl, found none; draw it with {Path(__file__).name} data")
    python = Path(sys.executable) if peer.startswith("ours") else options.envs / peer / "bin" / "python"
    if not python.is_file():
        raise SystemExit(f"{python}: expected the environment of {peer}, found none; make it with environments.sh")
    out = run_folder(options.runs, peer, size, seed, lr)
    job = job_of(options, peer, drawn, out, seed, lr, minutes)
    result = out / "result.json"
    if result.is_file():
        if read_json(out / "job.json") != job:
            raise SystemExit(
                f"{out}: expected a result of these settings, found one of others; remove it or use --runs"
            )
        return True
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    write_json(out / "job.json", job)
    began = time.perf_counter()
    threads = str(options.threads)
    environment = {
        **{k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")},
        **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS"), threads),
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_CACHE": str(out / "trainer" / "datasets"),
        "FLAIR_CACHE_ROOT": str(out / "trainer" / "flair"),
    }
    with (out / "log.txt").open("w", encoding="utf-8") as log:
        command = [str(python), str(HERE / PEERS[peer][0]), str(out / "job.json")]
        done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, env=environment, cwd=out)
    shutil.rmtree(out / "trainer", ignore_errors=True)
    took = (time.perf_counter() - began) / 60
    if not result.is_file():
        print(f"{peer}, {size}, seed {seed}: FAILED (exit {done.returncode}) after {took:.1f} min; see {out}/log.txt")
        return False
    facts = read_json(result)
    epochs = f"{facts['epochs']:g} epochs, " if facts["epochs"] else ""
    rate = f"rate {facts['rate']:g}, " if facts["rate"] else ""
    print(
        f"{peer}, {size}, seed {seed}: {took:.1f} min in all, {facts['seconds'] / 60:.1f} min of training "
        f"({facts['cpu_seconds'] / 60:.1f} of the processor), "
        f"{epochs}{rate}F1 {facts['held_f1']:.3f} on the held-out part",
        flush=True,
    )
    return True


def job_of(
    options: argparse.Namespace, peer: str, drawn: Path, out: Path, seed: int, lr: float | None, minutes: float
) -> dict[str, Any]:
    """The job file's content; see jobs.py."""
    from ousianer_cli.network.encoder import locate_encoder
    from ousianer_cli.released_models import released_model

    extra = {name: json.loads(text) for name, _, text in (item.partition("=") for item in options.option)}
    if peer == "ours":
        extra["base"] = str((options.base or Path(released_model())).resolve())
        extra |= {"read": files_read(Path(extra["base"])), "unseen": options.base_unseen}
    encoder = locate_encoder(options.encoder)
    if peer == "ours-transfer":
        if options.transfer_base is None:
            raise SystemExit("ours-transfer: expected --transfer-base FOLDER, found none")
        encoder = str(options.transfer_base.resolve())
        extra |= {"read": files_read(options.transfer_base), "unseen": options.transfer_unseen}
    if peer in ("ours-scratch", "ours-transfer"):
        if not (drawn / "train_wn.jsonl").is_file():
            raise SystemExit(f"{drawn}: expected train_wn.jsonl, found none; draw with --corpus NAME=FILE,WORDNET_FILE")
        extra |= {"train_wn": str(drawn / "train_wn.jsonl"), "held_wn": str(drawn / "held_wn.jsonl")}
    files = {name: options.data / f"{name}.jsonl" for name in read_json(options.data / "data.json")["validation"]}
    return {
        "train": str(drawn / "train.jsonl"),
        "held": str(drawn / "held.jsonl"),
        "tag": {name: str(path) for name, path in {"held": drawn / "held.jsonl", **files}.items()},
        "out": str(out),
        "encoder": encoder,
        "seed": seed,
        "minutes": minutes,
        "threads": options.threads,
        "lr": lr,
        "clock": options.clock,
        "options": extra,
    }


def files_read(base: Path) -> list[str]:
    """The training files that a pretrained model's configuration lists."""
    listed = read_json(base / "config.json", {}).get("data_sha256_16", {})
    return sorted({name.partition(": ")[2] for name in listed if "_dev:" not in name})


def train_one(options: argparse.Namespace) -> None:
    absolute(options)
    minutes = options.budget_minutes or MINUTES.get(options.size, MINUTES["all"])
    if not train(options, options.peer, options.size, options.seed, options.lr, minutes):
        raise SystemExit(1)


def sweep_one(options: argparse.Namespace) -> None:
    absolute(options)
    minutes = options.budget_minutes or MINUTES.get(options.size, MINUTES["all"])
    sweep(options, options.peer, options.size, options.seed, minutes)


def sweep(options: argparse.Namespace, peer: str, size: str, seed: int, minutes: float) -> None:
    """Choose a peer's learning rate by the held-out tenth; later runs of that peer take it."""
    scores = {}
    for lr in RATES.get(peer, (None,)):
        if train(options, peer, size, seed, lr, minutes):
            scores[lr] = read_json(run_folder(options.runs, peer, size, seed, lr) / "result.json")["held_f1"]
    if not scores:
        return
    rates = read_json(options.runs / "rates.json", {})
    best = max(scores, key=scores.__getitem__)
    tried = {"default" if lr is None else f"{lr:g}": f1 for lr, f1 in scores.items()}
    rates[peer] = {"lr": best, "held_f1": tried, "size": size, "seed": seed}
    write_json(options.runs / "rates.json", rates)
    print(f"{peer}: learning rate {'default' if best is None else f'{best:g}'} of {tried}")


def absolute(options: argparse.Namespace) -> None:
    """The peers run in folders of their own, so that every path must be whole."""
    for name in ("data", "runs", "envs"):
        if getattr(options, name, None) is not None:
            setattr(options, name, getattr(options, name).resolve())


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


# ---- scores -------------------------------------------------------------------------------------------------------


def cells(options: argparse.Namespace) -> dict[tuple[str, str], dict[int, Path]]:
    """(size, peer) -> seed -> folder of the finished run at the peer's chosen learning rate."""
    rates = read_json(options.runs / "rates.json", {})
    found: dict[tuple[str, str], dict[int, Path]] = {}
    for folder in sorted(options.runs.glob("size-*/*/seed-*")):
        size, peer, seed = (folder.parts[-3][5:], folder.parts[-2], int(folder.parts[-1][5:]))
        run = run_folder(options.runs, peer, size, seed, rates.get(peer, {}).get("lr"))
        if (run / "result.json").is_file():
            found.setdefault((size, peer), {})[seed] = run
    return found


def score(options: argparse.Namespace) -> None:
    """Score all finished runs into RUNS/scores.json."""
    import measures

    from ousianer_cli.formats.corpus import read_corpus

    absolute(options)
    known = read_json(options.data / "data.json")["validation"]
    sets = {name: list(read_corpus(options.data / f"{name}.jsonl")) for name in known}
    found = cells(options)
    sums: dict[tuple[str, str, str, int], dict[str, Any]] = {}
    rows: dict[str, Any] = {}
    for (size, peer), seeds in found.items():
        least = {}
        for seed, folder in seeds.items():
            held = list(read_corpus(options.data / f"size-{size}" / f"seed-{seed}" / "held.jsonl"))
            least[seed] = measures.threshold(
                held, measures.read_predictions(folder / "predictions" / "held.jsonl", held)
            )
            for name, sentences in sets.items():
                predictions = measures.read_predictions(folder / "predictions" / f"{name}.jsonl", sentences)
                sums[size, peer, name, seed] = measures.sums(sentences, predictions, least[seed])
        results = {seed: read_json(folder / "result.json") for seed, folder in seeds.items()}
        row: dict[str, Any] = {
            "seeds": sorted(seeds),
            "threshold": least,
            "results": results,
            "sets": {},
            "against": {},
        }
        for name in sets:
            row["sets"][name] = measures.summary(pooled(sums, size, peer, name, sorted(seeds)))
            by_seed = {s: measures.f1(sums[size, peer, name, s]["strict"]) for s in seeds}
            row["sets"][name]["strict"]["by_seed"] = by_seed
        rows[f"{size}/{peer}"] = row
    for (size, peer), seeds in found.items():
        for own in OWN:
            common = sorted(set(seeds) & set(found.get((size, own), {})))
            if own != peer and common:
                rows[f"{size}/{peer}"]["against"][own] = {
                    name: measures.differences(
                        pooled(sums, size, peer, name, common), pooled(sums, size, own, name, common)
                    )
                    for name in sets
                }
    write_json(options.runs / "scores.json", rows)
    print(f"scored {len(rows)} cells into {options.runs / 'scores.json'}")


def pooled(
    sums: dict[tuple[str, str, str, int], dict[str, Any]], size: str, peer: str, name: str, seeds: Sequence[int]
) -> dict[str, Any]:
    """Sums of all seeds added sentence by sentence."""
    tables = [sums[size, peer, name, seed] for seed in seeds]
    return {figure: sum(t[figure] for t in tables) for figure in tables[0]}


# ---- the table ----------------------------------------------------------------------------------------------------

SEEN = {
    "ours": "fine-tuned on the drawn sentences, which teach it types only; its base read {read}",
    "ours-scratch": "the drawn sentences alone; pretraining reads the corpora's own labels of them, as WordNet classes",
    "ours-transfer": "as `ours-scratch`, but its encoder comes from a model that read {read}",
    "hf": "the drawn sentences alone",
    "flair": "the drawn sentences alone",
    "spacy": "the drawn sentences alone; no encoder",
    "spanmarker": "the drawn sentences alone",
}


def table(options: argparse.Namespace) -> None:
    """Write the results as Markdown."""
    absolute(options)
    rows = read_json(options.runs / "scores.json")
    if not rows:
        raise SystemExit(f"{options.runs}: expected scores.json with runs, found none; run score first")
    facts = read_json(options.data / "data.json")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join([*heading(facts, rows, options.note), *results_of(facts, rows), *how(facts, rows, options)])
    options.out.write_text(text + "\n", encoding="utf-8")
    print(f"wrote {options.out}")


def heading(facts: dict[str, Any], rows: dict[str, Any], note: str) -> list[str]:
    corpora = " and ".join(f"{name} ({c['usable']:,} usable sentences)" for name, c in facts["corpora"].items())
    validation = ", ".join(f"{name} ({v['sentences']:,} sentences)" for name, v in facts["validation"].items())
    one = next(iter(next(iter(rows.values()))["results"].values()))
    clocks = {"wall": "wall clock", "cpu": "the processor's time for each thread"}
    clock = one.get("clock", "wall")
    return [
        "# Peers: same data, same encoder, same budget",
        "",
        f"Each tagger learns from the same N sentences, drawn by seed from {corpora} in equal shares as far as they "
        "go, with labels mapped to `aida-edl`; a part of them is held out, by which each keeps its best state and a "
        f"score threshold is chosen for each by one rule. Validation: {validation}; none of their sentences is drawn. "
        f"Encoder of all but spaCy: all-MiniLM-L6-v2, tuned. Budget: the same minutes of {clocks[clock]} for training "
        f"at each size; threads: {one['threads']}, processor: {processor()}.",
        "",
        *([note, ""] if note else []),
        "A flat tagger's label for a mention is the first of its admissible types, and OUTSIDE for a name outside the "
        "taxonomy. Written by `benchmarks/peers/run.py table`.",
        "",
        "What each model has seen:",
        "",
        *(
            f"- **{PEERS[peer][1]}** (`{peer}`): {SEEN[peer].format(read=read_before(peer, rows))}."
            for peer in PEERS
            if any(key.endswith(f"/{peer}") for key in rows)
        ),
        "",
    ]


def read_before(peer: str, rows: dict[str, Any]) -> str:
    """The files that a peer's base learned from, and whether the drawn sentences' own corpora are among them."""
    notes = [r["notes"] for key, row in rows.items() if key.endswith(f"/{peer}") for r in row["results"].values()]
    files = sorted({name for note in notes for name in note.get("read", [])})
    listed = ", ".join(f"`{name}`" for name in files) or "what its card lists"
    if all(note.get("unseen") for note in notes):
        return f"{listed}, and no sentence of the corpora that are drawn from"
    return f"{listed}, and so **the corpora that are drawn from, whole and with their labels: not the same data**"


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((x.partition(":")[2].strip() for x in lines if x.startswith("model name")), platform.machine())


def results_of(facts: dict[str, Any], rows: dict[str, Any]) -> list[str]:
    """For each size and validation set one table, ours first."""
    lines: list[str] = []
    for size in dict.fromkeys(key.partition("/")[0] for key in sorted(rows, key=size_order)):
        set_facts = facts["sets"][next(k for k in facts["sets"] if k.startswith(f"{size}/"))]
        title = f"{int(size):,} sentences" if size != "all" else f"All: {sum(set_facts['parts']):,} sentences"
        lines += [f"## {title}", ""]
        lines += [f"{set_facts['train']:,} to learn from with {set_facts['mentions']:,} mentions (seed 1).", ""]
        for name in facts["validation"]:
            lines += [
                f"### {name}",
                "",
                "| tagger | strict F1 | 2019 credit F1 | `both` F1 | ancestor F1 | coarse F1 | span F1 | detection F1 "
                "| sentences/s | seeds |",
                "|---|---|---|---|---|---|---|---|---|---|",
            ]
            for peer in [p for p in PEERS if f"{size}/{p}" in rows]:
                row = rows[f"{size}/{peer}"]
                figures = row["sets"][name]
                shown = ("strict", "descendant", "both", "ancestor", "coarse", "span", "detection")
                typed = [interval_of(figures[k]) + mark(row["against"].get("ours"), name, k) for k in shown]
                speeds = [r["speed"][name]["sentences"] / r["speed"][name]["seconds"] for r in row["results"].values()]
                cells_ = [PEERS[peer][1], *typed, f"{sum(speeds) / len(speeds):.0f}", str(len(row["seeds"]))]
                lines.append("| " + " | ".join(cells_) + " |")
            lines += ["", *verdict(size, name, rows), ""]
    return lines


def size_order(key: str) -> tuple[float, str]:
    size, _, peer = key.partition("/")
    return (float("inf") if size == "all" else int(size), peer)


def interval_of(figure: dict[str, float]) -> str:
    return f"{figure['f1']:.3f} ({figure['low']:.3f}–{figure['high']:.3f})"


def mark(against: dict[str, Any] | None, name: str, figure: str) -> str:
    """* after a figure that differs from that of `ours` at p < .01."""
    return " *" if against and against[name][figure]["p"] < 0.01 else ""


def verdict(size: str, name: str, rows: dict[str, Any]) -> list[str]:
    """Ours less each peer, in words: where it leads, and where it does not."""
    lines = []
    for own in OWN:
        for figure in ("strict", "descendant", "both", "ancestor", "span"):
            parts = []
            for peer in [p for p in PEERS if not p.startswith("ours") and f"{size}/{p}" in rows]:
                against = rows[f"{size}/{peer}"]["against"].get(own)
                if against:
                    d = against[name][figure]
                    parts.append(f"{peer} {d['difference']:+.3f} ({d['low']:+.3f} to {d['high']:+.3f}, p {d['p']:.4f})")
            if parts:
                lines.append(f"- `{own}` less its peers, {figure}: {'; '.join(parts)}")
    return lines


def how(facts: dict[str, Any], rows: dict[str, Any], options: argparse.Namespace) -> list[str]:
    """Training as it was, versions and the reading of the figures."""
    lines = [
        "## How each was trained",
        "",
        "| size | tagger | seed | minutes (budget) | CPU | epochs | steps | rate | held-out F1 | threshold | weights |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for key in sorted(rows, key=size_order):
        size, _, peer = key.partition("/")
        for seed, r in rows[key]["results"].items():
            cells_ = [
                size,
                peer,
                seed,
                f"{r['seconds'] / 60:.1f} ({r['minutes']:g})",
                f"{r['cpu_seconds'] / 60:.1f}",
                *(f"{r[k]:g}" if r[k] is not None else "–" for k in ("epochs", "steps", "rate")),
                f"{r['held_f1']:.3f}",
                f"{rows[key]['threshold'][seed]:g}",
                f"{r['weights'] / 1e6:.1f}M",
            ]
            lines.append("| " + " | ".join(cells_) + " |")
    lines += ["", "## Versions", "", "| tagger | versions | notes |", "|---|---|---|"]
    for peer in PEERS:
        results = [r for key, row in rows.items() if key.endswith(f"/{peer}") for r in row["results"].values()]
        if results:
            known = ", ".join(f"{k} {v}" for k, v in results[0]["versions"].items())
            notes = "; ".join(f"{k}: {v}" for k, v in results[-1]["notes"].items() if k not in ("read", "unseen"))
            lines.append(f"| {peer} | {known} | {notes} |")
    rates = read_json(options.runs / "rates.json", {})
    if rates:
        lines += ["", "Learning rates tried (held-out F1 of each), the best of which the peer keeps at every size:", ""]
        lines += [f"- {peer}, {r['size']} sentences: {r['held_f1']}" for peer, r in rates.items()]
    lines += [
        "",
        "## Reading",
        "",
        "Exact spans. strict: the very type, or one of gold's alternatives; `both` and ancestor: credit .5 a level "
        "along the type tree, either way or for a type above gold only; coarse: the same top type; detection: all "
        "names, whatever their type. Names outside the taxonomy count in detection only. Intervals: 95%, bootstrap "
        "over sentences, or over documents where the corpus has them, 10,000 resamples; p: paired permutation test "
        "over the same, two-sided, not corrected for the "
        "number of comparisons; `*`: p < .01 against `ours`. Several seeds are pooled sentence by sentence. Speed: the "
        "whole validation file in one process, model loaded. F1 on the held-out part counts OUTSIDE as a class; it "
        "chose states and learning rates, and credit `both` there chose thresholds (a tagger without scores has none).",
    ]
    return lines


if __name__ == "__main__":
    main()
