"""A run that is killed at any moment goes on where it was, and its bytes are those of a run that was not."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from processes_anew import exit_code, killed_at
from tiny_models import random_tuned_model

from ousianer_cli.errors import OutputError, SettingsError
from ousianer_cli.network.checkpoint import save_model
from ousianer_cli.settings.tag import TagSettings
from ousianer_cli.tagging import blocks, run, worker
from ousianer_cli.tagging.parts import Parts, parts_folder
from ousianer_cli.tagging.run import run_tag

TEXTS = {
    "a.txt": "Ada Brun met Otto in Rome .\n\nRome slept , and Ada saw Lima .\n",
    "b.txt": "rain .\n",
    "c.txt": "Otto Lind left Oslo for Rome . Mara Voss saw Oslo .\n",
    "d.txt": "Nina Falk and ADA BRUN are in Bonn .\n",
    "e.txt": "Perth is where Carl Ott lives .\n",
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five documents, each a block of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(blocks, "LEAST_TEXT", 1)
    monkeypatch.setattr(run, "AT_ONCE", 0)
    Path("docs").mkdir()
    for name, text in TEXTS.items():
        Path("docs", name).write_text(text)
    return tmp_path


def settings(model: str, **changes: object) -> TagSettings:
    return TagSettings(**{"inputs": ["docs"], "out": "run.tab", "model": model, **changes})  # type: ignore[arg-type]


def test_killed_at_any_touch_of_a_file_the_run_becomes_the_same(here: Path, model: str) -> None:
    run_tag(settings(model, out="whole.tab"))
    whole = Path("whole.tab").read_bytes()
    assert whole.count(b"\n") > 10
    touches = exit_code(killed_at, 0, here, settings(model))
    assert 30 < touches < 100 and Path("run.tab").read_bytes() == whole
    # The last two stand among the removal of the parts.
    for number, step in enumerate([*range(3, touches - 4, 6), touches - 4, touches]):
        Path("run.tab").unlink(missing_ok=True)
        assert exit_code(killed_at, step, here, settings(model)) == -signal.SIGKILL
        if number % 3 == 0:  # and once more on the way
            assert exit_code(killed_at, 4, here, settings(model)) in (0, -signal.SIGKILL)
        run_tag(settings(model), resume=True)
        assert Path("run.tab").read_bytes() == whole, f"killed at touch {step} of {touches}"
        assert not parts_folder("run.tab").exists()


def test_finished_parts_are_not_tagged_again(here: Path, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run_tag(settings(model, out="whole.tab"))
    tagged: list[str] = []
    plain = worker.read_block

    def counting(block: blocks.Block, given: TagSettings) -> object:
        if len(tagged) == 3:
            raise KeyboardInterrupt
        tagged.append(block.units[0][1].name)
        return plain(block, given)

    monkeypatch.setattr(worker, "read_block", counting)
    with pytest.raises(KeyboardInterrupt):
        run_tag(settings(model))
    folder = parts_folder("run.tab")
    finished = sorted(path.name for path in folder.glob("0*.jsonl"))
    assert tagged == ["a.txt", "b.txt", "c.txt"] and finished == ["000000.jsonl", "000001.jsonl"]
    assert not Path("run.tab").exists()
    tagged.clear()
    tagged += [""] * 4
    summary = run_tag(settings(model), resume=True)
    assert tagged[4:] == ["c.txt", "d.txt", "e.txt"]
    assert Path("run.tab").read_bytes() == Path("whole.tab").read_bytes() and not folder.exists()
    assert (summary.documents, summary.words, summary.words_before) == (5, 45, 17)


def interrupted(model: str, monkeypatch: pytest.MonkeyPatch, **changes: object) -> Path:
    """The folder of a run with two finished parts."""
    plain = worker.read_block

    def failing(block: blocks.Block, given: TagSettings) -> object:
        if block.number == 2:
            raise KeyboardInterrupt
        return plain(block, given)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(worker, "read_block", failing)
        run_tag(settings(model, **changes))
    return parts_folder("run.tab")


def everything(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_without_resume_finished_parts_are_neither_used_nor_lost(
    here: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = interrupted(model, monkeypatch)
    before = everything(folder)
    with pytest.raises(
        OutputError, match=r"found finished parts \(1\) in .*run\.tab\.parts; go on with --resume, or remove"
    ):
        run_tag(settings(model))
    assert everything(folder) == before and not Path("run.tab").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"min_confidence": 0.9}, "another --min-confidence"),
        ({"format": "jsonl"}, "another --format"),
        ({"inputs": ["docs/a.txt", "docs/b.txt", "docs/c.txt"]}, "other inputs"),
        ({"shard": "0/2"}, "another --shard"),
        ({"model": "other"}, "another model"),
    ],
)
def test_parts_of_another_run_are_refused(
    here: Path, model: str, monkeypatch: pytest.MonkeyPatch, change: dict[str, object], message: str
) -> None:
    if "model" in change:
        save_model("other", random_tuned_model(5), "card")
    folder = interrupted(model, monkeypatch)
    before = everything(folder)
    with pytest.raises(SettingsError, match=f"--resume: expected parts of this run in .*, found {message}") as refused:
        run_tag(settings(**{"model": model, **change}), resume=True)  # type: ignore[arg-type]
    assert "\n" not in str(refused.value) and everything(folder) == before


def test_a_document_that_changed_since_is_refused(here: Path, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted(model, monkeypatch)
    Path("docs/a.txt").write_text(TEXTS["a.txt"].replace("Rome", "Oslo"))
    with pytest.raises(SettingsError, match="found docs/a.txt .*changed"):
        run_tag(settings(model), resume=True)


def test_workers_and_place_are_no_difference(here: Path, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run_tag(settings(model, out="whole.tab"))
    interrupted(model, monkeypatch)
    run_tag(settings(os.path.relpath(model), inputs=[str(here / "docs")], threads=1), resume=True)
    assert Path("run.tab").read_bytes() == Path("whole.tab").read_bytes()


def test_a_run_has_one_process(here: Path, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = interrupted(model, monkeypatch)
    manifest = json.loads((folder / "manifest.json").read_text())
    with Parts(folder, manifest, []), pytest.raises(OutputError, match="expected no other process at this run"):
        run_tag(settings(model), resume=True)
    run_tag(settings(model), resume=True)


def test_a_folder_of_the_users_is_no_folder_of_parts(here: Path, model: str) -> None:
    Path("run.tab.parts").mkdir()
    Path("run.tab.parts/notes.txt").write_text("mine")
    for resume in (False, True):
        with pytest.raises(OutputError, match=r"found notes\.txt"):
            run_tag(settings(model), resume=resume)
    assert everything(Path("run.tab.parts")) == {"notes.txt": b"mine"}


def test_nothing_is_left_of_a_run_that_finished_no_part(here: Path, model: str) -> None:
    with pytest.raises(SettingsError, match="--coarse-prior"):
        run_tag(settings(model, coarse_prior=0.5))
    assert sorted(path.name for path in here.iterdir()) == ["docs"]


def test_a_stream_cannot_be_resumed(here: Path, model: str) -> None:
    with pytest.raises(SettingsError, match="--resume: expected a file as output, found a stream"):
        run_tag(settings(model, out="/dev/null"), resume=True)


def test_parts_beside_the_documents_are_not_read(here: Path, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run_tag(settings(model, out="whole.tab"))
    plain = worker.read_block

    def failing(block: blocks.Block, given: TagSettings) -> object:
        if block.number == 3:
            raise KeyboardInterrupt
        return plain(block, given)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(worker, "read_block", failing)
        run_tag(settings(model, out="docs/run.tab"))
    summary = run_tag(settings(model, out="docs/run.tab"), resume=True)
    assert Path("docs/run.tab").read_bytes() == Path("whole.tab").read_bytes() and not summary.skipped
