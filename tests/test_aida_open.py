"""The published corpus is sound: every span names something, every label is a type, its card says what it holds."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ousianer_cli.formats.corpus import OUTSIDE
from ousianer_cli.taxonomy.tree_files import load_taxonomy

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "examples" / "aida_open"
FILES = sorted(CORPUS.glob("*.jsonl.gz"))


def records() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in FILES:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield path.name, json.loads(line)


def test_every_span_stands_in_its_text_under_a_type_of_the_taxonomy() -> None:
    known = {*load_taxonomy("aida-edl").types, OUTSIDE}
    ids: set[str] = set()
    for name, record in records():
        text, spans = record["text"], record["spans"]
        assert record["id"].startswith(name.split(".")[0]) and record["id"] not in ids
        ids.add(record["id"])
        outer_end = 0
        for span in sorted(spans, key=lambda s: (s["start"], -s["end"])):
            place = f"{record['id']}: {span}"
            string = text[span["start"] : span["end"]]
            assert string and string == string.strip(), place
            assert span["label"] in known and span["noun"], place
            inside = span["start"] < outer_end
            assert span["nested"] is inside and (not inside or span["end"] <= outer_end), place
            outer_end = max(outer_end, span["end"])
    assert len(ids) == 4381 + 118


def test_training_and_validation_share_no_document() -> None:
    texts: dict[bool, set[str]] = {True: set(), False: set()}
    for name, record in records():
        texts[name.startswith("dev")].add(" ".join(record["text"].lower().split()))
    assert texts[True].isdisjoint(texts[False])


def test_every_licence_and_source_is_declared() -> None:
    card, notice = (CORPUS / "README.md").read_text(encoding="utf-8"), (ROOT / "NOTICE").read_text(encoding="utf-8")
    for _, record in records():
        meta = record["meta"]
        assert f"| `{meta['set']}`" in card and meta["source"]
        licence = meta["licence"].partition(" (")[0]
        assert licence.lower() in notice.lower(), meta


def test_the_files_hold_neither_a_time_nor_a_name_and_stay_small() -> None:
    """So that the same text packs to the same bytes."""
    for path in FILES:
        head = path.read_bytes()[:10]
        assert head[3] == 0 and head[4:8] == bytes(4), path
    assert sum(path.stat().st_size for path in CORPUS.iterdir() if path.is_file()) < 5_000_000


@pytest.mark.slow
def test_the_card_holds_the_counts() -> None:
    command = [sys.executable, str(CORPUS / "count_corpus.py")]
    counted = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8").stdout
    assert counted.strip() in (CORPUS / "README.md").read_text(encoding="utf-8")
