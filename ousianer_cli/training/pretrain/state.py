"""The last state of a run: a folder beside its model, from which the run goes on exactly where it ended."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from ousianer_cli.errors import ModelError, OutputError, SettingsError
from ousianer_cli.network.tagger import TaggerNetwork
from ousianer_cli.network.tensor_files import optimizer_tensors, restore_optimizer, save_tensors
from ousianer_cli.outputs import first_changed, open_output, sha256_16
from ousianer_cli.settings.fields import neutral_settings
from ousianer_cli.settings.pretrain import PretrainSettings
from ousianer_cli.training.schedule import EarlyStopping


def last_state(out: Path) -> Path:
    """The folder beside a run's model where its last state lies, which `resume` goes on from.

    It holds `state.json`, `metrics.jsonl` (a line a validation), and the tensors of network and optimizer, which have
    the step in their names: `state.json` names those that belong together, and is replaced when they are whole.
    """
    out = out if out.name.strip(".") else Path(os.path.abspath(out))
    return out.with_name(out.name + ".last")


def read_state(out: Path) -> dict[str, Any] | None:
    """What `state.json` of a run's last state says (`step`, `best`, `stale`, `settings`); None where there is none.

    Raises:
        ModelError: it is damaged, or of another version.
    """
    file = last_state(out) / "state.json"
    if not file.is_file():
        return None
    try:
        state: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        missing = {"step", "best", "stale", "settings", "files", "sha256_16"} - state.keys()
    except (ValueError, AttributeError, RecursionError) as error:
        raise ModelError(f"{file}: expected the state of a run, found a damaged file ({error}); begin again") from None
    if missing:
        found = f"one without {', '.join(sorted(missing))}"
        raise ModelError(f"{file}: expected the state of a run of this version, found {found}; begin again")
    return state


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
        parts = {"model": tagger.state_dict(), "optimizer": optimizer_tensors(optimizer)}
        files = {kind: f"{kind}-{step}.safetensors" for kind in parts}
        for kind, tensors in parts.items():
            save_tensors(last / files[kind], tensors)
        state = {
            "step": step,
            "best": stopping.best,
            "stale": stopping.stale,
            "settings": dataclasses.asdict(settings),
            "files": files,
            "sha256_16": {name: sha256_16(last / name) for name in files.values()},
        }
        with open_output(last / "state.json") as file:
            file.write(json.dumps(state))
        for kind, name in files.items():
            for older in last.glob(f"{kind}-*.safetensors"):
                if older.name != name:
                    older.unlink()
    except OutputError as error:
        raise OutputError(f"{error}, or free some space and go on with --resume") from None


def restore_state(
    out: Path, settings: PretrainSettings, tagger: TaggerNetwork, optimizer: torch.optim.Optimizer
) -> tuple[int, EarlyStopping]:
    """Put the last state back: (the steps done, the best so far).

    Raises:
        SettingsError: there is none, or it is of a run with other settings.
        ModelError: its files are not those that it names.
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
    if changed := first_changed(last, state["sha256_16"]):
        raise ModelError(f"--resume: {changed}; leave --resume out to begin again")
    tagger.load_state_dict(load_file(last / state["files"]["model"]))
    restore_optimizer(optimizer, load_file(last / state["files"]["optimizer"]))
    return int(state["step"]), EarlyStopping(settings.patience, dict(state["best"]), int(state["stale"]))
