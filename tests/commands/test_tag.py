"""`ousianer tag` from the command line: the run it writes, the summary it prints, and errors in one line."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest
import torch
from tiny_models import MAYOR, PERSON, capitals_model, command_line

from ousianer_cli.commands.tag import print_summary
from ousianer_cli.formats.edl import read_edl
from ousianer_cli.network.checkpoint import save_model
from ousianer_cli.settings.tag import TagSettings
from ousianer_cli.tagging.summary import Summary


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "capitals"
    save_model(folder, capitals_model("PER", 0.9), "card")
    return folder


@pytest.fixture
def texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "one.txt").write_text("then Ada Brun met Otto in Rome .\n\nall day Ada slept .\n")
    (tmp_path / "docs" / "two.txt").write_text("rain .\n")
    return tmp_path


def summary_of(out: str) -> dict[str, str]:
    rows = [line.rsplit("  ", 1) for line in out.splitlines() if "  " in line]
    return {name.strip(): value for name, value in rows}


def test_a_run_and_its_summary(texts: Path, model: Path) -> None:
    code, out, err = command_line("tag", "docs", "-o", "run.tab", "--model", model, "--run-id", "first")
    assert (code, err) == (0, "")
    rows = read_edl("run.tab")
    assert [(r.doc, r.text, r.start, r.end) for r in rows] == [
        ("one", "Ada Brun", 5, 12),
        ("one", "Otto", 18, 21),
        ("one", "Rome", 26, 29),
        ("one", "Ada", 42, 44),
    ]
    assert {r.run_id for r in rows} == {"first"} and {r.type for r in rows} == {"per"}
    found = summary_of(out)
    assert found.pop("words a second").replace(",", "").isdigit()
    assert re.fullmatch(r"[1-9]\d* \(.+\)", found.pop("threads"))
    assert found == {
        "documents": "2",
        "segments": "3",
        "sentences": "3",
        "words": "15",
        "names written": "4",
        "outside the taxonomy": "0",
        "below the confidence threshold": "0",
        "warnings": "0",
    }
    assert out.endswith(
        "wrote run.tab\nnext: ousianer score GOLD run.tab, or ousianer validate run.tab --source INPUT\n"
    )


def test_flags_over_the_file(texts: Path, model: Path) -> None:
    (texts / "ousianer.toml").write_text(
        f"[tag]\nmodel = '{model}'\ninputs = ['docs/one.txt']\nout = 'file.tab'\nmin_confidence = 0.99\nrun_id = 'x'\n"
    )
    code, out, _ = command_line("tag")
    assert code == 0 and read_edl("file.tab") == []
    assert summary_of(out)["below the confidence threshold"] == "4"
    command_line("tag", "-o", "flag.tab", "--min-confidence", "0", "--nil", "per-mention")
    rows = read_edl("flag.tab")
    assert len(rows) == 4 and len({r.kb_id for r in rows}) == 4 and rows[0].run_id == "x"


def test_inputs_in_a_row_give_the_same_bytes_each_time(texts: Path, model: Path) -> None:
    written = []
    for name in ("one.tab", "two.tab"):
        command_line("tag", "docs/one.txt", "docs/two.txt", "-o", name, "--model", model)
        written.append((texts / name).read_bytes())
    assert written[0].count(b"\n") == 4 and written[0] == written[1]


def test_other_formats(texts: Path, model: Path) -> None:
    code, out, _ = command_line("tag", "docs/one.txt", "-o", "run.jsonl", "--format", "jsonl", "--model", model)
    assert code == 0 and out.endswith("wrote run.jsonl\n"), "score does not read it"
    (record,) = map(json.loads, (texts / "run.jsonl").read_text().splitlines())
    assert record["id"] == "one" and record["text"] == (texts / "docs" / "one.txt").read_text()
    assert [m["text"] for m in record["mentions"]] == ["Ada Brun", "Otto", "Rome", "Ada"]
    code, out, _ = command_line("tag", "docs", "-o", "run.conll", "--format", "conll", "--model", model)
    lines = (texts / "run.conll").read_text().splitlines()
    assert lines[:4] == ["-DOCSTART-\tone\t-\tO", "", "then\t0\t4\tO", "Ada\t5\t8\tB-PER"]
    assert summary_of(out)["names written"] == "4"


def test_names_outside_are_counted_and_not_written(texts: Path, tmp_path: Path) -> None:
    save_model(tmp_path / "m", capitals_model("-"), "card")
    _, out, _ = command_line("tag", "docs", "-o", "run.tab", "--model", tmp_path / "m")
    assert (texts / "run.tab").read_text() == ""
    assert summary_of(out)["outside the taxonomy"] == "4"


def test_what_was_skipped_is_in_the_summary(texts: Path, model: Path) -> None:
    (texts / "docs" / "bad.ltf.xml").write_text("<LCTL_TEXT><DOC id='x'>")
    code, out, err = command_line("tag", "docs", "-o", "run.tab", "--model", model)
    assert code == 0 and len(read_edl("run.tab")) == 4
    assert summary_of(out)["skipped: malformed files"] == "1"
    assert err.startswith("warning: ") and "bad.ltf.xml" in err
    code, _, err = command_line("tag", "docs", "-o", "strict.tab", "--model", model, "--strict")
    assert code == 2 and err.count("\n") == 1 and "bad.ltf.xml" in err
    assert not (texts / "strict.tab").exists() and not list(texts.glob(".strict*"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["docs"], "missing setting: the run to write; give -o FILE or 'out' in [tag]"),
        (["-o", "run.tab"], "missing setting: documents to tag; give INPUT... or 'inputs' in [tag]"),
        (["docs", "-o", "run.tab", "--model", "absent"], "absent: expected a model folder with config.json"),
        (["docs", "-o", "run.tab", "--run-id", "a b"], "--run-id: expected a name without blanks, found 'a b'"),
        (["docs", "-o", "run.tab", "--deepen", "2"], "--deepen: expected 0 to 1, found 2.0"),
        (
            ["docs", "-o", "run.tab", "--format", "tab"],
            "--format ([tag] format): expected one of edl, jsonl, conll, found 'tab'",
        ),
        (["docs", "-o", "run.tab", "--nil", "all"], "--nil: expected string or per-mention, found 'all'"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_2(texts: Path, model: Path, words: list[str], message: str) -> None:
    extra = [] if "--model" in words else ["--model", str(model)]
    code, out, err = command_line("tag", *words, *extra)
    assert (code, out) == (2, "")
    assert err.startswith("ousianer: " + message) and err.count("\n") == 1
    assert not (texts / "run.tab").exists()


def test_a_pretrained_model_gives_rows_of_yago_classes(texts: Path) -> None:
    base = dataclasses.replace(capitals_model(), conversion=None, taxonomy_file=None)
    with torch.no_grad():
        base.tagger.types.weight.zero_()
        base.tagger.types.bias.copy_(torch.tensor([2.0, -3.0, -9.0, 1.0]))
    save_model(texts / "base", base, "card")
    code, out, err = command_line("tag", "docs", "-o", "run.tab", "--model", "base")
    assert (code, err) == (0, "")
    rows = read_edl("run.tab")
    assert [(r.text, r.type) for r in rows[:3]] == [("Ada Brun", PERSON), ("Ada Brun", MAYOR), ("Otto", PERSON)]
    found = summary_of(out)
    assert (found["names written"], found["rows, one a YAGO class"]) == ("4", "8")
    assert "the model has no target types, so names have YAGO classes" in out and out.endswith("wrote run.tab\n")
    _, out, _ = command_line("tag", "docs", "-o", "run.tab", "--model", "base", "--yago-threshold", "0.9")
    assert summary_of(out)["skipped: names without a YAGO class of at least 0.9"] == "4"
    command_line("tag", "docs/one.txt", "-o", "run.jsonl", "--model", "base", "--format", "jsonl")
    mention = json.loads((texts / "run.jsonl").read_text())["mentions"][0]
    assert mention["type"] == MAYOR and [t["type"] for t in mention["yago"]][:2] == [PERSON, MAYOR]


def test_many_warnings_are_cut_short(capsys: pytest.CaptureFixture[str]) -> None:
    summary = Summary(documents=1, words=1000, seconds=0.5, names=3, authors=2, warnings=[f"w{n}" for n in range(23)])
    print_summary(summary, TagSettings(out="x.tab"))
    out, err = capsys.readouterr()
    assert err.splitlines()[0] == "warning: w0" and err.splitlines()[-1] == "warning: and 3 more"
    assert len(err.splitlines()) == 21
    found = summary_of(out)
    assert found["names written"] == "3 (2 of them posters)" and found["words a second"] == "2,000"
