"""Commands that are killed, interrupted, or run out of disk: what stands at their output afterwards.

    python benchmarks/faults.py [--kills 5] [--seed 1] [--only tag] [--tmpfs]

A small project is laid down, and each command runs once undisturbed, which gives the wanted bytes. Then it runs over an
older output and is ended at random moments of that time: by kill -9, SIGTERM and SIGINT. After each the output must be
the old one or the new one, byte for byte; signals that can be caught leave no hidden file and no traceback; and the
command, run again (with --resume where it has that), must end with the wanted bytes. With --tmpfs (as root) an output
and TMPDIR on a full disk, and an output on a read-only one: one line, exit code 2, the old output whole; and `tag` over
a disk that fills up on the way, which then grows: --resume ends with the wanted bytes. `prepare wikipedia` writes into
its folder as it goes on, so there it is the folder that --resume must bring to its end. One row a command; exit code 1
where a promise is broken.
"""

from __future__ import annotations

import argparse
import bz2
import contextlib
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

TIMES = ("metrics.jsonl", "metrics.json", "README.md", "report.json")
"""Files of an output folder that say how long something took, or when: not compared."""


@dataclass(frozen=True)
class Command:
    """A command line in the project, its output, and how it goes on when it was ended."""

    name: str
    arguments: tuple[str, ...]
    out: str
    resume: tuple[str, ...] = ()


PRETRAIN = ("pretrain", "--encoder", "tiny", "--epochs", "6", "--lstm-hidden", "16", "--mention-size", "16")
COMMANDS = (
    Command("prepare corpus", ("prepare", "corpus", "aida_train.jsonl", "-o", "lines.jsonl"), "lines.jsonl"),
    Command("pretrain", (*PRETRAIN, "-o", "base"), "base", ("--resume",)),
    Command("finetune", ("finetune", "first", "--train", "aida_train.jsonl", "--epochs", "6", "-o", "tuned"), "tuned"),
    Command("average", ("average", "first", "first", "-o", "mean"), "mean"),
    Command("tag", ("tag", "ltf", "--model", "mini", "-o", "run.tab"), "run.tab"),
)  # fmt: skip
MODEL = str(Path(__file__).resolve().parent.parent / "models" / "ousianer-mini")
"""The shipped model: the project's own small one finds next to no name, and its run would fit on any disk."""
MANY = Command("tag many", ("tag", "many", "--model", MODEL, "-o", "many.tab"), "many.tab", ("--resume",))
WIKIPEDIA = Command(
    "prepare wikipedia",
    ("prepare", "wikipedia", "walks.xml.bz2", "--types", "types.tsv", "--workers", "1", "-o", "silver"),
    "silver",
    ("--resume",),
)
NAMES = [command.name for command in (*COMMANDS, MANY, WIKIPEDIA)]


def run(arguments: Sequence[str], folder: Path, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from ousianer_cli.app import main; main()", *arguments]
    variables = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command,
        cwd=folder,
        env={**variables, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def whole(arguments: Sequence[str], folder: Path) -> float:
    """Run a command to its end; the seconds that it took."""
    began = time.monotonic()
    process = run(arguments, folder)
    _, errors = process.communicate()
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode}: {errors[-500:]}")
    return time.monotonic() - began


def digest(path: Path) -> str:
    """What stands at a path, by its bytes; folders by those of their files."""
    if not path.exists():
        return "nothing"
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    found = hashlib.sha256()
    for file in files:
        if path.is_file() or file.name not in TIMES:
            found.update(file.relative_to(path.parent).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return found.hexdigest()[:16]


def hidden(folder: Path) -> list[str]:
    """Outputs that were begun and not ended."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.part"))


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def ended(command: Command, folder: Path, kills: int, rng: random.Random) -> tuple[Counter[str], list[str]]:
    """What came of ending a command at random moments, and the promises that were broken."""
    out = folder / command.out
    seconds = whole(command.arguments, folder)
    wanted = digest(out)
    old = folder / "old"
    remove(old)
    shutil.copytree(out, old) if out.is_dir() else shutil.copy2(out, old)
    if out.is_dir():  # another model than the wanted one, and one that the command may replace
        (old / "README.md").write_text("an older one\n", encoding="utf-8")
        (old / "metrics.json").write_text("{}\n", encoding="utf-8")
    else:
        old.write_bytes(b"\n".join(old.read_bytes().splitlines()[:1]) + b"\n")
    counts: Counter[str] = Counter()
    broken: list[str] = []
    for kind in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        for _ in range(kills):
            for name in (out, out.with_name(out.name + ".last")):
                remove(name)
            shutil.copytree(old, out) if old.is_dir() else shutil.copy2(old, out)
            before = whole_content(out)
            process = run(command.arguments, folder)
            time.sleep(rng.uniform(0.05, seconds))
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, kind)
            _, errors = process.communicate()
            what = f"{command.name}, {kind.name}"
            now = whole_content(out)
            if now == before:
                counts["old"] += 1
            elif digest(out) == wanted or (command.resume and process.returncode and loads(out, folder)):
                counts["new"] += 1  # pretraining keeps the best of so far at each validation
            else:
                broken.append(f"{what}: {command.out} is neither the old one nor a whole new one")
            if "Traceback" in errors:
                broken.append(f"{what}: a traceback: {errors.strip().splitlines()[-1]}")
            left = hidden(folder)
            if left and kind != signal.SIGKILL:
                broken.append(f"{what}: left {', '.join(left)}")
            counts["left hidden files"] += bool(left)
            for part in left:
                remove(folder / part)
            state = out.with_name(out.name + ".last") / "state.json"
            whole([*command.arguments, *(command.resume if state.is_file() else ())], folder)
            if digest(out) != wanted:
                broken.append(f"{what}: run again, it ended with other bytes")
            counts["ended"] += 1
    return counts, broken


def whole_content(path: Path) -> list[tuple[str, bytes]]:
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    return [(file.name, file.read_bytes()) for file in files if file.is_file()]


def loads(model: Path, folder: Path) -> bool:
    """Whether a model folder is whole, by its own digests."""
    code = f"from ousianer_cli.network.checkpoint import load_model; load_model({str(model)!r})"
    variables = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
    return subprocess.run([sys.executable, "-c", code], cwd=folder, env=variables, capture_output=True).returncode == 0


@contextlib.contextmanager
def mounted(place: Path, options: str) -> Iterator[Path]:
    """A small file system of its own in memory."""
    place.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def disks(command: Command, folder: Path) -> list[str]:
    """A full and a read-only disk under the output, and a full one under TMPDIR; what was broken."""
    broken = []
    place = folder / "disk"
    at = command.arguments.index("-o") + 1
    elsewhere = [*command.arguments[:at], f"disk/{command.out}", *command.arguments[at + 1 :]]

    def one_line(what: str, process: subprocess.Popen[str]) -> None:
        _, errors = process.communicate()
        if process.returncode != 2 or "Traceback" in errors or not errors.splitlines()[-1].startswith("ousianer: "):
            broken.append(f"{command.name}, {what}: exit code {process.returncode}: {errors.strip()[-200:]}")

    with mounted(place, "size=16k") as disk:
        (disk / "filler").write_bytes(b"x" * 16384)
        one_line("full disk", run(elsewhere, folder))
        if (disk / command.out).exists() or hidden(disk):
            broken.append(f"{command.name}, full disk: something was left")
    with mounted(place, "size=1m") as disk:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        one_line("read-only disk", run(elsewhere, folder))
    with mounted(place, "size=4k") as disk:
        (disk / "filler").write_bytes(b"x" * 4096)
        remove(folder / command.out)
        process = run(command.arguments, folder, TMPDIR=str(disk))
        _, errors = process.communicate()
        if process.returncode not in (0, 2) or "Traceback" in errors:
            broken.append(f"{command.name}, TMPDIR full: exit code {process.returncode}: {errors.strip()[-200:]}")
    return broken


def small_disk(command: Command, folder: Path) -> list[str]:
    """A disk that is full before a run of many documents is at its end, then larger; what was broken."""
    broken = []
    whole(command.arguments, folder)
    wanted = digest(folder / command.out)
    pages = (folder / command.out).stat().st_size // 4096
    at = command.arguments.index("-o") + 1
    place = folder / "disk"
    elsewhere = [*command.arguments[:at], f"disk/{command.out}", *command.arguments[at + 1 :]]
    for kilobytes in (4 * max(1, pages // 8), 4 * max(2, pages // 2), 4 * pages):  # all too small for the output
        with mounted(place, f"size={kilobytes}k") as disk:
            process = run(elsewhere, folder)
            _, errors = process.communicate()
            what = f"{command.name}, {kilobytes} KiB"
            if process.returncode != 2 or "Traceback" in errors or "No space left" not in errors:
                broken.append(f"{what}: exit code {process.returncode}: {errors.strip()[-200:]}")
            if (disk / command.out).exists():
                broken.append(f"{what}: a half-written {command.out}")
            subprocess.run(["mount", "-o", "remount,size=16m", str(disk)], check=True)
            whole([*elsewhere, *command.resume], folder)
            if digest(disk / command.out) != wanted:
                broken.append(f"{what}: gone on with, it ended with other bytes")
            if hidden(disk):
                broken.append(f"{what}: left {', '.join(hidden(disk))}")
    return broken


def gone_on_with(command: Command, folder: Path, kills: int, rng: random.Random) -> tuple[Counter[str], list[str]]:
    """What came of ending a command that fills its folder as it goes on, and of going on with it."""
    out = folder / command.out
    seconds = whole(command.arguments, folder)
    wanted = digest(out)
    counts: Counter[str] = Counter()
    broken: list[str] = []
    for kind in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        for _ in range(kills):
            remove(out)
            process = run(command.arguments, folder)
            time.sleep(rng.uniform(0.3 * seconds, seconds))
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, kind)
            _, errors = process.communicate()
            what = f"{command.name}, {kind.name}"
            if "Traceback" in errors:
                broken.append(f"{what}: a traceback: {errors.strip().splitlines()[-1]}")
            counts["new" if process.returncode == 0 else "begun"] += 1
            whole([*command.arguments, *(command.resume if out.exists() else ())], folder)
            if digest(out) != wanted:
                broken.append(f"{what}: gone on with, it ended with other bytes")
            left = hidden(folder)
            counts["left hidden files"] += bool(left)
            if left:
                broken.append(f"{what}: left {', '.join(left)}")
            counts["ended"] += 1
    return counts, broken


def lay_down(folder: Path) -> None:
    """Documents and a dump that take a while, of made-up walks."""
    places = ("Oulu", "Bergen", "Lund", "Riga", "Turku")
    (folder / "many").mkdir()
    for k in range(150):
        text = f"Walk {k} leads from {places[k % 5]} to {places[k % 4]}. Ann Roe and Bo Ek of the Fjord Club took it.\n"
        (folder / "many" / f"walk{k:03}.txt").write_text(text * 3, encoding="utf-8")
    page = (
        "<page><title>{0}</title><ns>0</ns><id>{1}</id><revision><id>{1}</id><text xml:space='preserve'>{2}</text>"
        "</revision></page>\n"
    )
    long = "It is a long walk by the sea. " * 30
    pages = (
        page.format(f"Walk {k}", k + 1, f"Walk {k} leads from [[{places[k % 5]}]] to [[{places[k % 4]}]]. {long}")
        for k in range(3000)
    )
    (folder / "walks.xml.bz2").write_bytes(bz2.compress(f"<mediawiki>\n{''.join(pages)}</mediawiki>\n".encode()))
    rows = "".join(f"{place}\twordnet_city_108524735\n" for place in places)
    (folder / "types.tsv").write_text("title\ttypes\n" + rows, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=5, help="by each signal, for each command")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--tmpfs", action="store_true", help="disks, too; needs the right to mount")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    every: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "project"
        whole(("init", str(folder)), Path(name))
        whole((*PRETRAIN, "-o", "first"), folder)
        whole(("finetune", "first", "--train", "aida_train.jsonl", "--epochs", "6", "-o", "mini"), folder)
        lay_down(folder)
        for command in (*COMMANDS, MANY, WIKIPEDIA):
            if command.name not in options.only or (command is MANY and not options.tmpfs):
                continue
            counts: Counter[str] = Counter()
            broken: list[str] = []
            if command is MANY:
                broken = small_disk(command, folder)
            elif command is WIKIPEDIA:
                counts, broken = gone_on_with(command, folder, options.kills, rng)
            else:
                counts, broken = ended(command, folder, options.kills, rng)
            if options.tmpfs and command in COMMANDS:
                broken += disks(command, folder)
            every += broken
            counted = {name: counts[name] for name in ("ended", "old", "begun", "new", "left hidden files")}
            print(f"{command.name}: {counted}; {len(broken)} promises broken", flush=True)
            for line in broken:
                print(f"  {line}", flush=True)
    raise SystemExit(bool(every))


if __name__ == "__main__":
    main()
