"""`ousianer score` from arguments and from the project file."""

import json

import pytest
import typer
from typer.testing import CliRunner

from ousianer_cli.commands.score import score, score_report
from ousianer_cli.errors import InputError, SettingsError

LINE = "r\tm{n}\tx\tD:{n}-{n}\tNIL1\t{label}\tNAM\t0.5\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, labels in {"gold": ["per", "gpe"], "run": ["per", "gpe.urbanarea"], "other": ["per", "GPE"]}.items():
        lines = [LINE.format(n=n, label=label) for n, label in enumerate(labels)]
        (tmp_path / f"{name}.tab").write_text("".join(lines), encoding="utf-8")
    return tmp_path


def call(*arguments):
    app = typer.Typer()
    app.command()(score)
    result = CliRunner().invoke(app, list(arguments))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_table_of_two_runs(folder):
    result = call("gold.tab", "run.tab", "other.tab")
    assert result.exit_code == 0
    for words in ("run", "other", "strict type", "(2019 code)", "ancestor", "both", "0.750 0.750 0.750"):
        assert words in result.stdout
    assert "by type" not in result.stdout
    assert "other.tab: 1 rows have a type with capitals (GPE" in result.stderr
    assert "warning" not in result.stdout


def test_json_is_one_object_on_stdout(folder):
    content = json.loads(call("gold.tab", "run.tab", "other.tab", "--json", "--by-type", "--decay", "0.1").stdout)
    assert content["runs"][0]["measures"]["descendant"]["f1"] == pytest.approx(0.55)
    assert content["runs"][0]["by_type"]["gpe.urbanarea"]["system"] == 1
    assert content["runs"][1]["warnings"]


def test_by_type_and_open(folder):
    text = call("gold.tab", "run.tab", "--by-type", "--open").stdout
    assert "run by type" in text and "gpe.urbanarea" in text and "open" in text


def test_files_from_the_project_file(folder):
    settings = '[score]\ngold = "gold.tab"\nruns = ["run.tab"]\ndecay = 0.25\n'
    (folder / "ousianer.toml").write_text(settings, encoding="utf-8")
    report = score_report([])
    assert (report.gold, [run.path for run in report.runs], report.decay) == ("gold.tab", ["run.tab"], 0.25)
    # Flags and arguments go before the file.
    report = score_report([folder / "run.tab", folder / "other.tab"], decay=0.5)
    assert (report.gold, report.decay) == (str(folder / "run.tab"), 0.5)
    assert [run.path for run in report.runs] == [str(folder / "other.tab")]


def test_missing_settings_are_asked_for_by_name(folder):
    with pytest.raises(SettingsError, match=r"the gold file.*'gold' in \[score\]"):
        score_report([])
    with pytest.raises(SettingsError, match=r"the runs to score.*'runs' in \[score\]"):
        score_report([folder / "gold.tab"])


def test_another_taxonomy(folder):
    (folder / "own.tsv").write_text("Per\t\nGpe\t\nGpe.UrbanArea\tGpe\n", encoding="utf-8")
    report = score_report([folder / "gold.tab", folder / "run.tab"], taxonomy="own.tsv")
    assert report.taxonomy == "own"
    assert report.runs[0].measures["descendant"].f1 == 0.75


def test_faults_are_users_errors(folder):
    (folder / "bad.tab").write_text(LINE.format(n=0, label="per") + "short\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"bad\.tab:2: expected 8 to 11"):
        call("gold.tab", "bad.tab")
    with pytest.raises(SettingsError, match="--decay"):
        call("gold.tab", "run.tab", "--decay", "7")
