"""Settings of `ousianer export`."""

from __future__ import annotations

from dataclasses import dataclass

from ousianer_cli.settings.base import Settings
from ousianer_cli.settings.fields import SHIPPED_MODEL, setting


@dataclass(frozen=True)
class ExportSettings(Settings):
    """`[export]` of ousianer.toml."""

    model: str = setting(
        "", doc="Model folder.", role="input", kind="model", positional=True, shown=SHIPPED_MODEL, metavar="MODEL"
    )
    onnx: bool = setting(
        False, doc="Write ONNX graphs, checked against PyTorch; the only format so far.", group="output"
    )
    out: str = setting("", doc="Folder for the export.", role="output", kind="export", flags=("-o",), metavar="DIR")
