"""One process, workers, shards that are merged, Ray: the same bytes, whatever the format."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from processes_anew import ANEW
from tiny_models import command_line, random_tuned_model

from ousianer_cli.errors import InputError, OutputError, SettingsError
from ousianer_cli.formats.edl import read_edl
from ousianer_cli.network.checkpoint import save_model
from ousianer_cli.settings.tag import TagSettings
from ousianer_cli.tagging import blocks, processes, run
from ousianer_cli.tagging.merge import merge_shards
from ousianer_cli.tagging.run import run_tag
from ousianer_cli.tagging.shards import Shard
from ousianer_cli.tagging.summary import Summary

TEXTS = {
    "a.txt": "Ada Brun met Otto in Rome .\n\nRome slept , and Ada saw Lima .\n",
    "b.xml": "".join(
        f'<DOC id="n{n}" type="story"><TEXT><P>\nOtto Lind left Oslo for Rome . Oslo {n} times .\n</P></TEXT></DOC>\n'
        for n in range(9)
    ),
    "c.ltf.xml": "<LCTL_TEXT><DOC id='broken'>",
    "d.txt": "Nina Falk and ADA BRUN are in Bonn .\n",
    "e.xml": '<DOC id="n3" type="story"><TEXT><P>\nWho was read before .\n</P></TEXT></DOC>\n',
    "f.txt": "Perth is where Carl Ott lives . Ada Brun lives in Rome .\n",
}
"""A file with many documents, one that is damaged, and a document whose id is there already, in another block."""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("docs").mkdir()
    for name, text in TEXTS.items():
        Path("docs", name).write_text(text)
    return tmp_path


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block a file, or less."""
    monkeypatch.setattr(blocks, "LEAST_TEXT", 1)
    monkeypatch.setattr(blocks, "SLICE_TEXT", 150)
    monkeypatch.setattr(run, "AT_ONCE", 0)


def settings(model: str, **changes: object) -> TagSettings:
    return TagSettings(**{"inputs": ["docs"], "out": "run", "model": model, **changes})  # type: ignore[arg-type]


def reported(summary: Summary) -> list[str]:
    """The summary without its threads and its rate, and the warnings."""
    apart = ("threads", "words a second")
    return [*(line for line in summary.lines() if not line.startswith(apart)), *summary.warnings]


@pytest.mark.parametrize("nil", ["string", "per-mention"])
@pytest.mark.parametrize("name", ["edl", "jsonl", "conll"])
def test_at_once_in_parts_and_in_shards(
    here: Path, model: str, monkeypatch: pytest.MonkeyPatch, name: str, nil: str
) -> None:
    options = {"format": name, "nil": nil}
    at_once = run_tag(settings(model, out="once", **options))
    whole = Path("once").read_bytes()
    assert at_once.documents == 12 and at_once.skipped["documents whose id was read before"] == 1
    assert at_once.skipped["malformed files"] == 1 and len(at_once.warnings) == 2 and whole.count(b"\n") >= 12
    monkeypatch.setattr(blocks, "LEAST_TEXT", 1)
    monkeypatch.setattr(blocks, "SLICE_TEXT", 150)
    monkeypatch.setattr(run, "AT_ONCE", 0)
    in_parts = run_tag(settings(model, out="parts", **options))
    assert Path("parts").read_bytes() == whole and reported(in_parts) == reported(at_once)
    for index in range(3):
        run_tag(settings(model, out=f"s{index}", shard=f"{index}/3", **options))
    summary, tagged = merge_shards(["s2", "s0", "s1"], "merged")
    assert Path("merged").read_bytes() == whole and reported(summary) == reported(at_once) and tagged.format == name


def test_ids_are_counted_over_the_merged_run(here: Path, model: str, small_blocks: None) -> None:
    for index in range(2):
        run_tag(settings(model, out=f"s{index}", shard=f"{index}/2"))
    merge_shards(["s0", "s1"], "merged")
    rows = read_edl("merged")
    assert [row.mention_id for row in rows] == [f"ousianer-{n:07d}" for n in range(1, len(rows) + 1)]
    numbers = [int(row.kb_id.removeprefix("NIL")) for row in rows]
    clusters = {(row.text.casefold(), row.type.partition(".")[0]): row.kb_id for row in rows}
    assert sorted(set(numbers)) == list(range(1, max(numbers) + 1)) and len(clusters) == max(numbers) < len(rows)
    assert all(row.kb_id == clusters[row.text.casefold(), row.type.partition(".")[0]] for row in rows)
    first = [numbers.index(number) for number in range(1, max(numbers) + 1)]
    assert first == sorted(first), "numbered in the order of first use"


def test_two_workers(here: Path, model: str, small_blocks: None, monkeypatch: pytest.MonkeyPatch) -> None:
    plain: Callable[..., None] = processes.Processes.__init__
    # Quicker than `spawn`, which is tried below.
    monkeypatch.setattr(processes.Processes, "__init__", lambda self, s, n: plain(self, s, n, ANEW.get_start_method()))
    for name in ("edl", "jsonl", "conll"):
        one = run_tag(settings(model, out="one", format=name))
        two = run_tag(settings(model, out="two", format=name, workers=2))
        assert Path("two").read_bytes() == Path("one").read_bytes() and reported(one) == reported(two)
    with pytest.raises(InputError, match=r"c\.ltf\.xml:1: expected"):
        run_tag(settings(model, out="x", strict=True, workers=2))


def test_the_error_that_ended_a_worker_is_told_wherever_it_is_met() -> None:
    ours, theirs = multiprocessing.Pipe()
    theirs.send([])
    theirs.send(InputError("a document", "none"))
    theirs.close()
    with pytest.raises(InputError, match="expected a document"):
        processes._send_next(ours, iter(["block"]))  # type: ignore[arg-type]
    ours, theirs = multiprocessing.Pipe()
    theirs.close()
    with pytest.raises(OutputError, match="a worker process was killed"):
        processes._send_next(ours, iter(["block"]))  # type: ignore[arg-type]


def test_a_run_without_any_document_is_an_error_and_leaves_nothing(
    here: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        Path("none").mkdir(exist_ok=True)
        Path(f"none/{name}.ltf.xml").write_text("<LCTL_TEXT>\n<DOC id=")
    found = r"^expected documents, found none in 3 files \(3 malformed files\), the first: none/a\.ltf\.xml:2: "
    with pytest.raises(InputError, match=found):
        run_tag(settings(model, inputs=["none"], out="once"))
    for index in range(2):  # another shard may have documents
        run_tag(settings(model, inputs=["none"], out=f"s{index}", shard=f"{index}/2"))
    with pytest.raises(InputError, match=found):
        merge_shards(["s1", "s0"], "merged")
    monkeypatch.setattr(blocks, "LEAST_TEXT", 1)
    monkeypatch.setattr(run, "AT_ONCE", 0)
    with pytest.raises(InputError, match=found):
        run_tag(settings(model, inputs=["none"], out="parts"))
    assert not [path for name in ("once", "merged", "parts") for path in Path().glob(f"*{name}*")]
    Path("none/d.txt").write_text("\n")
    assert "no document has running text, so the run is empty" in run_tag(settings(model, inputs=["none"])).lines()
    assert Path("run").read_bytes() == b""


def test_workers_from_the_command_line(here: Path, model: str) -> None:
    for path in Path("docs").glob("[a-f].txt"):
        path.write_text(path.read_text() * 60)
    for words in (["-o", "one"], ["-o", "two", "--workers", "2"]):
        code, out, _ = command_line("tag", "docs", "--model", model, *words)
        assert code == 0 and f"wrote {words[1]}" in out
    assert Path("two").read_bytes() == Path("one").read_bytes() != b""


def test_ray(here: Path, model: str, small_blocks: None) -> None:
    pytest.importorskip("ray")
    for name, nil in (("edl", "string"), ("jsonl", "per-mention")):
        one = run_tag(settings(model, out="one", format=name, nil=nil))
        two = run_tag(settings(model, out="two", format=name, nil=nil, engine="ray", workers=2, threads=1))
        assert Path("two").read_bytes() == Path("one").read_bytes() != b"" and reported(one) == reported(two)
    assert one.documents == 12
    with pytest.raises(InputError, match=r"c\.ltf\.xml:1: expected"):
        run_tag(settings(model, out="x", engine="ray", strict=True))


def test_ray_that_is_not_installed_is_asked_for(here: Path, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SettingsError, match=r"--engine ray needs ray, .*ousianer\[ray\]"):
        run_tag(settings(model, engine="ray"))


STAND_IN = """#!/bin/sh
printf '%s\\0' "${0##*/}" "$@" >> "$CALLS"
printf '\\n' >> "$CALLS"
"""
"""A program that only writes down how it was called."""


def test_a_slurm_array_tags_its_shards_and_merges_them(
    here: Path, model: str, small_blocks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The script as the queue runs it; what it would start runs in this process."""
    script = Path(__file__).parents[2] / "examples" / "cluster" / "slurm_array.sh"
    programs, calls = here / "bin", here / "calls"
    programs.mkdir()
    for name in ("ousianer", "sbatch"):
        (programs / name).write_text(STAND_IN)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    monkeypatch.setenv("CALLS", str(calls))

    def called(*words: str, **environment: str) -> list[list[str]]:
        calls.write_text("")
        subprocess.run(["bash", *words], check=True, env={**os.environ, **environment})
        return [line.split("\0")[:-1] for line in calls.read_text().splitlines()]

    array = {"SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_COUNT": "3"}
    words = (str(script), "docs", "run.tab", "--model", model)
    queued: list[list[str]] = []
    for task in (2, 1, 3, 1):
        again = {"SLURM_RESTART_COUNT": "1"} if queued else {}
        *before, (program, *rest) = called(*words, SLURM_ARRAY_TASK_ID=str(task), **array, **again)
        queued += before
        assert program == "ousianer" and command_line(*rest)[0] == 0
    ((_, *options),) = queued
    assert "--dependency=afterok:7" in options
    ((program, *merge),) = called("-c", options[-1].removeprefix("--wrap="))
    assert program == "ousianer" and command_line(*merge)[0] == 0
    run_tag(settings(model, out="one"))
    assert Path("run.tab").read_bytes() == Path("one").read_bytes() != b""


@pytest.fixture
def shards(here: Path, model: str, small_blocks: None) -> list[str]:
    for index in range(2):
        run_tag(settings(model, out=f"s{index}", shard=f"{index}/2"))
    return ["s0", "s1"]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["s0"], "expected all 2 shards of a run, found 1/2 missing; tag them with ousianer tag --shard, then merge"),
        (["s0", "s1", "s0"], "s0: expected each shard once, found 0/2 again, as in s0"),
        (["s0", "three"], "three: expected a shard of the run of s0, found one of 3 shards, not of 2"),
        (["s0", "sharp"], "sharp: expected a shard of the run of s0, found another --min-confidence (0.5, not -1.0)"),
        (["s0", "fewer"], "fewer: expected a shard of the run of s0, found other inputs"),
        (["s0", "other"], "other: expected a shard of the run of s0, found another model"),
        (["s0", "docs/a.txt"], "docs/a.txt:1: expected a shard of ousianer tag --shard, found plain text"),
        (["s0", "absent"], "absent: expected a shard of ousianer tag --shard, found No such file or directory"),
        (["s0", "cut"], "cut:2: expected a whole shard with its last line, found one cut short; copy it again"),
    ],
)
def test_what_makes_no_run_is_refused(shards: list[str], model: str, names: list[str], message: str) -> None:
    if "three" in names:
        run_tag(settings(model, out="three", shard="1/3"))
    if "sharp" in names:
        run_tag(settings(model, out="sharp", shard="1/2", min_confidence=0.5))
    if "fewer" in names:
        run_tag(settings(model, out="fewer", shard="1/2", inputs=["docs/a.txt", "docs/b.xml"]))
    if "other" in names:
        save_model("m2", random_tuned_model(5), "card")
        run_tag(settings("m2", out="other", shard="1/2"))
    Path("cut").write_text("".join(Path("s1").read_text().splitlines(keepends=True)[:2]))
    code, out, err = command_line("merge", *names, "-o", "merged")
    assert (code, out) == (2, "") and err.startswith("ousianer: " + message) and err.count("\n") == 1
    assert not Path("merged").exists() and not list(Path().glob(".*"))


def test_merge_from_the_command_line(shards: list[str], model: str) -> None:
    run_tag(settings(model, out="one"))
    code, out, err = command_line("merge", *shards, "-o", "run.tab")
    assert code == 0 and Path("run.tab").read_bytes() == Path("one").read_bytes()
    assert re.search(r"^documents +12$", out, re.MULTILINE) and "wrote run.tab\nnext: ousianer score" in out
    assert err.count("warning: ") == 2


def test_a_shard_that_is_whole_is_not_tagged_again(shards: list[str], model: str, here: Path) -> None:
    before = Path("s1").stat().st_mtime_ns
    summary = run_tag(settings(model, out="s1", shard="1/2"), resume=True)
    assert summary.note == "s1 was whole already" and Path("s1").stat().st_mtime_ns == before
    run_tag(settings(model, out="s1", shard="0/2"), resume=True)
    assert json.loads(Path("s1").read_text().split("\n")[0])["manifest"]["shard"] == "0/2"


@pytest.mark.parametrize("text", ["1", "2/2", "-1/2", "a/b", "1/", "0/0", "1/2/3"])
def test_what_is_no_shard_is_said(text: str) -> None:
    with pytest.raises(SettingsError, match="--shard: expected i/n with i from 0 to n-1"):
        Shard.of(text)


def test_a_run_of_fewer_blocks_than_shards(here: Path, model: str) -> None:
    run_tag(settings(model, out="one", inputs=["docs/a.txt"]))
    names = [f"s{index}" for index in range(4)]
    for index, name in enumerate(names):
        run_tag(settings(model, out=name, shard=f"{index}/4", inputs=["docs/a.txt"]))
    merge_shards(names, "merged")
    assert Path("merged").read_bytes() == Path("one").read_bytes() != b""
