"""A batch that is parted, among processes or in turn, makes the update of the whole one."""

from __future__ import annotations

import contextlib
import json
import socket
from collections import Counter
from pathlib import Path
from typing import Any

import parallel_runs
import pytest
import torch
from parallel_runs import EPOCHS, LOADED, shards, small_blocks, streamed
from processes_anew import ANEW
from safetensors.torch import load_file
from tiny_models import pretrain_settings, quiet

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings.pretrain import PretrainSettings
from ousianer_cli.training.parallel import Processes, run_ends
from ousianer_cli.training.pretrain import pretrain


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The folder in which two processes have trained together (`parallel_runs`), and what each of them printed."""
    folder = tmp_path_factory.mktemp("two")
    pretrain_settings(folder)  # writes the corpora once
    pretrain_settings(folder / "loaded")
    with small_blocks():
        shards(folder / "shards")
    with contextlib.ExitStack() as sockets:
        ports = []
        for _ in range(4):
            free = sockets.enter_context(socket.socket())
            free.bind(("127.0.0.1", 0))
            ports.append(str(free.getsockname()[1]))
    running = [ANEW.Process(target=parallel_runs.main, args=(rank, folder, ports), daemon=True) for rank in range(2)]
    for process in running:
        process.start()
    for process in running:
        process.join(300)
    outputs = [(folder / f"printed-{rank}.txt").read_text() for rank in range(2)]
    assert [process.exitcode for process in running] == [0, 0], "\n".join(outputs)
    return folder, outputs


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


def test_two_processes_have_the_losses_of_one(tmp_path: Path, two: tuple[Path, list[str]]) -> None:
    folder, outputs = two
    pretrain(PretrainSettings(**pretrain_settings(tmp_path, **LOADED)), report=quiet)
    assert "reading corpora" in outputs[0] and "reading corpora" not in outputs[1], "the first says what is said once"
    same(tmp_path, folder / "loaded")


def test_two_processes_over_shards_have_the_losses_of_one(tmp_path: Path, two: tuple[Path, list[str]]) -> None:
    with small_blocks():
        shards(tmp_path / "shards")
        pretrain(streamed(tmp_path, "whole"), report=quiet)
    assert len(log_of(tmp_path / "whole")) > EPOCHS
    same(tmp_path / "whole", two[0] / "whole")


def test_each_row_of_a_shard_is_decoded_by_one_process_once_an_epoch(two: tuple[Path, list[str]]) -> None:
    decoded = [json.loads((two[0] / f"decoded-{rank}.json").read_text())["whole"] for rank in range(2)]
    together = Counter(decoded[0]) + Counter(decoded[1])
    assert len(together) == 70 and set(together.values()) == {1 + EPOCHS}, "the survey, and each epoch"
    for own in decoded:
        assert 0.4 < sum(own.values()) / sum(together.values()) < 0.6


def test_two_processes_that_are_resumed_end_with_the_weights_of_two_that_were_not(two: tuple[Path, list[str]]) -> None:
    for state in ("base", "base.last"):
        (wanted,), (found,) = (
            [load_file(file) for file in (two[0] / name / state).glob("model*.safetensors")]
            for name in ("whole", "parted")
        )
        assert all(torch.equal(wanted[name], found[name]) for name in wanted), state
    decoded = [json.loads((two[0] / f"decoded-{rank}.json").read_text()) for rank in range(2)]
    begun, resumed = (Counter(decoded[0][name]) + Counter(decoded[1][name]) for name in ("begun", "resumed"))
    assert max(begun.values()) < 1 + EPOCHS and max(resumed.values()) <= EPOCHS, "what was surveyed is not read again"


def test_a_batch_in_parts_is_the_whole_batch(tmp_path: Path) -> None:
    settings = {"epochs": 3, "dropout": 0.0, "encoder_lr": 0.001}
    for name, parts in (("one", 1), ("three", 3)):
        given = pretrain_settings(tmp_path / name, accumulate=parts, **settings)
        pretrain(PretrainSettings(**given), report=quiet)
    same(tmp_path / "one", tmp_path / "three")


def test_shares_make_the_batch() -> None:
    assert [Processes(rank, 3).own(8) for rank in range(3)] == [[0, 3, 6], [1, 4, 7], [2, 5]]
    assert Processes(2, 3).own(2) == [] and Processes().own(3) == [0, 1, 2]


def test_runs_of_things_weigh_about_the_same() -> None:
    assert run_ends([1] * 10, 3) == [0, 3, 7, 10]
    assert run_ends([5, 1, 1, 1, 1, 1], 2) == [0, 1, 6]
    assert run_ends([0, 0, 4, 0], 2) == [0, 2, 4]
    assert run_ends([7], 3) == [0, 0, 1, 1] and run_ends([], 2) == [0, 0, 0] and run_ends([3, 3], 1) == [0, 2]
    assert Processes(1, 3).part([1] * 10) == slice(3, 7)


def test_bf16_asks_for_a_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(SettingsError, match="--bf16: expected a GPU, found none"):
        pretrain(PretrainSettings(**pretrain_settings(tmp_path, bf16=True)), report=quiet)
