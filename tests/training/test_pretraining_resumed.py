"""A run that was cut off goes on to exactly the weights of one that was not."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from pretrained_models import log_of, run, weights_of
from safetensors.torch import load_file

from ousianer_cli.errors import ModelError, SettingsError, TrainingError
from ousianer_cli.network.checkpoint import load_model
from ousianer_cli.training.pretrain import state as state_module
from ousianer_cli.training.pretrain import step as step_module


@pytest.mark.parametrize("encoder_lr", [0.0, 0.001], ids=["frozen", "tuned"])
def test_a_resumed_run_ends_with_exactly_the_weights_of_an_uninterrupted_one(tmp_path: Path, encoder_lr: float) -> None:
    whole, parted = tmp_path / "whole", tmp_path / "parted"
    settings = {"epochs": 3, "encoder_lr": encoder_lr, "batch_pieces": 300, "recase": 0.5}
    run(whole, **settings)
    reported: list[str] = []
    total = log_of(whole / "base")[-1]["step"]
    run(parted, reported, stop_after=total // 2, **settings)
    assert reported[-1] == f"stopped at step {total // 2} of {total}; go on with --resume"
    run(parted, reported, resume=True, **settings)
    assert any(line.startswith("resumed at step ") for line in reported)
    for folder in ("base", "base.last"):
        wanted, found = weights_of(whole / folder), weights_of(parted / folder)
        assert wanted.keys() == found.keys()
        assert all(torch.equal(wanted[n], found[n]) for n in wanted), folder
    optimizers = [load_file(file) for p in (whole, parted) for file in (p / "base.last").glob("optimizer-*")]
    assert len(optimizers) == 2
    assert optimizers[0] and all(torch.equal(optimizers[0][n], optimizers[1][n]) for n in optimizers[0])
    for left, right in zip(log_of(whole / "base"), log_of(parted / "base"), strict=True):
        assert left["score"] == right["score"] and left["step"] == right["step"]


def test_a_resumed_run_with_other_settings_names_them(tmp_path: Path) -> None:
    run(tmp_path, stop_after=9, epochs=3)
    with pytest.raises(SettingsError, match=r"--resume: .*found other values of dropout, lr; give the same"):
        run(tmp_path, resume=True, epochs=3, lr=0.5, dropout=0.1)


@pytest.mark.parametrize("name", ["model", "optimizer", "state.json"])
def test_a_damaged_state_is_not_gone_on_with(tmp_path: Path, name: str) -> None:
    run(tmp_path, epochs=1, stop_after=99)
    (file,) = (tmp_path / "base.last").glob(f"{name}*")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0x80
    file.write_bytes(content)
    with pytest.raises(ModelError, match=rf"{name}.*: expected .*, found .*; .*begin again"):
        run(tmp_path, resume=True, epochs=1)


def test_a_state_that_was_cut_off_while_it_was_written_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    settings = {"epochs": 3, "batch_pieces": 300}
    run(whole, **settings)
    saved: list[Path] = []
    original = state_module.save_tensors

    def cut_off(path: Path, tensors: dict[str, torch.Tensor]) -> None:
        if len(saved) == 3:  # the second state has its network, and not its optimizer
            raise KeyboardInterrupt
        saved.append(path)
        original(path, tensors)

    monkeypatch.setattr(state_module, "save_tensors", cut_off)
    with pytest.raises(KeyboardInterrupt):
        run(killed, **settings)
    monkeypatch.undo()
    run(killed, resume=True, **settings)
    for folder in ("base", "base.last"):
        wanted, found = weights_of(whole / folder), weights_of(killed / folder)
        assert all(torch.equal(wanted[n], found[n]) for n in wanted), folder


def test_a_loss_that_is_no_number_ends_the_run_and_names_the_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"epochs": 3, "batch_pieces": 300}
    run(tmp_path / "whole", **settings)
    total = log_of(tmp_path / "whole" / "base")[-1]["step"]
    original = step_module.multi_label_loss
    calls: list[int] = []

    def no_number(*arguments: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        loss = original(*arguments)
        return loss * math.nan if len(calls) > total // 2 else loss

    monkeypatch.setattr(step_module, "multi_label_loss", no_number)
    with pytest.raises(TrainingError) as caught:
        run(tmp_path, **settings)
    message = str(caught.value)
    assert "typing loss nan" in message and str(tmp_path / "typing.jsonl") in message
    assert f"is kept in {tmp_path / 'base'}" in message and "\n" not in message
    assert all(torch.isfinite(t).all() for t in weights_of(tmp_path / "base.last").values())
    load_model(tmp_path / "base")


def test_nothing_to_resume(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--resume: expected the state of an earlier run"):
        run(tmp_path, resume=True)


def test_a_new_run_says_that_it_replaces_the_state_of_an_earlier_one(tmp_path: Path) -> None:
    run(tmp_path, epochs=1)
    reported: list[str] = []
    run(tmp_path, reported, epochs=1)
    assert any("is of an earlier run and is replaced; --resume goes on with it" in line for line in reported)
    assert len(log_of(tmp_path / "base")) == 1


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        run(tmp_path / name, seed=seed, epochs=1)
    first, same, other = ((tmp_path / n / "base" / "model.safetensors").read_bytes() for n in "abc")
    assert first == same and first != other
