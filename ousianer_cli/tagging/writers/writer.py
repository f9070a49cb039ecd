"""What every writer of runs has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ousianer_cli.formats.edl import NilPolicy
from ousianer_cli.tagging.mention import TaggedDocument
from ousianer_cli.tagging.summary import Summary


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """What a writer may need to know of the run."""

    run_id: str = "ousianer"
    nil: NilPolicy = "string"
    yago_threshold: float | None = None
    """For a model without target types: the least probability of a YAGO class that has a row of its own."""


@dataclass(frozen=True, slots=True)
class Writer:
    """A format of a run.

    `lines` turns tagged documents into lines of the file, without line ends, as they come; it counts the names that it
    writes and those that its format cannot hold. Places in `Mention` and `Document` are not shifted: a writer of
    offsets subtracts `Document.offset_shift`.
    """

    name: str
    lines: Callable[[Iterable[TaggedDocument], WriteOptions, Summary], Iterator[str]]
    details: bool
    """Whether it writes the types that a name might have had, and its YAGO classes."""
