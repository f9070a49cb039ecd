"""Every output of every command goes through the one rule of `outputs`, and standard input is read where files are."""

from __future__ import annotations

import dataclasses
import importlib
import io
import json
import os
import pkgutil
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tiny_models import capitals_model, command_line, target_rows, write_rows

import ousianer_cli.settings as settings_room
from ousianer_cli.network.checkpoint import save_model
from ousianer_cli.outputs import KINDS
from ousianer_cli.settings import traits

WORDS: dict[str, tuple[str, ...]] = {
    "TagSettings.out": ("tag", "one.txt", "--model", "m", "-o"),
    "MergeSettings.out": ("merge", "gold.tab", "-o"),
    "PrepareSettings.out": ("prepare", "corpus", "c.jsonl", "-o"),
    "PrepareSettings.held_out": ("prepare", "corpus", "c.jsonl", "-o", "x", "--split-by-hash", "0.5", "--held-out"),
    "SilverSettings.out": ("prepare", "silver", "silver.jsonl", "-o"),
    "NamesSettings.out": ("prepare", "names", "c.jsonl", "--model", "m", "-o"),
    "NamesSettings.rest": ("prepare", "names", "c.jsonl", "--model", "m", "-o", "x", "--rest"),
    "TypesSettings.out": ("prepare", "types", "facts.tsv", "-o"),
    "WikipediaSettings.out": ("prepare", "wikipedia", "wiki.xml", "--types", "facts.tsv", "-o"),
    "PretrainSettings.out": ("pretrain", "--detection", "c.jsonl", "-o"),
    "FinetuneSettings.out": ("finetune", "m", "--train", "c.jsonl", "-o"),
    "ExportSettings.out": ("export", "m", "--onnx", "-o"),
    "AverageSettings.out": ("average", "m", "m2", "-o"),
    "FinetuneSettings.vectors": ("finetune", "m", "--train", "c.jsonl", "-o", "x", "--vectors"),
    "TuneSettings.out": ("tune", "finetune", "m", "--train", "c.jsonl", "-o"),
    "ScoreSettings.plot": ("score", "gold.tab", "run.tab", "--plot"),
    "ReviewSettings.out": ("review", "run.tab", "--source", "one.txt", "--model", "m", "-o"),
    "ReviewSettings.model_out": ("review", "run.tab", "--source", "one.txt", "--model", "m", "-o", "x", "--model-out"),
    "ViewSettings.out": ("view", "run.tab", "--source", "one.txt", "-o"),
    "ConvertSettings.out": ("convert", "run.tab", "--source", "one.txt", "--to", "doccano", "-o"),
    "InitSettings.directory": ("init",),
}
"""Setting -> a command line that lacks only the output's path."""
READS = ("one.txt", "c.jsonl", "silver.jsonl", "facts.tsv", "wiki.xml", "gold.tab")


def settings_classes() -> Iterator[type]:
    for module in pkgutil.iter_modules(settings_room.__path__):
        for value in vars(importlib.import_module(f"{settings_room.__name__}.{module.name}")).values():
            if isinstance(value, type) and dataclasses.is_dataclass(value) and value.__name__.endswith("Settings"):
                yield value


OUTPUTS = {
    f"{cls.__name__}.{name}": trait.kind
    for cls in settings_classes()
    for name, trait in traits(cls).items()
    if trait.role == "output"
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "m"
    save_model(folder, capitals_model("PER", 0.9), "card")
    return folder


@pytest.fixture
def here(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.txt").write_text("then Ada Brun met Otto in Rome .\n")
    write_rows(tmp_path / "c.jsonl", target_rows())
    for name in READS[2:]:
        (tmp_path / name).write_text("Rome\twordnet_city_108524735\n")
    row = "r\tm1\tAda Brun\tone:5-12\tNIL1\tper\tNAM\t0.5\n"
    for name in ("gold.tab", "run.tab"):
        (tmp_path / name).write_text(row)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("all I know")
    shutil.copytree(model, tmp_path / "m")
    return tmp_path


def everything(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def refused(setting: str, path: str) -> str:
    """The one line of a command that refuses its output and leaves all as it was."""
    before = everything(Path())
    code, out, err = command_line(*WORDS[setting], path)
    assert (code, out) == (2, ""), err
    assert err.startswith("ousianer: ") and err.count("\n") == 1, err
    assert everything(Path()) == before
    return err


def test_every_output_of_every_command_is_tried_here() -> None:
    assert set(WORDS) == set(OUTPUTS) and set(OUTPUTS.values()) <= set(KINDS)


@pytest.mark.parametrize("setting", WORDS)
def test_a_folder_of_the_users_is_left_alone(here: Path, setting: str) -> None:
    kind = KINDS[OUTPUTS[setting]]
    if kind.fate == "shared":
        for name in kind.names:
            Path("mine", name.replace("[0-9]*", "1-run")).write_text("mine too")
        if not kind.names:
            return  # vectors lie under names of their own; `init` is tried in test_init
    err = refused(setting, "mine")
    assert "mine: expected " in err and ("found" in err)


@pytest.mark.parametrize("setting", WORDS)
def test_an_input_is_no_output(here: Path, setting: str) -> None:
    kind = KINDS[OUTPUTS[setting]]
    path = next((word for word in WORDS[setting] if word in READS), "one.txt")
    err = refused(setting, path)
    assert ("found a file" if kind.folder else "found the input itself") in err


@pytest.mark.parametrize("setting", [s for s, kind in OUTPUTS.items() if kind == "model"])
def test_a_model_does_not_replace_the_one_it_is_made_from(here: Path, setting: str) -> None:
    words = (
        ("finetune", "m", "--train", "c.jsonl", "-o") if "m" in WORDS[setting] else (*WORDS[setting][:-1], "--start")
    )
    before = everything(here / "m")
    code, _, err = command_line(*words, "m", *(["-o", "m"] if words[-1] == "--start" else []))
    assert code == 2 and "found the input itself" in err
    assert everything(here / "m") == before


@pytest.mark.parametrize("path", ["one.txt/below/x", "/proc/nowhere/x", "x" * 300, "circle", "~/x", ""])
@pytest.mark.parametrize("setting", WORDS)
def test_a_place_that_cannot_be_written_is_said_at_once(here: Path, setting: str, path: str) -> None:
    Path("circle").symlink_to("circle")
    refused(setting, path)


@pytest.mark.parametrize("setting", [s for s, kind in OUTPUTS.items() if KINDS[kind].folder])
def test_no_folder_is_written_to_a_stream(here: Path, setting: str) -> None:
    assert "found a stream" in refused(setting, "-")


@pytest.mark.parametrize("path", ["new/", "mine", "mine/.", "."])
@pytest.mark.parametrize("setting", [s for s, kind in OUTPUTS.items() if not KINDS[kind].folder])
def test_a_folder_where_a_file_is_wanted(here: Path, setting: str, path: str) -> None:
    assert "expected a file, found a folder" in refused(setting, path)


@pytest.mark.parametrize("setting", ["PrepareSettings.held_out", "NamesSettings.rest"])
def test_two_outputs_at_one_place(here: Path, setting: str) -> None:
    Path("link").symlink_to("x")
    assert re.search("expected another place than -[-a-z]+ (x|link), found the same", refused(setting, "link"))


# ---- what is written ------------------------------------------------------------------------------------------------

QUICK = {
    name: WORDS[name]
    for name in ("TagSettings.out", "PrepareSettings.out", "PrepareSettings.held_out", "NamesSettings.out")
}


@pytest.mark.parametrize("setting", QUICK)
def test_a_link_is_followed(here: Path, setting: str) -> None:
    Path("far").write_text("stale")
    Path("far").chmod(0o600)
    Path("link").symlink_to("far")
    code, _, err = command_line(*QUICK[setting], "link")
    assert code == 0, err
    assert Path("link").is_symlink() and Path("far").read_text() not in ("", "stale")
    assert Path("far").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("setting", QUICK)
@pytest.mark.parametrize("path", ["-", "/dev/stdout"])
def test_standard_output_holds_the_output_alone(here: Path, setting: str, path: str) -> None:
    code, _, err = command_line(*QUICK[setting], "whole")
    assert code == 0, err
    code, out, err = command_line(*QUICK[setting], path)
    assert (code, out) == (0, Path("whole").read_text()) and out
    assert err and not os.path.lexists(path if path == "-" else "stdout")


def test_a_device_stays_a_device(here: Path) -> None:
    code, _, err = command_line(*QUICK["TagSettings.out"], "/dev/null")
    assert code == 0, err
    assert not os.path.isfile("/dev/null")


def test_an_empty_folder_and_a_model_are_replaced(here: Path) -> None:
    Path("empty").mkdir()
    words = ("--train", "c.jsonl", "--taxonomy", "aida", "--epochs", "1", "--dev", "c.jsonl", "-o")
    for _ in range(2):
        code, _, err = command_line("finetune", "m", *words, "empty")
        assert code == 0, err
    assert KINDS["model"].recognised(Path("empty"))


# ---- standard input -------------------------------------------------------------------------------------------------


class _Stdin:
    def __init__(self, text: str) -> None:
        self.buffer = io.BytesIO(text.encode())


LTF = """<?xml version="1.0" encoding="UTF-8"?>
<LCTL_TEXT lang="eng"><DOC id="ltf_one"><TEXT><SEG id="s1" start_char="0" end_char="23">
<ORIGINAL_TEXT>then Ada Brun met Otto .</ORIGINAL_TEXT></SEG></TEXT></DOC></LCTL_TEXT>
"""


@pytest.mark.parametrize(("text", "doc"), [("then Ada Brun met Otto .\n", "stdin"), (LTF, "ltf_one")])
def test_documents_from_standard_input(here: Path, monkeypatch: pytest.MonkeyPatch, text: str, doc: str) -> None:
    monkeypatch.setattr(sys, "stdin", _Stdin(text))
    code, out, err = command_line("tag", "-", "--model", "m", "-o", "-")
    assert code == 0, err
    assert [line.split("\t")[2:4] for line in out.splitlines()] == [
        ["Ada Brun", f"{doc}:5-12"],
        ["Otto", f"{doc}:18-21"],
    ]


@pytest.mark.parametrize("words", [("score", "gold.tab", "-"), ("score", "-", "run.tab"), ("validate", "-")])
def test_runs_from_standard_input(here: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> None:
    monkeypatch.setattr(sys, "stdin", _Stdin(Path("run.tab").read_text()))
    code, out, err = command_line(*words)
    assert code == 0 and out, err


def test_a_corpus_from_standard_input(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", _Stdin("Ada B-PER\nran O\n\n"))
    code, out, err = command_line("prepare", "corpus", "-", "-o", "-")
    assert code == 0, err
    assert [json.loads(line)["tokens"] for line in out.splitlines()] == [["Ada", "ran"]]


def test_standard_input_is_read_once(here: Path) -> None:
    code, _, err = command_line("score", "-", "-")
    assert code == 2 and "expected standard input ('-') once, found twice" in err


def test_faults_of_standard_input_are_called_so(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for text, found in (
        (
            "no run\n",
            ": expected a run or gold, found plain text; it has no names yet: ousianer tag - -o run.tab finds",
        ),
        ("r\tm\tAnn\tD:5-8\n", ":1: expected"),
    ):
        monkeypatch.setattr(sys, "stdin", _Stdin(text))
        code, _, err = command_line("score", "gold.tab", "-")
        assert code == 2 and err.startswith(f"ousianer: standard input{found}") and "/tmp" not in err


# ---- signals --------------------------------------------------------------------------------------------------------


_HELD = """
import sys, time
from ousianer_cli.app import main
from ousianer_cli.tagging.parts import Parts
records = Parts.records
def held(parts):
    for number, record in enumerate(records(parts)):
        time.sleep(60 * (number == 30))
        yield record
Parts.records = held
main()
"""
"""`ousianer`, whose run stands half written until a signal ends it."""


def _many_documents(folder: Path) -> tuple[str, ...]:
    text = "then Ada Brun met Otto in Rome .\n\n" * 20
    (folder / "docs").mkdir()
    for number in range(60):
        (folder / "docs" / f"{number}.txt").write_text(text)
    return "-c", _HELD, "tag", "docs", "--model", "m", "-o", "out"


def _many_sentences(folder: Path) -> tuple[str, ...]:
    with (folder / "big.jsonl").open("w") as out:
        for number in range(20_000):
            tokens = [f"word{number}", *["more"] * 60]
            out.write(json.dumps({"doc": "d", "tokens": tokens, "mentions": [], "supervises": "detection"}) + "\n")
    return "-m", "ousianer_cli.app", "prepare", "corpus", "big.jsonl", "-o", "out"


@pytest.mark.parametrize("begin", [_many_documents, _many_sentences])
def test_a_termination_leaves_no_part(here: Path, begin: Callable[[Path], tuple[str, ...]]) -> None:
    words = begin(here)
    (here / "out").write_text("old")
    before = everything(here)
    running: subprocess.Popen[Any] = subprocess.Popen(
        [sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    while running.poll() is None and not list(here.glob(".out.*.part")):
        time.sleep(0.002)
    running.send_signal(signal.SIGTERM)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 143, err
    # Finished parts of a run stay for `tag --resume`, under a name that says so.
    assert {name: held for name, held in everything(here).items() if not name.startswith("out.parts")} == before
