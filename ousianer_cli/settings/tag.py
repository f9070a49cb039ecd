"""Settings of `ousianer tag`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings.base import Settings
from ousianer_cli.settings.fields import AFTER_XML_DECLARATION, SHIPPED_MODEL, setting

OutputFormat = Literal["edl", "jsonl", "conll"]


@dataclass(frozen=True)
class TagSettings(Settings):
    """`[tag]` of ousianer.toml."""

    inputs: list[str] = setting(
        [],
        doc="LTF, source XML, rsd/text: files, folders, .ltf.zip, .gz, @list.txt.",
        role="input",
        positional=True,
        metavar="INPUT",
    )
    input_format: str = setting(
        "",
        doc="Force a format instead of detecting it by content (see docs/formats.md).",
        group="data",
        shown="by content",
        metavar="FORMAT",
    )
    strict: bool = setting(False, doc="Stop at the first damaged document instead of counting it.", group="data")
    authors: bool = setting(True, doc='Emit posters\' names in author="…".', group="data")
    author_type: str = setting(
        "PER",
        doc="Type of posters' names; with a taxonomy that lacks it, posters get no rows and are counted.",
        group="data",
    )
    quotes: bool = setting(False, doc="Tag text inside <quote> too.", group="data")
    after_xml_declaration: bool = setting(False, doc=AFTER_XML_DECLARATION, group="data", off="--from-file-start")
    model: str = setting(
        "", doc="Model folder.", role="input", kind="model", group="model", shown=SHIPPED_MODEL, metavar="DIR"
    )
    device: str = setting("", doc="cpu or cuda.", group="model", neutral=True, shown="a GPU where there is one")
    threads: int = setting(
        0,
        minimum=0,
        doc="CPU threads; results do not depend on their number.",
        group="model",
        neutral=True,
        shown="as many as processors are free",
    )
    precision: Literal["auto", "fp32", "int8", "bf16"] = setting(
        "fp32",
        doc="Numeric precision on a CPU: int8 and bf16 are faster and may change results; auto measures them here.",
        group="model",
    )
    workers: int = setting(
        1,
        minimum=1,
        doc="Processes that tag, each with its own copy of the model and its share of the cores, or a GPU.",
        group="work",
        neutral=True,
    )
    engine: Literal["local", "ray"] = setting(
        "local",
        doc="local: the workers are processes here; ray: actors, here or on the cluster of RAY_ADDRESS.",
        group="work",
        neutral=True,
    )
    shard: str = setting(
        "",
        doc="Tag only shard i of n (i from 0), for independent jobs; ousianer merge joins shards.",
        group="work",
        neutral=True,
        shown="the whole run",
        metavar="i/n",
    )
    deepen: float = setting(
        0.0,
        minimum=0,
        maximum=1,
        doc="Minimum YAGO evidence for a type below the one that the conversion layer chose (gpe -> a city); 0: never.",
        group="decoding",
    )
    coarse_prior: float = setting(
        -1.0,
        minimum=0,
        maximum=1,
        unset=-1,
        doc="Assumed share of gold that stops at the top type, for coarse guidelines; higher gives coarser types.",
        group="decoding",
        shown="the model's own",
    )
    min_confidence: float = setting(
        -1.0,
        minimum=0,
        maximum=1,
        unset=-1,
        doc="Minimum confidence of a row.",
        group="decoding",
        shown="the model's own threshold",
    )
    yago_threshold: float = setting(
        0.5,
        minimum=0.05,
        maximum=1,
        doc="For a model without target types: minimum probability of a YAGO class that gets a row of its own.",
        group="decoding",
    )
    consistency: Literal["document", "none"] = setting(
        "document",
        doc="document: mentions of the same string in a document share evidence; none: each by itself.",
        group="decoding",
    )
    nested: bool = setting(False, doc="Also find names inside other names.", group="decoding")
    format: OutputFormat = setting(
        "edl", doc="edl (EDL tab), jsonl (one document a line) or conll (one token a line).", group="output"
    )
    run_id: str = setting("ousianer", doc="Column 1 of the run.", group="output")
    nil: str = setting(
        "string",
        doc="NIL ids: string (clusters of the same name and top type) or per-mention.",
        group="output",
        metavar="[string|per-mention]",
    )
    out: str = setting("", doc="The run to write.", role="output", kind="run", flags=("-o",), metavar="FILE")

    def check(self) -> None:
        """Refuse a run id that column 1 cannot hold."""
        if not self.run_id or any(c.isspace() for c in self.run_id):
            raise SettingsError(f"--run-id: expected a name without blanks, found {self.run_id!r}")
