"""What may be wrong with a dump, and what was."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

TRUNCATED = "compressed data cut off"
DAMAGED = "compressed data damaged"
BROKEN_XML = "pages of broken XML"
UNCLOSED = "pages without an end"
NO_TITLE = "pages without a title"
NO_TEXT = "pages without text"
TOO_LARGE = "pages above the size limit"
NOT_UTF8 = "pages with bytes that are not UTF-8 (kept, U+FFFD in their place)"

_MAX_EXAMPLES = 20


@dataclass(slots=True)
class DumpFaults:
    """What was wrong with a dump, filled while it is read."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    """One line each, with file and position; the first 20."""

    def note(self, kind: str, where: str, what: str = "") -> None:
        """Count a fault, and keep its line if it is among the first."""
        self.counts[kind] += 1
        if len(self.examples) < _MAX_EXAMPLES:
            self.examples.append(" ".join(f"{where}: {kind}{': ' + what if what else ''}".split()))

    def add(self, other: DumpFaults) -> None:
        """Take up what another process found."""
        self.counts.update(other.counts)
        self.examples.extend(other.examples[: _MAX_EXAMPLES - len(self.examples)])
