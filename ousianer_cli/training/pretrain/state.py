"""The last state of a run: a folder beside its model, from which the run goes on exactly where it ended."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from ousianer_cli.errors import OutputError, SettingsError
from ousianer_cli.network.checkpoint import optimizer_tensors, restore_optimizer, save_tensors
from ousianer_cli.network.tagger import TaggerNetwork
from ousianer_cli.outputs import open_output
from ousianer_cli.settings.fields import neutral_settings
from ousianer_cli.settings.pretrain import PretrainSettings
from ousianer_cli.training.schedule import EarlyStopping


def last_state(out: Path) -> Path:
    """The folder beside a run's model where its last state lies, which `resume` goes on from.

    It holds `state.json`, `metrics.jsonl` (a line a validation), and the tensors of network and optimizer.
    """
    out = out if out.name.strip(".") else Path(os.path.abspath(out))
    return out.with_name(out.name + ".last")


def read_state(out: Path) -> dict[str, Any] | None:
    """What `state.json` of a run's last state says (`step`, `best`, `stale`, `settings`); None where there is none."""
    file = last_state(out) / "state.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None


def read_validations(out: Path) -> list[dict[str, Any]]:
    """The metrics of each validation that a run has kept."""
    lines = (last_state(out) / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def save_state(
    out: Path,
    tagger: TaggerNetwork,
    optimizer: torch.optim.Optimizer,
    settings: PretrainSettings,
    step: int,
    stopping: EarlyStopping,
) -> None:
    """Keep all that a run needs to go on after `step` steps.

    Raises:
        OutputError: the disk is full, or the like.
    """
    last = last_state(out)
    try:
        save_tensors(last / "model.safetensors", tagger.state_dict())
        save_tensors(last / "optimizer.safetensors", optimizer_tensors(optimizer))
        state = {
            "step": step,
            "best": stopping.best,
            "stale": stopping.stale,
            "settings": dataclasses.asdict(settings),
        }
        with open_output(last / "state.json") as file:
            file.write(json.dumps(state))
    except OutputError as error:
        raise OutputError(f"{error}, or free some space and go on with --resume") from None


def restore_state(
    out: Path, settings: PretrainSettings, tagger: TaggerNetwork, optimizer: torch.optim.Optimizer
) -> tuple[int, EarlyStopping]:
    """Put the last state back: (the steps done, the best so far).

    Raises:
        SettingsError: there is none, or it is of a run with other settings.
    """
    last, state = last_state(out), read_state(out)
    if state is None:
        raise SettingsError(
            f"--resume: expected the state of an earlier run in {last}, found none; leave --resume out to begin"
        )
    current = json.loads(json.dumps(dataclasses.asdict(settings)))
    free = neutral_settings(settings) - {"out"}
    differing = sorted(k for k, v in state["settings"].items() if current.get(k) != v and k not in free)
    if differing:
        raise SettingsError(
            f"--resume: expected the settings of the run in {last}, found other values of {', '.join(differing)}; "
            "give the same or leave --resume out"
        )
    tagger.load_state_dict(load_file(last / "model.safetensors"))
    restore_optimizer(optimizer, load_file(last / "optimizer.safetensors"))
    return int(state["step"]), EarlyStopping(settings.patience, dict(state["best"]), int(state["stale"]))
