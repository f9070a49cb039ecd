"""Settings of `ousianer view`."""

from __future__ import annotations

from dataclasses import dataclass

from ousianer_cli.settings.base import Settings
from ousianer_cli.settings.fields import AFTER_XML_DECLARATION, setting


@dataclass(frozen=True)
class ViewSettings(Settings):
    """`[view]` of ousianer.toml."""

    run: str = setting(
        "",
        doc="The run: an EDL tab (with --source), JSON lines, or what else convert reads.",
        role="input",
        positional=True,
        metavar="RUN",
    )
    source: list[str] = setting(
        [],
        doc="The documents (file, folder, archive, @list); JSON lines hold their own.",
        role="input",
        metavar="INPUT...",
    )
    gold: str | None = setting(
        None, doc="Show agreements and errors against this reference.", role="input", metavar="GOLD"
    )
    after_xml_declaration: bool = setting(False, doc=AFTER_XML_DECLARATION, group="data")
    empty: bool = setting(False, doc="Show documents without a name too.", group="output")
    taxonomy: str = setting("aida", doc="aida, aida-edl, or a taxonomy file, for the spelling of types.", role="input")
    title: str = setting("", doc="The page's title.", group="output", shown="the run's name")
    out: str = setting("", doc="The page to write.", role="output", kind="file", flags=("-o",), metavar="FILE.html")
