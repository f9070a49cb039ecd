"""What the training commands share: flags to settings, and presets."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ousianer_cli.errors import SettingsError


def overrides_of(given: Mapping[str, Any], settings: type) -> dict[str, Any]:
    """The flags among a command's locals that are settings; paths become text."""
    names = {f.name for f in dataclasses.fields(settings)}
    return {k: str(v) if isinstance(v, Path) else v for k, v in given.items() if k in names}


def preset_of(name: str | None, paper: Mapping[str, Any]) -> Mapping[str, Any]:
    """The named preset's settings; none for None."""
    if name is None:
        return {}
    if name != "paper":
        raise SettingsError(f"--preset: expected 'paper', found {name!r}")
    return paper
