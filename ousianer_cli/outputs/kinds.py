"""Kinds of output: a file or a folder, what becomes of a folder that is there, and how our own is recognised."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

FIGURE_MAKER = "ousianer score"
"""What the metadata of a figure name as its maker."""
IGNORED = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""What file managers leave in any folder they show."""


def _never(_: Path) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of output."""

    what: str
    """For messages: `a run`, `a model folder`."""
    fate: Literal["file", "replaced", "continued", "shared"] = "file"
    """Of a folder that is there: replaced whole by the new one; gone on with; or shared with what else is in it."""
    recognised: Callable[[Path], bool] = _never
    """Whether a folder is one that the command wrote."""
    names: tuple[str, ...] = ()
    """Patterns of what the command writes in the folder, relative to it."""
    mark: str = ""
    """What the first 4 KiB of each of these files hold."""
    read: tuple[str, ...] | None = ()
    """Endings (without `.gz`) of files that would be read as input in a folder of inputs; None: all."""

    @property
    def folder(self) -> bool:
        """Whether it is a folder."""
        return self.fate != "file"

    def foreign(self, folder: Path, but: str = "") -> str | None:
        """The first entry of a folder, by name, that the command does not write; None if there is none.

        What lies in the folder's own entry `but` does not count.
        """
        names = (name for name in sorted(_below(folder)) if not but or name.split("/")[0] != but)
        return next((name for name in names if not self.writes(name)), None)

    def wrote(self, path: Path) -> bool:
        """Whether a file of one of the names was written by the command, by its mark."""
        if not self.mark:
            return False
        try:
            with path.open("rb") as handle:
                return self.mark.encode() in handle.read(4096)
        except OSError:
            return False

    def writes(self, name: str) -> bool:
        """Whether the command writes an entry of that name (relative, with `/`)."""
        return any(fnmatchcase(name, pattern) for pattern in self.names)


def entries(folder: Path) -> list[str]:
    """Names in a folder, sorted, but for those that file managers leave."""
    return sorted(path.name for path in folder.iterdir() if path.name not in IGNORED)


def _below(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.name not in IGNORED:
            yield path.relative_to(folder).as_posix()


def _object(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _is_model(folder: Path) -> bool:
    return {"format", "network", "encoder"} <= _object(folder / "config.json").keys()


def _is_export(folder: Path) -> bool:
    return {"export", "crf"} <= _object(folder / "config.json").keys()


def _is_study(folder: Path) -> bool:
    return (folder / "study.log").is_file()


def _is_shards(folder: Path) -> bool:
    return {"version", "inputs", "types"} <= _object(folder / "manifest.json").keys()


def _is_parts(folder: Path) -> bool:
    if not folder.name.endswith(".parts") or not folder.is_dir():
        return False
    if (folder / "manifest.json").exists():
        return {"blocks", "settings"} <= _object(folder / "manifest.json").keys()
    # Killed before its manifest was whole.
    return {name for name in entries(folder) if not name.endswith(".part")} == {"lock"}


def _is_types(folder: Path) -> bool:
    try:
        with (folder / "title_types.parquet").open("rb") as handle:
            head = handle.read(4)
            handle.seek(max(0, os.fstat(handle.fileno()).st_size - 8192))
            return head == b"PAR1" and b"guessed" in handle.read()  # the columns stand at the end
    except OSError:
        return False


def _is_state(folder: Path) -> bool:
    if {"step", "best", "settings"} <= _object(folder / "state.json").keys():
        return True
    # Killed before its first state was whole, or damaged since: nothing but what a training writes.
    known = ("state.json", "metrics.jsonl", "model-*.safetensors", "optimizer-*.safetensors", "*.part")
    there = entries(folder)
    return "metrics.jsonl" in there and all(any(fnmatchcase(name, own) for own in known) for name in there)


_DOCUMENTS = (".txt", ".xml", ".sgm", ".sgml", ".zip")
FILE = Kind("a file", read=(*_DOCUMENTS, ".ann"))
RUN = Kind("a run", read=_DOCUMENTS)
LINES = Kind("training lines", read=None)
MODEL = Kind(
    "a model folder",
    "replaced",
    _is_model,
    (
        "config.json",
        "model.safetensors",
        "replay.safetensors",
        "tokenizer.json",
        "metrics.json",
        "metrics.jsonl",
        "README.md",
        "taxonomy",
        "taxonomy/*.tsv",
    ),
)
EXPORT = Kind(
    "an exported model",
    "replaced",
    _is_export,
    ("config.json", "tokenizer.json", "detector.onnx", "typing.onnx", "taxonomy", "taxonomy/*.tsv"),
)
STATE = Kind("the last state of a pretraining", "continued", _is_state)
STUDY = Kind("a study", "continued", _is_study)
SHARDS = Kind("a corpus of prepare wikipedia", "continued", _is_shards)
PARTS = Kind("parts of an unfinished run", "continued", _is_parts)
TYPES = Kind("title types", "shared", _is_types, ("title_types.parquet", "inventory.tsv", "report.json"))
FIGURES = Kind(
    "figures",
    "shared",
    names=tuple(
        f"{name}.{form}"
        for name in ("precision-recall", "reliability", "types", "types-[0-9]*", "confusion", "confusion-[0-9]*")
        for form in ("svg", "png")
    ),
    mark=FIGURE_MAKER,
)
CACHE = Kind("a folder of kept vectors", "shared", lambda folder: True)
ANNOTATIONS = Kind("a new folder of annotated documents", "replaced")
"""Never known for ours: people work in such folders, so only a new or empty one is written."""
PROJECT = Kind("a project folder", "shared")
KINDS: dict[str, Kind] = {
    "file": FILE,
    "run": RUN,
    "lines": LINES,
    "model": MODEL,
    "export": EXPORT,
    "state": STATE,
    "study": STUDY,
    "shards": SHARDS,
    "types": TYPES,
    "figures": FIGURES,
    "cache": CACHE,
    "project": PROJECT,
    "annotations": ANNOTATIONS,
}
"""By the names that settings give them."""
