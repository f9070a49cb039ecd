"""From nothing to a scored run on twelve-row corpora, through the command line, each step as its predecessor hints."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from tiny_models import command_line, detection_rows, target_rows, typing_rows, write_rows

from ousianer_cli.formats.edl import read_edl

SETTINGS = """
[pretrain]
detection = ["detection.jsonl"]
typing = ["typing.jsonl"]
detection_dev = ["detection.jsonl"]
typing_dev = ["typing.jsonl"]
out = "models/base"
encoder = "tiny"
encoder_lr = 0.0
lstm_hidden = 16
lstm_layers = 1
mention_size = 16
dropout = 0.1
min_mentions = 2
lr = 0.01
epochs = 40
patience = 40
batch_pieces = 200

[finetune]
base = "models/base"
train = ["target.jsonl"]
dev = ["target.jsonl"]
out = "models/tuned"
epochs = 20
batch_size = 8
lr = 0.01
warmup_steps = 5

[tag]
model = "models/tuned"

[score]
gold = "gold.tab"
runs = ["run.tab"]
"""
TEXT = "Yesterday Ada Brun went to Oslo .\n\nRome is where Otto Lind lives .\n"
GOLD = [
    (10, 17, "Ada Brun", "per"),
    (27, 30, "Oslo", "gpe.urbanarea.city"),
    (35, 38, "Rome", "gpe.urbanarea.city"),
    (49, 57, "Otto Lind", "per"),
]


def test_pretrain_finetune_tag_score(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("ousianer.toml").write_text(SETTINGS)
    for name, rows in (("detection", detection_rows()), ("typing", typing_rows()), ("target", target_rows())):
        write_rows(Path(f"{name}.jsonl"), rows)
    Path("docs").mkdir()
    Path("docs/d1.txt").write_text(TEXT)
    for start, end, name, _ in GOLD:
        assert TEXT[start : end + 1] == name
    Path("gold.tab").write_text(
        "".join(f"gold\tg{n}\t{m}\td1:{a}-{b}\tNIL{n}\t{t}\tNAM\t1.0\n" for n, (a, b, m, t) in enumerate(GOLD))
    )
    Path("extra.tsv").write_text("sentence\tmention\ttype\nThen Ada Brun went to Perth .\tPerth\tGPE.UrbanArea.City\n")
    began = time.process_time()

    code, out, err = command_line("pretrain")
    assert code == 0, err
    assert "next: ousianer finetune models/base --train FILE -o DIR" in out
    for name in ("config.json", "model.safetensors", "tokenizer.json", "metrics.json", "metrics.jsonl", "README.md"):
        assert (tmp_path / "models/base" / name).is_file(), name
    assert Path("models/base/taxonomy/yago.tsv").read_text().count("\n") > 2
    assert Path("models/base.last/state.json").is_file()

    code, out, err = command_line("finetune", "--feedback", "extra.tsv")
    assert code == 0, err
    assert "24 training mentions (corpora) and 1 from feedback" in out
    assert "next: ousianer tag INPUT --model models/tuned -o run.tab" in out
    assert Path("models/tuned/replay.safetensors").is_file()
    metrics = json.loads(Path("models/tuned/metrics.json").read_text())
    assert metrics["finetune"]["dev"]["target"]["f1"] > 0.7

    code, out, err = command_line("tag", "docs", "-o", "run.tab")
    assert code == 0, err
    assert "next: ousianer score GOLD run.tab" in out
    found = {(r.start, r.end): (r.text, r.type) for r in read_edl("run.tab")}
    right = sum(found.get((a, b)) == (m, t) for a, b, m, t in GOLD)
    assert right >= 3, found

    code, out, err = command_line("score")
    assert code == 0, err
    code, out, err = command_line("score", "--json")
    assert code == 0, err
    assert json.loads(out)

    code, out, err = command_line("validate", "run.tab", "--source", "docs")
    assert code == 0, out + err
    assert time.process_time() - began < 60
