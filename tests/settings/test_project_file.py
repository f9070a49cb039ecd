"""`ousianer.toml`: what is unknown or wrong in it is said in one line, with its place."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings import read_table
from ousianer_cli.settings.tables import TABLES


def toml(folder: Path, content: str | bytes) -> Path:
    path = folder / "ousianer.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("[tag]\nrun_id = 'a'\n[tagg]\nx = 1\n", 3, "found [tagg]; did you mean [tag]?"),
        ("[tagg]\nx = 1", 1, "found [tagg]; did you mean [tag]?"),
        ("min_confidence = 0.9\n[tag]\n", 1, "found 'min_confidence' outside any table; put it into [tag]"),
        ("gold = 'g'\n", 1, "found 'gold' outside any table; put it into [score]"),
        ("anything = 1\n", 1, "found 'anything' outside any table"),
        ("[tag]\nrun-id = 'a'\n", 2, "[tag] has no setting 'run-id'; did you mean run_id?"),
        ("[tag]\n# no\n\n[score]\n  golds = 'x'\n", 5, "[score] has no setting 'golds'; did you mean gold?"),
        ("[finetune]\nepochs = 3\nzzzz = 1\n", 3, "[finetune] has no setting 'zzzz'; expected one of "),
        (
            "[tune]\ntrials = 1\n[tune.pretrains]\nlr=1\n",
            3,
            "has no setting 'pretrains'; did you mean pretrain?",
        ),
        ("[tag\n", 1, "expected TOML, found an error: "),
        ("[tag]\nrun_id =\n", 2, "expected TOML, found an error: "),
        ("[tag]\nrun_id = 'a'\nrun_id = 'b'\n", 3, "expected TOML, found an error: "),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, content: str, line: int, message: str) -> None:
    path = toml(tmp_path, content)
    with pytest.raises(SettingsError) as caught:
        read_table("tag", path)
    assert str(caught.value).startswith(f"{path}:{line}: ") and message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_of_other_encodings(tmp_path: Path) -> None:
    given = '[tag]\r\nrun_id = "a"\r\n'
    assert read_table("tag", toml(tmp_path, b"\xef\xbb\xbf" + given.encode())) == {"run_id": "a"}
    with pytest.raises(SettingsError, match="expected TOML in UTF-8, found invalid start byte at byte 0"):
        read_table("tag", toml(tmp_path, given.encode("utf-16")))
    with pytest.raises(SettingsError, match="expected TOML, found a gzip file; unpack it first: gunzip "):
        read_table("tag", toml(tmp_path, gzip.compress(given.encode())))


def test_every_table_is_known_and_may_stand_beside_the_others(tmp_path: Path) -> None:
    path = toml(tmp_path, "".join(f"[{name}]\n" for name in TABLES) + "[tune.finetune]\nlr = {low = 1, high = 2}\n")
    assert all(read_table(name, path) == {} for name in TABLES if name != "tune")
    assert read_table("tune", path) == {"finetune": {"lr": {"low": 1, "high": 2}}}
