"""Annotated documents from any file that holds them: tells the format (`formats.registry`) and calls its reader."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.formats.annotated import (
    AnnotatedDocument,
    Annotation,
    annotation_of_row,
    documents_of_rows,
    in_text_order,
)
from ousianer_cli.formats.labelled import CorpusReport
from ousianer_cli.formats.registry import (
    AnnotationOptions,
    Format,
    annotation_formats,
    formats,
    mention_formats,
    recognise,
)


def readable_formats() -> dict[str, Format]:
    """The formats whose files are read as annotated documents; those of rows to score need their documents."""
    known = {**annotation_formats(), **mention_formats()}
    return {name: known[name] for name in formats() if name in known}


def annotation_format(path: str | Path) -> Format:
    """The format of a file of annotated documents.

    Raises:
        InputError: it cannot be read, or is of none of them.
    """
    known = readable_formats()
    if not Path(path).exists():
        raise InputError("a run, gold or annotation", "no such file", path=path, remedy="check the path")
    form = recognise(path, known.values())
    if form is None:
        remedy = f"see docs/formats.md; known are {', '.join(known)}"
        raise InputError("a run, gold or annotation", "a file of another kind", path=path, remedy=remedy)
    return form


def read_annotated(
    path: str | Path,
    source: Sequence[str | Path] = (),
    *,
    format: str = "",
    after_xml_declaration: bool = False,
    empty: bool = False,
    report: CorpusReport | None = None,
) -> Iterator[AnnotatedDocument]:
    """The documents of a run, of gold or of a person's work, each with all that is marked in it, one at a time.

    Args:
        path: the file, or the folder of a format that has folders.
        source: the documents, for formats that hold none: files, folders, archives, `@list.txt`.
        format: a name of `readable_formats`; told by content where it is empty.
        after_xml_declaration: whether offsets count from after the first `<?xml …?>` line.
        empty: give documents of `source` without annotation too; they are counted otherwise.
        report: counts what was left out.
    Raises:
        SettingsError: an unknown format. InputError: what cannot be read, with file and line.
    """
    report = report if report is not None else CorpusReport()
    known = readable_formats()
    if format and format not in known:
        raise SettingsError(f"expected a format of {', '.join(known)}, found '{format}'")
    form = known[format] if format else annotation_format(path)
    options = AnnotationOptions(tuple(source), after_xml_declaration, empty)
    if form.annotations is not None:
        yield from form.annotations(Path(path), options, report)
        return
    assert form.mentions is not None
    if not source:
        remedy = "name them with --source INPUT"
        raise InputError("the documents of the rows", "offsets alone", path=path, remedy=remedy)
    rows = ((str(path), row) for row in form.mentions(Path(path), report.dropped))
    yield from documents_of_rows(rows, source, report, empty=empty, after_xml_declaration=after_xml_declaration)


def read_marked(
    path: str | Path, *, format: str = "", report: CorpusReport | None = None
) -> Iterator[tuple[str, tuple[Annotation, ...]]]:
    """Document id -> annotations, without the documents where the file has no text of its own.

    Offsets count as in the file; `Annotation.string` is the name. Arguments and errors as of `read_annotated`.
    """
    report = report if report is not None else CorpusReport()
    form = readable_formats().get(format) or annotation_format(path)
    if form.mentions is None:
        for item in read_annotated(path, format=form.name, report=report):
            named = (replace(a, string=item.text_of(a)) for a in item.annotations)
            yield item.document.id, tuple(named)
        return
    rows: dict[str, list[Annotation]] = {}
    for row in form.mentions(Path(path), report.dropped):
        rows.setdefault(row.doc, []).append(annotation_of_row(row))
    for doc, found in rows.items():
        yield doc, in_text_order(found)
