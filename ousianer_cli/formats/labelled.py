"""Sentences as other people's corpora label them, whatever the file format: what every corpus reader yields.

Positions are tokens, end-exclusive. Labels are the corpus's own; a table makes types of them later (`corpus.prepare`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Supervision = Literal["detection", "typing", "both"]


@dataclass(frozen=True, slots=True)
class LabelledMention:
    """Tokens [start, end) with one or more labels; `line` is where the mention begins in its file."""

    start: int
    end: int
    labels: tuple[str, ...]
    line: int = 0
    weight: float = 1.0
    noun: str = ""


@dataclass(frozen=True, slots=True)
class LabelledSentence:
    """Tokens and mentions (in order, none overlapping) of one sentence; `line` is its first line in the file.

    `supervises` is known only where the format says it (the project's own lines). `nested` are mentions inside others,
    none crossing another; `document` is the id of the running text that the sentence is part of, if it is.
    """

    tokens: tuple[str, ...]
    mentions: tuple[LabelledMention, ...]
    doc: str
    line: int
    supervises: Supervision | None = None
    nested: tuple[LabelledMention, ...] = ()
    document: str = ""


@dataclass(slots=True)
class CorpusReport:
    """What a reader left out, as reason -> count, and what else it has to say; shown to the user after reading."""

    dropped: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    """Lines that name their file and line: columns and rows passed over."""

    def drop(self, reason: str, count: int = 1) -> None:
        """Count something that was left out."""
        self.dropped[reason] += count

    def lines(self) -> list[str]:
        """What there is to say: the reasons with their counts, then the notes."""
        return [f"{count:,} {reason}" for reason, count in sorted((+self.dropped).items())] + self.notes


def doc_name(path: str | Path) -> str:
    """A document id for files that name none: folder and file, so that `ai/dev` and `music/dev` differ."""
    path = Path(path)
    name = path.name.split(".")[0] or path.name
    return f"{path.parent.name}/{name}" if path.parent.name not in ("", ".", "..") else name
