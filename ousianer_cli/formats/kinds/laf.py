"""LAF, the Linguistic Data Consortium's XML for annotation that stands off from an LTF text.

`LCTL_ANNOTATIONS > DOC > ANNOTATION(id, task="NE", type=) > EXTENT(start_char, end_char inclusive), TAG`; the type
stands in TAG or in `@type`. Offsets are code points of the raw text, as in the LTF of the same document id. Types are
written in capitals there; as EDL rows they are read lower-case, as a corpus's labels as they are written.
"""

from __future__ import annotations

import gzip
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, cast

from ousianer_cli.errors import InputError
from ousianer_cli.formats.documents.document import document_id
from ousianer_cli.formats.edl import EdlRow, normalise_mention_string
from ousianer_cli.formats.labelled import CorpusReport, LabelledSentence
from ousianer_cli.formats.registry import LIKELY, NO, SURE, CorpusReader, Format
from ousianer_cli.formats.sample import Sample
from ousianer_cli.formats.standoff import SourceOptions, sentences_of_rows
from ousianer_cli.formats.text import files_below

NAME_TASK = "NE"
_TAGS_ALONE = re.compile(r"(?:<[^<>]*>\s*)+")
_ENDINGS = (".laf.xml", ".laf.xml.gz")


def iter_laf(path: str | Path, skipped: Counter[str] | None = None) -> Iterator[EdlRow]:
    """The names of a LAF file, of the LAF files of a folder (recursive, sorted) or of a `.zip`, in document order.

    Each name has a NIL id of its own. Annotations of other tasks than NE are left out and counted in `skipped`.

    Raises:
        InputError: no such path, no LAF there, broken XML, an annotation without extent, offsets or type; with file
            and line.
    """
    for _, row in filed_names(path, skipped):
        yield replace(row, type=row.type.lower())


def filed_names(
    path: str | Path, skipped: Counter[str] | None = None, documents: set[str] | None = None
) -> Iterator[tuple[str, EdlRow]]:
    """As `iter_laf`, each name with the file it stands in and its type as written there.

    `documents` takes the ids of all documents, those without a name too.
    """
    path = Path(path)
    skipped = Counter() if skipped is None else skipped
    documents = set() if documents is None else documents
    if path.is_dir():
        for file in files_below(path, "*", lambda file: file.name.lower().endswith(_ENDINGS), "LAF files (.laf.xml)"):
            yield from filed_names(file, skipped, documents)
        return
    try:
        if path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path) as archive:
                members = sorted(name for name in archive.namelist() if name.lower().endswith(_ENDINGS[0]))
                if not members:
                    raise InputError("LAF files (.laf.xml)", "none in the archive", path=path)
                for member in members:
                    source = f"{path}!{member}"
                    with archive.open(member) as handle:
                        yield from ((source, row) for row in _read(handle, source, skipped, documents))
            return
        with path.open("rb") as raw:
            handle = cast("IO[Any]", gzip.GzipFile(fileobj=raw)) if path.suffix.lower() == ".gz" else raw
            yield from ((str(path), row) for row in _read(handle, str(path), skipped, documents))
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        found = f"no readable file ({getattr(error, 'strerror', None) or error})"
        raise InputError("a LAF file", found, path=path, remedy="check the path") from None


def read_laf(
    paths: Sequence[str | Path], options: SourceOptions, report: CorpusReport | None = None
) -> Iterator[LabelledSentence]:
    """The sentences of the documents that LAF files, folders or archives annotate, with the NE names in them.

    Names at odds with their document are counted in `report`.

    Raises:
        InputError: broken LAF, a broken source, or sources that do not belong to it; with file and line.
    """
    report = report if report is not None else CorpusReport()
    sources = options.documents(paths[0])
    documents: set[str] = set()
    rows = [item for path in paths for item in filed_names(path, report.dropped, documents)]
    yield from sentences_of_rows(rows, sources, report, annotated=sorted(documents))


def _read(handle: IO[Any], source: str, skipped: Counter[str], documents: set[str]) -> Iterator[EdlRow]:
    from lxml import etree

    events = etree.iterparse(
        handle, events=("end",), tag="{*}DOC", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    root = ""
    try:
        for _, element in events:
            parent = element.getparent()
            root = etree.QName(element if parent is None else parent).localname
            if root != "LCTL_ANNOTATIONS":
                break
            yield from _names(element, source, skipped, documents)
            element.clear()
        if not root and events.root is not None:
            root = etree.QName(events.root).localname
    except etree.XMLSyntaxError as error:
        raise InputError("well-formed LAF", f"broken XML ({error.msg})", path=source, line=error.lineno) from None
    if root != "LCTL_ANNOTATIONS":
        found = f"<{root}>" if root else "nothing"
        raise InputError("LAF (<LCTL_ANNOTATIONS>)", found, path=source, line=1, remedy="see docs/scoring.md, Inputs")


def _names(element: Any, source: str, skipped: Counter[str], documents: set[str]) -> Iterator[EdlRow]:
    doc = document_id(element.get("id") or "")
    if not doc:
        raise InputError("a DOC with an id", "none", path=source, line=element.sourceline)
    documents.add(doc)
    for number, annotation in enumerate(element.iterfind("{*}ANNOTATION"), 1):
        line = annotation.sourceline

        def invalid(expected: str, found: str, line: int = line) -> InputError:
            return InputError(expected, found, path=source, line=line, remedy="see docs/scoring.md, Inputs")

        task = annotation.get("task") or NAME_TASK
        if task != NAME_TASK:
            skipped[f"annotations of task {task}"] += 1
            continue
        extent = annotation.find("{*}EXTENT")
        if extent is None:
            raise invalid("an EXTENT in the ANNOTATION", "none")
        offsets = extent.get("start_char"), extent.get("end_char")
        try:
            start, end = (int(value or "") for value in offsets)
        except ValueError:
            raise invalid("numbers as start_char and end_char", f"{offsets[0]!r} and {offsets[1]!r}") from None
        if not 0 <= start <= end:
            raise invalid("an inclusive end that is not before the start", f"{start}-{end}")
        tag = annotation.find("{*}TAG")
        label = (tag.text or "" if tag is not None else "").strip() or (annotation.get("type") or "").strip()
        if not label:
            raise invalid("a type, in TAG or in @type", "none")
        identity = annotation.get("id") or f"{doc}-{number}"
        text = normalise_mention_string("".join(extent.itertext()))
        yield EdlRow("laf", identity, text, doc, start, end, f"NIL-{doc}-{identity}", label, "NAM", 1.0, line)


def _recognise(sample: Sample) -> int:
    first = sample.first.lstrip()
    if "<LCTL_ANNOTATIONS" in first or first.startswith("<?xml"):
        return SURE  # or XML of another kind, which the reader refuses by name
    likely = _TAGS_ALONE.fullmatch(first) or sample.name.endswith((".xml", ".zip")) or sample.path.is_dir()
    return LIKELY if likely else NO


FORMATS = (
    Format(
        "laf",
        "LAF over --source LTF",
        _recognise,
        endings=(".laf.xml", ".laf.zip"),
        corpus=CorpusReader(read_laf, SourceOptions, folders=True, together=True),
        mentions=iter_laf,
    ),
)
