"""Kills `ousianer tag` at random moments and lets it go on, until the run is whole; compares it with one undisturbed.

    python benchmarks/tag_restart.py [--kills 20] [--documents 120] [--seed 1] [--workers 1] [--model DIR]

Writes LTF documents of our own (those of tag_memory.py), tags them once undisturbed, and then again with kills by
SIGKILL, each after a random time since the process began, each followed by `--resume`. Prints for every kill how many
parts were finished, and at the end whether the bytes are the same and how many finished parts were tagged again. Exits
with 1 if the bytes differ, or any was.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tag_memory import write_documents

TAG = [sys.executable, "-c", "from ousianer_cli.app import main; main()", "tag"]


def begun(words: list[str]) -> subprocess.Popen[bytes]:
    """A process that tags, in a group of its own, so that its workers can be counted as gone."""
    return subprocess.Popen([*TAG, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)


def parts_of(folder: Path) -> dict[str, int]:
    """The finished parts with the time of their last change."""
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("[0-9]*.jsonl")} if folder.is_dir() else {}


def main() -> int:
    parser = argparse.ArgumentParser(description="Kills and resumes a run.")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--documents", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--model", default="")
    arguments = parser.parse_args()
    draw = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_documents(folder / "ltf", arguments.documents, seed=arguments.seed)
        words = [str(folder / "ltf"), "--workers", str(arguments.workers)]
        words += ["--model", arguments.model] if arguments.model else []
        began = time.monotonic()
        undisturbed = begun([*words, "-o", str(folder / "whole.tab")])
        if undisturbed.wait():
            print(undisturbed.stderr.read().decode() if undisturbed.stderr else "")
            return 1
        seconds = time.monotonic() - began
        out, parts = folder / "run.tab", folder / "run.tab.parts"
        print(f"undisturbed: {seconds:.0f} s, {(folder / 'whole.tab').stat().st_size:,} bytes")
        kills, again, finished = 0, 0, parts_of(parts)
        while kills < arguments.kills:
            running = begun([*words, "-o", str(out), "--resume"])
            # A third of the kills hit the start, the others the work; a run that is through before is not counted.
            wait = draw.uniform(0, seconds * (0.2 if kills % 3 == 0 else 0.9))
            try:
                running.wait(wait)
            except subprocess.TimeoutExpired:
                os.kill(running.pid, signal.SIGKILL)
                running.wait()
                kills += 1
            else:
                if running.returncode:
                    print(running.stderr.read().decode() if running.stderr else "")
                    return 1
                if out.read_bytes() != (folder / "whole.tab").read_bytes():
                    print(f"after kill {kills}: other bytes")
                    return 1
                print("whole; begun anew")
                out.unlink()
                finished = {}
                continue
            now = parts_of(parts)
            again += sum(1 for name, when in finished.items() if now.get(name, when) != when)
            print(f"kill {kills:>3} after {wait:5.1f} s: {len(now):>4} parts finished (+{len(now) - len(finished)})")
            finished = now
        last = begun([*words, "-o", str(out), "--resume"])
        last.wait()
        same = last.returncode == 0 and out.read_bytes() == (folder / "whole.tab").read_bytes()
        left = sorted(path.name for path in folder.iterdir() if path.name not in ("ltf", "whole.tab", "run.tab"))
        print(
            f"{kills} kills; same bytes: {same}; finished parts tagged again: {again}; left behind: {left or 'nothing'}"
        )
        return int(not same or again > 0 or "run.tab.parts" in left)


if __name__ == "__main__":
    sys.exit(main())
