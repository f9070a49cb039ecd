"""Running the peers: one, a sweep of learning rates, or all that fits into the time."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from peers_files import HERE, MINUTES, PEERS, absolute, read_json, run_folder, write_json

RATES: dict[str, tuple[float | None, ...]] = {
    "hf": (None, 1.5e-4, 5e-4),
    "flair": (None, 1.5e-4, 5e-4),
    "spanmarker": (None, 1.5e-4),
    "ours-scratch": (None, 5e-4),
    "ours-transfer": (None, 5e-4),
}
"""Learning rates that `sweep` tries; None is the peer's own default. spaCy keeps its own configuration."""


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
