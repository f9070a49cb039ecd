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


Numbering = Callable[[str], str]
"""Fills what depends on the run as a whole into lines, which it is given in the run's order."""


def _as_it_is(_: WriteOptions) -> Numbering:
    return str


@dataclass(frozen=True, slots=True)
class Writer:
    """A format of a run.

    A document's lines depend on the document alone, so that any process may make them; what depends on the run (ids
    that count on) is filled in when the documents stand in their order. Places in `Mention` and `Document` are not
    shifted: a writer of offsets subtracts `Document.offset_shift`.
    """

    name: str
    document: Callable[[TaggedDocument, WriteOptions, Summary], list[str]]
    """The lines of a document, without line ends; it counts the names in them and those that its format cannot hold."""
    details: bool
    """Whether it writes the types that a name might have had, and its YAGO classes."""
    numbering: Callable[[WriteOptions], Numbering] = _as_it_is
    """For one run."""

    def lines(self, tagged: Iterable[TaggedDocument], options: WriteOptions, summary: Summary) -> Iterator[str]:
        """The lines of a whole run as its documents come."""
        numbered = self.numbering(options)
        for item in tagged:
            yield from map(numbered, self.document(item, options, summary))
