"""Time and memory of the scorer, beside neleval where neleval can do the same: `python benchmarks/scoring.py`.

Every measurement runs in a process of its own, so that its peak memory is its own; times are wall-clock and CPU,
files included.
"""

from __future__ import annotations

import argparse
import collections
import collections.abc
import importlib
import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
import warnings
import xml.etree.ElementTree
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

SET_MEASURES = "strong_mention_match,strong_typed_mention_match,strong_all_match,strong_typed_all_match,entity_match"
CLUSTER_MEASURES = "mention_ceaf,typed_mention_ceaf,mention_ceaf_plus"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mentions", type=int, default=1_000_000, help="mentions a side for the set measures")
    parser.add_argument("--ceaf", type=int, default=100_000, help="mentions a side for CEAF")
    parser.add_argument("--ceaf-neleval", type=int, default=10_000, help="mentions for CEAF by neleval; 0 for none")
    parser.add_argument("--sets-neleval", type=int, default=100_000, help="mentions for sets by neleval; 0 for none")
    parser.add_argument("--limit", type=int, default=300, help="seconds after which a measurement is given up")
    parser.add_argument("--inner", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inner:
        inner(json.loads(options.inner))
        return
    print(environment())
    with tempfile.TemporaryDirectory() as folder:
        for title, mentions, reference, measures in (
            ("set measures", options.mentions, options.sets_neleval, SET_MEASURES),
            ("CEAF", options.ceaf, options.ceaf_neleval, CLUSTER_MEASURES),
        ):
            gold, run = make_files(Path(folder), mentions)
            print_row(title, mentions, "ousianer", measure("ousianer", gold, run, measures, options.limit))
            if reference:
                gold, run = make_files(Path(folder), reference)
                ours = measure("ousianer", gold, run, measures, options.limit)
                theirs = measure("neleval", gold, run, measures, options.limit)
                print_row(title, reference, "ousianer", ours)
                print_row(title, reference, "neleval", theirs)
                compare(ours, theirs)
        resampling()
        startup()


def environment() -> str:
    """One line about the machine and the packages."""
    parts = [f"Python {platform.python_version()}", platform.machine(), f"{os.cpu_count()} cores"]
    model = next((x for x in Path("/proc/cpuinfo").read_text().splitlines() if x.startswith("model name")), "")
    parts += [model.partition(":")[2].strip()] if model else []
    for name in ("numpy", "scipy", "neleval"):
        try:
            parts.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            parts.append(f"no {name}")
    return ", ".join(parts) + f", load {os.getloadavg()[0]:.1f}"


def make_files(folder: Path, mentions: int, seed: int = 1) -> tuple[Path, Path]:
    """Gold and a run: 50 mentions a document, 10% missed, 10% with another end, a third of types and ids changed.

    Half of the mentions have KB ids, the others NIL ids; an entity has 5 mentions on average. A changed id is that of
    another entity of the same part of the corpus, as when a linker takes one namesake for another.
    """
    gold, run = folder / f"gold-{mentions}.tab", folder / f"run-{mentions}.tab"
    if gold.exists():
        return gold, run
    rng = random.Random(seed)
    from ousianer_cli.taxonomy.tree_files import load_taxonomy

    tree = load_taxonomy("aida-edl")
    types = [tree.to_row(node) for node in tree.types]
    entities = max(mentions // 5, 1)
    with gold.open("w") as first, run.open("w") as second:
        for number in range(mentions):
            doc, start = f"ENG_NW_{number // 50:08d}", number % 50 * 40
            end, label = start + rng.randrange(1, 25), rng.choice(types)
            # Entities recur within 500 mentions of each other.
            entity = min(number // 500 * 100 + rng.randrange(100), entities)
            kb = f"E{entity}" if entity % 2 else f"NIL{entity:07d}"
            first.write(f"gold\tg{number}\tname {number}\t{doc}:{start}-{end}\t{kb}\t{label}\tNAM\t1.000000\n")
            chance = rng.random()
            if chance < 0.1:
                continue
            end += chance < 0.2
            if rng.random() < 0.33:
                label = rng.choice(types)
            if rng.random() < 0.33:
                entity = min(number // 500 * 100 + rng.randrange(100), entities)
                kb = f"E{entity}" if entity % 2 else f"NIL{entity:07d}"
            second.write(
                f"run\tr{number}\tname {number}\t{doc}:{start}-{end}\t{kb}\t{label}\tNAM\t{rng.uniform(0.01, 1):.6f}\n"
            )
    return gold, run


def measure(tool: str, gold: Path, run: Path, measures: str, limit: int) -> dict[str, Any]:
    """Seconds, peak memory and F1 of one scoring in a process of its own."""
    task = json.dumps({"tool": tool, "gold": str(gold), "run": str(run), "measures": measures})
    try:
        done = subprocess.run(
            [sys.executable, __file__, "--inner", task], capture_output=True, text=True, timeout=limit, check=False
        )
    except subprocess.TimeoutExpired:
        return {"seconds": None, "limit": limit}
    if done.returncode:
        return {"seconds": None, "error": done.stderr.strip().splitlines()[-1:]}
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def inner(task: dict[str, str]) -> None:
    """One scoring, files included; prints JSON."""
    begin, begin_cpu = time.perf_counter(), time.process_time()
    names = task["measures"].split(",")
    scores = ours(task, names) if task["tool"] == "ousianer" else neleval(task, names)
    seconds, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(json.dumps({"seconds": seconds, "cpu": cpu, "megabytes": peak / 1e6, "f1": scores}))


def ours(task: dict[str, str], names: list[str]) -> dict[str, float]:
    from ousianer_cli.scoring.scores import ScoreOptions, score_files
    from ousianer_cli.taxonomy.tree_files import load_taxonomy

    report = score_files(
        task["gold"], [task["run"]], load_taxonomy("aida-edl"), options=ScoreOptions(measures=tuple(names))
    )
    return {name: report.runs[0].measures[name].f1 for name in names}


def neleval(task: dict[str, str], names: list[str]) -> dict[str, float]:
    """neleval with what its import and its CEAF need from older versions of Python and numpy."""
    import numpy

    collections.Sequence = collections.abc.Sequence  # type: ignore[attr-defined]
    sys.modules["xml.etree.cElementTree"] = xml.etree.ElementTree
    numpy.int = int  # type: ignore[attr-defined]
    evaluate, document, tac = (importlib.import_module(f"neleval.{name}") for name in ("evaluate", "document", "tac"))

    def read(path: str) -> list[object]:
        with open(path, encoding="utf-8") as handle:
            return list(document.Reader(tac.PrepareTac15(handle)().splitlines()))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = evaluate.Evaluate(read(task["run"]), read(task["gold"]), measures=names)()
    return {name: found[name]["fscore"] for name in names}


def print_row(title: str, mentions: int, tool: str, found: dict[str, Any]) -> None:
    """One line of results."""
    if found["seconds"] is None:
        print(f"{title:14} n={mentions:>9,} {tool:9} given up: {found.get('error') or found.get('limit')}")
        return
    times = f"{found['seconds']:8.2f} s ({found['cpu']:.2f} s of CPU)"
    print(f"{title:14} n={mentions:>9,} {tool:9} {times} {found['megabytes']:6.0f} MB")


def compare(first: dict[str, Any], second: dict[str, Any]) -> None:
    """The ratio of times, and how far the figures are apart."""
    if first["seconds"] is None or second["seconds"] is None:
        return
    apart = max(abs(first["f1"][name] - second["f1"][name]) for name in first["f1"])
    # CPU time, so that other work on the machine does not count.
    ratio = second["cpu"] / first["cpu"]
    print(f"{'':14} neleval takes {ratio:.1f} times the CPU time; largest difference in F1 {apart:.1e}")


def resampling() -> None:
    """10,000 resamples of 500 documents: intervals of 21 measures, and one paired test."""
    import numpy as np

    from ousianer_cli.scoring.resampling import bootstrap, compare, intervals

    rng = np.random.default_rng(1)
    tp = rng.binomial(10, 0.6, size=(21, 500)).astype(float)
    tables = np.stack([tp, np.full_like(tp, 10), tp, np.full_like(tp, 10)], axis=2)
    begin = time.perf_counter()
    drawn = bootstrap(tables, 10_000, 1)
    intervals(drawn)
    compare(tables[0], tables[1], drawn[0], drawn[1], 10_000, 1)
    print(f"resampling     10,000 x 500 documents, 21 measures and a paired test {time.perf_counter() - begin:8.2f} s")


def startup() -> None:
    """The shortest of five calls of `ousianer score` on a file of one line."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "one.tab"
        path.write_text("r\tm\tx\tD:1-2\tNIL1\tper\tNAM\t0.5\n")
        took = []
        for _ in range(5):
            begin = time.perf_counter()
            command = [sys.executable, "-m", "ousianer_cli.app", "score", str(path), str(path)]
            subprocess.run(command, check=True, capture_output=True)
            took.append(time.perf_counter() - begin)
    print(f"start-up       ousianer score, best of five {min(took):33.2f} s")


if __name__ == "__main__":
    main()
