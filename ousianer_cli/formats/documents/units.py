"""The files and archive members that hold documents, among all that a user names: files, folders, archives, lists."""

from __future__ import annotations

import errno
import os
import stat
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ousianer_cli.errors import InputError
from ousianer_cli.formats.documents.archives import Archives, Unit, members, opened, readable_path
from ousianer_cli.formats.documents.document import document_id
from ousianer_cli.formats.documents.report import (
    LINKED_AGAIN,
    MALFORMED,
    NO_FILE,
    OTHER_FORM,
    OTHER_FORMAT,
    PSM_ALONE,
    REPLACED,
    SKIPPED,
    UNREADABLE,
    ReadReport,
)
from ousianer_cli.formats.registry import LIKELY, Format, document_formats, formats_by_name
from ousianer_cli.formats.sample import Sample
from ousianer_cli.formats.text import filled_lines, without_gz
from ousianer_cli.outputs import PARTS

_PERMISSIONS = "check its permissions"


_OTHER_KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (bool, "no regular file"),
)


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
        self.report.warn(f"{SKIPPED}{error}")


def input_formats() -> tuple[str, ...]:
    """The names that `input_format` may have."""
    return tuple(document_formats())


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
    warned = len(search.report.warnings)
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
        first = search.report.first_skipped(warned)
        found = _what_there_is((), first) if first else "none"
        raise InputError("a list with at least one document", found, path=path, remedy="write one path a line")
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
    warned = len(report.warnings)
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
                report.warn(f"{SKIPPED}{os.path.join(folder, name)}: {_what_stands_there(Path(folder, name))[0]}")
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
        found = _what_there_is([unit.name for unit in candidates], report.first_skipped(warned))
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
            classed.append((unit, form, bare_name(unit.name)))
    best: dict[str, int] = {}
    for _, form, stem in classed:
        best[stem] = min(best.get(stem, form.preference), form.preference)
    units = [unit for unit, form, stem in classed if form.preference == best[stem]]
    if len(units) < len(classed):
        report.skipped[OTHER_FORM] += len(classed) - len(units)
    companion_of = {bare_name(unit.name) for unit in companions}
    ltf = [unit for unit, form, stem in classed if form.rsd_beside and form.preference == best[stem]]
    without = [unit for unit in ltf if bare_name(unit.name) not in companion_of]
    if 0 < len(without) < len(ltf):
        report.warn(f"{without[0].label}: no psm of its name; so it is with {len(without)} of {len(ltf)} LTF files")
    for unit in companions:
        if units and ".psm.xml" in unit.name.lower() and bare_name(unit.name) not in best:
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


def _is_archive(name: str) -> bool:
    return name.lower().endswith(".zip") and not name.lower().endswith(".psm.zip") and name.lower() != "psm.zip"


def _is_companion(name: str) -> bool:
    low = without_gz(name).lower()
    return low.endswith((".psm.xml", ".psm.zip")) or low == "psm.zip"


def _suffix(name: str) -> str:
    return "".join(PurePosixPath(name).suffixes[-2:]) or " without suffix"


def bare_name(name: str) -> str:
    """A file's name without what says its form: the same for `X.ltf.xml.gz`, `X.rsd.txt` and `X.df.xml`."""
    return document_id(without_gz(name))


def _what_there_is(names: Sequence[str], first_skipped: str) -> str:
    """Files by their kinds, and what is said of the first that cannot be read, if there is one."""
    if not first_skipped:
        return _count_kinds(names)
    others = f"{_count_kinds(names)} and" if names else "only"
    return f"{others} what cannot be read, the first: {first_skipped}"


def _count_kinds(names: Sequence[str]) -> str:
    if not names:
        return "no files"
    return f"only {kinds_of(names)}"


def kinds_of(names: Iterable[str]) -> str:
    """How many files there are of the most frequent kinds, by what their names end with."""
    found = Counter(_suffix(name) for name in names)
    return ", ".join(f"{count} *{kind}" for kind, count in found.most_common(4))
