"""The scripts under `examples/tables/` and `benchmarks/`, run over tiny models: they run, and their figures add up."""

from __future__ import annotations

import json
import re
import runpy
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_models import finetune_settings, pretrain_settings, quiet, target_rows, write_rows

from ousianer_cli.formats.corpus import Mention, Sentence
from ousianer_cli.settings.pretrain import PretrainSettings
from ousianer_cli.training.finetune import finetune
from ousianer_cli.training.pretrain import pretrain

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pretrained and a fine-tuned model, `base` and `tuned`."""
    folder = tmp_path_factory.mktemp("scripts")
    pretrain(PretrainSettings(**pretrain_settings(folder, lr=0.01, dropout=0.1, epochs=20)), report=quiet)
    finetune(finetune_settings(folder, folder / "base"), report=quiet)
    return folder


def documents(rows: list[Sentence]) -> list[Sentence]:
    """Every two sentences are a document."""
    return [replace(row, document=f"d{place // 2}") for place, row in enumerate(rows)]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Runs a script in this process, which has loaded what it needs; its neighbours are importable as for a script."""
    before = set(sys.modules)

    def run(path: str, *arguments: object) -> None:
        monkeypatch.syspath_prepend(str((ROOT / path).parent))
        monkeypatch.setattr(sys, "argv", [path, *map(str, arguments)])
        runpy.run_path(str(ROOT / path), run_name="__main__")

    yield run
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(
            (str(ROOT / "examples"), str(ROOT / "benchmarks"))
        ):
            del sys.modules[name]


def test_validation_scores_nested_names_apart_and_resamples_documents(
    folder: Path, script: Callable[..., None]
) -> None:
    rows = documents(target_rows())
    inner = Mention(rows[0].mentions[0].start, rows[0].mentions[0].start + 1, ("GPE",))
    corpus = write_rows(folder / "nested.jsonl", [replace(rows[0], nested=(inner,)), *rows[1:]])
    out, figures = folder / "figures.json", {}
    for case in ((), ("--case", "upper")):
        script("benchmarks/validation.py", corpus, "--model", folder / "tuned", "--by-document", "--json", out, *case)
        figures |= json.loads(out.read_text(encoding="utf-8"))
    assert set(figures) == {"nested", "nested, upper-cased"}
    plain = figures["nested"]
    assert plain["span"]["gold"] == 24
    assert plain["nested: span"] == {"p": 0, "r": 0, "f1": 0, "low": 0, "high": 0, "gold": 1, "found": 0}
    assert plain["strict"]["f1"] <= plain["credit both, labels closed"]["f1"] <= plain["top types"]["f1"]
    assert plain["top types"]["f1"] <= plain["span"]["f1"] <= 1
    assert all(row["low"] <= row["f1"] <= row["high"] for row in plain.values())


def test_tables_over_aida_open(folder: Path, script: Callable[..., None]) -> None:
    work, rows = folder / "aida_open", documents(target_rows())
    work.mkdir()
    for name in ("train01", "train02", "rare1", "dev"):
        write_rows(work / f"{name}.jsonl", rows)
    out = folder / "results"
    script("examples/tables/aida_open.py", folder / "base", work, "-o", out, "--seeds", "1", "2", "--epochs", "2")
    for part, label in (
        ("aida-table1", "— without hierarchical loss, our layer"),
        ("aida-table2", "after feedback of 1 of 1 batches (24 mentions)"),
        ("learning-curve", "1 batches (24 mentions)"),
    ):
        text = (out / f"{part}.md").read_text(encoding="utf-8")
        assert f"\n| {label} | " in text
        assert "dev has 6 documents and 24 names" in text
        assert "descendant" in text


def test_the_table_of_large_corpora_follows_from_its_rates(tmp_path: Path, script: Callable[..., None]) -> None:
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    (line,) = (line for line in page.splitlines() if line.startswith("Words a second a core, "))
    rates = [f"{name}={rate.rstrip('.,')}" for name, rate in re.findall(r"(\w+) ([\d,]+)[,.](?: |$)", line)]
    copy = tmp_path / "scale.md"
    copy.write_text(page, encoding="utf-8")
    script("benchmarks/tag_scale.py", "--write", copy, "--rate", *rates)
    assert len(rates) == 2 and table_rows(copy.read_text(encoding="utf-8")) == table_rows(page)
    script("benchmarks/tag_scale.py", "--write", copy, "--rate", "fp32=1000", "--core-hour", "0.1")
    written = copy.read_text(encoding="utf-8")
    assert table_rows(written)[-1] == "| 1 billion words | fp32 | 138.9 h | 4.3 h | 1.1 h | $27.78 |"
    ends = ("<!-- tag_scale -->", "<!-- /tag_scale -->")
    for place, mark in zip((0, 1), ends, strict=True):
        assert written.split(mark)[place] == page.split(mark)[place], "the rest of the page"
    copy.write_text(page.replace(ends[1], ""), encoding="utf-8")
    with pytest.raises(SystemExit, match="expected one"):
        script("benchmarks/tag_scale.py", "--write", copy, "--rate", "fp32=1000")


def table_rows(page: str) -> list[str]:
    return [line for line in page.splitlines() if line.startswith(("| 300,000 documents", "| 1 billion words"))]
