"""Runs of pretraining, and what they leave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from tiny_models import (
    pretrain_settings,
)

from ousianer_cli.settings.pretrain import PretrainSettings
from ousianer_cli.training.pretrain import pretrain


def run(
    folder: Path,
    reported: list[str] | None = None,
    *,
    resume: bool = False,
    stop_after: int | None = None,
    **changes: Any,
) -> dict[str, Any]:
    lines: list[str] = [] if reported is None else reported
    settings = PretrainSettings(**pretrain_settings(folder, **changes))
    return pretrain(settings, resume=resume, report=lines.append, stop_after=stop_after)


def log_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    (file,) = folder.glob("model*.safetensors")
    return load_file(file)
