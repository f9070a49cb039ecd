"""What `ousianer tag` is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ousianer_cli.errors import SettingsError
from ousianer_cli.settings import setting

OutputFormat = Literal["edl", "jsonl", "conll"]


@dataclass(frozen=True)
class TagSettings:
    """`[tag]` of ousianer.toml."""

    inputs: list[str] = setting([], doc="files, folders, archives or @lists to tag")
    out: str = setting("", doc="the run to write")
    format: OutputFormat = setting("edl", doc="edl (EDL tab), jsonl (one document a line) or conll (one token a line)")
    model: str = setting("", doc="model folder; empty takes the shipped model")
    run_id: str = setting("ousianer", doc="column 1 of the run")
    input_format: str = setting("", doc="force a format instead of telling it by content")
    strict: bool = setting(False, doc="stop at the first damaged document instead of counting it")
    authors: bool = setting(True, doc='emit the poster\'s name in author="…" as a PER name')
    author_type: str = setting(
        "PER", doc="type of posters' names; a taxonomy that lacks it has no rows for posters (they are counted)"
    )
    quotes: bool = setting(False, doc="tag text inside <quote> too")
    after_xml_declaration: bool = setting(False, doc="count offsets from after the first <?xml …?> line")
    nil: str = setting("string", doc="NIL ids: string (clusters of the same name and top type) or per-mention")
    deepen: float = setting(
        0.0, doc="least YAGO evidence that takes a type below what the conversion layer chose; 0 never does"
    )
    coarse_prior: float = setting(
        -1.0,
        doc="share of gold taken to stop at the top type: more, and answers stop higher; negative: the model's own",
    )
    min_confidence: float = setting(-1.0, doc="least confidence of a row; negative takes the model's own threshold")
    yago_threshold: float = setting(
        0.5, doc="of a model without target types: least probability of a YAGO class that has a row of its own"
    )
    consistency: Literal["document", "none"] = setting(
        "document", doc="document: mentions of the same string in a document share evidence; none: each by itself"
    )
    nested: bool = setting(False, doc="give names inside other names too")
    device: str = setting("", doc="cpu or cuda; empty takes a GPU where there is one")
    threads: int = setting(0, doc="CPU threads; 0 leaves PyTorch's choice")

    def __post_init__(self) -> None:
        if not self.run_id or any(c.isspace() for c in self.run_id):
            raise SettingsError(f"--run-id: expected a name without blanks, found {self.run_id!r}")
        if not 0 <= self.deepen <= 1:
            raise SettingsError(f"--deepen: expected 0 to 1, found {self.deepen}")
        if self.coarse_prior > 1:
            raise SettingsError(f"--coarse-prior: expected 0 to 1, found {self.coarse_prior}")
        if self.min_confidence > 1:
            raise SettingsError(f"--min-confidence: expected 0 to 1, found {self.min_confidence}")
        if not 0.05 <= self.yago_threshold <= 1:
            raise SettingsError(f"--yago-threshold: expected 0.05 to 1, found {self.yago_threshold}")
