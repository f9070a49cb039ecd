"""Documents from whatever a user names: files, folders, LTF archives, list files. One document in memory at a time."""

from __future__ import annotations

import errno
import io
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from ousianer_cli.errors import InputError
from ousianer_cli.formats.archives import Archives, Unit, members, opened, readable_path
from ousianer_cli.formats.companions import compared_with_rsd, with_psm
from ousianer_cli.formats.document import Document
from ousianer_cli.formats.first_bytes import kind_of_binary, remedy_for
from ousianer_cli.formats.registry import LIKELY, Format, document_formats, formats_by_name
from ousianer_cli.formats.sample import Sample
from ousianer_cli.formats.source import ReadOptions, detect, document_id
from ousianer_cli.formats.text import filled_lines
from ousianer_cli.outputs import PARTS

MALFORMED = "malformed files"
DUPLICATE_ID = "documents whose id was read before"
OTHER_FORM = "files with a document that is also there in a better form"
OTHER_FORMAT = "files of another format than --input-format"
NO_DOCUMENT = "files without a document"
PSM_ALONE = "psm.xml files without a document of their name"
NO_FILE = "pipes, sockets, devices, and links that lead nowhere"
REPLACED = "members of archives that a later one of the same name replaces"
UNREADABLE = "folders that cannot be read"
LINKED_AGAIN = "links to a folder that is read anyway"
_PERMISSIONS = "check its permissions"
_MAX_WARNINGS = 1000
_HTML = re.compile(r"\ufeff?\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_OTHER_KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (bool, "no regular file"),
)


def input_formats() -> tuple[str, ...]:
    """The names that `input_format` may have."""
    return tuple(document_formats())


@dataclass(slots=True)
class ReadReport:
    """What a reading did, filled while it runs; complete when the iterator is exhausted."""

    files: int = 0
    """Files and archive members that were opened as documents."""
    documents: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    """Files and documents left out: reason -> count."""
    left_out: Counter[str] = field(default_factory=Counter)
    """Parts of documents that were left out: reason -> count (the sum of `Document.skipped`)."""
    warnings: list[str] = field(default_factory=list)
    """One line each, with the file's name; the first 1,000."""
    warnings_not_kept: int = 0

    def warn(self, line: str) -> None:
        """Note a line, or count it if there are too many already."""
        if len(self.warnings) < _MAX_WARNINGS:
            self.warnings.append(line)
        else:
            self.warnings_not_kept += 1


def read_documents(
    inputs: Sequence[str | Path],
    *,
    input_format: str | None = None,
    strict: bool = False,
    authors: bool = True,
    quotes: bool = False,
    after_xml_declaration: bool = False,
    report: ReadReport | None = None,
) -> Iterator[Document]:
    """Stream the documents of `inputs`, in the order given; folders and archives in sorted order.

    Args:
        inputs: LTF (`.ltf.xml`, `.ltf.xml.gz`, `.ltf.zip`), source files (`.xml`, `.sgm`, `.sgml`), plain text
            (`.txt`, `.rsd.txt`), any of them with `.gz`; folders, read recursively; `@list.txt`, one path a line
            (blank lines and lines that begin with `#` do not count), relative to the list's folder, or else to the
            working folder.
        input_format: one of `input_formats()`; None tells by content. `source` is any of newswire, forum and web.
        strict: make an error of malformed files in folders and lists, of duplicate ids, and of documents at odds with
        themselves.
        authors: give the `author="…"` of posts.
        quotes: keep text inside `<quote>`.
        after_xml_declaration: set `Document.offset_shift`, so that rows count from after the first `<?xml …?>` line.
        report: filled with counts and warnings.
    Raises:
        InputError: a path that does not exist; a file named outright that cannot be read; a folder with nothing to
            read. All but the second before the first document is given.
    """
    report = report if report is not None else ReadReport()
    units = find_units(inputs, input_format, report, strict=strict)
    return read_units(units, input_format, ReadOptions(authors, quotes, after_xml_declaration, strict), report)


def find_units(
    inputs: Sequence[str | Path], input_format: str | None, report: ReadReport, *, strict: bool = False
) -> list[Unit]:
    """The files and archive members that `inputs` name, in the order in which they are read; see `read_documents`."""
    if input_format is not None and input_format not in input_formats():
        raise InputError(f"--input-format one of {', '.join(input_formats())}", repr(input_format))
    units: list[Unit] = []
    for item in inputs:
        units += _expand(str(item), _Search(input_format, report, strict))
    return units


def read_units(
    units: Sequence[Unit],
    wanted: str | None,
    options: ReadOptions,
    report: ReadReport,
    seen: set[str] | None = None,
) -> Iterator[Document]:
    """Stream the documents of files in the order given; one whose id is in `seen`, which grows, is left out."""
    seen = seen if seen is not None else set()
    with Archives() as archives:
        for unit in units:
            report.files += 1
            documents = _read_unit(unit, wanted, options, archives, report)
            while True:
                try:
                    document = next(documents)
                except StopIteration:
                    break
                except InputError as error:
                    if unit.explicit or options.strict:
                        raise
                    report.skipped[MALFORMED] += 1
                    report.warn(f"skipped: {error}")
                    break
                if document.id in seen:
                    if options.strict:
                        raise duplicate_error(unit.label, document.id)
                    report.skipped[DUPLICATE_ID] += 1
                    report.warn(duplicate_warning(unit.label, document.id))
                    continue
                seen.add(document.id)
                report.documents += 1
                report.left_out.update(document.skipped)
                for warning in document.warnings:
                    report.warn(f"{unit.label}: {document.id}: {warning}")
                yield document


def duplicate_warning(label: str, document: str) -> str:
    """What is said of a document whose id was read before."""
    return f"{label}: skipped, a document {document} was read before"


def duplicate_error(label: str, document: str) -> InputError:
    """The error of a document whose id was read before, where that is one."""
    return InputError("each document id once", f"{document} again", path=label, remedy="leave one of them out")


# --- what there is to read -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Search:
    """What is looked for, and what becomes of what cannot be read."""

    wanted: str | None
    report: ReadReport
    strict: bool

    def pass_over(self, error: InputError, reason: str = MALFORMED) -> None:
        """Count and name what is broken, or end by it."""
        if self.strict:
            raise error
        self.report.skipped[reason] += 1
        self.report.warn(f"skipped: {error}")


def _expand(item: str, search: _Search) -> list[Unit]:
    if not item:
        raise InputError("the path of a file or folder", "an empty one", remedy="write . for the working folder")
    path = Path(item)
    if item.startswith("@") and not os.path.exists(path):
        return _expand_list(Path(item[1:]), search)
    return _expand_path(path, search, explicit=True)


def _what_stands_there(path: Path) -> tuple[str, str]:
    """What a path leads to that is no file and no folder, and what to do."""
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        if os.path.islink(path):
            return f"a link that leads nowhere ({os.readlink(path)})", "mend or leave out the link"
        return ("nothing of that name" if error.errno == errno.ENOENT else f"{error.strerror}"), "check the path"
    kind = next(name for test, name in _OTHER_KINDS if test(mode))
    return kind, "write its text to a file, or give it as - on the standard input"


def _expand_list(path: Path, search: _Search) -> list[Unit]:
    units: list[Unit] = []
    for number, line in filled_lines(path, "a list of files", errors="surrogateescape"):
        entry = line.strip()
        if entry.startswith("#"):
            continue
        target = next((p for p in (path.parent / entry, Path(entry)) if os.path.exists(p)), None)
        if target is None:
            found = f"{_what_stands_there(Path(entry))[0]} ({readable_path(entry)!r})"
            raise InputError("the path of a file or folder", found, path=path, line=number)
        units += _expand_path(target, search, explicit=False)
    if not units:
        raise InputError("a list with at least one document", "none", path=path, remedy="write one path a line")
    return units


def _expand_path(path: Path, search: _Search, *, explicit: bool) -> list[Unit]:
    if os.path.isdir(path):
        return _expand_folder(path, search)
    if not os.path.isfile(path):
        found, remedy = _what_stands_there(path)
        raise InputError("a file, a folder or @list.txt", found, path=path, remedy=remedy)
    if not _is_archive(path.name):
        return [Unit(path, explicit=explicit)]
    try:
        names = _members(path, search.report)
    except InputError as error:
        if explicit:
            raise
        search.pass_over(error)
        return []
    units = _choose([Unit(path, name) for name in names], search.wanted, search.report)
    if not units:
        raise InputError("an archive of documents", _count_kinds(names), path=path, remedy="see docs/formats.md")
    return units


def _expand_folder(path: Path, search: _Search) -> list[Unit]:
    wanted, report = search.wanted, search.report
    files: list[str] = []
    met = {os.path.realpath(path)}

    def unreadable(error: OSError) -> None:
        fault = InputError("a readable folder", f"{error.strerror}", path=error.filename, remedy=_PERMISSIONS)
        if Path(error.filename) == path:
            raise fault
        search.pass_over(fault, UNREADABLE)

    for folder, folders, names in os.walk(path, onerror=unreadable, followlinks=True):
        for name in [n for n in folders if os.path.islink(os.path.join(folder, n))]:
            there = os.path.realpath(os.path.join(folder, name))
            if there in met or os.path.realpath(folder).startswith(there + os.sep):
                folders.remove(name)
                report.skipped[LINKED_AGAIN] += 1
            met.add(there)
        folders[:] = sorted(n for n in folders if not n.startswith(".") and not PARTS.recognised(Path(folder, n)))
        for name in names:
            if name.startswith("."):
                continue
            if os.path.isfile(os.path.join(folder, name)):
                files.append(os.path.relpath(os.path.join(folder, name), path))
            else:
                report.skipped[NO_FILE] += 1
                report.warn(f"skipped: {os.path.join(folder, name)}: {_what_stands_there(Path(folder, name))[0]}")
    files.sort(key=lambda name: PurePosixPath(name).parts)
    candidates: list[Unit] = []
    for name in files:
        if not _is_archive(name):
            candidates.append(Unit(path / name))
            continue
        try:
            candidates += [Unit(path / name, member) for member in _members(path / name, report)]
        except InputError as error:
            search.pass_over(error)
    units = _choose(candidates, wanted, report)
    if not units:
        found = _count_kinds([unit.name for unit in candidates])
        what = "a folder with documents" if wanted is None else f"a folder with documents of format {wanted}"
        raise InputError(what, found, path=path, remedy="see docs/formats.md for what can be read")
    return units


def _members(path: Path, report: ReadReport) -> list[str]:
    """The members of an archive; of equal names the last is there, as archives are updated."""
    names = Counter(members(path))
    if repeated := names.total() - len(names):
        report.skipped[REPLACED] += repeated
        report.warn(f"{path}: {repeated} members that a later one of the same name replaces")
    return list(names)


def _choose(candidates: Sequence[Unit], wanted: str | None, report: ReadReport) -> list[Unit]:
    """Those of a folder's files that hold documents, each in its best form: LTF, then source, then plain text."""
    known = document_formats()
    classed: list[tuple[Unit, Format, str]] = []
    companions: list[Unit] = []
    for unit in candidates:
        if _is_companion(unit.name):
            companions.append(unit)
            continue
        form = _format_in_folder(unit, known)
        if form is None:
            report.skipped[f"files of no known kind (*{_suffix(unit.name)})"] += 1
        elif wanted not in (None, form.name) and form.name not in known[str(wanted)].forced_on:
            report.skipped[OTHER_FORMAT] += 1
        else:
            classed.append((unit, form, _stem(unit.name)))
    best: dict[str, int] = {}
    for _, form, stem in classed:
        best[stem] = min(best.get(stem, form.preference), form.preference)
    units = [unit for unit, form, stem in classed if form.preference == best[stem]]
    if len(units) < len(classed):
        report.skipped[OTHER_FORM] += len(classed) - len(units)
    companion_of = {_stem(unit.name) for unit in companions}
    ltf = [unit for unit, form, stem in classed if form.rsd_beside and form.preference == best[stem]]
    without = [unit for unit in ltf if _stem(unit.name) not in companion_of]
    if 0 < len(without) < len(ltf):
        report.warn(f"{without[0].label}: no psm of its name; so it is with {len(without)} of {len(ltf)} LTF files")
    for unit in companions:
        if units and ".psm.xml" in unit.name.lower() and _stem(unit.name) not in best:
            report.skipped[PSM_ALONE] += 1
            report.warn(f"{unit.label}: a psm without a document of its name")
    return units


def _format_in_folder(unit: Unit, known: Mapping[str, Format]) -> Format | None:
    """The format for which a file of a folder is taken: by its name, an `.xml` by its beginning."""
    name = Sample(unit.name).name
    ending = next((form for form in known.values() if form.names and name.endswith(form.names)), None)
    if by_name := formats_by_name(unit.name, known.values()) or ([ending] if ending else []):
        return by_name[0]
    if not name.endswith(".xml"):
        return None
    # An .xml may be anything (annotation, psm under another name): its first tag tells.
    try:
        with Archives() as archives, opened(unit, archives) as handle:
            head = handle.read(8192).decode("utf-8", errors="replace")
    except InputError:
        return known["source"]  # found out, and reported, when it is read
    sample = Sample(unit.name, head)
    return next((form for form in known.values() if form.recognise(sample) >= LIKELY), None)


def _format_to_read(unit: Unit, wanted: str | None, head: str, known: Mapping[str, Format]) -> Format:
    """The format that a file is read as: by its name, else the surest by its beginning, or the one asked for.

    Raises:
        InputError: what is asked for it cannot be read as.
    """
    sample = Sample(unit.name, head)
    by_name = formats_by_name(unit.name, known.values())
    likeliest = by_name[0] if by_name else max(known.values(), key=lambda form: form.recognise(sample))
    if wanted is None or wanted == likeliest.name:
        return likeliest
    form = known[wanted]
    if form.exact or likeliest.exact:
        found = "LTF" if likeliest.name == "ltf" else detect(head)
        raise InputError(f"--input-format {wanted}", found, path=unit.label, remedy="leave it out")
    return form


def _is_archive(name: str) -> bool:
    return name.lower().endswith(".zip") and not name.lower().endswith(".psm.zip") and name.lower() != "psm.zip"


def _is_companion(name: str) -> bool:
    low = _without_gz(name).lower()
    return low.endswith((".psm.xml", ".psm.zip")) or low == "psm.zip"


def _without_gz(name: str) -> str:
    return name[:-3] if name.lower().endswith(".gz") else name


def _suffix(name: str) -> str:
    return "".join(PurePosixPath(name).suffixes[-2:]) or " without suffix"


def _stem(name: str) -> str:
    """A file's name without what says its form: the same for `X.ltf.xml.gz`, `X.rsd.txt` and `X.df.xml`."""
    return document_id(_without_gz(name))


def _count_kinds(names: Sequence[str]) -> str:
    if not names:
        return "no files"
    kinds = Counter(_suffix(name) for name in names).most_common(4)
    return "only " + ", ".join(f"{count} *{kind}" for kind, count in kinds)


# --- one file --------------------------------------------------------------------------------------------------------


def _read_unit(
    unit: Unit, wanted: str | None, options: ReadOptions, archives: Archives, report: ReadReport
) -> Iterator[Document]:
    name = _stem(unit.name)
    with opened(unit, archives) as handle:
        head = handle.peek(4096)[:4096] if isinstance(handle, io.BufferedReader) else b""
        if binary := kind_of_binary(head):
            raise InputError(
                "a document (LTF, source XML or text)",
                f"{binary}, told by its first bytes",
                path=unit.label,
                remedy=remedy_for(binary),
            )
        text = head.decode("utf-8", errors="replace")
        if _HTML.match(text) and not unit.name.lower().endswith((".sgm", ".sgml")):
            report.warn(f"{unit.label}: an HTML page, read as plain text, its markup and scripts too")
        form = _format_to_read(unit, wanted, text, document_formats())
        assert form.documents is not None
        empty = True
        for document in form.documents(handle, name, unit.label, replace(options, forced=wanted is not None)):
            empty = False
            if form.rsd_beside:
                document = compared_with_rsd(document, unit, options, archives)
            yield with_psm(document, unit, options, archives) if form.psm_beside else document
        if empty:
            report.skipped[NO_DOCUMENT] += 1
            report.warn(f"{unit.label}: {form.about} without a document")
