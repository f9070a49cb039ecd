"""How many processors a run may take: those that it may use at all, less those that are busy with other work."""

from __future__ import annotations

import functools
import math
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_SAMPLE = 0.1
"""Seconds for which the processors are watched."""


@dataclass(frozen=True, slots=True)
class Threads:
    """How many threads are taken, and why so many, in words."""

    count: int
    reason: str

    def __str__(self) -> str:
        return f"{self.count} ({self.reason})"


def choose_threads(wanted: int = 0) -> Threads:
    """The threads wanted, or, of 0, as many as processors are free for this process now.

    Processors that the process is not pinned away from are counted (`taskset`, SLURM), up to the quota of its control
    group (containers); of those, the ones that others keep busy are left to them. Work of lower priority counts as
    none. At least one thread is taken. A process looks once, and keeps to what it found.
    """
    return Threads(wanted, "as set") if wanted > 0 else _free_now()


@functools.cache
def _free_now() -> Threads:
    usable = usable_processors()
    quota = cpu_quota()
    allowed = len(usable) if quota is None else max(1, min(len(usable), math.floor(quota + 0.5)))
    limit = f"{allowed} of {os.cpu_count() or 1} processors may be used"
    if allowed == 1:
        return Threads(1, limit)
    busy = busy_processors(usable, _SAMPLE)
    taken = max(1, min(allowed, math.floor(len(usable) - busy + 0.5)))
    return Threads(taken, f"{limit}, and other work keeps {busy:.1f} busy")


def usable_processors() -> list[int]:
    """Processors on which this process may run."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def cpu_quota(root: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> float | None:
    """Processors' worth of time that the control groups of this process allow; None where nothing limits it."""
    limits = [*_second_version(root, own), *_first_version(root)]
    return min(limits, default=None)


def _second_version(root: Path, own: Path) -> Iterable[float]:
    group = next((line[3:] for line in _lines(own) if line.startswith("0::")), "/").strip("/")
    folder = root / group
    while True:
        for line in _lines(folder / "cpu.max"):
            quota, _, period = line.partition(" ")
            if quota.isdigit() and period.isdigit():
                yield int(quota) / int(period)
        if folder == root:
            return
        folder = folder.parent


def _first_version(root: Path) -> Iterable[float]:
    for folder in (root / "cpu", root / "cpu,cpuacct"):
        values = [next(iter(_lines(folder / f"cpu.cfs_{name}_us")), "") for name in ("quota", "period")]
        if all(v.isdigit() and int(v) > 0 for v in values):
            yield int(values[0]) / int(values[1])


def busy_processors(usable: Iterable[int], seconds: float, stat: Path = Path("/proc/stat")) -> float:
    """How many of these processors others keep busy, as the mean of a short while; 0 where that cannot be known."""
    before = _times(usable, stat)
    time.sleep(seconds if before else 0)
    busy = 0.0
    for processor, (free, total) in _times(usable, stat).items():
        passed = total - before.get(processor, (0, total))[1]
        if passed > 0:
            busy += 1 - (free - before[processor][0]) / passed
    return busy


def _times(usable: Iterable[int], stat: Path) -> dict[int, tuple[int, int]]:
    """Ticks that each processor was free for us (idle, or at work of lower priority), and all its ticks."""
    wanted = {f"cpu{n}": n for n in usable}
    times = {}
    for line in _lines(stat):
        name, *numbers = line.split()
        if name in wanted and len(numbers) >= 8:
            ticks = [int(n) for n in numbers[:8]]  # user, nice, system, idle, iowait, irq, softirq, steal
            times[wanted[name]] = (ticks[1] + ticks[3] + ticks[4], sum(ticks))
    return times


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
