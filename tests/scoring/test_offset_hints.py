"""Offsets counted otherwise than gold's are named with the change that would match."""

from __future__ import annotations

from pathlib import Path

import pytest
from taxonomies import aida_edl

from ousianer_cli.scoring.scores import ScoreOptions, score_files

GOLD = [("a", 50, 61), ("a", 70, 75), ("a", 90, 95), ("b", 44, 53), ("b", 64, 69)]


def tab(path: Path, rows: list[tuple[str, int, int]], label: str = "per") -> Path:
    path.write_text(
        "".join(f"r\tm{n}\tx\t{doc}:{a}-{b}\tNIL1\t{label}\tNAM\t0.5\n" for n, (doc, a, b) in enumerate(rows)),
        encoding="utf-8",
    )
    return path


def warnings_of(tmp_path: Path, run: list[tuple[str, int, int]]) -> list[str]:
    report = score_files(tab(tmp_path / "gold.tab", GOLD), [tab(tmp_path / "run.tab", run)], aida_edl())
    return [w.removeprefix(f"{tmp_path / 'run.tab'}: ") for w in report.runs[0].warnings if " spans match gold" in w]


@pytest.mark.parametrize(
    ("starts", "ends", "words"),
    [
        (0, 1, "0 spans match gold, 5 would with ends one less: the run's ends are exclusive"),
        (0, -1, "0 spans match gold, 5 would with ends one more: gold's ends are exclusive"),
        (
            39,
            39,
            "0 spans match gold, 5 would if all stood 39 characters earlier; gold counts from after the",
        ),
        (-7, -7, "0 spans match gold, 5 would if all stood 7 characters later"),
    ],
)
def test_one_change_of_all_offsets(tmp_path: Path, starts: int, ends: int, words: str) -> None:
    (warning,) = warnings_of(tmp_path, [(doc, a + starts, b + ends) for doc, a, b in GOLD])
    assert warning.startswith(words)


def test_offsets_that_match_or_are_of_no_one_change_have_no_hint(tmp_path: Path) -> None:
    assert warnings_of(tmp_path, GOLD[:3] + [("b", 44, 54), ("b", 64, 70)]) == []
    assert warnings_of(tmp_path, [("a", 1, 3), ("b", 9, 22), ("a", 200, 230)]) == []
    assert warnings_of(tmp_path, [("a", 50, 62)]) == []


def test_types_whatever_their_case(tmp_path: Path) -> None:
    gold, run = tab(tmp_path / "gold.tab", GOLD, "PER.Politician"), tab(tmp_path / "run.tab", GOLD, "per.politician")
    plain = score_files(gold, [run], aida_edl())
    assert plain.runs[0].measures["strict"].f1 == 0.0
    assert "--ignore-case takes them as equal" in plain.warnings[0]
    alike = score_files(gold, [run], aida_edl(), options=ScoreOptions(ignore_case=True))
    assert alike.runs[0].measures["strict"].f1 == 1.0
    assert alike.warnings == ()
