"""Weights of corpora: a number behind the path, summed over the times that a path is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings.weights import corpus_weights, repeated_paths, split_weight


@pytest.mark.parametrize(
    ("text", "path", "weight"),
    [
        ("a.jsonl", "a.jsonl", 1),
        ("a.jsonl*8", "a.jsonl", 8),
        ("in/a*b.jsonl*0.5", "in/a*b.jsonl", 0.5),
        ("*.jsonl", "*.jsonl", 1),
        ("a*/b.jsonl", "a*/b.jsonl", 1),
    ],
)
def test_a_number_behind_the_path_is_its_weight(text: str, path: str, weight: float) -> None:
    assert split_weight(text) == (path, weight)


def test_a_path_that_is_there_as_it_stands_has_no_weight(tmp_path: Path) -> None:
    (tmp_path / "a*8").write_text("")
    assert split_weight(f"{tmp_path}/a*8") == (f"{tmp_path}/a*8", 1)
    assert split_weight(f"{tmp_path}/a*8*3") == (f"{tmp_path}/a*8", 3)


@pytest.mark.parametrize("weight", ["", "0", "-1", "many", "0.0"])
def test_a_weight_that_is_no_number_above_zero_is_refused(tmp_path: Path, weight: str) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(SettingsError, match=f"expected PATH or PATH\\*WEIGHT .* found the weight '{weight}'"):
        split_weight(f"{tmp_path}/a*{weight}")


def test_weights_are_summed_and_repeats_stand_where_they_were_named() -> None:
    assert corpus_weights(["a", "b*3", "a", "b*0.5"]) == {"a": 2, "b": 3.5}
    assert repeated_paths(["a", "b*3", "a"], "--joint") == ["a", "b", "b", "b", "a"]
    with pytest.raises(SettingsError, match=r"--joint b\*0\.5: expected a whole number of times, found 0\.5"):
        repeated_paths(["b*0.5"], "--joint")
