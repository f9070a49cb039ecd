"""A person's corrections with their sentences (`formats.feedback`), as annotated documents: a sentence each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from ousianer_cli.formats.annotations.annotated import AnnotatedDocument, Annotation, in_text_order
from ousianer_cli.formats.documents.source import plain_document
from ousianer_cli.formats.feedback.items import FeedbackItem, context
from ousianer_cli.formats.feedback.reading import DOC, read_feedback
from ousianer_cli.formats.feedback.sheets import guarded
from ousianer_cli.formats.labelled import CorpusReport
from ousianer_cli.formats.registry import NO, SURE, AnnotationOptions, AnnotationWriter, Format, WriteOptions
from ousianer_cli.formats.sample import Sample

NO_CONTEXT = "names outside the running text (markup, left-out quotes), which no sentence holds"
_BLANK = str.maketrans({"\t": " ", "\n": " ", "\r": " ", "\0": " ", "\x0b": " ", "\x0c": " ", "\x85": " "})


def read_annotations(path: Path, options: AnnotationOptions, report: CorpusReport) -> Iterator[AnnotatedDocument]:
    """The sentences of a feedback file, each as a document; neighbouring rows of one sentence are together.

    `report` notes what was passed over. Errors as of `formats.feedback.reading.read_feedback`.
    """
    group: list[FeedbackItem] = []
    documents = None
    if options.source:
        from ousianer_cli.formats.documents.readers import read_documents

        documents = {d.id: d for d in read_documents(options.source)}
        report.notes.append(f"{path}: each name goes with its sentence; ids of documents are not kept")
    for item in read_feedback(path, documents, report=report.notes.append):
        if group and item.text != group[0].text:
            yield _document(path, group)
            group = []
        group.append(item)
    if group:
        yield _document(path, group)


def _document(path: Path, group: list[FeedbackItem]) -> AnnotatedDocument:
    first = group[0]
    document = plain_document(first.text, f"{path.name.split('.')[0]}-{first.line}", source=str(path))
    found = in_text_order(Annotation(item.start, item.end, item.type, line=item.line) for item in group)
    return AnnotatedDocument(document, found, by_person=True)


def write_annotations(documents: Iterable[AnnotatedDocument], out: TextIO, options: WriteOptions) -> None:
    """A row for each name, with its sentence; documents and their ids are lost."""
    out.write("sentence\tstart\tend\ttype\tmention\n")
    for item in documents:
        for name in item.annotations:
            left, right = context(item.document, name.start, name.end)
            if right == left:
                options.lost[NO_CONTEXT] += 1
                continue
            options.lose_details(name)
            sentence = item.document.text[left:right].translate(_BLANK)
            start, end = name.start - left, name.end - 1 - left
            row = "\t".join((sentence, str(start), str(end), name.type, sentence[start : end + 1]))
            out.write(guarded(row) + "\n")


def _recognise(sample: Sample) -> int:
    if sample.is_json:
        return NO
    for line in sample.lines[:20]:  # a title may stand above the header
        cells = {cell.strip().strip('"').lower() for cell in line.replace(";", "\t").replace(",", "\t").split("\t")}
        of_documents = cells & set(DOC) and ("mention" in cells or {"start", "end"} <= cells)
        if "type" in cells and ("sentence" in cells or of_documents) and not line.startswith("#"):
            return SURE
    return NO


FORMATS = (
    Format(
        "feedback",
        "a person's corrections with their sentences",
        _recognise,
        annotations=read_annotations,
        writer=AnnotationWriter(write_annotations),
    ),
)
