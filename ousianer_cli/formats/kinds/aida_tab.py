"""AIDA annotation (`*_arg_mentions.tab`, `*_ent_mentions.tab`): a header line, then one mention a line.

`child_uid` (or `provenance`) is the document (an LTF's id), `textoffset_startchar` and `textoffset_endchar` code
points, end inclusive; `type`, `subtype` and `subsubtype` the levels of the type, `unspecified` where one is missing;
`EMPTY_NA` means none. `level`, where there is such a column, tells names (`nam`), nominals
(`nom`) and pronouns (`pro`) apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ousianer_cli.errors import InputError, SettingsError
from ousianer_cli.formats.edl import EdlRow, normalise_mention_string
from ousianer_cli.formats.labelled import CorpusReport, LabelledSentence
from ousianer_cli.formats.registry import NO, SURE, CorpusReader, Format
from ousianer_cli.formats.sample import Sample
from ousianer_cli.formats.standoff import SourceOptions, sentences_of_rows
from ousianer_cli.formats.text import files_below, not_utf8, open_bytes, unreadable
from ousianer_cli.settings import setting

COLUMNS = ("argmention_id", "child_uid", "textoffset_startchar", "textoffset_endchar", "type")
"""Columns that must be there; text_string, subtype, subsubtype and level are used where they are."""

ENTITY_TABS = ("_arg_mentions.tab", "_ent_mentions.tab")
LEVELS = ("NAM", "NOM", "PRO")

NO_OFFSETS = "mentions without text offsets (of images or sound)"
_MISSING = ("", "EMPTY_NA", "EMPTY_TBD")
_OTHER_NAMES = {"entitymention_id": "argmention_id", "entmention_id": "argmention_id", "provenance": "child_uid"}
"""Columns of entity mentions -> what tabs of argument mentions call them."""


@dataclass(frozen=True, slots=True)
class TabOptions(SourceOptions):
    """Where the text of AIDA tabs lies, and which of their mentions are read."""

    levels: list[str] = setting(
        [],
        doc="AIDA tabs: mention levels, of NAM, NOM, PRO. Also as a comma list.",
        group="formats",
        comma=True,
        spelled=str.upper,
        shown="NAM",
    )

    def check(self) -> None:
        """Refuse levels that there are not."""
        for level in self.levels:
            if level not in LEVELS:
                raise SettingsError(f"--levels: expected {', '.join(LEVELS)}, found '{level}'")


def aida_files(path: str | Path) -> list[Path]:
    """The tabs of arguments and entities below a folder (recursive, sorted), or the file itself.

    Raises:
        InputError: a folder without any.
    """
    expected = f"AIDA tabs (*{', *'.join(ENTITY_TABS)})"
    return files_below(path, "*.tab", lambda file: file.name.endswith(ENTITY_TABS), expected)


def read_aida(
    paths: Sequence[str | Path], options: TabOptions, report: CorpusReport | None = None
) -> Iterator[LabelledSentence]:
    """The sentences of the documents that AIDA tabs (files or folders) annotate, with the mentions of the levels.

    Mentions of other levels, those without text offsets and those at odds with their
    document are counted in `report`. The sentences supervise typing: the tabs hold the arguments of annotated events
    and relations, not every name.

    Raises:
        InputError: a broken tab, a broken source, or sources that do not belong to it; with file and line.
    """
    report = report if report is not None else CorpusReport()
    sources = options.documents(paths[0])
    levels = options.levels or LEVELS[:1]
    rows = []
    documents = set()
    for path in paths:
        for file in aida_files(path):
            for row in rows_as_written(file, report.dropped):
                documents.add(row.doc)
                if row.mention_type in levels:
                    rows.append((str(file), row))
                else:
                    report.drop(f"mentions of level {row.mention_type} (--levels)")
    for sentence in sentences_of_rows(rows, sources, report, annotated=sorted(documents)):
        yield replace(sentence, supervises="typing")


def iter_aida(path: str | Path, skipped: Counter[str] | None = None) -> Iterator[EdlRow]:
    """The mentions of a file in order, each with a NIL id of its own; those without offsets are counted in `skipped`.

    Raises:
        InputError: an unreadable file, a missing column, a line with another number of columns, a bad offset, a missing
            type; with file and line.
    """
    for row in rows_as_written(path, skipped):
        yield replace(row, type=row.type.lower())


def rows_as_written(path: str | Path, skipped: Counter[str] | None = None) -> Iterator[EdlRow]:
    """As `iter_aida`, with types in the case of the file."""
    path = Path(path)
    skipped = Counter() if skipped is None else skipped
    try:
        handle = open_bytes(path)
    except OSError as error:
        raise unreadable("an AIDA tab", path, error) from None
    with handle:
        place: dict[str, int] = {}
        width = 0
        for number, raw in enumerate(handle, 1):

            def invalid(expected: str, found: str, number: int = number) -> InputError:
                return InputError(
                    expected, found[:100], path=path, line=number, remedy="see docs/formats.md, AIDA tabs"
                )

            try:
                text = raw.decode("utf-8").rstrip("\n")
            except UnicodeDecodeError as error:
                raise not_utf8(path, number, error) from None
            if "\0" in text:
                raise invalid("text", "a NUL character")
            if text.endswith("\r"):
                raise invalid("a line end of \\n", "\\r\\n")
            if text.startswith("\ufeff"):
                raise invalid("text from the first byte on", "a byte order mark")
            cells = text.split("\t")
            if not place:
                place = {name.strip().lower(): i for i, name in enumerate(cells)}
                width = len(place)
                for other, name in _OTHER_NAMES.items():
                    if other in place:
                        place.setdefault(name, place[other])
                missing = [name for name in COLUMNS if name not in place]
                if "argmention_id" in missing:
                    expected = f"a tab of arguments or entities (*{', *'.join(ENTITY_TABS)})"
                    raise invalid(expected, f"a first line without argmention_id or entitymention_id ('{text[:50]}')")
                if missing:
                    raise invalid(f"a header with the columns {', '.join(COLUMNS)}", f"none called {missing[0]}")
                continue
            if len(cells) != width:
                raise invalid(f"{width} tab-separated columns, as in the header", str(len(cells)))

            def cell(name: str, cells: list[str] = cells, place: dict[str, int] = place) -> str:
                value = cells[place[name]].strip() if name in place else ""
                return "" if value in _MISSING else value

            offsets = cell("textoffset_startchar"), cell("textoffset_endchar")
            if not any(offsets):
                skipped[NO_OFFSETS] += 1
                continue
            if any(not (value.isascii() and value.isdecimal() and len(value) <= 9) for value in offsets):
                raise invalid("numbers as text offsets", f"'{offsets[0]}' and '{offsets[1]}'")
            start, end = int(offsets[0]), int(offsets[1])
            if end < start:
                raise invalid("an inclusive end that is not before the start", f"{start}-{end}")
            levels = [cell(name) for name in ("type", "subtype", "subsubtype")]
            known = [level for level in levels if level and level.lower() != "unspecified"]
            if not known or known != levels[: len(known)]:
                raise invalid("type, subtype and subsubtype, none missing above another", f"'{'.'.join(levels)}'")
            doc = cell("child_uid")
            if not doc:
                raise invalid("a document in child_uid", "none")
            identity = cell("argmention_id")
            form = cell("level").upper() or "NAM"
            string = normalise_mention_string(cell("text_string"))
            nil = f"NIL-{identity}"
            yield EdlRow("aida", identity, string, doc, start, end, nil, ".".join(known), form, 1.0, number)
    if not place:
        raise InputError("a header line", "an empty file", path=path, line=1)


def _recognise(sample: Sample) -> int:
    return SURE if "textoffset_startchar" in sample.first.split("\t") else NO


def _warning(clean: bool, supervises: str | None) -> str:
    if supervises not in ("detection", "both"):
        return ""
    return (
        "AIDA tabs hold the arguments of annotated events and relations, not every name; "
        "detection wants corpora in which all names are marked"
    )


FORMATS = (
    Format(
        "aida",
        "AIDA annotation tabs over --source LTF",
        _recognise,
        endings=ENTITY_TABS,
        corpus=CorpusReader(read_aida, TabOptions, folders=True, together=True, warning=_warning),
        mentions=iter_aida,
    ),
)
