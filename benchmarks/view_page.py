"""The page of `ousianer view` with many documents: its size, and how soon a browser shows it and answers.

    python benchmarks/view_page.py [--documents 500] [--rounds 3]

Each document is three of the examples' (examples/ltf) joined, drawn by a seed, with the names that gold marks there.
Needs Playwright and a Chromium; prints the machine's load, since first paint waits for a processor.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from ousianer_cli.formats.annotations.annotated import AnnotatedDocument
from ousianer_cli.formats.annotations.exchange import read_annotated
from ousianer_cli.formats.documents.source import plain_document
from ousianer_cli.formats.kinds.run_lines import write_annotations
from ousianer_cli.formats.registry import WriteOptions
from ousianer_cli.pages.report import write_report
from ousianer_cli.settings.view import ViewSettings

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def joined(number: int, parts: list[AnnotatedDocument]) -> AnnotatedDocument:
    """Documents as one, parted by blank lines."""
    text, names = "", []
    for part in parts:
        at = len(text)
        names += [replace(a, start=a.start + at, end=a.end + at, confidence=0.5) for a in part.annotations]
        text += part.document.text + "\n\n"
    return AnnotatedDocument(plain_document(text, f"doc_{number:04d}"), tuple(names))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    drawn = random.Random(1)
    items = [
        item
        for item in read_annotated(EXAMPLES / "gold.tab", [EXAMPLES / "ltf"])
        if not item.document.text.startswith("<")
    ]
    with tempfile.TemporaryDirectory() as folder:
        run, page = Path(folder, "run.jsonl"), Path(folder, "page.html")
        with run.open("w", encoding="utf-8") as out:
            documents = (joined(n, drawn.sample(items, 3)) for n in range(given.documents))
            write_annotations(documents, out, WriteOptions())
        began = time.perf_counter()
        done = write_report(ViewSettings(run=str(run), out=str(page)))
        figures = {
            "documents": done.documents,
            "names": done.names,
            "megabytes": round(done.size / 1e6, 2),
            "written_in_s": round(time.perf_counter() - began, 2),
            "load": os.getloadavg()[0],
            "rounds": [shown(page) for _ in range(given.rounds)],
        }
    print(json.dumps(figures, indent=1))


def shown(page: Path) -> dict[str, float]:
    """Seconds to the first paint, to the end of the page's script, of a filter, and of a step to the next name."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=sandbox)
        tab = browser.new_page(viewport={"width": 1360, "height": 900})
        began = time.perf_counter()
        tab.goto(page.as_uri())
        tab.wait_for_selector("body.ready")
        ready = time.perf_counter() - began
        paint = tab.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime") / 1000
        began = time.perf_counter()
        tab.keyboard.press("1")
        filtered = time.perf_counter() - began
        began = time.perf_counter()
        for _ in range(20):
            tab.keyboard.press("n")
        stepped = (time.perf_counter() - began) / 20
        browser.close()
    found = {"first_paint_s": paint, "ready_s": ready, "filter_s": filtered, "next_name_s": stepped}
    return {name: round(value, 3) for name, value in found.items()}


if __name__ == "__main__":
    main()
