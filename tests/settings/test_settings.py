"""Settings: what overrides what, what is refused, and what travels with a model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings import portable, require, resolve, setting


@dataclass(frozen=True)
class Example:
    """A phase of three settings."""

    files: list[str] = setting([], doc="some files")
    rate: float = setting(0.5, doc="a share")
    out: str = setting("", doc="a folder")

    def __post_init__(self) -> None:
        if self.files and self.out == "none":
            raise SettingsError("--files and --out none: expected one of them, found both")


@pytest.fixture(autouse=True)
def tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ousianer_cli.settings.tables.TABLES", {"phase": (Example,), "other": (Example,)})


def toml(folder: Path, text: str) -> Path:
    path = folder / "ousianer.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_flags_before_preset_before_file_before_defaults(tmp_path: Path) -> None:
    config = toml(tmp_path, '[phase]\nrate = 1\nout = "a"\nfiles = ["x"]\n')
    made = resolve(
        Example, "phase", {"out": "c", "rate": None, "files": []}, config=config, preset={"out": "b", "rate": 2}
    )
    assert made == Example(["x"], 2.0, "c")
    assert resolve(Example, "other", {}, config=config) == Example()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[phase]\nspeed = 1\n", "no setting 'speed'"),
        ('[phase]\nrate = "fast"\n', "--rate"),
        ("[phase\n", "expected TOML"),
        ("phase = 3\n", "expected a table [phase]"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message.replace("[", r"\[")):
        resolve(Example, "phase", {}, config=toml(tmp_path, text))


def test_a_setting_of_the_file_that_a_flag_conflicts_with_is_told(tmp_path: Path) -> None:
    config = toml(tmp_path, '[phase]\nfiles = ["x"]\n')
    with pytest.raises(SettingsError, match=r"found both \(--files: set in \[phase\] of .*ousianer\.toml; --config"):
        resolve(Example, "phase", {"out": "none"}, config=config)
    with pytest.raises(SettingsError, match="found both$"):
        resolve(Example, "phase", {"out": "none", "files": ["x"]}, config=config)


def test_a_missing_setting_is_asked_for_as_the_command_line_takes_it() -> None:
    with pytest.raises(SettingsError, match="give -o DIR or 'out' in .phase."):
        require("", "out", "phase", "a folder", "-o DIR")
    assert require("x", "out", "phase", "a folder") == "x"


def test_no_path_of_a_machine_travels_with_a_model() -> None:
    kept = portable(Example(["/home/me/data/a.jsonl", "b.jsonl"], 0.5, "/home/me/models/base"))
    assert kept == {"files": ["a.jsonl", "b.jsonl"], "rate": 0.5, "out": "base"}
    assert portable(Example(out="org/encoder"))["out"] == "org/encoder"
