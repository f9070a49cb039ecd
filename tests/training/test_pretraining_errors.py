"""Settings of pretraining, and what is wrong with its inputs in one line."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from pretrained_models import run
from tiny_models import (
    target_rows,
    typing_rows,
    write_rows,
)

from ousianer_cli.errors import InputError, OusiaError, OutputError, SettingsError
from ousianer_cli.network.checkpoint import load_model
from ousianer_cli.settings import resolve
from ousianer_cli.settings.pretrain import PAPER, PretrainSettings
from ousianer_cli.training.pretrain import last_state


def test_the_papers_preset_sets_every_value_of_the_paper(tmp_path: Path) -> None:
    settings = resolve(PretrainSettings, "pretrain", {}, config=empty(tmp_path), preset=PAPER)
    wanted = {
        "encoder": "bert-base-cased",
        "encoder_lr": 0.0,
        "mix_layers": [-1],
        "lr": 1e-3,
        "dropout": 0.5,
        "lstm_hidden": 200,
        "lstm_layers": 2,
        "shape_size": 0,
        "pooling": "first",
        "mention_size": 0,
        "typing_sees_encoder": False,
        "warmup": 0.0,
        "decay": False,
        "clip": 0.0,
        "recase": 0.0,
        "detection_weight": 1.0,
        "typing_weight": 1.0,
        "detection_repeat": 1,
    }
    assert {name: getattr(settings, name) for name in wanted} == wanted


def empty(folder: Path) -> Path:
    path = folder / "none.toml"
    path.write_text("")
    return path


def test_the_papers_network_has_no_part_that_the_paper_has_not(tmp_path: Path) -> None:
    own = {"encoder": "tiny", "lstm_hidden": 8, "epochs": 1}
    run(tmp_path, **{**PAPER, **own})
    model = load_model(tmp_path / "base")
    assert model.tagger.config.layers == (2,) and model.tagger.shape is None and model.tagger.typing_mix is None
    assert model.tagger.vector_size == 16 and not model.encoder_tuned


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"detection": [], "typing": []}, "missing setting: training corpora; give .*detection"),
        ({"out": ""}, r"missing setting: a folder for the model; give .*-o"),
        ({"mix_layers": [3]}, r"--mix-layers: expected layers 0 to 2 of encoder 'tiny' .*found \[3\]"),
        ({"encoder_layers": 5}, r"--encoder-layers: expected 1 to 2, found 5"),
        ({"min_mentions": 999}, "a type with 999 mentions, found none; give more typing data or a lower"),
        ({"detection": ["absent.jsonl"]}, "absent.jsonl: expected a corpus in JSON lines"),
        ({"encoder": "/nowhere/encoder"}, "encoder|tokenizer"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(OusiaError, match=message) as error:
        run(tmp_path, **changes)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "base").exists()


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match=r"file/m: cannot be written \(.*\); choose another place"):
        run(tmp_path, out=str(tmp_path / "file" / "m"))


@pytest.mark.parametrize("name", ["m", "m.last"])
def test_what_is_of_somebody_else_where_a_run_keeps_something_stays(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "config.json").write_text("mine")
    with pytest.raises(OutputError, match=rf"/{name}: expected a new or empty folder or .*, found config\.json in it"):
        run(tmp_path, out=str(tmp_path / "m"))
    assert (tmp_path / name / "config.json").read_text() == "mine"


@pytest.mark.parametrize(("out", "last"), [("a/m", "a/m.last"), (".", "../here.last"), ("..", "../../above.last")])
def test_the_last_state_lies_beside_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str, last: str
) -> None:
    (tmp_path / "above" / "here").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "above" / "here")
    assert last_state(Path(out)).resolve() == Path(last).resolve()


@pytest.mark.parametrize("stream", ["no", "yes"])
def test_types_of_another_taxonomy_are_told_with_their_file(tmp_path: Path, stream: str) -> None:
    path = write_rows(tmp_path / "aida.jsonl", target_rows())
    message = r"aida\.jsonl: expected mentions typed as .*, found '(PER|GPE.*)'; map its labels"
    with pytest.raises(InputError, match=message):
        run(tmp_path, typing=[path], stream=stream)


def test_a_wrong_line_of_a_corpus_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "bad.jsonl"
    broken.write_text(
        '{"tokens": ["a"], "mentions": []}\n\n{"tokens": ["a"], "mentions": [{"start": 0, "end": 9, "types": []}]}\n'
    )
    with pytest.raises(InputError, match=r"bad\.jsonl:3: expected a mention's 0 <= start < end <= 1"):
        run(tmp_path, typing=[str(broken)])


def test_a_validation_corpus_that_cannot_score_detection_is_refused(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "t.jsonl", typing_rows())
    with pytest.raises(InputError, match=r"t\.jsonl: expected sentences that supervise detection, found none"):
        run(tmp_path, detection_dev=[path])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dropout", 1.0),
        ("epochs", 0),
        ("batch_pieces", 0),
        ("max_pieces", 15),
        ("max_pieces", 513),
        ("held_out", 1.0),
        ("lstm_layers", 0),
    ],
)
def test_values_out_of_range_are_named_by_flag(name: str, value: float) -> None:
    with pytest.raises(SettingsError, match="--" + name.replace("_", "-")):
        PretrainSettings(**{name: value})  # type: ignore[arg-type]


def test_features_for_which_the_disk_has_no_space_are_one_line_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OutputError, match="No space left on device"):
        run(tmp_path, encoder_lr=0.0)
    assert list((tmp_path / ".features").iterdir()) == []
