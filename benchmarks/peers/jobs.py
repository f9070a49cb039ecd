"""What every peer's script shares; standard library only, since each runs in an environment of its own.

A job is a JSON file: `train`, `held` (corpus lines to choose the best state by), `tag` (name -> corpus lines), `out`,
`encoder` (folder), `seed`, `minutes`, `clock`, `threads`, `lr` (null: the peer's own default) and `options`. A peer
trains for that many minutes, looks of the held-out part included, keeps the state that did best there, tags every file
of `tag` into `out/predictions/NAME.jsonl`, and writes `out/result.json` last. Minutes are of the wall clock, or
(`clock` is "cpu") of the processor's time for each thread, which other work on the machine does not shorten.

A mention has one flat type: the first of its admissible types; a name outside the taxonomy is of the class OUTSIDE.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

OUTSIDE_TYPE = "-"
OUTSIDE_CLASS = "OUTSIDE"
WARMUP = 0.1

Span = tuple[int, int, str]


@dataclass(frozen=True)
class Line:
    """A sentence: tokens, spans [start, end) with a flat class each, and the document that it stands in, if known."""

    tokens: list[str]
    spans: list[Span]
    document: str = ""


@dataclass(frozen=True)
class Found:
    """A predicted mention; `partial` says that it begins or ends inside a token, so that it can match no gold."""

    start: int
    end: int
    label: str
    score: float
    partial: bool = False


@dataclass
class Job:
    """What a peer is to do; see the module's text."""

    train: Path
    held: Path
    tag: dict[str, Path]
    out: Path
    encoder: str
    seed: int
    minutes: float
    threads: int
    lr: float | None
    clock: str = "wall"
    options: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, path: str | Path) -> Job:
        row: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
        row["tag"] = {name: Path(file) for name, file in row["tag"].items()}
        row.update({name: Path(row[name]) for name in ("train", "held", "out")})
        return cls(**row)

    def budget(self) -> Clock:
        """The clock of this job's minutes."""
        return Clock(self.minutes, self.threads if self.clock == "cpu" else 0)


class Clock:
    """The training budget. `share` runs from 0 to 1; learning rates follow it, so that they end with the time.

    `cpu_threads` counts the processor's time divided by so many threads; 0 counts wall clock.
    """

    def __init__(self, minutes: float, cpu_threads: int = 0) -> None:
        self.seconds, self.cpu_threads = minutes * 60, cpu_threads
        self.start()

    def now(self) -> float:
        """Seconds of the clock that the budget goes by."""
        return time.process_time() / self.cpu_threads if self.cpu_threads else time.perf_counter()

    def start(self) -> None:
        """Begin anew; called right before the first step."""
        self.began, self.wall_began, self.cpu_began = self.now(), time.perf_counter(), time.process_time()

    @property
    def spent(self) -> float:
        return self.now() - self.began

    @property
    def facts(self) -> dict[str, float]:
        """Wall-clock and CPU seconds so far; on a machine that does nothing else CPU is wall times threads."""
        wall, cpu = time.perf_counter() - self.wall_began, time.process_time() - self.cpu_began
        return {"seconds": round(wall, 1), "cpu_seconds": round(cpu, 1)}

    @property
    def share(self) -> float:
        return min(1.0, self.spent / self.seconds)

    @property
    def over(self) -> bool:
        return self.spent >= self.seconds

    def rate(self) -> float:
        """Factor of the peak learning rate: rises over the first tenth of the time, then falls linearly to zero."""
        share = self.share
        return share / WARMUP if share < WARMUP else max(0.0, (1 - share) / (1 - WARMUP))


def flat_class(types: Sequence[str]) -> str:
    """The one class that a mention trains: the first of its admissible types, OUTSIDE for none of the taxonomy."""
    return OUTSIDE_CLASS if types[0] == OUTSIDE_TYPE else types[0]


def type_of(label: str) -> str:
    """The taxonomy's type of a class."""
    return OUTSIDE_TYPE if label == OUTSIDE_CLASS else label


def read_lines(path: str | Path) -> list[Line]:
    """Corpus lines of the project as flat spans; a mention without types cannot train a typed peer and is an error."""
    lines = []
    with Path(path).open(encoding="utf-8") as handle:
        for number, text in enumerate(handle, 1):
            row = json.loads(text)
            if any(not m["types"] for m in row["mentions"]):
                raise SystemExit(f"{path}:{number}: expected types on every mention, found none; prepare it with --map")
            spans = [(m["start"], m["end"], flat_class(m["types"])) for m in row["mentions"]]
            lines.append(Line(row["tokens"], sorted(spans), row.get("doc") or ""))
    return lines


def classes_of(lines: Sequence[Line]) -> list[str]:
    """All classes, sorted."""
    return sorted({label for line in lines for _, _, label in line.spans})


def iob2(line: Line) -> list[str]:
    """One tag a token: O, B-CLASS, I-CLASS."""
    tags = ["O"] * len(line.tokens)
    for start, end, label in line.spans:
        tags[start] = f"B-{label}"
        tags[start + 1 : end] = [f"I-{label}"] * (end - start - 1)
    return tags


def spans_of(tags: Sequence[str]) -> list[Span]:
    """Spans of IOB2 tags; an I- tag that continues nothing begins a span, as CoNLL's own scorer reads it."""
    spans: list[Span] = []
    begin, open_label = 0, ""
    for place, tag in enumerate([*tags, "O"]):
        prefix, _, label = tag.partition("-")
        if open_label and (prefix != "I" or label != open_label):
            spans.append((begin, place, open_label))
            open_label = ""
        if prefix == "B" or (prefix == "I" and not open_label):
            begin, open_label = place, label
    return spans


def flat_f1(gold: Sequence[Sequence[Span]], found: Sequence[Sequence[Span]]) -> float:
    """Micro F1 of spans with their classes, OUTSIDE being one: what the best state is chosen by."""
    right = sum(len(set(g) & set(f)) for g, f in zip(gold, found, strict=True))
    total = sum(map(len, gold)) + sum(map(len, found))
    return 2 * right / total if total else 0.0


def length_order(lengths: Sequence[int], size: int) -> list[list[int]]:
    """Places in batches of `size`, sorted by length."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    return [order[i : i + size] for i in range(0, len(order), size)]


def write_predictions(path: Path, lines: Sequence[Line], found: Sequence[Sequence[Found]]) -> None:
    """JSON lines {tokens, mentions: [{start, end, type, score}]}, one for each line of the file that was tagged."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as out:
        for line, mentions in zip(lines, found, strict=True):
            rows = []
            for m in mentions:
                row = {"start": m.start, "end": m.end, "type": type_of(m.label), "score": round(float(m.score), 5)}
                rows.append({**row, "partial": True} if m.partial else row)
            out.write(json.dumps({"tokens": line.tokens, "mentions": rows}, ensure_ascii=False) + "\n")


def versions(*packages: str) -> dict[str, str]:
    """Versions of Python and of the installed ones of these packages."""
    found = {"python": platform.python_version()}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def tag_all(
    job: Job, tag: Callable[[list[Line]], list[list[Found]]], read: Callable[[Path], list[Line]] = read_lines
) -> dict[str, dict[str, float]]:
    """Tag every file of the job and write its predictions; sentences and seconds of each (reading not counted)."""
    speed = {}
    for name, path in job.tag.items():
        lines = read(path)
        began = time.perf_counter()
        found = tag(lines)
        seconds = time.perf_counter() - began
        write_predictions(job.out / "predictions" / f"{name}.jsonl", lines, found)
        speed[name] = {"sentences": len(lines), "seconds": round(seconds, 2)}
    return speed


def finish(job: Job, **facts: Any) -> None:
    """Write result.json, by which the driver knows that the job is done."""
    load = round(os.getloadavg()[0], 1)
    row = {
        "seed": job.seed,
        "minutes": job.minutes,
        "clock": job.clock,
        "threads": job.threads,
        "lr": job.lr,
        "load": load,
        **facts,
    }
    part = job.out / "result.json.part"
    part.write_text(json.dumps(row, indent=1) + "\n", encoding="utf-8")
    part.replace(job.out / "result.json")


def job_of_command_line() -> Job:
    """The job whose file is the only argument."""
    if len(sys.argv) != 2:
        raise SystemExit(f"usage: {sys.argv[0]} JOB.json")
    return Job.read(sys.argv[1])
