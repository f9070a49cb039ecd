"""Settings of `ousianer validate`."""

from __future__ import annotations

from dataclasses import dataclass

from ousianer_cli.settings.base import Settings
from ousianer_cli.settings.fields import AFTER_XML_DECLARATION, setting


@dataclass(frozen=True)
class ValidateSettings(Settings):
    """`[validate]` of ousianer.toml."""

    run: str = setting("", doc="The run: an EDL tab.", role="input", positional=True, metavar="RUN")
    source: list[str] = setting(
        [],
        doc="The documents (file, folder, archive, @list) to check strings against.",
        role="input",
        metavar="INPUT...",
    )
    taxonomy: str = setting("aida-edl", doc="aida-edl, aida, or a taxonomy file.", role="input")
    after_xml_declaration: bool = setting(False, doc=AFTER_XML_DECLARATION, group="data")
    nested: bool = setting(
        False, doc="The run has names inside names: only spans that cross are problems.", group="data"
    )
