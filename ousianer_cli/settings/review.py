"""Settings of `ousianer review`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings.base import Settings
from ousianer_cli.settings.fields import AFTER_XML_DECLARATION, SHIPPED_MODEL, setting

Order = Literal["uncertain", "document", "disagreement"]


@dataclass(frozen=True)
class ReviewSettings(Settings):
    """`[review]` of ousianer.toml."""

    run: str = setting("", doc="The run: an EDL tab.", role="input", positional=True, metavar="RUN")
    source: list[str] = setting(
        [], doc="Its documents (file, folder, archive, @list).", role="input", metavar="INPUT..."
    )
    second: str = setting("", doc="Another run of the same documents, for --order disagreement.", role="input")
    after_xml_declaration: bool = setting(False, doc=AFTER_XML_DECLARATION, group="data", off="--from-file-start")
    order: Order = setting(
        "uncertain",
        doc="uncertain: highest expected loss of credit first; document: in text order; disagreement: where "
        "annotators or two runs differ.",
        group="work",
    )
    annotator: str = setting("annotator", doc="The annotator; each has a journal of their own beside -o.", group="work")
    port: int = setting(
        0,
        minimum=0,
        maximum=65535,
        doc="Port on 127.0.0.1; 0 takes any that is free.",
        group="work",
        shown="any that is free",
    )
    open: bool = setting(False, doc="Open the page in the browser of this machine.", group="work")
    model: str = setting(
        "",
        doc="Model folder: gives the taxonomy and uncertainties, and is what Apply tunes.",
        role="input",
        kind="model",
        group="model",
        shown=SHIPPED_MODEL,
        metavar="DIR",
    )
    learn: bool = setting(
        True,
        doc="Load the model for alternatives, a better order and Apply; without it pages open at once.",
        group="model",
    )
    threads: int = setting(
        0, minimum=0, doc="CPU threads.", group="model", neutral=True, shown="as many as processors are free"
    )
    model_out: str = setting(
        "", doc="Folder for the model that Apply tuned, where it is kept.", role="output", kind="model", metavar="DIR"
    )
    out: str = setting(
        "",
        doc="The feedback file to write; beside it lies FILE.ANNOTATOR.journal.",
        role="output",
        flags=("-o",),
        metavar="FILE",
    )

    def check(self) -> None:
        """Refuse a name that no file could have."""
        if not re.fullmatch(r"[0-9A-Za-z_][0-9A-Za-z_-]{0,39}", self.annotator):
            raise SettingsError(f"--annotator: expected up to 40 letters, digits, _ or -, found {self.annotator!r}")
