"""Damaged inputs of every kind: read, or refused in one line; `benchmarks/fuzzing/fuzz.py` tries many more."""

from __future__ import annotations

import json
import sys
import time
from argparse import Namespace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings

FUZZING = Path(__file__).resolve().parent.parent / "benchmarks" / "fuzzing"
sys.path.insert(0, str(FUZZING))
import fuzz  # noqa: E402
from mutations import mutated, parts  # noqa: E402
from targets import TARGETS, Target  # noqa: E402

sys.path.remove(str(FUZZING))


@pytest.mark.parametrize("kind", TARGETS)
def test_fifty_damaged_inputs_of_each_kind_are_read_or_refused_in_a_line(kind: str, tmp_path: Path) -> None:
    trial = fuzz.Trial(TARGETS[kind], tmp_path, tmp_path / "out")

    @seed(7)
    @settings(max_examples=50, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(mutated(trial.target.seeds))
    def holds(data: bytes) -> None:
        assert trial.fault(data) is None

    holds()
    assert trial.inputs >= 50


@pytest.mark.parametrize("kind", TARGETS)
def test_the_undamaged_inputs_are_read(kind: str, tmp_path: Path) -> None:
    target = TARGETS[kind]
    for data in target.seeds:
        assert b"".join(parts(data)) == data
        path = tmp_path / f"whole{target.suffix}"
        path.write_bytes(data)
        target.check(path)  # raises where it is not


def broken(path: Path) -> None:
    if b"7" in path.read_bytes():
        raise KeyError("seven")


def test_a_fault_is_found_made_small_kept_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fuzz.resource, "setrlimit", lambda *_: None)  # other tests may grow
    target = Target("broken", ".txt", (b"one two three 7 four five",), broken)
    fuzz.fuzz_here(target, Namespace(out=tmp_path, seconds=0.2, engine="hypothesis", seed=1))
    row = json.loads(capsys.readouterr().out)
    ((what, kept),) = row["failures"].items()
    assert what.startswith("KeyError") and row["inputs"] > 1
    assert b"7" in Path(kept).read_bytes()


@pytest.mark.parametrize("limit", ["SECONDS_AN_INPUT", "SECONDS_OF_A_CLOCK"])
def test_an_input_that_never_ends_is_a_fault(limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, limit, 0.1)
    ended = time.monotonic() + 5

    def busy(_: Path) -> None:
        while time.monotonic() < ended:
            pass

    wait = busy if limit == "SECONDS_AN_INPUT" else lambda _: time.sleep(5)
    slow = Target("slow", ".txt", (b"",), wait)
    assert "Hang: more than 0.1 s" in str(fuzz.Trial(slow, tmp_path, tmp_path).fault(b""))
