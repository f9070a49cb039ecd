"""`ousianer review` as a person starts and ends it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from review_texts import Client, asked, units, write_texts
from tiny_models import command_line

ROOT = Path(__file__).resolve().parent.parent.parent


def start(folder: Path, *words: str) -> tuple[subprocess.Popen[str], Client]:
    """The command, and a client of its server."""
    command = [sys.executable, "-m", "ousianer_cli.app", "review", "run.tab", "--source", "docs", "-o", "extra.tsv"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [*command, "--no-learn", *words], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"http://127\.0\.0\.1:(\d+)/\?token=(\S+)", line):
            return process, Client(int(found[1]), found[2])
    raise AssertionError("no address was printed")


def end(process: subprocess.Popen[str], number: int) -> str:
    """What it prints at its end."""
    process.send_signal(number)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return out


def test_a_session_ends_in_order_and_goes_on(tmp_path: Path) -> None:
    write_texts(tmp_path)
    process, client = start(tmp_path)
    try:
        assert client.ask("/api/decide", asked("accept", units("one", "Ada Brun"), scope="document"))[0] == 200
        assert client.ask("/api/decide", asked("outside", units("two", "Otto Lind")))[0] == 200
        code, _, err = command_line(
            "review", tmp_path / "run.tab", "--source", tmp_path / "docs", "-o", tmp_path / "extra.tsv", "--no-learn"
        )
        assert code == 2 and "annotator 'annotator' at work in another session" in err and err.count("\n") == 1
    finally:
        out = end(process, signal.SIGINT)
    assert "extra.tsv: 1 names with types, 1 outside the taxonomy, 0 no names" in out
    assert "next: ousianer finetune --feedback extra.tsv" in out
    assert (tmp_path / "extra.tsv").read_text(encoding="utf-8").splitlines()[0] == "sentence\tstart\tend\ttype\tmention"
    process, client = start(tmp_path)
    try:
        assert client.ask("/api/start")[1]["progress"]["done"] == 2
    finally:
        end(process, signal.SIGTERM)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["docs", "extra.tsv", "extra.tsv.annotator.journal", "run.tab"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "missing setting: the run to correct; give RUN"),
        (("run.tab",), "missing setting: the documents of the run; give --source"),
        (("run.tab", "--source", "docs"), "missing setting: the feedback file to write; give -o FILE"),
        (("none.tab", "--source", "docs", "-o", "x.tsv"), "none.tab: expected an EDL tab file"),
        (("run.tab", "--source", "docs", "-o", "x.tsv", "--annotator", "a/b"), "--annotator: expected up to 40"),
        (("run.tab", "--source", "docs", "-o", "run.tab"), "-o run.tab: expected another place than the inputs"),
        (("run.tab", "--source", "docs", "-o", "mine.tsv"), "mine.tsv: expected a new file"),
        (("run.tab", "--source", "docs", "-o", "x.tsv", "--model", "docs"), "docs: expected a model with a target"),
        (("run.tab", "--source", "docs", "-o", "x.tsv", "--port", "70000"), "--port: expected 0 to 65535"),
    ],
)
def test_what_is_wrong_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], message: str
) -> None:
    write_texts(tmp_path)
    (tmp_path / "mine.tsv").write_text("mine\n")
    monkeypatch.chdir(tmp_path)
    code, out, err = command_line("review", *words)
    assert code == 2 and err.count("\n") == 1 and message in err, err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["docs", "mine.tsv", "run.tab"]
