"""`ousianer score` from arguments and from the project file."""

import json
import sys

import pytest
import typer
from tiny_models import command_line
from typer.testing import CliRunner

from ousianer_cli.commands.lists import ListOptions
from ousianer_cli.commands.score import score
from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.outputs import FIGURES
from ousianer_cli.scoring.by_settings import score_report
from ousianer_cli.settings import resolve
from ousianer_cli.settings.score import ScoreSettings

LINE = "r\tm{n}\tx\tD:{n}-{n}\tNIL1\t{label}\tNAM\t0.5\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, labels in {"gold": ["per", "gpe"], "run": ["per", "gpe.urbanarea"], "other": ["per", "GPE"]}.items():
        lines = [LINE.format(n=n, label=label) for n, label in enumerate(labels)]
        (tmp_path / f"{name}.tab").write_text("".join(lines), encoding="utf-8")
    return tmp_path


def given(gold=None, *runs, **changes):
    """What the command would make of these words in this folder."""
    return resolve(ScoreSettings, "score", {"gold": gold, "runs": list(map(str, runs)), **changes})


def call(*arguments):
    app = typer.Typer()
    app.command(cls=ListOptions)(score)
    result = CliRunner().invoke(app, list(arguments))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_table_of_two_runs(folder):
    result = call("gold.tab", "run.tab", "other.tab")
    assert result.exit_code == 0
    for words in ("run", "other", "strict type", "(2019 code)", "ancestor", "both", "0.750  0.750  0.750"):
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
    report = score_report(given())
    assert (report.gold, [run.path for run in report.runs], report.decay) == ("gold.tab", ["run.tab"], 0.25)
    # Flags and arguments go before the file.
    report = score_report(given(folder / "run.tab", folder / "other.tab", decay=0.5))
    assert (report.gold, report.decay) == (str(folder / "run.tab"), 0.5)
    assert [run.path for run in report.runs] == [str(folder / "other.tab")]


def test_measures_from_the_project_file(folder):
    settings = '[score]\ngold = "gold.tab"\nruns = ["run.tab"]\n'
    settings += 'measure = ["muc", "level-2"]\nnames = ["One"]\nresamples = 100\n'
    (folder / "ousianer.toml").write_text(settings, encoding="utf-8")
    report = score_report(given())
    assert [reading.key for reading in report.table] == ["muc", "level-2"]
    assert (report.runs[0].name, report.resamples, report.seed) == ("One", 0, 1)  # a single document has no intervals


@pytest.mark.parametrize(
    "names",
    [
        ("--names", "Direct", "--names", "Fine-tuned"),
        ("--names", "Direct,Fine-tuned"),
        ("--names", "Direct", "Fine-tuned"),
    ],
)
def test_the_papers_table(folder, names):
    out = call("gold.tab", "run.tab", "other.tab", "--measure", "strict", *names).stdout
    lines = [line.split() for line in out.splitlines() if line.strip()]
    head = next(n for n, line in enumerate(lines) if "Prec." in line)
    assert lines[head] == ["run", "Prec.", "Rec.", "F1"]
    assert lines[head + 2] == ["Direct", "0.500", "0.500", "0.500"]
    assert lines[head + 3] == ["Fine-tuned", "0.500", "0.500", "0.500"]


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    """Two runs over six documents of two genres."""
    monkeypatch.chdir(tmp_path)
    labels = ["per", "gpe.urbanarea", "org.association", "loc", "per.politician", "fac"]
    for name, wrong in (("gold", 0), ("good", 7), ("poor", 3)):
        lines = []
        for n in range(60):
            label = labels[(n + (1 if wrong and n % wrong == 0 else 0)) % 6]
            shift = 1 if wrong and n % (wrong + 4) == 1 else 0
            doc, confidence = f"ENG_{('NW', 'DF')[n % 2]}_{n % 6}", 0.3 + (n % 7) / 10
            place = f"{doc}:{n * 5 + shift}-{n * 5 + 2}"
            lines.append(f"r\tm{n}\tx\t{place}\tNIL{n % 9}\t{label}\tNAM\t{confidence:.1f}\n")
        (tmp_path / f"{name}.tab").write_text("".join(lines), encoding="utf-8")
    return tmp_path


def test_intervals_are_there_without_asking(corpus):
    out = call("gold.tab", "good.tab").stdout
    assert "95% of F1" in out and "10,000 resamples of 6 documents" in out and "next: --errors" in out
    assert len(out.splitlines()) < 20
    assert "95%" not in call("gold.tab", "good.tab", "--resamples", "0").stdout


def test_every_table_in_every_format(corpus):
    flags = [
        "--by-type", "--by-doc", "--by-genre", "--errors", "--confusion", "--worst", "3", "--compare", "--calibration",
        "--tune-threshold", "--measure", "strict", "--measure", "mention_ceaf,level-1", "--resamples", "200",
    ]  # fmt: skip
    for output in ("text", "markdown", "latex", "csv"):
        out = call("gold.tab", "good.tab", "poor.tab", *flags, "--format", output).stdout
        for words in (
            "good by type", "poor by document", "poor by genre", "what is right and wrong", "boundary",
            "wrong top type",
            "types taken for others", "documents with most errors", "runs against each other", "ECE", "best threshold",
            "0.8",
        ):  # fmt: skip
            assert words in out, (output, words)
    content = json.loads(call("gold.tab", "good.tab", "poor.tab", *flags, "--format", "json").stdout)
    first = content["runs"][0]
    assert set(first["by_genre"]) == {"DF", "NW"} and len(first["by_document"]) == 6
    low, high = first["intervals"]["strict"]["f1"]
    assert low <= first["measures"]["strict"]["f1"] <= high
    assert first["errors"]["boundary"]["gold"] > 0 and first["confusion"]
    assert 0 < first["confidence"]["strict"]["calibration"]["ece"] < 1
    assert {one["measure"] for one in content["comparisons"]} == {"strict", "level-1"}


def test_genres_by_prefix(corpus):
    out = call("gold.tab", "good.tab", "--genres", "ENG_NW=news,ENG_DF=forum").stdout
    assert "news (3 documents)" in out and "forum (3 documents)" in out


def test_filters_and_the_exact_mode(corpus):
    (corpus / "docs.txt").write_text("ENG_NW_0\nENG_DF_1\n", encoding="utf-8")
    (corpus / "x.tab").write_text("ENG_NW_0\t0\t100\n", encoding="utf-8")
    result = call("gold.tab", "good.tab", "--docs", "docs.txt", "-x", "x.tab", "--mention-types", "NAM", "--json")
    content = json.loads(result.stdout)
    assert content["documents"] == 2 and content["runs"][0]["gold_mentions"] == 16
    assert "excluded region" in result.stderr
    exact = json.loads(call("gold.tab", "good.tab", "--neleval-exact", "--json").stdout)["runs"][0]["measures"]
    assert exact["strong_typed_mention_match"]["f1"] == exact["strict"]["f1"]


def test_plots(corpus):
    pytest.importorskip("matplotlib")
    result = call("gold.tab", "good.tab", "poor.tab", "--plot", "figures")
    names = sorted(path.name for path in (corpus / "figures").iterdir())
    assert len(names) == 12 and "12 figures written to figures" in result.stderr
    for stem in ("precision-recall", "reliability", "types-1-good", "confusion-2-poor"):
        assert (corpus / "figures" / f"{stem}.svg").read_text(encoding="utf-8").lstrip().startswith("<?xml")
        assert (corpus / "figures" / f"{stem}.png").read_bytes().startswith(b"\x89PNG")
    assert all(FIGURES.writes(name) and FIGURES.wrote(corpus / "figures" / name) for name in names)
    before = (corpus / "figures" / "types-1-good.svg").read_bytes()
    call("gold.tab", "good.tab", "poor.tab", "--plot", "figures")
    assert (corpus / "figures" / "types-1-good.svg").read_bytes() == before


def test_plots_without_matplotlib_name_the_extra(corpus, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SettingsError, match=r"--plot needs matplotlib.*ousianer\[plot\]"):
        call("gold.tab", "good.tab", "--plot", "figures")
    assert not (corpus / "figures").exists()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--format", "html"), "--format"),
        (("--unknown-types", "drop"), "--unknown-types"),
        (("--input-format", "conll"), "--input-format"),
        (("--measure", "nonsense"), "--measure"),
        (("--names", "a,b"), "--names"),
        (("--resamples", "7"), "--resamples"),
    ],
)
def test_wrong_options_are_named(corpus, flags, words):
    with pytest.raises(SettingsError, match=words):
        call("gold.tab", "good.tab", *flags)


GOOD = "r\tm\tx\tD:1-2\tNIL1\tper\tNAM\t0.5"
MALFORMED = {
    "missing column": (GOOD.rsplit("\t", 1)[0].encode(), "8 to 11 tab-separated columns, found 7"),
    "bad offset": (GOOD.replace("1-2", "1-x").encode(), "docid:start-end"),
    "end before start": (GOOD.replace("1-2", "2-1").encode(), "inclusive end"),
    "non-finite confidence": (GOOD.replace("0.5", "inf").encode(), "confidence in"),
    "unknown type": (GOOD.replace("per", "per.wizard").encode(), "a type of taxonomy 'aida-edl', found 'per.wizard'"),
    "CRLF": (GOOD.encode() + b"\r", "line end"),
    "BOM": (b"\xef\xbb\xbf" + GOOD.encode(), "byte order mark"),
    "NUL": (GOOD.replace("x", "\0").encode(), "NUL"),
    "latin-1": (GOOD.replace("x", "\u00e9").encode("latin-1"), "UTF-8, found byte 0xe9"),
}


@pytest.mark.parametrize("side", ["gold", "run"])
@pytest.mark.parametrize("kind", sorted(MALFORMED))
def test_malformed_lines_are_one_line_and_exit_code_2(tmp_path, monkeypatch, kind, side):
    monkeypatch.chdir(tmp_path)
    broken, words = MALFORMED[kind]
    for name in ("gold", "run"):
        content = GOOD.encode() + b"\n" + (broken if name == side else GOOD.encode()) + b"\n"
        (tmp_path / f"{name}.tab").write_bytes(content)
    code, out, err = command_line("score", "gold.tab", "run.tab")
    assert code == 2 and out == ""
    (line,) = err.splitlines()
    assert line.startswith(f"ousianer: {side}.tab:2: expected ") and ", found " in line and words in line


def test_a_run_of_another_set_or_in_capitals_is_named(folder):
    (folder / "far.tab").write_text(LINE.format(n=0, label="per").replace("D:", "E:"), encoding="utf-8")
    (folder / "upper.tab").write_text(LINE.format(n=0, label="PER"), encoding="utf-8")
    stderr = call("gold.tab", "far.tab", "upper.tab").stderr
    assert "far.tab: no document in common with gold" in stderr
    assert "upper.tab: 1 rows have a type with capitals (PER x1, first in line 1)" in stderr


def test_missing_settings_are_asked_for_by_name(folder):
    with pytest.raises(SettingsError, match=r"the gold file.*'gold' in \[score\]"):
        score_report(given())
    with pytest.raises(SettingsError, match=r"the runs to score.*'runs' in \[score\]"):
        score_report(given("gold.tab"))


def test_another_taxonomy(folder):
    (folder / "own.tsv").write_text("Per\t\nGpe\t\nGpe.UrbanArea\tGpe\n", encoding="utf-8")
    report = score_report(given("gold.tab", "run.tab", taxonomy="own.tsv"))
    assert report.taxonomy == "own"
    assert report.runs[0].measures["descendant"].f1 == 0.75


def test_faults_are_users_errors(folder):
    (folder / "bad.tab").write_text(LINE.format(n=0, label="per") + "short\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"bad\.tab:2: expected 8 to 11"):
        call("gold.tab", "bad.tab")
    with pytest.raises(SettingsError, match="--decay"):
        call("gold.tab", "run.tab", "--decay", "7")
