"""What tagging a large corpus takes: processor time a word, measured here; time and cost on larger machines from it.

    python benchmarks/tag_scale.py [--documents 400] [--precision fp32 int8] [--core-hour 0.04] [--model DIR]

Tags documents of our own (those of tag_memory.py) with one thread in a process of its own, and one document alone,
which tells what starting costs; the difference in processor time (user and system) is that of the words. Processor time
says less of a busy machine's load than seconds do, though a busy neighbour on the same core still slows it. The tables
that follow are arithmetic: words through words a second a core, all cores busy, nothing lost to the disk.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import tempfile
from pathlib import Path

from tag_memory import TAG, write_documents

CORPORA = {"300,000 documents of 500 words": 150e6, "1 billion words": 1e9}
MACHINES = {"2 cores": 2, "64 cores": 64, "16 nodes of 16 cores": 256}


def processor_time(folder: Path, out: Path, words: list[str]) -> tuple[float, int]:
    """Seconds of processor time of a run, and the words in it."""
    with tempfile.TemporaryFile() as output:
        running = subprocess.Popen(
            [*TAG, str(folder), "-o", str(out), "--threads", "1", *words], stdout=output, stderr=output
        )
        _, status, usage = os.wait4(running.pid, 0)
        output.seek(0)
        text = output.read().decode()
    if status:
        raise SystemExit(text)
    counted = next(line for line in text.splitlines() if line.startswith("words "))
    return usage.ru_utime + usage.ru_stime, int(counted.split()[-1].replace(",", ""))


def main() -> None:
    parser = argparse.ArgumentParser(description="Time and cost of tagging large corpora.")
    parser.add_argument("--documents", type=int, default=400)
    parser.add_argument("--precision", nargs="+", default=["fp32", "int8"])
    parser.add_argument("--core-hour", type=float, default=0.04, help="price of a core for an hour, in dollars")
    parser.add_argument("--model", default="")
    arguments = parser.parse_args()
    model = ["--model", arguments.model] if arguments.model else []
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} CPUs")
    print(f"load average {os.getloadavg()[0]:.1f} at the beginning\n")
    with tempfile.TemporaryDirectory() as place:
        few, many = Path(place, "few"), Path(place, "many")
        write_documents(few, 1, seed=1)
        write_documents(many, arguments.documents, seed=1)
        for precision in arguments.precision:
            words = [*model, "--precision", precision]
            start, first = processor_time(few, Path(place, "few.tab"), words)
            seconds, count = processor_time(many, Path(place, "many.tab"), words)
            rate = (count - first) / (seconds - start)
            print(f"{precision}: {count:,} words, {seconds:.1f} s of processor time, {start:.1f} s of them to start")
            print(f"{precision}: {rate:,.0f} words a second a core\n")
            print(
                f"| corpus, {precision} | " + " | ".join(MACHINES) + " | at $" + f"{arguments.core_hour} a core-hour |"
            )
            print("|---|" + "---|" * (len(MACHINES) + 1))
            for corpus, size in CORPORA.items():
                hours = [size / rate / cores / 3600 for cores in MACHINES.values()]
                cost = size / rate / 3600 * arguments.core_hour
                print(f"| {corpus} | " + " | ".join(f"{h:,.1f} h" for h in hours) + f" | ${cost:,.2f} |")
            print()


if __name__ == "__main__":
    main()
