"""The journal: on the disk before it is confirmed, whole after a crash, open once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ousianer_cli.errors import InputError, OutputError
from ousianer_cli.review.journal import Journal, journal_path, journals, read_journal


def test_what_was_confirmed_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "extra.tsv.anna.journal"
    journal = Journal(path, "anna")
    futures = [journal.append({"n": n, "text": "Ó\u2028\n\U0001f600"}) for n in range(50)]
    for future in futures:
        future.result(10)
    assert [r["n"] for r in read_journal(path)[0]] == list(range(50))
    journal.close()
    again = Journal(path, "anna")
    assert [r["n"] for r in again.records] == list(range(50)) and again.cut == 0
    again.append({"n": 50}).result(10)
    again.close()
    assert len(read_journal(path)[0]) == 51 and len(path.read_bytes().splitlines()) == 52
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_every_waiting_record_is_synced_before_it_is_confirmed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path / "j", "anna")
    held, synced = threading.Event(), []
    sync = os.fsync

    def slow(descriptor: int) -> None:
        held.wait(10)
        sync(descriptor)
        synced.append(len((tmp_path / "j").read_bytes().splitlines()) - 1)

    monkeypatch.setattr(os, "fsync", slow)
    futures = [journal.append({"n": n}) for n in range(20)]
    assert not any(f.done() for f in futures)
    held.set()
    for future in futures:
        future.result(10)
    assert synced[-1] == 20 and len(synced) < 20  # one wait of the disk for many records
    monkeypatch.undo()
    journal.close()


def test_a_last_line_that_was_cut_off_goes_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = Journal(path, "anna")
    journal.append({"n": 1}).result(10)
    journal.close()
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"n": 2, "ver')
    again = Journal(path, "anna")
    assert ([r["n"] for r in again.records], again.cut) == ([1], 13)
    again.append({"n": 3}).result(10)
    again.close()
    assert [r["n"] for r in read_journal(path)[0]] == [1, 3]
    path.write_bytes(whole + b"{broken}\n" + b'{"n": 4}\n')
    with pytest.raises(InputError, match=r"j:3: expected a line of a journal"):
        Journal(path, "anna")
    path.write_text('{"n": 1}\n')
    with pytest.raises(InputError, match=r"j:1: expected a line of a journal"):
        Journal(path, "anna")


def test_it_is_open_once(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = Journal(path, "anna")
    with pytest.raises(OutputError, match="annotator 'anna' at work in another session"):
        Journal(path, "anna")
    journal.close()
    journal.close()
    with pytest.raises(OutputError, match="the session has ended"):
        journal.append({"n": 1}).result(10)
    Journal(path, "anna").close()


def test_a_full_disk_fails_the_decision_and_leaves_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "j"
    journal = Journal(path, "anna")
    journal.append({"n": 1}).result(10)
    write = os.write

    def half(descriptor: int, data: memoryview) -> int:
        write(descriptor, bytes(data[: len(data) // 2]))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OutputError, match="No space left"):
        journal.append({"n": 2}).result(10)
    monkeypatch.undo()
    journal.append({"n": 3}).result(10)
    journal.close()
    assert [r["n"] for r in read_journal(path)[0]] == [1, 3]


def test_a_killed_process_has_lost_nothing_that_it_confirmed(tmp_path: Path) -> None:
    path = tmp_path / "j"
    code = (
        "import sys\nfrom pathlib import Path\nfrom ousianer_cli.review.journal import Journal\n"
        "journal = Journal(Path(sys.argv[1]), 'anna')\n"
        "for n in range(10**9):\n"
        "    journal.append({'n': n}).result()\n"
        "    print(n, flush=True)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) >= 40:
            process.kill()
            break
    confirmed = max([40, *(int(line) for line in process.stdout.read().split())])
    process.wait()
    journal = Journal(path, "anna")
    assert [r["n"] for r in journal.records][: confirmed + 1] == list(range(confirmed + 1))
    journal.close()


def test_journals_are_found_by_annotator(tmp_path: Path) -> None:
    out = tmp_path / "extra.tsv"
    for name in ("anna", "bo"):
        Journal(journal_path(out, name), name).close()
    (tmp_path / "other.tsv.carl.journal").write_text("")
    assert journals(out) == {name: tmp_path / f"extra.tsv.{name}.journal" for name in ("anna", "bo")}
    assert json.loads((tmp_path / "extra.tsv.bo.journal").read_text())["annotator"] == "bo"
