"""A batch that is parted, among processes or in turn, makes the update of the whole one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tiny_models import pretrain_settings, quiet

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings.pretrain import PretrainSettings
from ousianer_cli.training.pretrain import pretrain
from ousianer_cli.training.pretrain.parallel import Processes

WORK = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from tiny_models import pretrain_settings
from ousianer_cli.settings.pretrain import PretrainSettings
from ousianer_cli.training.pretrain import pretrain
folder = Path(sys.argv[2])
pretrain(PretrainSettings(**pretrain_settings(folder, epochs=3, dropout=0.0, encoder_lr=0.0)))
"""


def log_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "base" / "metrics.jsonl").read_text().splitlines()]


def same(one: Path, two: Path) -> None:
    """The losses of two runs to 1e-4, and nearly the same weights."""
    for left, right in zip(log_of(one), log_of(two), strict=True):
        losses = [name for name in left if name.startswith("loss") or name.endswith("loss")]
        assert losses and left["step"] == right["step"]
        assert all(abs(left[name] - right[name]) < 1e-4 for name in losses)
    first, second = (load_file(folder / "base" / "model.safetensors") for folder in (one, two))
    assert all(torch.allclose(first[name].float(), second[name].float(), atol=2e-3) for name in first)


def test_two_processes_have_the_losses_of_one(tmp_path: Path) -> None:
    settings = {"epochs": 3, "dropout": 0.0, "encoder_lr": 0.0}
    pretrain(PretrainSettings(**pretrain_settings(tmp_path / "one", **settings)), report=quiet)
    two = tmp_path / "two"
    pretrain_settings(two)  # writes the corpora once
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    tests = str(Path(__file__).resolve().parents[1])
    running = [
        subprocess.Popen(
            [sys.executable, "-c", WORK, tests, str(two)],
            env={
                **os.environ,
                "RANK": str(rank),
                "LOCAL_RANK": str(rank),
                "WORLD_SIZE": "2",
                "MASTER_ADDR": "127.0.0.1",
                "MASTER_PORT": str(port),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(2)
    ]
    outputs = [process.communicate(timeout=300)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0], "\n".join(outputs)
    assert "reading corpora" in outputs[0] and "reading corpora" not in outputs[1], "the first says what is said once"
    same(tmp_path / "one", two)


def test_a_batch_in_parts_is_the_whole_batch(tmp_path: Path) -> None:
    settings = {"epochs": 3, "dropout": 0.0, "encoder_lr": 0.001}
    for name, parts in (("one", 1), ("three", 3)):
        given = pretrain_settings(tmp_path / name, accumulate=parts, **settings)
        pretrain(PretrainSettings(**given), report=quiet)
    same(tmp_path / "one", tmp_path / "three")


def test_shares_make_the_batch() -> None:
    found = [Processes(rank, 3).share(8, 2) for rank in range(3)]
    assert found == [[[0, 6], [3]], [[1, 7], [4]], [[2], [5]]]
    assert Processes(2, 3).share(2, 2) == [] and Processes().share(3) == [[0, 1, 2]]


def test_bf16_asks_for_a_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(SettingsError, match="--bf16: expected a GPU, found none"):
        pretrain(PretrainSettings(**pretrain_settings(tmp_path, bf16=True)), report=quiet)
