"""What every reader of documents is asked to keep, and how it counts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a reader of documents keeps, and how it counts."""

    authors: bool = True
    """Give the posters' names in `author="…"` as `Document.authors`."""
    quotes: bool = False
    """Keep text inside `<quote>`."""
    after_xml_declaration: bool = False
    """Let rows count from after the first `<?xml …?>` line."""
    strict: bool = False
    """Make an error of what would be a warning."""
    forced: bool = False
    """The format was asked for by name, whatever the content looks like."""
