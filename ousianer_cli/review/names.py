"""What there is to judge: the documents of a run with its names, those of a second run, and what a model knows of them.

Places are code points of the documents' texts, end-exclusive.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ousianer_cli.errors import InputError, TaxonomyError
from ousianer_cli.formats.annotations.annotated import AnnotatedDocument, Utf16, one_a_stretch
from ousianer_cli.formats.annotations.placed import documents_of_rows
from ousianer_cli.formats.documents.document import Document
from ousianer_cli.formats.edl import iter_edl, normalise_mention_string
from ousianer_cli.formats.labelled import CorpusReport
from ousianer_cli.formats.misplaced import annotation_expected
from ousianer_cli.formats.words import words_of
from ousianer_cli.taxonomy.tree import OUTSIDE, Taxonomy

Span = tuple[int, int]


@dataclass(slots=True)
class Name:
    """One name as a run has it; `type` is None where only the second run, the model or a person has it."""

    type: str | None
    confidence: float = 1.0
    """In (0, 1]: by how much the run takes its type to be right; 1 less it is the credit expected to be lost."""
    alternatives: tuple[tuple[str, float], ...] = ()
    """Types that it might have, with their probabilities, the most probable first."""


@dataclass(slots=True)
class ReviewDocument:
    """A document with its names, its words and the places of both in the units that a browser counts."""

    document: Document
    names: dict[Span, Name]
    """The run's names, in text order."""
    second: dict[Span, str] = field(default_factory=dict)
    """The types of the second run."""
    words: list[Span] = field(init=False)
    """The words of all segments and the names of posters, in text order."""
    units: Utf16 = field(init=False)

    def __post_init__(self) -> None:
        document = self.document
        found = [span for s in document.segments for span in words_of(document.visible, s.start, s.end)]
        self.words = sorted({*found, *((a.start, a.end) for a in document.authors)})
        self.units = Utf16(document.text)

    @property
    def id(self) -> str:
        """The document's id."""
        return self.document.id

    @property
    def text(self) -> str:
        """The document's raw text."""
        return self.document.text

    def whole_words(self, start: int, end: int) -> Span | None:
        """The words that [start, end) touches, from the first's start to the last's end; None where there is none.

        None too where they do not lie in one segment: what a name is learned from is one stretch of running text.
        """
        touched = [(a, b) for a, b in self.words if a < end and b > start]
        if not touched:
            return None
        first, last = touched[0][0], touched[-1][1]
        stretches = [(s.start, s.end) for s in self.document.segments]
        stretches += [(a.start, a.end) for a in self.document.authors]
        return (first, last) if any(a <= first and last <= b for a, b in stretches) else None


def words_at(text: str, span: Span) -> str:
    """The words of a name, each run of blanks as one space: what "equal strings" compares."""
    return normalise_mention_string(text[span[0] : span[1]])


def read_run(
    run: str | Path,
    sources: Sequence[str | Path],
    taxonomy: Taxonomy,
    report: CorpusReport,
    *,
    after_xml_declaration: bool = False,
) -> list[AnnotatedDocument]:
    """The documents of a run in the order of its sources, those without a name too; one annotation a stretch.

    Types are spelled as in the taxonomy.

    Raises:
        InputError: the run or a document cannot be read, a type is none of the taxonomy, or nothing fits.
    """
    with annotation_expected(run, "an EDL tab", ["edl"]):
        rows = [(str(run), row) for row in iter_edl(run) if row.mention_type == "NAM"]
    spelled: dict[str, str] = {}
    for path, row in rows:
        if row.type not in spelled:
            spelled[row.type] = _spelled(row.type, taxonomy, path, row.line)
        row.type = spelled[row.type]
    documents = documents_of_rows(rows, sources, report, empty=True, after_xml_declaration=after_xml_declaration)
    return [dataclasses.replace(item, annotations=one_a_stretch(item.annotations)) for item in documents]


def _spelled(name: str, taxonomy: Taxonomy, path: str, line: int) -> str:
    if name == OUTSIDE:
        return OUTSIDE
    try:
        return taxonomy.parse(name, ignore_case=True, phantoms=False)
    except TaxonomyError as error:
        remedy = f"{error.remedy}; a run is reviewed with the model of its taxonomy (--model)"
        raise InputError(error.expected, error.found, path=path, line=line, remedy=remedy) from None


def review_documents(items: Iterable[AnnotatedDocument]) -> list[ReviewDocument]:
    """Documents to judge, from those of a run."""
    return [
        ReviewDocument(
            item.document,
            {
                (a.start, a.end): Name(a.type, 1.0 if a.confidence is None else a.confidence, a.alternatives)
                for a in item.annotations
                if a.type != OUTSIDE
            },
        )
        for item in items
    ]


def add_second(documents: Sequence[ReviewDocument], second: Iterable[AnnotatedDocument]) -> None:
    """Lay the names of a second run beside those of the first."""
    by_id = {item.document.id: item for item in second}
    for document in documents:
        if document.id in by_id:
            document.second = {(a.start, a.end): a.type for a in by_id[document.id].annotations if a.type != OUTSIDE}
