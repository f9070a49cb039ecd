"""Options made from settings: every setting has one, described once; types, choices, defaults and panels are shown."""

from __future__ import annotations

import ast
import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
import typer
from typer.testing import CliRunner

from ousianer_cli.app import app
from ousianer_cli.commands.options import Given, OusianerCommand, command
from ousianer_cli.commands.parameters import escaped
from ousianer_cli.errors import OusiaError, SettingsError
from ousianer_cli.settings import flag, setting, traits
from ousianer_cli.settings.tables import TABLES
from ousianer_cli.settings.tag import TagSettings

PACKAGE = Path(__file__).parents[2] / "ousianer_cli"
WIDE = {"COLUMNS": "300", "NO_COLOR": "1", "TERM": "dumb"}
WORDS = {name: ("prepare", name) for name in ("corpus", "silver", "names", "types", "wikipedia")}


@dataclass(frozen=True)
class Paint:
    """Settings of a command that is none of ours."""

    places: list[str] = setting([], doc="Where.", role="input", positional=True, metavar="PLACE")
    colour: Literal["red", "blue"] = setting("blue", doc="Which colour [of ousianer[tune]].", group="model")
    coats: int = setting(2, doc="How many.", group="training")
    thinner: float | None = setting(None, doc="How thin.", group="training", shown="as it is")
    dry: bool = setting(True, doc="Let it dry.", group="training", off="--leave-wet")
    names: list[str] = setting(["a", "b"], doc="Whose.", group="data", comma=True, spelled=str.upper)
    numbers: list[int] = setting([], doc="Numbers.", group="data")
    out: str = setting("", doc="Folder.", role="output", flags=("-o",))


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A table `[paint]`, and an empty working folder."""
    monkeypatch.setattr("ousianer_cli.settings.tables.TABLES", {**TABLES, "paint": (Paint,)})
    monkeypatch.chdir(tmp_path)


def ousianer(*words: str) -> tuple[int, str]:
    """Exit code and what is told of a user's error."""
    done = CliRunner().invoke(app, list(words), env=WIDE)
    if isinstance(done.exception, OusiaError):
        return 2, str(done.exception)
    return done.exit_code, done.output


def paint(*words: str) -> tuple[int, Any, str]:
    """Exit code, what the body got, and the output."""
    got: list[Any] = []

    @command(Paint, presets={"thick": {"coats": 9, "thinner": 0.5}}, resume=True, choices={"out": lambda: ("x", "y")})
    def body(settings: Paint, given: Given) -> None:
        """Paint a wall with ousianer[tune]."""
        got.append((settings, given))

    wall = typer.Typer()
    wall.command(cls=OusianerCommand)(body)
    done = CliRunner().invoke(wall, list(words), env=WIDE)
    return done.exit_code, (*got, None)[0], done.output + (str(done.exception) if done.exit_code == 1 else "")


@pytest.mark.usefixtures("table")
def test_what_is_given_becomes_the_settings() -> None:
    code, (settings, given), _ = paint()
    assert (code, settings, given.resume) == (0, Paint(), False)
    words = ["a", "b", "--colour", "red", "--coats", "2", "--leave-wet", "--names", "x,y", "z", "--numbers", "1", "-2"]
    _, (settings, given), _ = paint(*words, "-o", "w", "--resume")
    assert settings == Paint(["a", "b"], "red", 2, None, False, ["X", "Y", "Z"], [1, -2], "w")
    assert given.resume is True
    assert given.settings(Paint, {"coats": 5}).coats == 5
    _, (settings, _), _ = paint("--preset", "thick", "--thinner", "0.1")
    assert (settings.coats, settings.thinner) == (9, 0.1)


def test_an_empty_path_is_refused_where_it_is_given() -> None:
    given = Given({TagSettings: {"model": ""}}, config=Path(os.devnull))
    with pytest.raises(SettingsError, match="--model: expected a path, found an empty one"):
        given.settings(TagSettings)


@pytest.mark.usefixtures("table")
def test_a_flag_that_repeats_the_default_still_wins_over_the_preset() -> None:
    _, (settings, _), _ = paint("--preset", "thick", "--coats", "2")
    assert settings.coats == 2


@pytest.mark.usefixtures("table")
def test_what_is_wrong() -> None:
    for words, message in (
        (["--colour", "green"], "--colour ([paint] colour): expected one of red, blue, found 'green'"),
        (["--preset", "thin"], "--preset: expected 'thick', found 'thin'"),
    ):
        code, got, output = paint(*words)
        assert (code, got) == (1, None) and message in output
    assert paint("--coats", "two")[0] == 2


@pytest.mark.usefixtures("table")
def test_the_help_shows_choices_defaults_and_parts() -> None:
    code, _, output = paint("--help")
    assert code == 0
    lines = [line.strip(" │") for line in output.splitlines()]
    shown = {line.split()[0]: " ".join(line.split()) for line in lines if line.startswith(("--", "PLACE"))}
    assert "[red|blue]" in shown["--colour"] and "[default: blue]" in shown["--colour"]
    assert "Which colour [of ousianer[tune]]." in shown["--colour"] and "with ousianer[tune]." in output
    assert "[default: 2]" in shown["--coats"] and "as it is" in shown["--thinner"]
    assert "--leave-wet" in shown["--dry"] and "a, b" in shown["--names"]
    assert "default" not in shown["--out"] and "-o" in shown["--out"] and "[x|y]" in shown["--out"]
    heads = [line.split()[1] for line in output.splitlines() if line.startswith("╭")]
    assert heads == ["Arguments", "Options", "Model", "Training", "Data", "Output"]


def test_markup_is_printed_as_it_is() -> None:
    from io import StringIO

    from rich.console import Console

    for text in ("ousianer[tune]", r"a\[b]", "[/x]", "[1, 2]", "[a", "x[b][c]", "docs/[name].toml"):
        console = Console(file=StringIO(), width=200)
        console.print(escaped(text), end="", highlight=False)
        assert console.file.getvalue() == text  # type: ignore[attr-defined]


def test_an_extra_is_named_whole_in_the_help() -> None:
    assert "pip install 'ousianer[tune]'" in CliRunner().invoke(app, ["tune", "--help"], env=WIDE).output


# ---- the commands as they are ---------------------------------------------------------------------------------------


def options_of(words: tuple[str, ...]) -> dict[str, Any]:
    found: Any = typer.main.get_command(app)
    for word in words:
        found = found.commands[word]
    found.add_late()
    return {parameter.name: parameter for parameter in found.params}


@pytest.mark.parametrize("table", [name for name in TABLES if name != "tune"])
def test_every_setting_has_a_flag(table: str) -> None:
    """A setting that only the file can give would be one that --help does not show."""
    options = options_of(WORDS.get(table, (table,)))
    for cls in TABLES[table]:
        for name, trait in traits(cls).items():
            assert name in options, f"[{table}] {name}"
            assert trait.positional or flag(name) in options[name].opts
    extra = {"config", "preset", "resume", "help"}
    assert set(options) <= {n for cls in TABLES[table] for n in traits(cls)} | extra


@pytest.mark.parametrize("phase", ["pretrain", "finetune"])
def test_a_study_takes_the_settings_of_its_phase(phase: str) -> None:
    options = options_of(("tune", phase))
    for cls in (*TABLES["tune"], TABLES[phase][0]):
        spaces = {f.name for f in dataclasses.fields(cls)} & {"pretrain", "finetune"}
        assert set(traits(cls)) - spaces <= set(options)


def test_options_are_described_in_the_settings_alone() -> None:
    """`typer.Option` and `typer.Argument` are called where options are generated, and for --version."""
    allowed = {"app.py": ["--version"], "commands/parameters.py": None}
    for path in PACKAGE.rglob("*.py"):
        name = path.relative_to(PACKAGE).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("typer.Option", "typer.Argument"):
                assert name in allowed, f"{path}:{node.lineno}: describe the option in ousianer_cli/settings"
                names = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
                assert allowed[name] is None or names == allowed[name], f"{path}:{node.lineno}"


def test_an_output_that_is_an_input_is_refused_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("one.txt", "c.conll", "gold.tab", "ousianer.toml"):
        (tmp_path / name).write_text("")
    for words in (
        ("tag", "one.txt", "-o", "one.txt"),
        ("prepare", "corpus", "c.conll", "-o", "c.conll"),
        ("prepare", "corpus", "c.conll", "-o", "x", "--split-by-hash", "0.5", "--held-out", "c.conll"),
        ("prepare", "silver", "c.conll", "-o", "c.conll"),
        ("prepare", "names", "c.conll", "-o", "x", "--rest", "c.conll"),
        ("tag", "one.txt", "-o", "ousianer.toml"),
        ("pretrain", "--joint-closed", "c.conll", "-o", "."),
    ):
        code, err = ousianer(*words)
        assert code == 2 and "-o " in err or "--held-out " in err or "--rest " in err, err
        assert all((tmp_path / name).read_text() == "" for name in ("one.txt", "c.conll", "ousianer.toml"))


def test_completion_can_be_installed() -> None:
    assert "--install-completion" in CliRunner().invoke(app, ["--help"], env=WIDE).output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("tag", "x.txt", "-o", "r.tab"), "ousianer.toml:1: expected the table of a command, found 'min_confidence'"),
        (("prepare", "corpus", "c", "-o", "o"), "ousianer.toml:1: expected the table of a command"),
        (("validate", "r.tab"), "ousianer.toml:1: expected the table of a command"),
    ],
)
def test_every_command_reads_the_project_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ousianer.toml").write_text("min_confidence = 0.9\n[tagg]\nmin_confidence = 0.9\n")
    code, err = ousianer(*words)
    assert code == 2 and err.startswith(message) and "\n" not in err


def test_prepare_reads_its_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.conll").write_text("Oslo B-GPE\nis O\nold O\n\nRome B-LOC\n")
    (tmp_path / "ousianer.toml").write_text(
        "[corpus]\nfiles = ['c.conll']\nout = 'o.jsonl'\ntypes = 'GPE'\n[validate]\nrun = 'r.tab'\n"
    )
    code, out = ousianer("prepare", "corpus")
    assert code == 0, out
    assert "class LOC (--types)" in out and (tmp_path / "o.jsonl").is_file()
    code, out = ousianer("validate")
    assert code == 2 and "r.tab" in out


def test_a_formats_own_options_may_stand_in_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ousianer_cli.settings.tables.TABLES", dict(TABLES))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ousianer.toml").write_text("[corpus]\nfiles = 'c.conll'\nout = 'o'\ngenres = 'bn'\n")
    (tmp_path / "c.conll").write_text("Oslo B-GPE\nis O\nold O\n")
    code, err = ousianer("validate", "absent.tab")
    assert code == 2 and "absent.tab" in err, "another command leaves the names of that table alone"
    code, err = ousianer("prepare", "corpus")
    assert code == 2 and err.startswith("--genres: expected files of format ontonotes, found conll")
    (tmp_path / "ousianer.toml").write_text("[corpus]\nfiles = 'c.conll'\nout = 'o'\ngenre = 'bn'\n")
    assert "ousianer.toml:4: [corpus] has no setting 'genre'; did you mean genres?" in ousianer("prepare", "corpus")[1]
