"""What a reading of documents did: files and documents counted, what was left out and why, warnings."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ousianer_cli.errors import InputError

MALFORMED = "malformed files"
DUPLICATE_ID = "documents whose id was read before"
OTHER_FORM = "files with a document that is also there in a better form"
OTHER_FORMAT = "files of another format than --input-format"
NO_DOCUMENT = "files without a document"
PSM_ALONE = "psm.xml files without a document of their name"
NO_FILE = "pipes, sockets, devices, and links that lead nowhere"
REPLACED = "members of archives that a later one of the same name replaces"
LINKED_AGAIN = "links to a folder that is read anyway"
UNREADABLE = "folders that cannot be read"
SKIPPED = "skipped: "
"""How the warning of a file begins that was left out as a whole."""
_MAX_WARNINGS = 1000


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

    def first_skipped(self, since: int = 0) -> str:
        """What is said of the first file left out, of the warnings from number `since` on; empty if none was."""
        found = (line for line in self.warnings[since:] if line.startswith(SKIPPED))
        return next(found, "").removeprefix(SKIPPED)


def no_document_error(report: ReadReport, files: int) -> InputError:
    """The error of a reading of so many files that gave no document at all: why, with the place of the first."""
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in report.skipped.most_common() if count)
    first = report.first_skipped() or "see the warnings"
    found = f"none: {first}" if files == 1 else f"none in {files:,} files ({reasons}), the first: {first}"
    return InputError("documents", found)


def duplicate_warning(label: str, document: str) -> str:
    """What is said of a document whose id was read before."""
    return f"{label}: skipped, a document {document} was read before"


def duplicate_error(label: str, document: str) -> InputError:
    """The error of a document whose id was read before, where that is one."""
    return InputError("each document id once", f"{document} again", path=label, remedy="leave one of them out")
