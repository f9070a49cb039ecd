"""EDL tab files: runs and gold of the TAC KBP entity discovery and linking track.

One line is one mention with one type, in 8 tab-separated columns without a header: run id, mention id, mention string,
`docid:start-end`, KB id or NIL id, type, NAM or NOM, confidence. Gold has up to 3 more, which readers pass over.
Offsets count code points of the raw text from 0, and the end is inclusive.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from ousianer_cli.errors import InputError, OutputError, SettingsError
from ousianer_cli.formats.first_bytes import binary_error, kind_of_binary
from ousianer_cli.formats.text import not_utf8, open_bytes, unreadable
from ousianer_cli.formats.visible import seen

NilPolicy = Literal["string", "per-mention"]
MIN_COLUMNS, MAX_COLUMNS = 8, 11
SMALLEST_CONFIDENCE = 1e-6
"""What a confidence below it is written as: column 8 has six decimals, and 0 is not allowed."""

# Nine digits keep offsets inside 32 bits; the blanks and the en dash are what the official converter admits.
_LOCATION = re.compile(r"(\S+): ?([0-9]{1,9}) ?[-\u2013] ?([0-9]{1,9})")
_BLANKS = re.compile(r"\s+")
_MORE = "see docs/formats.md, EDL tab"
# The mark of quoted mail inside a name over two lines, before or after its line end became a blank.
_QUOTED = re.compile(r"\s+(?:(?:>|&gt;)\s?)+")
_UNWRITABLE = re.compile(r"[\t\n\r\0]")


@dataclass(slots=True)
class EdlRow:
    """One line of an EDL tab. `end` is INCLUSIVE, as in the file; `line` is the line it was read from (0: not read)."""

    run_id: str
    mention_id: str
    text: str
    doc: str
    start: int
    end: int
    kb_id: str
    type: str
    mention_type: str
    confidence: float
    line: int = 0

    @property
    def types(self) -> tuple[str, ...]:
        """The alternatives of a gold type (`gpe|loc|fac`); a run has one."""
        return tuple(self.type.split("|"))

    @property
    def is_nil(self) -> bool:
        """Whether the mention is linked to no entry of the knowledge base."""
        return not self.kb_id or self.kb_id.startswith("NIL")


def normalise_mention_string(text: str) -> str:
    """The mention string of column 3: a run of blanks (line ends, tabs, U+00A0 …) becomes one space; nothing is cut."""
    return _BLANKS.sub(" ", text)


def refuse_unreadable(text: str, *, path: str | Path | None, line: int) -> None:
    """An `InputError` for what no line of a scorer's files may hold: a NUL, a carriage return at its end, a BOM."""
    if "\0" in text:
        raise InputError("text", "a NUL character", path=path, line=line, remedy="remove it")
    if text.endswith("\r"):
        alone = "\r" in text[:-1]
        found, command = ("\\r", "tr '\\r' '\\n'") if alone else ("\\r\\n", "sed -i 's/\\r$//'")
        remedy = f"convert the file, for example with {command}"
        raise InputError("a line end of \\n", found, path=path, line=line, remedy=remedy)
    if text.startswith("\ufeff"):
        remedy = "save the file as UTF-8 without BOM"
        raise InputError("text from the first byte on", "a byte order mark", path=path, line=line, remedy=remedy)


def parse_row(text: str, *, path: str | Path | None = None, line: int = 0) -> EdlRow:
    """One line without its line end; an `InputError` names what is wrong with it."""

    def invalid(expected: str, found: str, remedy: str = _MORE) -> InputError:
        return InputError(expected, found[:100], path=path, line=line, remedy=remedy)

    refuse_unreadable(text, path=path, line=line)
    cells = text.split("\t")
    if not MIN_COLUMNS <= len(cells) <= MAX_COLUMNS:
        found = f"{len(cells)} ('{text[:60]}')" if text else "an empty line"
        raise invalid(f"{MIN_COLUMNS} to {MAX_COLUMNS} tab-separated columns", found, _about_columns(text, len(cells)))
    run_id, mention_id, string, location, kb_id, type_, mention_type, confidence_text = cells[:8]
    place = _LOCATION.fullmatch(location)
    if place is None:
        remedy = "remove the header" if line == 1 and not re.search(r"\d", location) else _MORE
        raise invalid("column 4 as docid:start-end, with offsets below 1,000,000,000", f"'{location}'", remedy)
    start, end = int(place[2]), int(place[3])
    if end < start:
        raise invalid("an inclusive end that is not before the start", f"'{location}'")
    if not type_ or ("|" in type_ and "" in type_.split("|")):
        found = f"'{type_}'" if type_ else "an empty column"
        raise invalid("a type in column 6 (alternatives joined by single '|')", found)
    if not mention_type:
        raise invalid("NAM or NOM in column 7", "an empty column")
    try:
        confidence = float(confidence_text)
    except ValueError:
        raise invalid("a confidence in (0, 1] in column 8", f"'{confidence_text}'") from None
    # `not >` refuses NaN as well.
    if not (confidence > 0.0 and confidence <= 1.0) or "_" in confidence_text:
        raise invalid("a confidence in (0, 1] in column 8", f"'{confidence_text}'")
    return EdlRow(run_id, mention_id, string, place[1], start, end, kb_id, type_, mention_type, confidence, line)


def _about_columns(text: str, count: int) -> str:
    """What to do about a line of too few or too many columns."""
    if text.startswith("#"):
        return "remove the comment"
    if count == MIN_COLUMNS - 1:
        return "is the confidence of column 8 missing?"
    for pattern, name in (("  +", "blanks"), (",", "commas"), (";", "semicolons"), (r"\|", "bars")):
        if count == 1 and len(re.split(pattern, text)) >= MIN_COLUMNS:
            return f"the columns seem to be parted by {name}, not by tabs"
    return _MORE


def parse_line(raw: bytes, *, path: str | Path | None = None, line: int = 0) -> EdlRow:
    """One line as it stands in a file, with or without its `\\n`; an `InputError` also for bytes that are not UTF-8."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        if line == 1 and (kind := kind_of_binary(raw)) and "UTF-" not in kind:
            raise binary_error("an EDL tab file", kind, path, line) from None
        raise not_utf8(path, line, error) from None
    return parse_row(text[:-1] if text.endswith("\n") else text, path=path, line=line)


def iter_edl(path: str | Path, on_error: Callable[[InputError], None] | None = None) -> Iterator[EdlRow]:
    """The rows of a file in order, with their line numbers.

    A malformed line raises an `InputError` with file and line; with `on_error`, that is called instead and the line is
    passed over. A file that cannot be opened always raises.
    """
    path = Path(path)
    try:
        handle = open_bytes(path)
    except OSError as error:
        raise unreadable("an EDL tab file", path, error) from None
    with handle:
        for number, raw in enumerate(_lines(handle, path), 1):
            try:
                yield parse_line(raw, path=path, line=number)
            except InputError as error:
                if on_error is None:
                    raise
                on_error(error)


def _lines(handle: Iterable[bytes], path: Path) -> Iterator[bytes]:
    try:
        yield from handle
    except OSError as error:
        raise unreadable("an EDL tab file", path, error) from None


def read_edl(path: str | Path) -> list[EdlRow]:
    """All rows of a file; see `iter_edl`."""
    return list(iter_edl(path))


def format_row(row: EdlRow) -> str:
    """The 8 columns of a row, without a line end; confidence with six decimals, never 0.

    Raises:
        OutputError: something that no reader of such files would take: a tab or line end in a field, a mention string
            that is not normalised, a type that is empty or not lower-case, offsets or a confidence out of range.
    """

    def invalid(expected: str, found: object) -> OutputError:
        where = f"mention '{row.mention_id}' ({row.doc}:{row.start}-{row.end})"
        return OutputError(f"{where}: expected {expected}, found {found!r}")

    fields = (row.run_id, row.mention_id, row.text, row.doc, row.kb_id, row.type, row.mention_type)
    for value in fields:
        if not value or _UNWRITABLE.search(value):
            raise invalid("every field filled, without tab, line end or NUL", value)
    if row.text != normalise_mention_string(row.text):
        raise invalid("a mention string with single spaces", row.text)
    if _BLANKS.search(row.doc):
        raise invalid("a document id without blanks", row.doc)
    if row.type != row.type.lower():
        raise invalid("a lower-case type", row.type)
    if not 0 <= row.start <= row.end:
        raise invalid("0 <= start <= end", f"{row.start}-{row.end}")
    if not (math.isfinite(row.confidence) and 0.0 <= row.confidence <= 1.0):
        raise invalid("a confidence in (0, 1]", row.confidence)
    place = f"{row.doc}:{row.start}-{row.end}"
    confidence = f"{max(row.confidence, SMALLEST_CONFIDENCE):.6f}"
    return "\t".join((row.run_id, row.mention_id, row.text, place, row.kb_id, row.type, row.mention_type, confidence))


def write_edl(path: str | Path, rows: Iterable[EdlRow]) -> int:
    """Write rows atomically; returns how many. `OutputError` for an unwritable row or a mention id used twice."""
    from ousianer_cli.outputs import open_output

    seen: set[str] = set()
    with open_output(path) as out:
        for row in rows:
            text = format_row(row)
            if row.mention_id in seen:
                raise OutputError(f"{path}: expected unique mention ids, found '{row.mention_id}' twice")
            seen.add(row.mention_id)
            out.write(text + "\n")
    return len(seen)


def top_of(row_type: str) -> str:
    """The top type of a dotted row type: `per.politician` -> `per`."""
    return row_type.partition(".")[0]


class NilClusters:
    """Gives out NIL ids, numbered from 1 in the order of first use.

    `string`: names with the same mention string (as it is seen, however its accents are spelled; case ignored, so that
    a headline's capitals join the text's) and the same top type share an id across the whole run. `per-mention`: every
    mention has its own.
    """

    def __init__(self, policy: NilPolicy = "string") -> None:
        if policy not in get_args(NilPolicy):
            raise SettingsError(f"--nil: expected string or per-mention, found '{policy}'")
        self.policy = policy
        self._ids: dict[int, int] = {}  # 64-bit digest of a cluster's key -> its number: a run may have millions
        self._last = 0

    def id_of(self, text: str, row_type: str) -> str:
        """The NIL id of a mention with this string and type; call it once a mention."""
        number = self._last + 1
        if self.policy == "string":
            string = normalise_mention_string(_QUOTED.sub(" ", seen(text))).strip()
            key = f"{string.casefold()}\t{top_of(row_type).casefold()}"
            digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            number = self._ids.setdefault(int.from_bytes(digest), number)
        self._last = max(self._last, number)
        return f"NIL{number:06d}"


def assign_nil_ids(rows: Sequence[EdlRow], policy: NilPolicy = "string") -> list[EdlRow]:
    """Copies of the rows, in the same order, with NIL ids given in that order; rows with a KB id keep it.

    Rows with the same place are one mention: they share the id, which follows the type of the most confident of them.
    """
    best: dict[tuple[str, int, int], EdlRow] = {}
    for row in rows:
        place = (row.doc, row.start, row.end)
        if place not in best or row.confidence > best[place].confidence:
            best[place] = row
    clusters = NilClusters(policy)
    ids: dict[tuple[str, int, int], str] = {}
    result = []
    for row in rows:
        if not row.is_nil:
            result.append(row)
            continue
        place = (row.doc, row.start, row.end)
        if place not in ids:
            ids[place] = clusters.id_of(best[place].text, best[place].type)
        result.append(dataclasses.replace(row, kb_id=ids[place]))
    return result
