"""Annotated documents from any file that holds them: tells the format (`formats.registry`) and calls its reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.formats.annotations.annotated import (
    AnnotatedDocument,
    Annotation,
    annotation_of_row,
    in_text_order,
)
from ousianer_cli.formats.annotations.placed import documents_of_rows
from ousianer_cli.formats.labelled import CorpusReport
from ousianer_cli.formats.misplaced import refuse_other_kinds
from ousianer_cli.formats.registry import (
    AnnotationOptions,
    Format,
    WriteOptions,
    annotation_formats,
    formats,
    formats_by_name,
    mention_formats,
    recognise,
    written_formats,
)

FOLDER = "annotations"
"""The kind of output (`outputs.KINDS`) of formats that are folders."""
ALIASES = {"prodigy": "spans", "spacy": "spans", "jsonl": "run"}
"""Other names of formats, by the tools that write them."""


def format_names(known: Iterable[str]) -> tuple[str, ...]:
    """Names of formats with their aliases, for choices."""
    names = list(known)
    return (*names, *(alias for alias, name in ALIASES.items() if name in names))


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
    refuse_other_kinds(path, "a run, gold or annotation", known)
    form = folder_format(path, known) if Path(path).is_dir() else recognise(path, known.values())
    if form is None:
        remedy = f"see docs/formats.md; known are {', '.join(known)}"
        raise InputError("a run, gold or annotation", "a file of another kind", path=path, remedy=remedy)
    return form


def folder_format(path: str | Path, known: Mapping[str, Format]) -> Format | None:
    """The one format whose files a folder has, by their names."""
    of_folders = [form for form in known.values() if form.writer is not None and form.writer.folder is not None]
    files = (file for file in Path(path).rglob("*") if file.is_file() and not file.name.startswith("."))
    return next((form for file in files for form in formats_by_name(file, of_folders)), None)


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
        format: a name of `readable_formats`; recognised by content where it is empty.
        after_xml_declaration: whether offsets count from after the first `<?xml …?>` line.
        empty: give documents of `source` without annotation too; they are counted otherwise.
        report: counts what was left out.
    Raises:
        SettingsError: an unknown format. InputError: what cannot be read, with file and line.
    """
    report = report if report is not None else CorpusReport()
    form = _named(format, readable_formats(), "--format") if format else annotation_format(path)
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
    form = _named(format, readable_formats(), "--format") if format else annotation_format(path)
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


def _named(name: str, known: Mapping[str, Format], given_as: str) -> Format:
    form = known.get(ALIASES.get(name, name))
    if form is None:
        raise SettingsError(f"{given_as}: expected one of {', '.join(format_names(known))}, found '{name}'")
    return form


@dataclass
class Converted:
    """What a conversion did."""

    read_as: str
    written_as: str
    documents: int = 0
    names: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    """What was not read: reason -> count."""
    notes: list[str] = field(default_factory=list)
    """What there is to say of the reading, what was not read among it: `CorpusReport.lines`."""
    lost: Counter[str] = field(default_factory=Counter)
    """What the new format cannot hold: reason -> count."""


def convert(
    path: str | Path,
    out: str | Path,
    to: str,
    source: Sequence[str | Path] = (),
    *,
    format: str = "",
    run_id: str = "ousianer",
    after_xml_declaration: bool = False,
    empty: bool = False,
) -> Converted:
    """Read a file of annotated documents and write it in another format; arguments as of `read_annotated`.

    Raises:
        SettingsError: an unknown format. InputError: what cannot be read. OutputError: what cannot be written.
    """
    from ousianer_cli.outputs import KINDS, open_output, whole_folder

    written = written_formats()
    target = _named(to, written, "--to")
    form = _named(format, readable_formats(), "--format") if format else annotation_format(path)
    report, options = CorpusReport(), WriteOptions(run_id)
    done = Converted(form.name, target.name)

    def counted() -> Iterator[AnnotatedDocument]:
        for item in read_annotated(
            path, source, format=form.name, after_xml_declaration=after_xml_declaration, empty=empty, report=report
        ):
            done.documents += 1
            done.names += len(item.annotations)
            yield item

    assert target.writer is not None
    if target.writer.folder is not None:
        documents = list(counted())  # what cannot be read is said as itself, not as a fault of writing
        with whole_folder(out, KINDS[FOLDER]) as folder:
            target.writer.folder(documents, folder, options)
    elif target.writer.file is not None:
        with open_output(out) as handle:
            target.writer.file(counted(), handle, options)
    done.left_out, done.notes = +report.dropped, report.lines()
    done.lost = +options.lost
    return done
