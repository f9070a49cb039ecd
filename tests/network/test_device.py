"""Devices that are there, and those that are not."""

from __future__ import annotations

import pytest
import torch

from ousianer_cli.errors import SettingsError
from ousianer_cli.network.device import usable_device


def test_a_device_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert usable_device("") == usable_device("cpu") == "cpu"
    with pytest.raises(SettingsError, match="--device cuda: expected a GPU of that number, found none here"):
        usable_device("cuda")
    with pytest.raises(SettingsError, match="--device: expected cpu, cuda or cuda:N, found 'gpu'"):
        usable_device("gpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert (usable_device(""), usable_device("cuda:1")) == ("cuda", "cuda:1")
    with pytest.raises(SettingsError, match="--device cuda:2: .* found 2 of them here"):
        usable_device("cuda:2")
