"""`ousianer init` lays down everything or nothing, and what it lays down is complete."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ousianer_cli import new_project as module
from ousianer_cli.app import app
from ousianer_cli.commands.init import NEXT_STEPS
from ousianer_cli.errors import InputError, OutputError
from ousianer_cli.new_project import init_project


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_new_folder_holds_what_its_settings_name(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "project"
    written = init_project(home)
    assert sorted(path.as_posix() for path in written) == sorted(contents(home))
    assert written[0] == Path("ousianer.toml")
    settings = tomllib.loads((home / "ousianer.toml").read_text(encoding="utf-8"))
    assert set(settings) == {"pretrain", "finetune", "tag", "score"}
    for table, name in (("pretrain", "detection"), ("pretrain", "typing"), ("finetune", "train"), ("finetune", "dev")):
        listed = settings[table][name]
        for file in [listed] if isinstance(listed, str) else listed:
            assert (home / file).is_file(), f"[{table}] {name} names {file}"
    assert (home / settings["score"]["gold"]).is_file()
    assert settings["finetune"]["base"] == settings["pretrain"]["out"]
    assert settings["tag"]["model"] == settings["finetune"]["out"]
    assert len(list((home / "ltf").iterdir())) == 4


def test_the_next_steps_name_files_that_are_there(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["init", str(tmp_path / "p")])
    assert result.exit_code == 0, result.output
    assert result.output.endswith(NEXT_STEPS)
    named = {word.rstrip("/") for word in NEXT_STEPS.split() if word.endswith(("/", ".tsv"))}
    assert named and all((tmp_path / "p" / name).exists() for name in named)


def test_an_empty_folder_and_one_with_other_files_are_filled(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    init_project(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


@pytest.mark.parametrize("name", ["gold.tab", "ltf/ex_nw_ferry.ltf.xml"])
def test_nothing_is_overwritten_and_nothing_half_written(tmp_path: Path, name: str) -> None:
    mine = tmp_path / name
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    with pytest.raises(InputError, match=name):
        init_project(tmp_path)
    assert contents(tmp_path) == {name: b"mine"}


def test_a_dangling_link_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "gold.tab").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match=r"gold\.tab"):
        init_project(tmp_path)
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("x")
    with pytest.raises(InputError, match="a folder"):
        init_project(tmp_path / "p")
    with pytest.raises(OutputError, match="cannot be written"):
        init_project(tmp_path / "p" / "inner")


def test_a_failure_midway_takes_everything_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def fail_third(source: Path, target: Path) -> None:
        calls.append(target)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        os.link(source, target)

    monkeypatch.setattr(module, "_place", fail_third)
    with pytest.raises(OutputError, match="No space left"):
        init_project(tmp_path / "new" / "p")
    assert not (tmp_path / "new").exists()


def test_without_hard_links_files_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    init_project(tmp_path / "a")
    monkeypatch.setattr(os, "link", refuse)
    init_project(tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
