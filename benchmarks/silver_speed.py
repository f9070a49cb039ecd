"""What silver from Wikipedia costs: articles and wikitext a second, memory and disk, at once and ten times the input.

    python benchmarks/silver_speed.py DUMP... --types TABLE... [--megabytes 20] [--times 1 10] [--workers N]

The dumps are repeated until they hold so many megabytes of wikitext, then ten times as many, as one bz2 file each. Each
copy has page ids, titles and redirects of its own, so that title and redirect tables grow as well; three in ten links
(by their target) lead to targets of the copy, and words between links are changed, so that anchors grow and no
sentence is a repeat. `ousianer prepare wikipedia` runs in a process of its own; a thread here adds up the memory of it
and of all its children, five times a second: the proportional set size (PSS), in which shared pages count once.

Time is given as CPU seconds of all processes (what another program on the machine takes does not count) and as wall
time. The projection takes the cost of a megabyte from the difference between both sizes, which leaves out what does not
grow, such as starting Python and loading WordNet. Title tables in other forms than Parquet are made into it before the
clock starts.
"""

from __future__ import annotations

import argparse
import bz2
import hashlib
import json
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from ousianer_cli.corpus.title_types import build_title_types
from ousianer_cli.formats.mediawiki import Page, read_pages

COMMAND = [sys.executable, "-m", "ousianer_cli.app", "prepare", "wikipedia"]
FULL_BYTES, FULL_ARTICLES = 22e9, 7e6
"""The full English dump: bytes of bz2, articles."""
_LINK = re.compile(r"\[\[([^\[\]|{}\n]+)(\|[^\[\]\n]*)?\]\]")
_BRACKETS = re.compile(r"(\[\[.*?\]\]|\{\{.*?\}\}|<[^>]*>)", re.DOTALL)
_HEAD = '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/" version="0.10" xml:lang="en">\n'


def copy_of(page: Page, number: int) -> str:
    """The XML of a page in the copy of this number; the first copy is the page itself."""
    title, text = page.title, page.text
    if number:
        title = f"{title} c{number}"
        pieces = _BRACKETS.split(text)
        changed = [_LINK.sub(lambda m: _own_link(m, number), p) for p in pieces[1::2]]
        plain = [p.replace(" the ", f" the{number} ").replace(" a ", f" a{number} ") for p in pieces[::2]]
        pieces[::2], pieces[1::2] = plain, changed
        text = "".join(pieces)
    redirect = f'<redirect title="{escape(page.redirect, {chr(34): "&quot;"})}" />' if page.redirect else ""
    return (
        f"<page><title>{escape(title)}</title><ns>{page.namespace}</ns><id>{page.id + 10_000_000 * number}</id>"
        f'{redirect}<revision><text xml:space="preserve">{escape(text)}</text></revision></page>\n'
    )


def _own_link(found: re.Match[str], number: int) -> str:
    target, shown = found[1], found[2]
    if ":" in target or hashlib.blake2b(target.encode(), digest_size=1).digest()[0] >= 77:
        return found[0]
    return f"[[{target} c{number}{shown or '|' + target}]]"


@dataclass
class Made:
    """A repeated dump."""

    path: Path
    copies: int
    wikitext: int = 0
    articles: int = 0


def repeat(dumps: Sequence[Path], copies: int, path: Path) -> Made:
    """Write the dumps so many times over as one bz2 file, unless a run with the same `--folder` did."""
    made = Made(path, copies)
    counted = path.with_suffix(".json")
    if counted.exists():
        kept = json.loads(counted.read_text())
        return Made(path, kept["copies"], kept["wikitext"], kept["articles"])
    with bz2.open(path, "wt", compresslevel=9, encoding="utf-8") as out:
        out.write(_HEAD)
        for number in range(copies):
            for dump in dumps:
                for page in read_pages(dump):
                    out.write(copy_of(page, number))
                    if page.namespace == 0 and page.redirect is None:
                        made.wikitext += len(page.text.encode())
                        made.articles += 1
        out.write("</mediawiki>\n")
    counted.write_text(json.dumps({"copies": copies, "wikitext": made.wikitext, "articles": made.articles}))
    return made


@dataclass
class Memory:
    """The most memory that a process and its children held together, KiB, and by step."""

    together: int = 0
    largest: int = 0
    by_step: dict[str, int] = field(default_factory=dict)
    step: str = "start"

    def look(self, root: int) -> None:
        sizes = [size for pid in family(root) if (size := proportional(pid))]
        together = sum(sizes)
        self.together = max(self.together, together)
        self.largest = max([self.largest, *sizes])
        self.by_step[self.step] = max(self.by_step.get(self.step, 0), together)


def family(root: int) -> list[int]:
    """A process and everything below it (Linux)."""
    found, queue = [], [root]
    while queue:
        pid = queue.pop()
        found.append(pid)
        try:
            for task in Path(f"/proc/{pid}/task").iterdir():
                queue += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return found


def proportional(pid: int) -> int:
    """A process's PSS in KiB; 0 once it is gone."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


@dataclass
class Measured:
    made: Made
    wall: float
    cpu: float
    memory: Memory
    disk: int
    corpus: int
    report: dict[str, Any]

    @property
    def megabytes(self) -> float:
        return self.made.wikitext / 1e6


def measure(made: Made, types: Path, out: Path, options: Sequence[str]) -> Measured:
    """Run the command over a repeated dump."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    command = [*COMMAND, str(made.path), "--keep-parts", *options, "-o", str(out), "--types", str(types)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    memory = Memory()

    def watch() -> None:
        while process.poll() is None:
            memory.look(process.pid)
            time.sleep(0.2)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    printed = []
    for line in process.stderr or ():
        printed.append(line)
        if line.rstrip().endswith("…"):
            memory.step = line.split()[0]
    if process.wait():
        sys.exit("".join(printed[-5:]))
    wall = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    disk = sum(p.stat().st_size for p in out.rglob("*") if p.is_file())
    corpus = sum(p.stat().st_size for p in out.glob("typing*"))
    return Measured(made, wall, cpu, memory, disk, corpus, json.loads((out / "report.json").read_text()))


def rows(runs: Sequence[Measured]) -> Iterator[str]:
    """The tables."""
    yield "| | " + " | ".join(f"{m.made.copies} copies" for m in runs) + " |"
    yield "|---" * (len(runs) + 1) + "|"

    def row(name: str, values: Sequence[str]) -> str:
        return f"| {name} | " + " | ".join(values) + " |"

    workers = runs[0].report["workers"]
    yield row("wikitext, MB", [f"{m.megabytes:.1f}" for m in runs])
    yield row("bz2, MB", [f"{m.made.path.stat().st_size / 1e6:.1f}" for m in runs])
    yield row("articles", [f"{m.made.articles:,}" for m in runs])
    yield row("links", [f"{m.report['links']['all']:,}" for m in runs])
    yield row("sentences written", [f"{m.report['sentences written']:,}" for m in runs])
    yield row("mentions written", [f"{sum(m.report['mentions'].values()):,}" for m in runs])
    yield row(f"wall time, s ({workers} workers)", [f"{m.wall:.0f}" for m in runs])
    yield row("CPU time, s", [f"{m.cpu:.0f}" for m in runs])
    yield row("articles a CPU second", [f"{m.made.articles / m.cpu:.1f}" for m in runs])
    yield row("MB of wikitext a CPU second", [f"{m.megabytes / m.cpu:.3f}" for m in runs])
    yield row("peak memory of all processes, MiB (PSS)", [f"{m.memory.together / 1024:.0f}" for m in runs])
    yield row("peak memory of the largest process, MiB (PSS)", [f"{m.memory.largest / 1024:.0f}" for m in runs])
    yield row("disk with working files, MB", [f"{m.disk / 1e6:.0f}" for m in runs])
    yield row("disk of the corpus, MB", [f"{m.corpus / 1e6:.1f}" for m in runs])
    yield ""
    yield "| step | " + " | ".join(f"MiB, s at {m.made.copies} copies" for m in runs) + " |"
    yield "|---" * (len(runs) + 1) + "|"
    for step in runs[0].report["seconds"]:
        cells = [f"{m.memory.by_step.get(step, 0) / 1024:.0f}, {m.report['seconds'][step]:.1f}" for m in runs]
        yield row(step, cells)


def projection(small: Measured, large: Measured) -> Iterator[str]:
    """The full dump, from what grows between two sizes."""
    grown = large.megabytes - small.megabytes
    a_megabyte = (large.cpu - small.cpu) / grown
    ratio = large.made.wikitext / large.made.path.stat().st_size
    # The copies of a dump compress worse than each other's text only in windows of 900 kB, as any text does.
    full = FULL_BYTES / 1e6 * ratio
    hours = full * a_megabyte / 3600
    disk = (large.disk - small.disk) / 1e6 / grown * full / 1e3
    corpus = (large.corpus - small.corpus) / 1e6 / grown * full / 1e3
    yield (
        f"growth of peak memory: {100 * (large.memory.together / small.memory.together - 1):+.1f}% for "
        f"{large.megabytes / small.megabytes:.1f} times the input"
    )
    yield (
        f"full dump ({FULL_BYTES / 1e9:.0f} GB of bz2, here {ratio:.2f} bytes of wikitext a byte: {full / 1e3:.0f} GB; "
        f"{FULL_ARTICLES / 1e6:.0f} million articles): {hours:.0f} CPU hours, "
        + ", ".join(f"{hours / n:.1f} h on {n} cores" for n in (2, 8, 16, 32))
    )
    each = small.memory.largest / 1024
    yield (
        f"memory: {small.memory.together / 1024:.0f} MiB with {small.report['workers']} workers, at most "
        f"{each:.0f} MiB for each further one; disk: {disk:.0f} GB with working files, {corpus:.0f} GB of corpus"
    )


def environment() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    return (
        f"{platform.python_implementation()} {platform.python_version()}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores, {memory:.0f} GiB, load before the run {load}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dumps", nargs="+", type=Path)
    parser.add_argument("--types", nargs="+", type=Path, required=True)
    parser.add_argument("--megabytes", type=float, default=20.0, help="of wikitext at one time")
    parser.add_argument("--times", nargs="+", type=int, default=[1, 10])
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--memory", default="1GB")
    parser.add_argument("--folder", type=Path, help="for the dumps and results; a temporary one, removed, by default")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="silver-speed-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        print(environment(), flush=True)
        types = options.types[0]
        if types.suffix != ".parquet":
            types = folder / "types.parquet"
            build_title_types(options.types, types)
        once = repeat(options.dumps, 1, folder / "once.xml.bz2").wikitext
        copies = -(-int(options.megabytes * 1e6) // once)
        runs = []
        for times in options.times:
            made = repeat(options.dumps, copies * times, folder / f"times{times}.xml.bz2")
            flags = ["--workers", str(options.workers), "--memory", options.memory]
            runs.append(measure(made, types, folder / f"out{times}", flags))
            shutil.rmtree(folder / f"out{times}")
            print(f"{times}: {runs[-1].wall:.0f} s, CPU {runs[-1].cpu:.0f} s", file=sys.stderr, flush=True)
        print("\n".join(rows(runs)), flush=True)
        if len(runs) > 1:
            print()
            print("\n".join(projection(runs[0], runs[-1])))
    finally:
        if options.folder is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
