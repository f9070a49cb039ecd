"""`ousianer validate`: what it prints, and the exit codes."""

import typer
from typer.testing import CliRunner

from ousianer_cli.commands.validate import validate
from ousianer_cli.errors import InputError

TEXT = "Lima lies\nin  Peru. \U0001f600 Lima!"


def line(n=1, confidence="0.5", **changes):
    cells = {"run": "r", "id": f"m{n}", "text": "Lima", "place": "D:0-3", "kb": "NIL1", "type": "gpe", "form": "NAM"}
    return "\t".join([*{**cells, **changes}.values(), confidence])


SOUND = [line(1), line(2, text="Peru", place="D:14-17", type="gpe.country.country"), line(3, place="D:22-25")]


def call(*arguments):
    app = typer.Typer()
    app.command()(validate)
    return CliRunner().invoke(app, list(map(str, arguments)))


def test_exit_codes_and_places(tmp_path):
    valid, invalid = tmp_path / "good.tab", tmp_path / "bad.tab"
    valid.write_text("".join(f"{text}\n" for text in SOUND), encoding="utf-8")
    invalid.write_text(f"{line(1)}\n{line(2, type='PER')}\n", encoding="utf-8")
    result = call(valid)
    assert (result.exit_code, "no problems in 3 lines" in result.stdout) == (0, True)
    result = call(invalid)
    assert result.exit_code == 1
    assert f"{invalid}:2: expected a lower-case type, found 'PER'" in result.stdout
    assert f"{invalid}:2: duplicate" not in result.stdout
    assert isinstance(call(tmp_path / "none.tab").exception, InputError)


def test_source_files(tmp_path):
    run, text = tmp_path / "run.tab", tmp_path / "D.txt"
    run.write_text(f"{line(1)}\n{line(2, text='Rome', place='D:22-25')}\n", encoding="utf-8")
    text.write_text(TEXT, encoding="utf-8")
    result = call(run, "--source", text)
    assert result.exit_code == 1
    assert f"{run}:2: the text at 22-25 is 'Lima', the mention string is 'Rome'" in result.stdout
    assert result.stdout.endswith("1 problem in 2 lines, 0 notes\n")


def test_names_inside_names(tmp_path):
    run = tmp_path / "run.tab"
    run.write_text(f"{line(1, place='D:0-8')}\n{line(2, place='D:5-8')}\n", encoding="utf-8")
    assert (call(run).exit_code, call(run, "--nested").exit_code) == (1, 0)
