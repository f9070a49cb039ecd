"""The device that a network runs on."""

from __future__ import annotations

import re

import torch

from ousianer_cli.errors import SettingsError


def usable_device(name: str) -> str:
    """The device of this name; where none is named, a GPU if there is one.

    Raises:
        SettingsError: no such device, or none on this machine.
    """
    if not name:
        return "cuda" if torch.cuda.is_available() else "cpu"
    place = re.fullmatch(r"cpu|mps|cuda(?::(\d{1,3}))?", name)
    if place is None:
        raise SettingsError(f"--device: expected cpu, cuda or cuda:N, found '{name}'")
    if name.startswith("cuda"):
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if int(place[1] or 0) >= count:
            there = f"{count} of them" if count else "none"
            raise SettingsError(f"--device {name}: expected a GPU of that number, found {there} here; use --device cpu")
    if name == "mps" and not torch.backends.mps.is_available():
        raise SettingsError("--device mps: expected a GPU of Apple's, found none here; use --device cpu")
    return name
