"""What went into a table of title types, and what came out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Verdict:
    """What holds of a title (`types`, empty with a `reason`), who bore it, and what the judge counted on the way."""

    types: tuple[str, ...]
    weight: float
    source: str
    guessed: bool
    reason: str
    sources: tuple[str, ...]
    dropped: tuple[tuple[str, int], ...]
    unknown: tuple[tuple[str, int], ...]
    pairs: tuple[tuple[str, bool], ...]
    """two sources, and whether they have no kind in common"""


@dataclass(slots=True)
class TitleTypesReport:
    """What went into a table of title types, and what came out."""

    files: dict[str, tuple[str, int]] = field(default_factory=dict)
    """path -> (kind, statements or rows)"""
    labels: Counter[str] = field(default_factory=Counter)
    """source -> labels read"""
    titles_read: Counter[str] = field(default_factory=Counter)
    """source -> titles that it has labels for"""
    titles: int = 0
    """titles with types"""
    by_source: Counter[str] = field(default_factory=Counter)
    """sources of a verdict, joined by `+` -> titles"""
    guessed: int = 0
    """of the titles with types, those whose types are guesses only"""
    untyped: Counter[str] = field(default_factory=Counter)
    """reason -> titles"""
    categories: Counter[str] = field(default_factory=Counter)
    """how YAGO's distinct classes were resolved -> classes"""
    labels_dropped: Counter[str] = field(default_factory=Counter)
    """reason -> labels of judged titles"""
    unknown_labels: Counter[str] = field(default_factory=Counter)
    """labels in no table -> titles"""
    compared: Counter[str] = field(default_factory=Counter)
    """two sources, joined by `+` -> titles that both have kinds for"""
    disagreed: Counter[str] = field(default_factory=Counter)
    """of these, titles for which the two have no kind in common"""
    left_out: Counter[str] = field(default_factory=Counter)
    """reason -> statements that were not used"""
    wrong: Counter[str] = field(default_factory=Counter)
    """what was expected -> lines skipped"""
    bad_lines: int = 0
    examples: list[str] = field(default_factory=list)
    """the first bad lines: file:line: expected …, found …"""

    def add(self, verdict: Verdict) -> None:
        """Count what was judged of one title."""
        self.titles_read.update(verdict.sources)
        for pair, differ in verdict.pairs:
            self.compared[pair] += 1
            self.disagreed[pair] += differ
        for reason, number in verdict.dropped:
            self.labels_dropped[reason] += number
        for name, number in verdict.unknown:
            self.unknown_labels[name] += number
        if verdict.reason:
            self.untyped[verdict.reason] += 1
            return
        self.titles += 1
        self.guessed += verdict.guessed
        self.by_source[verdict.source] += 1
