"""What lies beside a document under its id: a `psm.xml`, which tells its parts, and an `rsd.txt`, which is its text.

Both are looked for in the document's folder, in a folder `psm` or `rsd` beside that one, in the document's own archive,
and in the archive of their form beside it (`r.psm.zip`, `r.rsd.zip` beside `r.ltf.zip`). Where one disagrees with its
document it is said, and counted in `Document.skipped`.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from ousianer_cli.errors import InputError
from ousianer_cli.formats.documents.archives import Archives, Unit, opened
from ousianer_cli.formats.documents.document import Document, document_id
from ousianer_cli.formats.documents.markup import is_markup
from ousianer_cli.formats.documents.options import ReadOptions
from ousianer_cli.formats.documents.psm import apply_psm, read_psm
from ousianer_cli.formats.text import decoded

PSM_BROKEN = "psm.xml files that cannot be read"
PSM_OF_FILE = "psm.xml files of a file's name that is not its document's id"
RSD_BROKEN = "rsd.txt files that cannot be read"
RSD_DIFFERS = "rsd.txt files with another text than their LTF"
_SUFFIXES = {"psm": ".psm.xml", "rsd": ".rsd.txt"}


def with_psm(document: Document, unit: Unit, options: ReadOptions, archives: Archives) -> Document:
    """The document with the kinds that its psm tells, if there is one.

    Raises:
        InputError: a psm that is broken or does not fit, with `options.strict`.
    """
    if not _named(document) or is_markup(document.text):
        return document
    companion = companion_of(document.id, unit, "psm", archives)
    if companion is None:
        stem = document_id(unit.name)
        other = companion_of(stem, unit, "psm", archives) if stem != document.id else None
        if other is None:
            return document
        return _counted(document, PSM_OF_FILE, f"{other.label} is not used: its document would be {stem!r}")
    try:
        with opened(companion, archives) as handle:
            regions, warnings = read_psm(handle, companion.label, document.id)
    except InputError as error:
        if options.strict:
            raise
        return _counted(document, PSM_BROKEN, f"psm left out: {error}")
    return apply_psm(document, regions, options, warnings)


def compared_with_rsd(document: Document, unit: Unit, options: ReadOptions, archives: Archives) -> Document:
    """The document, which says so where its `rsd.txt` holds another text.

    Raises:
        InputError: it does, with `options.strict`.
    """
    companion = companion_of(document.id, unit, "rsd", archives) if _named(document) else None
    if companion is None:
        return document
    counted = RSD_DIFFERS
    try:
        with opened(companion, archives) as handle:
            text = decoded(handle.read(), companion.label).removeprefix("\ufeff")
    except InputError as error:
        problem, counted = f"rsd not compared: {error}", RSD_BROKEN
    else:
        # Gaps between SEGs are rebuilt as newlines, whatever line ends the source has.
        ours, theirs = (t.replace("\r", "\n").rstrip("\n") for t in (document.text, text))
        if ours == theirs:
            return document
        if ours == text.replace("\r\n", "\n").rstrip("\n"):
            problem = f"{companion.label} has \\r\\n where the LTF counts one character; offsets are those of the LTF"
        else:
            pairs = enumerate(zip(ours, theirs, strict=False))
            place = next((i for i, (a, b) in pairs if a != b), min(len(ours), len(theirs)))
            problem = f"{companion.label} holds another text, from character {place} on; offsets are those of the LTF"
    if options.strict:
        remedy = "leave out --strict or the rsd.txt"
        raise InputError("an rsd.txt of the same text", problem, path=unit.label, remedy=remedy)
    return _counted(document, counted, problem)


def companion_of(doc_id: str, unit: Unit, form: str, archives: Archives) -> Unit | None:
    """The `psm` or `rsd` of a document id that was read from `unit`, its suffix in capitals or not; None if there is
    none."""
    names = [f"{doc_id}{suffix}" for suffix in (_SUFFIXES[form], _SUFFIXES[form].upper())]
    # Looked for anew for each document, since files may come while a run goes on; as strings, and in folders that are
    # there, since this is done so often.
    own = os.path.dirname(unit.path)
    above = unit.path.parent.parent
    places = [own, *(place for name in (form, form.upper()) if os.path.isdir(place := os.path.join(above, name)))]
    for file in (file for name in names for file in (name, f"{name}.gz", f"{name}.GZ")):
        for place in places:
            if os.path.isfile(path := os.path.join(place, file)):  # an id may be too long for a file's name
                return Unit(Path(path))
    if not unit.member:
        return None
    others = {known for known in ("ltf", "psm", "rsd") if known != form and known in unit.path.name}
    beside = [Path(place, unit.path.name.replace(other, form)) for other in sorted(others) for place in places]
    for archive in (unit.path, *beside):
        members = archives.members_by_name(archive) if os.path.isfile(archive) else {}
        if member := next((members[name] for name in names if name in members), None):
            return Unit(archive, member)
    return None


def _named(document: Document) -> bool:
    """Whether an id can be a file's name."""
    return "/" not in document.id and "\0" not in document.id


def _counted(document: Document, reason: str, warning: str) -> Document:
    skipped = {**document.skipped, reason: document.skipped.get(reason, 0) + 1}
    return replace(document, skipped=skipped, warnings=(*document.warnings, warning))
