"""brat standoff: `X.ann` beside `X.txt`.

Only text-bound annotations are read: `T1<TAB>Person 0 5;8 10<TAB>Ada Jo`, code points of the text, end exclusive.
Fragments with nothing but blanks between them (brat cuts at line ends) are one span; names with a real gap are left out
and counted, and their sentences supervise typing only. Relations, events, attributes and notes are counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from ousianer_cli.errors import InputError
from ousianer_cli.formats.documents.source import plain_document
from ousianer_cli.formats.edl import normalise_mention_string
from ousianer_cli.formats.labelled import CorpusReport, LabelledSentence
from ousianer_cli.formats.standoff import Span, labelled_sentences
from ousianer_cli.formats.text import decoded, files_below, numbered_lines

DISCONTINUOUS = "discontinuous mentions (their sentences supervise typing only)"
NOT_SPANS = "relations, events, attributes and notes"
_BOUND = re.compile(r"(?P<label>\S+) (?P<offsets>\d{1,9} \d{1,9}(?:;\d{1,9} \d{1,9})*)")
_OTHERS = "REAMN#*"


def brat_files(path: str | Path) -> list[Path]:
    """The `.ann` files of a folder (recursive, sorted), or the file itself.

    Raises:
        InputError: a folder without any.
    """
    expected = "brat annotation (.ann beside .txt)"
    return files_below(path, "*.ann", lambda file: not file.name.startswith("."), expected)


def read_brat(
    paths: Sequence[str | Path], options: object = None, report: CorpusReport | None = None
) -> Iterator[LabelledSentence]:
    """The sentences of `.ann` files and their `.txt`, or of all such pairs below a folder.

    Raises:
        InputError: no `.txt`, a broken line, offsets outside the text or at odds with the string; with file and line.
    """
    report = report if report is not None else CorpusReport()
    for file in (file for path in paths for file in brat_files(path)):
        yield from _read_pair(file, report)


@dataclass
class Annotated:
    """What an `.ann` file says: spans by their ids, pieces of discontinuous ones, and the lines that are no spans."""

    spans: dict[str, Span] = field(default_factory=dict)
    gaps: list[tuple[int, int]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def read_ann(path: Path, text: str, report: CorpusReport) -> Annotated:
    """The annotation of a text; errors as of `read_brat`."""
    found = Annotated()
    for number, line in numbered_lines(path):
        if not line.strip():
            continue
        if line[0] in _OTHERS:
            found.others.append(line)
            continue
        label, fragments = _parse(line, text, path, number)
        start, end = fragments[0][0], fragments[-1][1]
        if any(text[a:b].strip() for (_, a), (b, _) in pairwise(fragments)):
            report.drop(DISCONTINUOUS)
            found.gaps += fragments
        else:
            name = line.split("\t")[0]
            found.spans[name if name not in found.spans else f"{name}, line {number}"] = Span(
                start, end, (label,), number, str(path)
            )
    return found


def _read_pair(path: Path, report: CorpusReport) -> Iterator[LabelledSentence]:
    text = text_of_ann(path)
    found = read_ann(path, text, report)
    if found.others:
        report.drop(NOT_SPANS, len(found.others))
    spans, gaps = list(found.spans.values()), found.gaps
    document = plain_document(text, f"{path.parent.name}/{path.stem}" if path.parent.name else path.stem)
    yield from labelled_sentences(document, spans, report, gaps=gaps)


def text_of_ann(path: Path) -> str:
    """The text beside an `.ann` file."""
    beside = path.with_suffix(".txt")
    try:
        data = beside.read_bytes()
    except OSError as error:
        found = f"no readable file ({error.strerror})"
        remedy = "brat keeps the text of X.ann in X.txt, in the same folder"
        raise InputError(f"the text of {path.name}", found, path=beside, remedy=remedy) from None
    # Line ends stay; a byte order mark is a code point in brat's count, but no text.
    text = decoded(data, beside)
    return f" {text[1:]}" if text.startswith("\ufeff") else text


def _parse(line: str, text: str, path: Path, number: int) -> tuple[str, list[tuple[int, int]]]:
    def invalid(expected: str, found: str, remedy: str = "see docs/formats.md, brat") -> InputError:
        return InputError(expected, found[:100], path=path, line=number, remedy=remedy)

    cells = line.split("\t")
    match = _BOUND.fullmatch(cells[1]) if len(cells) > 1 and cells[0][:1] == "T" else None
    if match is None:
        raise invalid("T…<TAB>Label start end<TAB>string", f"'{line}'")
    fragments = sorted((int(a), int(b)) for a, b in (pair.split(" ") for pair in match["offsets"].split(";")))
    if any(a >= b for a, b in fragments) or any(b > c for (_, b), (c, _) in pairwise(fragments)):
        raise invalid("fragments that are not empty and do not overlap", f"'{match['offsets']}'")
    if fragments[-1][1] > len(text):
        raise invalid(f"offsets up to {len(text)}, the end of {path.stem}.txt", str(fragments[-1][1]))
    there = normalise_mention_string(" ".join(text[a:b] for a, b in fragments)).strip()
    given = normalise_mention_string("\t".join(cells[2:])).strip()
    if given and given != there:
        remedy = "offsets are code points of the text file, end exclusive; line ends count as they are in the file"
        raise invalid(f"'{given[:60]}' at {match['offsets']}", f"'{there[:60]}'", remedy)
    return match["label"], fragments
