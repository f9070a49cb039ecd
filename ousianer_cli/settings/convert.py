"""Settings of `ousianer convert`."""

from __future__ import annotations

from dataclasses import dataclass

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings.base import Settings
from ousianer_cli.settings.fields import AFTER_XML_DECLARATION, Kind, setting

FOLDERS = ("brat",)
"""The formats that are folders."""


@dataclass(frozen=True)
class ConvertSettings(Settings):
    """`[convert]` of ousianer.toml."""

    input: str = setting(
        "", doc="A run, gold, corrections, or another tool's export.", role="input", positional=True, metavar="INPUT"
    )
    to: str = setting("", doc="The format to write.", group="output", metavar="FORMAT")
    source: list[str] = setting(
        [],
        doc="The documents (file, folder, archive, @list) of formats that hold no text.",
        role="input",
        metavar="INPUT...",
    )
    format: str = setting("", doc="The format of the input.", group="data", shown="by content", metavar="FORMAT")
    after_xml_declaration: bool = setting(False, doc=AFTER_XML_DECLARATION, group="data")
    empty: bool = setting(False, doc="Keep documents of --source without a name too.", group="data")
    run_id: str = setting("ousianer", doc="Column 1 of an EDL tab, for names that have none.", group="output")
    out: str = setting(
        "", doc="What to write; a new folder for brat.", role="output", kind="file", flags=("-o",), metavar="OUT"
    )

    def check(self) -> None:
        """Refuse a run id that column 1 cannot hold."""
        if not self.run_id or any(c.isspace() for c in self.run_id):
            raise SettingsError(f"--run-id: expected a name without blanks, found {self.run_id!r}")

    def kinds(self) -> dict[str, Kind]:
        """What lies at the output: a folder in some formats."""
        return {"out": "annotations"} if self.to in FOLDERS else {}
