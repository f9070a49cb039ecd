"""From the click on Apply to new types on the screen: 20 documents, 500 corrections, the model's own replay file.

    python benchmarks/review_apply.py [--corpus examples/aida_open/dev.jsonl.gz] [--model DIR] [--repeats 3]

The documents of the corpus with most names are tagged and reviewed; gold's types of 500 names are decided. Then
Chromium opens the page and the time runs from the press of the key until the page shows the changed names. Without a
browser it runs until the document with its new types has been sent.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from review_client import Review, decision, review

from ousianer_cli.network.checkpoint import read_config
from ousianer_cli.released_models import released_model
from ousianer_cli.settings.tag import TagSettings
from ousianer_cli.tagging.run import run_tag


def prepare(corpus: str, documents: int, folder: Path, model: Path) -> dict[str, list[dict[str, Any]]]:
    """Write the documents and their run; gives gold's names of each document."""
    with gzip.open(corpus, "rt", encoding="utf-8") as handle:
        records = [json.loads(line) for line in handle]
    records = sorted(records, key=lambda r: -len(r["spans"]))[:documents]
    (folder / "docs").mkdir()
    for record in records:
        (folder / "docs" / f"{record['id']}.txt").write_text(record["text"], encoding="utf-8", newline="")
    run_tag(TagSettings(inputs=[str(folder / "docs")], model=str(model), out=str(folder / "run.tab")), progress=False)
    return {record["id"]: record["spans"] for record in records}


def decide(session: Review, gold: dict[str, list[dict[str, Any]]], corrections: int) -> int:
    """Judge as gold does; how many names were judged."""
    connection = session.connect()
    _, start = session.ask(connection, "/api/start")
    done = 0
    for number, name in enumerate(start["documents"]):
        _, view = session.ask(connection, f"/api/document/{number}")
        text = view["text"]
        for span in gold[name]:
            if done == corrections or span["nested"]:
                continue
            begin, end = (len(text[: span[k]].encode("utf-16-le")) // 2 for k in ("start", "end"))
            known = any((n["start"], n["end"]) == (begin, end) for n in view["names"])
            kind = "add" if not known else "outside" if span["label"] == "-" else "type"
            if kind == "add" and span["label"] == "-":
                continue
            more = {} if kind == "outside" else {"type": span["label"]}
            status, _ = session.ask(connection, "/api/decide", decision(kind, number, begin, end, **more))
            done += status == 200
    return done


def by_browser(session: Review, chromium: str) -> tuple[float, str]:
    """(seconds from the key to the changed names, what the page tells)."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(120_000)
        page.goto(session.address)
        page.wait_for_selector("#apply:enabled")
        began = time.perf_counter()
        page.keyboard.press("g")
        page.wait_for_selector("#changes[open] .sum, #message.bad")
        if page.is_visible("#message.bad"):
            raise SystemExit(page.inner_text("#message"))
        seconds = time.perf_counter() - began
        summary = page.inner_text("#changes .sum")
        page.keyboard.press("Escape")
        page.wait_for_selector("#text .changed, #text .judged")
        browser.close()
    return seconds, summary


def by_request(session: Review) -> tuple[float, str]:
    """The same without a browser."""
    connection = session.connect()
    while session.ask(connection, "/api/status")[1]["model"] == "loading":
        time.sleep(0.2)
    began = time.perf_counter()
    status, answer = session.ask(connection, "/api/apply", {})
    session.ask(connection, "/api/document/0")
    return time.perf_counter() - began, str(answer["counts"] if status == 200 else answer["error"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--corpus", default="examples/aida_open/dev.jsonl.gz")
    parser.add_argument("--model", type=Path, default=released_model())
    parser.add_argument("--documents", type=int, default=20)
    parser.add_argument("--corrections", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--no-browser", action="store_true", help="measure the server alone")
    options = parser.parse_args()
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        gold = prepare(options.corpus, options.documents, folder, options.model)
        words = [str(folder / "run.tab"), "--source", str(folder / "docs"), "-o", str(folder / "extra.tsv")]
        with review([*words, "--model", str(options.model)]) as session:
            done = decide(session, gold, options.corrections)
            replayed = read_config(options.model)["finetune"]["replay_limit"]
            size = f"{len(gold)} documents, {done} corrections, up to {replayed:,} replayed mentions"
            print(f"{size}, {os.cpu_count()} cores")
            for _ in range(options.repeats):
                before = session.processor_seconds()
                seconds, summary = (
                    by_browser(session, chromium) if chromium and not options.no_browser else by_request(session)
                )
                computed = session.processor_seconds() - before
                print(f"{seconds:.1f} s ({computed:.1f} s of computing), load {os.getloadavg()[0]:.0f}: {summary}")


if __name__ == "__main__":
    main()
