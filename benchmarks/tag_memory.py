"""Memory of `ousianer tag`: LTF documents of our own, few and ten times as many, the same longest one in both.

    python benchmarks/tag_memory.py [--documents 500 5000] [--segments 0] [--model DIR] [--threads 1]
        [--precision fp32]

Writes documents of mixed sizes to a temporary folder (one segment to sixty, and one LTF file of 5 MB), tags them in a
process of its own, and prints its peak resident memory, beside that of the smallest number. Twice a second it looks how
many files the process has open. With `--segments N` it also tags N short segments in documents of 20, and compares
the memory in the last tenth of the time with that in the second tenth, when all is loaded. Exits with 1 where ten times
the documents need more than 1.1 times the memory, or a long run grows by more than 5% or holds more and more files.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ousianer_cli.formats.documents.ltf_writer import build_ltf

LARGE = 5 * 10**6
"""Bytes of the one large LTF file."""
TAG = [sys.executable, "-c", "from ousianer_cli.app import main; main()", "tag"]
_SYLLABLES = "ba ber co dan el fa gor hil in ja ka lo mer nor o pel qui ra sto tan ul vi wen yor zan"
_PLAIN = """the a of and in to was by for with that from near after before said went saw made took old new talks town
river report minister court team bank ship school police station company harbour people week night money law road"""
_KINDS = ("of the city of {}", "who met {} in the town hall", "at the offices of {} Holdings", "a former mayor of {}")


def sentences(draw: random.Random, shortest: int = 4, longest: int = 14) -> Iterator[str]:
    """Made-up English with names in it, new ones as long as it goes on."""
    syllables, plain = _SYLLABLES.split(), _PLAIN.split()

    def name() -> str:
        return "".join(draw.choice(syllables) for _ in range(draw.randint(2, 3))).capitalize()

    while True:
        words = draw.choices(plain, k=draw.randint(shortest, longest))
        who = f"{name()} {name()}" if draw.random() < 0.5 else name()
        words.insert(draw.randint(0, len(words)), draw.choice(_KINDS).format(who) if longest > 5 else who)
        text = " ".join(words)
        yield text[0].upper() + text[1:] + "."


def write_documents(folder: Path, number: int, seed: int = 0, large: int = 0, fixed: int = 0) -> None:
    """Write LTF documents, and one more of at least `large` bytes.

    Args:
        fixed: segments of each document, short ones; 0 draws a number, most of them small, of segments of all lengths.
    """
    folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(seed)
    text = sentences(draw, 2, 5) if fixed else sentences(draw)
    for count in range(number):
        segments = fixed or min(60, max(1, int(draw.lognormvariate(1.0, 0.9))))
        write(folder / f"made_{count:05d}.ltf.xml", [next(text) for _ in range(segments)])
    lines: list[str] = []
    path = folder / "made_large.ltf.xml"
    while large and (not path.exists() or path.stat().st_size < large):
        lines += [next(text) for _ in range(1000)]
        write(path, lines)


def write(path: Path, lines: list[str]) -> None:
    """An LTF document with a segment a line."""
    path.write_bytes(build_ltf(path.name.removesuffix(".ltf.xml"), "\n".join(lines) + "\n"))


class Watched:
    """A run in a process of its own: seconds, peak memory, and memory and open files as time went by."""

    def __init__(self, words: list[str]) -> None:
        self.memory: list[float] = []
        self.files: list[int] = []
        began = time.monotonic()
        with tempfile.TemporaryFile() as output:
            running = subprocess.Popen([*TAG, *words], stdout=output, stderr=output)
            while not (ended := os.wait4(running.pid, os.WNOHANG))[0]:
                self._look(Path("/proc", str(running.pid)))
                time.sleep(0.5)
            self.seconds = time.monotonic() - began
            output.seek(0)
            self.output = output.read().decode()
        if ended[1]:
            raise SystemExit(self.output)
        self.peak = ended[2].ru_maxrss / 1024

    def _look(self, process: Path) -> None:
        try:
            pages = int((process / "statm").read_text().split()[1])
            self.files.append(len(os.listdir(process / "fd")))
        except (OSError, IndexError):
            return
        self.memory.append(pages * os.sysconf("SC_PAGESIZE") / 2**20)

    def figure(self, name: str) -> str:
        """A figure of the summary."""
        return next(line.split("  ")[-1].strip() for line in self.output.splitlines() if line.startswith(name))

    def tenth(self, number: int) -> float:
        """The most memory (MiB) in one tenth of the time."""
        share = len(self.memory) / 10
        return max(self.memory[int(number * share) : int((number + 1) * share)] or self.memory)


def main() -> int:
    parser = argparse.ArgumentParser(description="Memory of ousianer tag.")
    parser.add_argument("--documents", type=int, nargs="*", default=[500, 5000])
    parser.add_argument("--segments", type=int, default=0)
    parser.add_argument("--model", default="")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", choices=("fp32", "bf16", "int8"), default="fp32")
    arguments = parser.parse_args()
    words = ["--threads", str(arguments.threads), "--precision", arguments.precision]
    words += ["--model", arguments.model] if arguments.model else []
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} CPUs")
    print(f"model {Path(arguments.model).name or 'shipped'}, {arguments.threads} thread(s), {arguments.precision}\n")
    print("documents     words  seconds  peak MiB  against the fewest  open files, most")
    worst, base = 0.0, 0.0
    with tempfile.TemporaryDirectory() as place:
        for number in sorted(arguments.documents):
            folder = Path(place, str(number))
            write_documents(folder, number - 1, large=LARGE)
            run = Watched([str(folder), "-o", str(Path(place, "run.tab")), *words])
            base = base or run.peak
            worst = max(worst, run.peak / base)
            found = f"{number:>9,}  {run.figure('words'):>8}  {run.seconds:>7.0f}  {run.peak:>8.0f}"
            print(f"{found}  {run.peak / base:>18.2f}  {max(run.files):>16}", flush=True)
        if arguments.segments:
            folder = Path(place, "segments")
            write_documents(folder, arguments.segments // 20, fixed=20)
            run = Watched([str(folder), "-o", str(Path(place, "run.tab")), *words])
            growth = run.tenth(9) / run.tenth(1) - 1
            share = len(run.files) // 10
            files = max(run.files[-2 * share : -share] or run.files) - max(run.files[share : 2 * share] or run.files)
            print(f"\n{run.figure('segments')} segments, {run.figure('words')} words in {run.seconds:.0f} s")
            print(f"memory {run.tenth(1):.0f} MiB in the second tenth, {run.tenth(9):.0f} in the last: {growth:+.1%}")
            print(f"open files: at most {max(run.files)}, in the ninth tenth {files:+d} against the second")
            if growth > 0.05 or files > 0:
                return 1
    return int(worst > 1.1)


if __name__ == "__main__":
    sys.exit(main())
