"""A folder of brat standoff as annotated documents, there and back.

brat's names of types have letters, digits, `_` and `-` only. A folder written here has the types' own spelling in the
`[labels]` of its `visual.conf`, which brat shows, and by which they are read again. What a `T` line cannot hold stands
in an `N` line (the id in the knowledge base, or the NIL id) and in a note (the rest, as JSON).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ousianer_cli.errors import OutputError
from ousianer_cli.formats.annotations.annotated import AnnotatedDocument, Annotation, detailed, details, in_text_order
from ousianer_cli.formats.annotations.brat import NOT_SPANS, brat_files, read_ann, text_of_ann
from ousianer_cli.formats.documents.source import text_document
from ousianer_cli.formats.json_lines import refusal
from ousianer_cli.formats.json_text import JsonFault, parse_json
from ousianer_cli.formats.labelled import CorpusReport
from ousianer_cli.formats.registry import AnnotationOptions, WriteOptions
from ousianer_cli.formats.text import numbered_lines

NEW_NAMES = "documents whose id is no file name (the file has another)"
_UNFIT = re.compile(r"[^A-Za-z0-9_-]")
_REFERENCE = re.compile(r"N\d+\tReference (T\d+) ([^\s:]+):(\S+)\t")
_NOTE = re.compile(r"#\d+\tAnnotatorNotes (T\d+)\t(\{.*\})")
_LINES = re.compile(r"[^\r\n]+")
_KB = "KB"
_CONF, _SHOWN = "annotation.conf", "visual.conf"


def read_annotations(path: Path, options: AnnotationOptions, report: CorpusReport) -> Iterator[AnnotatedDocument]:
    """The documents of an `.ann` file or of a folder (recursive, sorted), each under its file's name without suffix.

    Errors as of `annotations.brat.read_brat`; discontinuous spans are counted, and relations, events, attributes and
    notes that are not of a span.
    """
    for file in brat_files(path):
        text = text_of_ann(file)
        labels = _labels(file.parent, path if path.is_dir() else file.parent)
        found = read_ann(file, text, report)
        rows: dict[str, dict[str, Any]] = {}
        for line in found.others:
            if not _take(line, rows):
                report.drop(NOT_SPANS)
        annotations = []
        for key, span in found.spans.items():
            label = labels.get(span.labels[0], span.labels[0])
            row = rows.get(key, {})
            annotations.append(detailed(span.start, span.end, label, row, refusal(file, span.line), span.line))
        name = file.relative_to(path).with_suffix("").as_posix() if path.is_dir() else file.stem
        document = text_document(text, "_".join(name.split()), source=str(file))
        yield AnnotatedDocument(document, in_text_order(annotations), by_person=True)


def _take(line: str, rows: dict[str, dict[str, Any]]) -> bool:
    """Whether a line tells more about a span, which is put into that span's row."""
    if reference := _REFERENCE.match(line):
        span, base, entry = reference.groups()
        rows.setdefault(span, {})["kb_id"] = entry if base == _KB else f"{base}:{entry}"
        return True
    if note := _NOTE.fullmatch(line):
        try:
            entries = parse_json(note[2])
        except JsonFault:
            return False
        rows.setdefault(note[1], {}).update(entries)
        return True
    return False


def _labels(folder: Path, root: Path) -> dict[str, str]:
    """The spelling of types by `visual.conf` of the folder, or of the nearest one above it up to `root`."""
    while not (folder / _SHOWN).is_file():
        if folder == root:
            return {}
        folder = folder.parent
    found: dict[str, str] = {}
    inside = False
    for _, line in numbered_lines(folder / _SHOWN, "brat's visual.conf"):
        if line.startswith("["):
            inside = line.strip() == "[labels]"
        elif inside and " | " in line:
            stored, shown, *_ = (part.strip() for part in line.split(" | "))
            if _plain(shown) == re.sub(r"_\d+$", "", stored) or _plain(shown) == stored:
                found[stored] = shown
    return found


def _plain(kind: str) -> str:
    """A type in brat's signs."""
    return "OUTSIDE" if kind == "-" else _UNFIT.sub("-", kind)


def write_annotations(documents: Iterable[AnnotatedDocument], folder: Path, options: WriteOptions) -> None:
    """`X.txt` and `X.ann` for each document, and the configuration that brat shows them with.

    Raises:
        OutputError: a type that brat's configuration cannot hold.
    """
    stored: dict[str, str] = {}
    files: set[str] = set()
    for item in documents:
        name = _file_name(item.document.id, files)
        options.lost[NEW_NAMES] += name != item.document.id
        (folder / f"{name}.txt").write_bytes(item.text.encode())
        lines: list[str] = []
        for number, annotation in enumerate(item.annotations, 1):
            lines += _lines(item, annotation, number, _stored(annotation.type, stored))
        (folder / f"{name}.ann").write_bytes("".join(line + "\n" for line in lines).encode())
    _write_configuration(folder, stored)


def _stored(kind: str, stored: dict[str, str]) -> str:
    if kind not in stored:
        if re.search(r"[\n\r\t]| \| |^\s|\s$", kind):
            raise OutputError(f"expected a type that brat's configuration can hold, found {kind!r}")
        plain, taken = _plain(kind), set(stored.values())
        candidates = (plain, *(f"{plain}_{n}" for n in range(2, len(taken) + 3)))
        stored[kind] = next(name for name in candidates if name not in taken)
    return stored[kind]


def _file_name(doc: str, files: set[str]) -> str:
    plain = re.sub(r"[^\w.-]", "_", doc).lstrip(".") or "document"
    plain = plain[:200]
    name, number = plain, 2
    while name.casefold() in files:
        name, number = f"{plain}_{number}", number + 1
    files.add(name.casefold())
    return name


def _lines(item: AnnotatedDocument, annotation: Annotation, number: int, label: str) -> Iterator[str]:
    start, _ = item.span(annotation)
    # brat parts spans at line ends.
    parts = [(start + m.start(), start + m.end()) for m in _LINES.finditer(item.text_of(annotation))]
    offsets = ";".join(f"{a} {b}" for a, b in parts)
    shown = " ".join(item.text[a:b] for a, b in parts).replace("\t", " ")
    yield f"T{number}\t{label} {offsets}\t{shown}"
    rest = details(annotation)
    kb_id = rest.get("kb_id", "")
    if kb_id and not re.search(r"\s", kb_id):
        yield f"N{number}\tReference T{number} {_KB}:{rest.pop('kb_id')}\t{shown}"
    if rest:
        yield f"#{number}\tAnnotatorNotes T{number}\t{json.dumps(rest)}"


def _write_configuration(folder: Path, stored: Mapping[str, str]) -> None:
    types = "".join(f"{name}\n" for name in sorted(stored.values()))
    (folder / _CONF).write_bytes(
        f"[entities]\n{types}\n[relations]\n<OVERLAP> Arg1:<ENTITY>, Arg2:<ENTITY>, <OVL-TYPE>:<ANY>\n"
        "\n[events]\n\n[attributes]\n".encode()
    )
    shown = "".join(f"{name} | {kind}\n" for kind, name in sorted(stored.items()))
    (folder / _SHOWN).write_bytes(f"[labels]\n{shown}\n[drawing]\n".encode())
