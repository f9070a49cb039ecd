"""`ousianer pretrain` from the command line: lists, the settings file, flags over it, presets, errors in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tiny_models import command_line, detection_rows, pretrain_settings, typing_rows, write_rows

from ousianer_cli.settings.pretrain import PAPER, PretrainSettings
from ousianer_cli.training import pretrain as training

BEST = {"step": 7, "detection": {"d": {"f1": 0.5}}, "typing": {"t": {"f1": 0.25}}}


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What the command hands to training, which is not run; the working folder is empty."""
    seen: dict[str, Any] = {}

    def stand_in(settings: PretrainSettings, *, resume: bool = False) -> dict[str, Any]:
        seen.update(settings=settings, resume=resume)
        return BEST

    monkeypatch.setattr(training, "pretrain", stand_in)
    monkeypatch.chdir(tmp_path)
    return seen


def toml(folder: Path, **settings: Any) -> None:
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in settings.items()]
    (folder / "ousianer.toml").write_text("[pretrain]\n" + "".join(lines))


@pytest.mark.parametrize(
    "words",
    [
        ["--detection", "a", "b", "--typing", "c", "-o", "m"],
        ["--detection", "a", "--detection", "b", "--typing", "c", "-o", "m"],
        ["--detection", "a", "--typing", "c", "--detection", "b", "--out", "m"],
        ["-o", "m", "--typing", "c", "--detection", "a", "b"],
    ],
)
def test_lists_in_a_row_or_repeated(given: dict[str, Any], words: list[str]) -> None:
    code, out, err = command_line("pretrain", *words, "--mix-layers", "4", "6", "--epochs", "9")
    assert (code, err) == (0, "")
    settings = given["settings"]
    assert settings.detection == ["a", "b"] and settings.typing == ["c"]
    assert settings.mix_layers == [4, 6] and settings.epochs == 9 and settings.out == "m"
    assert given["resume"] is False
    assert out == (
        "best at step 7: detection d F1 0.500, typing t F1 0.250\n"
        "wrote m\nnext: ousianer finetune m --train FILE -o DIR, or --direct\n"
    )


def test_the_settings_file_and_flags_over_it(given: dict[str, Any], tmp_path: Path) -> None:
    toml(tmp_path, detection=["x"], out="from-file", epochs=4, lr=0.5, freeze_embeddings=False)
    command_line("pretrain", "--epochs", "2", "--detection", "y", "z", "--resume")
    settings = given["settings"]
    assert (settings.epochs, settings.lr, settings.out) == (2, 0.5, "from-file")
    assert settings.detection == ["y", "z"] and settings.freeze_embeddings is False
    assert given["resume"] is True


def test_another_settings_file(given: dict[str, Any], tmp_path: Path) -> None:
    toml(tmp_path, epochs=4)
    (tmp_path / "other.toml").write_text("[pretrain]\nepochs = 6\ndetection = 'one'\n")
    command_line("pretrain", "--config", "other.toml")
    assert (given["settings"].epochs, given["settings"].detection) == (6, ["one"])


@pytest.mark.parametrize(
    ("flag", "name"),
    [
        ("--freeze-embeddings", "freeze_embeddings"),
        ("--decay", "decay"),
        ("--typing-sees-encoder", "typing_sees_encoder"),
    ],
)
def test_switches_go_both_ways(given: dict[str, Any], flag: str, name: str) -> None:
    command_line("pretrain", flag)
    assert getattr(given["settings"], name) is True
    command_line("pretrain", "--no" + flag[1:])
    assert getattr(given["settings"], name) is False


def test_the_papers_preset_gives_way_to_flags(given: dict[str, Any]) -> None:
    command_line("pretrain", "--preset", "paper", "--encoder", "tiny")
    settings = given["settings"]
    assert settings.encoder == "tiny"
    assert {name: getattr(settings, name) for name in PAPER} == {**PAPER, "encoder": "tiny"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--preset", "mine"], "ousianer: --preset: expected 'paper', found 'mine'"),
        (["--pooling", "sum"], "ousianer: --pooling ([pretrain] pooling): expected one of first, mean, ends"),
        (["--epochs", "0"], "ousianer: --epochs: expected at least 1, found 0"),
        (["--stream", "maybe"], "ousianer: --stream ([pretrain] stream): expected one of auto, yes, no, found 'maybe'"),
        (["--stream-buffer", "0"], "ousianer: --stream-buffer: expected at least 1, found 0"),
        (["--steps", "-1"], "ousianer: --steps: expected at least 0, found -1"),
        (["--dropout", "1"], "ousianer: --dropout: expected at least 0 and below 1, found 1.0"),
        (["--config", "absent.toml"], "ousianer: absent.toml: cannot read the settings"),
        (["--mapping", "t.tsv"], "ousianer: --mapping: expected --direct beside it"),
    ],
)
def test_wrong_flags_are_one_line_and_exit_code_2(given: dict[str, Any], words: list[str], message: str) -> None:
    code, out, err = command_line("pretrain", *words)
    assert (code, out) == (2, "") and given == {}
    assert err.startswith(message) and err.count("\n") == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epoch": 3}, "ousianer.toml:2: [pretrain] has no setting 'epoch'; did you mean epochs?"),
        ({"epochs": "three"}, "--epochs ([pretrain] epochs): expected int, found 'three'"),
        ({"detection": [1]}, "--detection ([pretrain] detection): expected str, found 1"),
        ({"decay": 1}, "--decay ([pretrain] decay): expected bool, found 1"),
    ],
)
def test_a_wrong_settings_file_is_one_line(
    given: dict[str, Any], tmp_path: Path, settings: dict[str, Any], message: str
) -> None:
    toml(tmp_path, **settings)
    code, _, err = command_line("pretrain")
    assert code == 2 and given == {}
    assert err.startswith("ousianer: " + message) and err.count("\n") == 1


def test_what_is_missing_is_asked_for_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = command_line("pretrain")
    assert code == 2 and err.count("\n") == 1
    assert err.startswith("ousianer: missing setting: training corpora; give ") and "detection" in err
    write_rows(tmp_path / "d.jsonl", detection_rows())
    code, _, err = command_line("pretrain", "--detection", "d.jsonl")
    assert code == 2 and err.startswith("ousianer: missing setting: a folder for the model; give -o")
    assert [p.name for p in tmp_path.iterdir()] == ["d.jsonl"]


def test_a_bad_corpus_line_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"tokens": ["a"], "mentions": []}\n{"tokens": 3, "mentions": []}\n')
    code, _, err = command_line(
        "pretrain", "--encoder", "tiny", "--detection", tmp_path / "bad.jsonl", "-o", tmp_path / "m"
    )
    assert code == 2 and err.count("\n") == 1
    assert err.startswith(f"ousianer: {tmp_path}/bad.jsonl:2: expected 'tokens'")


def test_a_real_run_and_a_direct_model(tmp_path: Path) -> None:
    settings = pretrain_settings(tmp_path)
    (tmp_path / "s.toml").write_text(
        "[pretrain]\n" + "".join(f"{n} = {json.dumps(v)}\n" for n, v in settings.items() if not n.endswith("_dev"))
    )
    dev = write_rows(tmp_path / "dev.jsonl", typing_rows()[:3])
    code, out, err = command_line(
        "pretrain", "--config", tmp_path / "s.toml", "--typing-dev", dev, "--held-out", "0.3", "--direct"
    )
    assert code == 0, err
    assert "best at step" in out and f"next: ousianer tag INPUT --model {tmp_path}/base -o run.tab" in out
    assert (tmp_path / "base" / "taxonomy" / "direct.tsv").is_file()
    assert len((tmp_path / "base.last" / "metrics.jsonl").read_text().splitlines()) == 2
