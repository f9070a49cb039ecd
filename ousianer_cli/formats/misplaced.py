"""Files where a run, gold or other annotation was expected: what such a file is instead, and what to do about it."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ousianer_cli.errors import InputError
from ousianer_cli.formats.documents.markup import detect, is_html_page
from ousianer_cli.formats.documents.units import kinds_of
from ousianer_cli.formats.first_bytes import kind_of_binary, remedy_for
from ousianer_cli.formats.marked import surely_marked
from ousianer_cli.formats.registry import (
    LIKELY,
    Format,
    annotation_formats,
    corpus_formats,
    document_formats,
    formats_by_name,
    mention_formats,
)
from ousianer_cli.formats.sample import Sample
from ousianer_cli.formats.text import open_bytes

_ROW = re.compile(r"[A-Za-z_][^\s:]* ?: ?\d+ ?[-\u2013] ?\d+(?![^\s,;|\"'])")
"""The place in a row of an EDL tab, whatever parts its columns."""
_ROOT = re.compile(r"<([A-Za-z][\w.:-]*)")
_TABLE = re.compile(r"\[[\w.-]+\]\s*")
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class OtherKind:
    """What a file is that holds no annotation, and what to do about it."""

    what: str
    remedy: str


@contextmanager
def annotation_expected(path: str | Path, expected: str, readable: Collection[str]) -> Iterator[None]:
    """While a file is read as annotation: where that fails and the file is of another kind, the error says so.

    Args:
        expected: what was to be there, in a few words.
        readable: names of the formats that are read there.
    Raises:
        InputError: of what is read, or that the file is another thing.
    """
    try:
        yield
    except InputError:
        refuse_other_kinds(path, expected, readable)
        raise


def refuse_other_kinds(path: str | Path, expected: str, readable: Collection[str]) -> None:
    """Refuse what holds no annotation, and annotation in another format than those that are `readable`.

    Raises:
        InputError: it is one of them; the remedy says which command makes the right thing of it.
    """
    other = other_kind(path)
    if other is not None:
        raise InputError(expected, other.what, path=path, remedy=other.remedy)
    form = None if not Path(path).is_file() else _surely(Sample(path), annotation_formats().values())
    if form is not None and form.name not in readable:
        remedy = f"ousianer convert {path} --to edl -o run.tab"
        raise InputError(expected, form.described, path=path, remedy=remedy)


def other_kind(path: str | Path) -> OtherKind | None:
    """What a file or folder is that surely holds no annotation; None where it may hold some, or is not there."""
    path = Path(path)
    if path.is_dir():
        return _folder(path)
    try:
        with open_bytes(path) as handle:
            head = handle.read(4096)
        if binary := kind_of_binary(head):
            return _binary(path, binary)
        sample = Sample(path)
        return _markup(sample) if detect(sample.head) != "text" else _text(sample)
    except (InputError, OSError):
        return None


def _tagged(path: Path) -> str:
    return f"it has no names yet: ousianer tag {path} -o run.tab finds them"


def _folder(path: Path) -> OtherKind | None:
    if (path / "config.json").is_file() and (path / "model.safetensors").is_file():
        return OtherKind("a model folder", f"its run is wanted: ousianer tag INPUT --model {path} -o run.tab")
    names = [file.name for file in path.rglob("*") if file.is_file() and not file.name.startswith(".")]
    annotated = (*annotation_formats().values(), *mention_formats().values())
    if any(formats_by_name(name, annotated) for name in names):
        return None
    kinds = kinds_of(names)
    documents = tuple(ending for form in document_formats().values() for ending in (*form.endings, *form.names))
    if any(Sample(name, "").name.endswith(documents) for name in names):
        return OtherKind(f"a folder of documents ({kinds})", _tagged(path))
    return OtherKind(f"a folder of other files ({kinds})" if names else "an empty folder", "name the file itself")


def _binary(path: Path, kind: str) -> OtherKind:
    if zipfile.is_zipfile(path) and path.suffix.lower() == ".zip":
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
        if any(formats_by_name(name, mention_formats().values()) for name in names):
            return OtherKind(f"an archive ({kinds_of(names)})", "unpack it and name the folder")
        return OtherKind(f"an archive ({kinds_of(names)})", _tagged(path))
    return OtherKind(f"{kind} (by its first bytes)", remedy_for(kind))


def _surely(sample: Sample, among: Iterable[Format]) -> Format | None:
    """The first format that a file is of by its name or by its beginning."""
    known = list(among)
    for form in known:
        try:
            if form in formats_by_name(sample.path, known) or form.recognise(sample) >= LIKELY:
                return form
        except InputError:  # it looks like one, and is not
            continue
    return None


def _document(sample: Sample) -> OtherKind | None:
    """The document that a file with markup surely is; None for text and for other XML."""
    if is_html_page(sample.head):
        return OtherKind("an HTML page", "save its text, and tag that: ousianer tag FILE.txt -o run.tab")
    kind = detect(sample.head)
    if kind in ("text", "xml"):
        return None
    return OtherKind("an LTF document" if kind == "ltf" else f"a source document ({kind})", _tagged(sample.path))


def _markup(sample: Sample) -> OtherKind | None:
    if other := _document(sample):
        return other
    root = _ROOT.search(sample.head)
    if root and root[1] == "LCTL_ANNOTATIONS":
        return None
    return OtherKind(f"XML of another kind (<{root[1] if root else ''}>)", "see docs/formats.md for what can be read")


def _text(sample: Sample) -> OtherKind | None:
    lines = [line.lstrip("\ufeff") for line in sample.lines[:50]]
    if not lines or any(_ROW.search(line) for line in lines):
        return None
    if other := _of_no_names(sample):
        return other
    if _surely(sample, annotation_formats().values()) or _surely(sample, mention_formats().values()):
        return None
    if form := _surely(sample, corpus_formats().values()):
        remedy = "it is read as training data: ousianer prepare corpus"
        return OtherKind(form.described, remedy)
    if sample.is_json:
        keys = ", ".join(list(sample.records[0])[:6]) if sample.records else ""
        found = f"JSON without names{f' (keys: {keys})' if keys else ''}"[: _SHOWN * 2]
        return OtherKind(found, "see docs/formats.md for the keys that are read")
    return _columns(sample.path, lines)


def _of_no_names(sample: Sample) -> OtherKind | None:
    """What a file of text that is not blank certainly is, if neither annotation nor a corpus."""
    first = _first(sample)
    if first.startswith('{"ousianer_shard"'):
        remedy = "ousianer merge, with all shards and -o run.tab, makes the run"
        return OtherKind("a shard of a run (tag --shard)", remedy)
    if is_html_page(sample.head):
        return _document(sample)
    if _is_toml(sample):
        return OtherKind("settings (TOML)", "give them by --config")
    header = [cell.strip().lower() for cell in first.split("\t")]
    if "type" in header and "parent" in header:
        return OtherKind("a taxonomy (columns type and parent)", "give it by --taxonomy")
    return None


def _first(sample: Sample) -> str:
    return sample.lines[0].lstrip("\ufeff")


def _is_toml(sample: Sample) -> bool:
    return sample.name.endswith(".toml") or _TABLE.fullmatch(_first(sample)) is not None


def no_corpus(sample: Sample) -> OtherKind | None:
    """What a file of text certainly is that holds no corpus; None where it may hold one."""
    if detect(sample.head) == "ltf":
        return _document(sample)
    if not sample.lines:
        return None
    if other := _of_no_names(sample):
        return other
    form = surely_marked(sample)
    if form is None or form.corpus is not None:
        return None
    if form.name == "feedback":
        return OtherKind(form.described, "it is learned by ousianer finetune MODEL --feedback FILE")
    source = "" if form.name == "run" else " --source DOCUMENTS"
    remedy = f"make a corpus of it: ousianer convert {sample.path}{source} --to conll -o FILE.conll"
    return OtherKind(form.described, remedy)


def no_table(path: Path, *, marked: bool = True) -> str:
    """What a file certainly is that is no table: a document, settings, with `marked` also marked names; else empty."""
    try:
        sample = Sample(path)
        if other := _document(sample):
            return other.what
        if not sample.lines:
            return ""
        if _is_toml(sample):
            return "settings (TOML)"
        form = surely_marked(sample) if marked else None
        return form.described if form else ""
    except (InputError, OSError):
        return ""


def _columns(path: Path, lines: list[str]) -> OtherKind | None:
    for mark, name in (("\t", "tabs"), (",", "commas"), (";", "semicolons")):
        counts = {line.count(mark) for line in lines}
        if len(counts) == 1 and counts != {0} and (mark == "\t" or len(lines) > 1):
            columns = counts.pop() + 1
            if mark == "\t" and columns >= 7:
                return None  # rows that want little
            shown = f"{lines[0][:_SHOWN]!r}"
            return OtherKind(f"a table of {columns} columns parted by {name} ({shown})", "see docs/formats.md, EDL tab")
    if any("\t" in line for line in lines):
        return None
    return OtherKind("plain text", _tagged(path))
