"""How many threads are taken: pinned processes, quotas of containers, and processors that others keep busy."""

from __future__ import annotations

from pathlib import Path

import pytest

from ousianer_cli.tagging import processors
from ousianer_cli.tagging.processors import busy_processors, choose_threads, cpu_quota


@pytest.fixture(autouse=True)
def look_anew() -> None:
    processors._free_now.cache_clear()


def machine(monkeypatch: pytest.MonkeyPatch, usable: int, quota: float | None, busy: float) -> None:
    monkeypatch.setattr(processors, "usable_processors", lambda: list(range(usable)))
    monkeypatch.setattr(processors, "cpu_quota", lambda: quota)
    monkeypatch.setattr(processors, "busy_processors", lambda usable, seconds: busy)
    monkeypatch.setattr("os.cpu_count", lambda: 64)


@pytest.mark.parametrize(
    ("usable", "quota", "busy", "taken"),
    [
        (8, None, 0.0, 8),
        (8, None, 2.7, 5),
        (8, None, 7.9, 1),
        (8, 2.5, 0.0, 3),
        (8, 2.0, 7.0, 1),
        (8, 0.5, 0.0, 1),
        (64, None, 40.2, 24),
    ],
)
def test_as_many_as_are_allowed_and_free(
    monkeypatch: pytest.MonkeyPatch, usable: int, quota: float | None, busy: float, taken: int
) -> None:
    machine(monkeypatch, usable, quota, busy)
    assert choose_threads().count == taken


def test_what_was_taken_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, 8, None, 2.7)
    assert str(choose_threads()) == "5 (8 of 64 processors may be used, and other work keeps 2.7 busy)"
    assert str(choose_threads(3)) == "3 (as set)"


def test_a_process_looks_once(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, 8, None, 0.0)
    choose_threads()
    machine(monkeypatch, 8, None, 6.0)
    assert choose_threads().count == 8


def test_the_least_quota_of_all_enclosing_groups_counts(tmp_path: Path) -> None:
    own = tmp_path / "cgroup"
    own.write_text("0::/slurm/job7\n")
    for folder, text in (("slurm", "600000 100000"), ("slurm/job7", "max 100000")):
        (tmp_path / "fs" / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / "fs" / folder / "cpu.max").write_text(text + "\n")
    assert cpu_quota(tmp_path / "fs", own) == 6.0
    (tmp_path / "fs" / "slurm" / "job7" / "cpu.max").write_text("150000 100000\n")
    assert cpu_quota(tmp_path / "fs", own) == 1.5


@pytest.mark.parametrize(("quota", "expected"), [("250000", 2.5), ("-1", None)])
def test_quotas_of_the_first_version_of_control_groups(tmp_path: Path, quota: str, expected: float | None) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(quota + "\n")
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    assert cpu_quota(tmp_path, tmp_path / "none") == expected


def test_work_of_others_is_measured_and_that_of_lower_priority_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stat = tmp_path / "stat"
    #       user nice system idle iowait irq softirq steal
    stat.write_text("cpu  1 1 1 1 1 1 1 1\ncpu0 10 0 0 90 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0\ncpu2 5 5 5 5 5 5 5 5\n")
    later = "cpu0 19 0 0 91 0 0 0 0\ncpu1 0 6 1 1 2 0 0 0\ncpu2 99 5 5 5 5 5 5 5\n"
    monkeypatch.setattr("time.sleep", lambda seconds: stat.write_text(later))
    assert busy_processors([0, 1], 0.1, stat) == pytest.approx(0.9 + 0.1)


def test_a_machine_that_tells_nothing_has_no_busy_processors(tmp_path: Path) -> None:
    assert busy_processors([0, 1], 0.1, tmp_path / "none") == 0
