"""Thousands of damaged inputs through every reader: read, or refused in one line, and never slow or large.

    python benchmarks/fuzzing/fuzz.py --seconds 300 [--kinds ltf edl] [--out FOLDER] [--seed 1]
    python benchmarks/fuzzing/fuzz.py --seconds 300 --engine atheris        (pip install atheris)

`hypothesis` changes the structure of whole inputs (`mutations.py`); atheris changes bytes, led by what of the readers
they reach. Both go through `targets.py`, a process a kind, which may not grow by more than 1 GB, with 10 seconds an
input. What fails is written to --out, as small as hypothesis could make it, and named; exit code 1.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import importlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from mutations import mutated
from targets import TARGETS, Target, faulty

SECONDS_AN_INPUT, SECONDS_OF_A_CLOCK, GROWTH = 10.0, 120.0, 1 << 30
"""The processor's time counts, since a busy machine takes any of a clock's; the latter tells what waits for ever."""
ROUND = 200


class Hang(Exception):
    """An input took more than `SECONDS_AN_INPUT` of the processor, or `SECONDS_OF_A_CLOCK`."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="in all, the kinds sharing them")
    parser.add_argument("--kinds", nargs="+", choices=sorted(TARGETS), default=list(TARGETS))
    parser.add_argument("--engine", choices=("hypothesis", "atheris"), default="hypothesis")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("fuzz-failures"), help="folder for inputs that fail")
    parser.add_argument("--here", action="store_true", help="one kind, in this process")
    options = parser.parse_args()
    if options.here:
        fuzz_here(TARGETS[options.kinds[0]], options)
        return
    share = options.seconds / len(options.kinds)
    total: Counter[str] = Counter()
    for kind in options.kinds:
        command = [sys.executable, __file__, "--here", "--kinds", kind, "--seconds", f"{share}"]
        command += ["--engine", options.engine, "--seed", str(options.seed), "--out", str(options.out)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        last = done.stdout.strip().rpartition("\n")[2]
        row: dict[str, Any] = json.loads(last) if last.startswith("{") else {"inputs": 0, "failures": {}}
        if done.returncode:
            row["failures"][f"the process ended with {done.returncode}"] = ""
        total.update(inputs=row["inputs"], failures=len(row["failures"]))
        print(f"{kind}: {row['inputs']:,} inputs, slowest {row.get('slowest', 0):.2f} s, "
              f"grown by {row.get('grown_mb', 0):.0f} MB, {len(row['failures'])} failures", flush=True)  # fmt: skip
        for what, path in row["failures"].items():
            print(f"  {what}\n    {path}", flush=True)
    print(f"{total['inputs']:,} inputs, {total['failures']} failures ({options.engine}, seed {options.seed})")
    raise SystemExit(bool(total["failures"]))


def fuzz_here(target: Target, options: argparse.Namespace) -> None:
    """Fuzz one kind in this process, and print what came of it as a line of JSON."""
    for name in ("lxml.etree", "mwparserfromhell"):  # what readers load is no growth
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    begun = _size()
    resource.setrlimit(resource.RLIMIT_AS, (begun + GROWTH, begun + GROWTH))
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(target, Path(folder), options.out)
        ends = time.monotonic() + options.seconds
        if options.engine == "atheris":
            _atheris(trial, options.seconds, options.seed, Path(folder))
        number = options.seed * 1_000_000
        while time.monotonic() < ends and options.engine == "hypothesis":
            _round(trial, number)
            number += 1
    trial.print_result()


def _size() -> int:
    """Bytes of address space that this process has."""
    with open("/proc/self/statm", encoding="ascii") as handle:
        return int(handle.read().split()[0]) * resource.getpagesize()


class Trial:
    """Inputs of one kind that were tried, and what went wrong, each kind of failure once."""

    def __init__(self, target: Target, folder: Path, out: Path) -> None:
        self.target, self.folder, self.out = target, folder, out
        self.inputs, self.slowest = 0, 0.0
        self.failures: dict[str, str] = {}
        self.resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def fault(self, data: bytes) -> str | None:
        """What is wrong with how this input is read."""
        path = self.folder / f"input{self.target.suffix}"
        path.write_bytes(data)
        self.inputs += 1
        began = time.process_time()
        for timer, name, limit in (
            (signal.ITIMER_PROF, signal.SIGPROF, SECONDS_AN_INPUT),
            (signal.ITIMER_REAL, signal.SIGALRM, SECONDS_OF_A_CLOCK),
        ):
            signal.signal(name, functools.partial(_hang, limit))
            signal.setitimer(timer, limit)
        try:
            found = faulty(self.target, path)
        finally:
            for timer in (signal.ITIMER_PROF, signal.ITIMER_REAL):
                signal.setitimer(timer, 0)
        self.slowest = max(self.slowest, time.process_time() - began)
        return found.replace(str(self.folder), "") if found else None

    def print_result(self) -> None:
        """Print what came of it as a line of JSON."""
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - self.resident) / 1024
        result = {"inputs": self.inputs, "slowest": self.slowest, "grown_mb": grown, "failures": self.failures}
        print(json.dumps(result), flush=True)

    def keep(self, what: str, data: bytes) -> None:
        """Write an input that fails; one a kind of failure."""
        key = what.partition(": ")[0]
        if any(known.partition(": ")[0] == key for known in self.failures):
            return
        self.out.mkdir(parents=True, exist_ok=True)
        path = self.out / f"{self.target.name}-{len(self.failures)}{self.target.suffix}"
        path.write_bytes(data)
        self.failures[what] = str(path)


def _hang(limit: float, *_: object) -> None:
    raise Hang(f"more than {limit:g} s")


def _round(trial: Trial, number: int) -> None:
    """Some inputs drawn by hypothesis; the first new failure is made small and kept."""
    known = {what.partition(": ")[0] for what in trial.failures}
    last: list[tuple[str, bytes]] = []

    @seed(number)
    @settings(
        max_examples=ROUND,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(mutated(trial.target.seeds))
    def holds(data: bytes) -> None:
        what = trial.fault(data)
        if what is not None and what.partition(": ")[0] not in known:
            last.append((what, data))
            raise AssertionError(what.partition(": ")[0])

    try:
        holds()
    except (AssertionError, BaseExceptionGroup):
        trial.keep(*last[-1])


def _atheris(trial: Trial, seconds: float, number: int, folder: Path) -> None:
    """Coverage-guided: atheris changes bytes and keeps what reaches new code of the readers."""
    import atheris

    corpus = folder / "corpus"
    corpus.mkdir()
    for place, data in enumerate(trial.target.seeds):
        (corpus / str(place)).write_bytes(data)
    ends = time.monotonic() + seconds
    for name, module in sorted(sys.modules.items()):
        if name.startswith("ousianer_cli.formats"):
            for value in vars(module).values():
                code = getattr(value, "__code__", None)
                if code is not None and value.__module__ == name:
                    atheris.instrument_func(value)

    def one(data: bytes) -> None:
        what = trial.fault(data)
        if what is not None:
            trial.keep(what, data)
        if time.monotonic() > ends:  # libFuzzer takes every other end for a failure
            trial.print_result()
            shutil.rmtree(folder, ignore_errors=True)
            os._exit(0)

    atheris.Setup([sys.argv[0], f"-seed={number}", "-max_len=8192", "-verbosity=0", str(corpus)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
