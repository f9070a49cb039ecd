"""What a run did, for the person who started it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_COUNTS = ("documents", "segments", "sentences", "words", "names", "rows", "authors", "outside", "below_threshold")


@dataclass(slots=True)
class Summary:
    """Counts of a run, filled while it goes."""

    documents: int = 0
    segments: int = 0
    sentences: int = 0
    words: int = 0
    names: int = 0
    """Names written; posters are among them."""
    rows: int = 0
    """Lines of a format that has one for each class of a name; 0 elsewhere."""
    authors: int = 0
    outside: int = 0
    below_threshold: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    """What was left out: reason -> count."""
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0
    words_before: int = 0
    """Those of `words` that an earlier, interrupted run tagged: no part of what the seconds were spent on."""
    threads: str = ""
    """Threads of the network, and why so many."""
    precision: str = ""
    """In which numbers the network was computed, and why, where that was asked for."""
    note: str = ""
    """What is to be known of the run as a whole."""

    def add(self, other: Summary) -> None:
        """Take in the counts of another; not its warnings, seconds and note."""
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.skipped.update(other.skipped)

    def counted(self) -> dict[str, Any]:
        """The counts that are not 0, by name; `of_counts` reads them."""
        found: dict[str, Any] = {name: value for name in _COUNTS if (value := getattr(self, name))}
        if skipped := {reason: count for reason, count in self.skipped.items() if count}:
            found["skipped"] = skipped
        return found

    @classmethod
    def of_counts(cls, counts: Mapping[str, Any]) -> Summary:
        """What `counted` gave."""
        plain = {name: int(counts[name]) for name in _COUNTS if name in counts}
        return cls(**plain, skipped=Counter(counts.get("skipped", {})))  # type: ignore[arg-type]

    def lines(self) -> list[str]:
        """The summary as a table of two columns."""
        posters = f" ({self.authors:,} of them posters)" if self.authors else ""
        rate = (self.words - self.words_before) / self.seconds if self.seconds else 0.0
        rows = [
            ("documents", f"{self.documents:,}"),
            ("segments", f"{self.segments:,}"),
            ("sentences", f"{self.sentences:,}"),
            ("words", f"{self.words:,}"),
            ("names written", f"{self.names:,}{posters}"),
            *([("rows, one a YAGO class", f"{self.rows:,}")] if self.rows else []),
            ("outside the taxonomy", f"{self.outside:,}"),
            ("below the confidence threshold", f"{self.below_threshold:,}"),
            *((f"skipped: {reason}", f"{count:,}") for reason, count in sorted(self.skipped.items()) if count),
            ("warnings", f"{len(self.warnings):,}"),
            *([("precision", self.precision)] if self.precision else []),
            *([("threads", self.threads)] if self.threads else []),
            ("words a second", f"{rate:,.0f}"),
        ]
        width = max(len(name) for name, _ in rows)
        return [*(f"{name:<{width}}  {value}" for name, value in rows), *([self.note] if self.note else [])]
