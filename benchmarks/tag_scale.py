"""What tagging a large corpus takes: processor time a word, measured here; time and cost on larger machines from it.

    python benchmarks/tag_scale.py [--documents 400] [--precision fp32 int8] [--core-hour 0.04] [--model DIR]
    python benchmarks/tag_scale.py --write docs/scale.md [--rate fp32=1390 int8=2363]

Tags documents of our own (those of tag_memory.py) with one thread in a process of its own, and one document alone,
which tells what starting costs; the difference in processor time (user and system) is that of the words. Processor time
says less of a busy machine's load than seconds do, though a busy neighbour on the same core still slows it. The tables
that follow are arithmetic: words through words a second a core, all cores busy, nothing lost to the disk. `--write`
puts what is measured, or follows from `--rate`, between the two marks in a page; nothing else of it changes.
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
BEGIN, END = "<!-- tag_scale -->", "<!-- /tag_scale -->"
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


def measured(precision: str, documents: int, model: list[str]) -> float:
    """Words a second of one core."""
    with tempfile.TemporaryDirectory() as place:
        few, many = Path(place, "few"), Path(place, "many")
        write_documents(few, 1, seed=1)
        write_documents(many, documents, seed=1)
        words = [*model, "--precision", precision]
        start, first = processor_time(few, Path(place, "few.tab"), words)
        seconds, count = processor_time(many, Path(place, "many.tab"), words)
    print(
        f"{precision}: {count:,} words, {seconds:.1f} s of processor time, {start:.1f} s of them to start", flush=True
    )
    return (count - first) / (seconds - start)


def table(rates: dict[str, float], source: str, core_hour: float) -> str:
    """Rates, and the hours and dollars that follow from them, as Markdown; `source` says where they come from."""
    named = ", ".join(f"{name} {rate:,.0f}" for name, rate in rates.items())
    lines = [f"Words a second a core, {source}: {named}.", ""]
    lines.append("| corpus | precision | " + " | ".join(MACHINES) + f" | cost at ${core_hour} a core-hour |")
    lines.append("|---" * (len(MACHINES) + 3) + "|")
    for corpus, size in CORPORA.items():
        for name, rate in rates.items():
            hours = size / round(rate) / 3600  # of what is printed above, so that readers find the same
            cells = " | ".join(f"{hours / cores:,.1f} h" for cores in MACHINES.values())
            lines.append(f"| {corpus} | {name} | {cells} | ${hours * core_hour:,.2f} |")
    return "\n".join(lines)


def written(page: str, text: str) -> str:
    """A page with the text between its marks.

    Raises:
        SystemExit: no marks, or not one of each.
    """
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise SystemExit(f"expected one '{BEGIN}' and one '{END}' in the page")
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.split(END)[1]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=400)
    parser.add_argument("--precision", nargs="+", default=["fp32", "int8"])
    parser.add_argument("--core-hour", type=float, default=0.04, help="price of a core for an hour, in dollars")
    parser.add_argument("--model", default="")
    parser.add_argument("--rate", nargs="+", default=[], metavar="PRECISION=WORDS", help="known rates: measure none")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="the page to write them into")
    options = parser.parse_args()
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} CPUs")
    source = f"measured at a load average of {os.getloadavg()[0]:.1f} at the beginning"
    given = dict(one.split("=") for one in options.rate)
    rates = {name: float(rate.replace(",", "")) for name, rate in given.items()}
    if rates:
        source = "as given"
    else:
        model = ["--model", options.model] if options.model else []
        rates = {name: measured(name, options.documents, model) for name in options.precision}
    text = table(rates, source, options.core_hour)
    print(f"\n{text}")
    if options.write:
        page = written(options.write.read_text(encoding="utf-8"), text)
        options.write.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
