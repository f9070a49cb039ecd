"""MediaWiki `pages-articles` dumps: streamed page by page, in pieces that several processes can read side by side.

Plain XML, gz, bz2 and multistream bz2 (many bz2 streams one after the other, as the Wikimedia dumps come). The whole is
never one tree: each `<page>…</page>` is cut out of the bytes and parsed by itself, so a broken page costs that page
only. Memory holds one page and a block or two, whatever the dump's size.
"""

from __future__ import annotations

import bz2
import html
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

from lxml import etree

from ousianer_cli.errors import InputError

TRUNCATED = "compressed data cut off"
DAMAGED = "compressed data damaged"
BROKEN_XML = "pages of broken XML"
UNCLOSED = "pages without an end"
NO_TITLE = "pages without a title"
NO_TEXT = "pages without text"
TOO_LARGE = "pages above the size limit"
NOT_UTF8 = "pages with bytes that are not UTF-8 (kept, U+FFFD in their place)"

MAX_PAGE_BYTES = 32 << 20
"""Pages longer than this, in bytes of XML, are skipped; MediaWiki itself allows 2 MiB of wikitext."""

NAMESPACES: dict[str, int] = {
    "media": -2,
    "special": -1,
    "talk": 1,
    "user": 2,
    "user talk": 3,
    "wikipedia": 4,
    "project": 4,
    "wp": 4,
    "wikipedia talk": 5,
    "project talk": 5,
    "wt": 5,
    "file": 6,
    "image": 6,
    "file talk": 7,
    "image talk": 7,
    "mediawiki": 8,
    "mediawiki talk": 9,
    "template": 10,
    "template talk": 11,
    "tm": 10,
    "help": 12,
    "help talk": 13,
    "category": 14,
    "category talk": 15,
    "portal": 100,
    "portal talk": 101,
    "book": 108,
    "book talk": 109,
    "draft": 118,
    "draft talk": 119,
    "mos": 126,
    "mos talk": 127,
    "education program": 446,
    "education program talk": 447,
    "timedtext": 710,
    "timedtext talk": 711,
    "module": 828,
    "module talk": 829,
    "gadget": 2300,
    "gadget talk": 2301,
    "gadget definition": 2302,
    "topic": 2600,
}
"""Names and aliases of the English Wikipedia's namespaces, lower-case with blanks -> number."""

_BLOCK = 256 << 10
_MAX_EXAMPLES = 20
_STREAM_START = re.compile(rb"BZh[1-9]1AY&SY")
_STREAM_START_BYTES = 10
# A file whose first so many bytes have no second stream is taken for one stream: the dumps start one each 100 pages.
_LOOK_FOR_STREAMS = 64 << 20
_PAGE_START = re.compile(rb"<page[\s>]")
_PAGE_END = b"</page>"
_ROOT = re.compile(rb"<mediawiki[\s>]")
_LONGEST_TAG = len(b"<mediawiki>")
_INDEX_LINE = re.compile(r"(\d{1,18}):\d+:")
_REDIRECT = re.compile(r"\s*#redirect\s*+:?\s*\[\[\s*+:?([^\[\]|{}\n]{1,600})(?:\|[^\[\]\n]*)?\]\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a dump, of any namespace, with the newest revision that the dump holds."""

    id: int
    """0 where the dump gives none."""
    title: str
    namespace: int
    redirect: str | None
    """The title that it redirects to, as written there; None for a page of its own."""
    text: str
    position: str
    """Where it stands, for messages: `file:page N`, or `file:page N from byte START` in a later piece of a dump."""


@dataclass(slots=True)
class DumpFaults:
    """What was wrong with a dump, filled while it is read."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    """One line each, with file and position; the first 20."""

    def note(self, kind: str, where: str, what: str = "") -> None:
        """Count a fault, and keep its line if it is among the first."""
        self.counts[kind] += 1
        if len(self.examples) < _MAX_EXAMPLES:
            self.examples.append(" ".join(f"{where}: {kind}{': ' + what if what else ''}".split()))

    def add(self, other: DumpFaults) -> None:
        """Take up what another process found."""
        self.counts.update(other.counts)
        self.examples.extend(other.examples[: _MAX_EXAMPLES - len(self.examples)])


@dataclass(frozen=True, slots=True)
class DumpChunk:
    """A piece of a dump: the pages that begin in bytes [start, end) of the file, compressed bytes if it is compressed.

    The pieces of a dump together give each page once, in the dump's order.
    """

    path: str
    start: int
    end: int
    index: int


def dump_chunks(
    path: str | Path, *, target_bytes: int = 32 << 20, stream_index: str | Path | None = None
) -> list[DumpChunk]:
    """Cut a dump into pieces of about `target_bytes` that processes can read independently.

    Multistream bz2 is cut where a stream starts, plain XML anywhere; gz and bz2 of one stream are one piece.

    Args:
        target_bytes: size of a piece in the file (compressed bytes, if it is compressed).
        stream_index: the `…-multistream-index.txt[.bz2]` beside a multistream dump. Without it the starts are looked
            for in the file itself, which costs one short read a piece.
    Raises:
        InputError: no such file, an empty one, an index that is none or is of another dump.
    """
    path = Path(path)
    if target_bytes < 1:
        raise InputError("a chunk size of 1 byte or more", str(target_bytes))
    with _open(path) as handle:
        size = handle.seek(0, 2)
        if not size:
            raise InputError("a MediaWiki dump", "an empty file", path=path, remedy="fetch it again")
        kind = _compression(handle)
        if kind == "gz":
            cuts: list[int] = []
        elif kind == "plain":
            cuts = list(range(target_bytes, size, target_bytes))
        elif stream_index is not None:
            cuts = _cuts_of_index(Path(stream_index), handle, size, target_bytes)
        else:
            cuts = _stream_cuts(handle, size, target_bytes)
    edges = [0, *cuts, size]
    return [DumpChunk(str(path), a, b, i) for i, (a, b) in enumerate(zip(edges, edges[1:], strict=False))]


def read_pages(
    chunk_or_path: DumpChunk | str | Path,
    *,
    strict: bool = False,
    faults: DumpFaults | None = None,
    max_page_bytes: int = MAX_PAGE_BYTES,
) -> Iterator[Page]:
    """The pages of a dump or of a piece of one, in order, of all namespaces, redirects included.

    What cannot be read is noted in `faults` and passed over: cut-off or damaged compression (whole pages before it are
    given, and reading goes on at the next bz2 stream), broken XML (reading goes on at the next `<page>`), pages without
    title or text, pages above the limit.

    Args:
        strict: raise at the first fault instead.
        faults: filled while reading; complete when the iterator is exhausted.
        max_page_bytes: bytes of XML above which a page is skipped unread; bounds memory.
    Raises:
        InputError: no such file; a whole file without a page that is no MediaWiki export; with `strict`, any fault.
    """
    faults = faults if faults is not None else DumpFaults()
    if isinstance(chunk_or_path, DumpChunk):
        chunk = chunk_or_path
    else:
        path = Path(chunk_or_path)
        with _open(path) as handle:
            chunk = DumpChunk(str(path), 0, handle.seek(0, 2), 0)
    reading = _Reading(chunk, strict, faults, max_page_bytes)
    with _open(Path(chunk.path)) as handle:
        for number, block in reading.page_blocks(handle):
            page = reading.page(number, block)
            if page is not None:
                yield page
    if not chunk.start and not reading.number and not faults.counts and not reading.saw_root:
        raise InputError("a MediaWiki dump", "no <mediawiki> and no <page>", path=chunk.path, remedy="check the file")


def split_namespace(title: str) -> tuple[int, str]:
    """A title's namespace by its English prefix, and the title without it; (0, title) for articles."""
    prefix, colon, rest = title.partition(":")
    if colon:
        number = NAMESPACES.get(" ".join(prefix.replace("_", " ").split()).lower())
        if number is not None:
            return number, rest.strip(" _")
    return 0, title


def redirect_link(text: str) -> str | None:
    """What `#REDIRECT [[…]]` at the beginning of a page's text leads to, as written (entities decoded), with its
    section; None if there is none."""
    found = _REDIRECT.match(text)
    return None if found is None else html.unescape(found[1]).strip()


def redirect_of_text(text: str) -> str | None:
    """As `redirect_link`, without the section; None where nothing is left."""
    return (redirect_link(text) or "").partition("#")[0].strip() or None


# Bytes ----------------------------------------------------------------------------------------------------------------


def _open(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise InputError("a readable MediaWiki dump", reason, path=path, remedy="check the path") from None


def _compression(handle: IO[bytes]) -> str:
    handle.seek(0)
    head = handle.read(3)
    return "bz2" if head == b"BZh" else "gz" if head[:2] == b"\x1f\x8b" else "plain"


def _stream_cuts(handle: IO[bytes], size: int, target: int) -> list[int]:
    if _next_stream(handle, 1, min(size, _LOOK_FOR_STREAMS)) is None:
        return []
    cuts: list[int] = []
    at: int | None = target
    while at is not None and at < size:
        at = _next_stream(handle, at, size)
        if at is not None:
            cuts.append(at)
            at += target
    return cuts


def _next_stream(handle: IO[bytes], start: int, end: int) -> int | None:
    """The first byte from `start` on at which a bz2 stream starts, before `end`."""
    handle.seek(start)
    kept, at = b"", start
    while at < end:
        block = handle.read(_BLOCK)
        if not block:
            return None
        data = kept + block
        found = _STREAM_START.search(data)
        if found:
            begin = at - len(kept) + found.start()
            return begin if begin < end else None
        at += len(block)
        kept = data[-(_STREAM_START_BYTES - 1) :]
    return None


def _cuts_of_index(index: Path, dump: IO[bytes], size: int, target: int) -> list[int]:
    cuts: list[int] = []
    last = 0
    number = 0
    try:
        with (
            bz2.open(index, "rt", encoding="utf-8") if index.suffix == ".bz2" else index.open(encoding="utf-8") as lines
        ):
            for number, line in enumerate(lines, 1):
                found = _INDEX_LINE.match(line)
                if found is None:
                    raise InputError(
                        "offset:page id:title", repr(line[:60]), path=index, line=number, remedy="check the index file"
                    )
                offset = int(found[1])
                if offset >= last + target:
                    dump.seek(offset)
                    if not _STREAM_START.match(dump.read(_STREAM_START_BYTES)):
                        raise InputError(
                            "the index of this dump",
                            f"no bz2 stream at byte {offset} of it",
                            path=index,
                            line=number,
                            remedy="leave the index out",
                        )
                    cuts.append(offset)
                    last = offset
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError("a multistream index", str(error).lower(), path=index, remedy="leave the index out") from None
    return cuts


class _Inflater(Protocol):
    """One compressed stream, inflated in bounded bites."""

    eof: bool

    @property
    def rest(self) -> bytes: ...

    def inflate(self, data: bytes) -> Iterator[bytes]: ...


class _Bz2:
    def __init__(self) -> None:
        self._inner = bz2.BZ2Decompressor()
        self.eof = False

    @property
    def rest(self) -> bytes:
        return self._inner.unused_data

    def inflate(self, data: bytes) -> Iterator[bytes]:
        while True:
            yield self._inner.decompress(data, 4 * _BLOCK)
            data = b""
            if self._inner.eof or self._inner.needs_input:
                self.eof = self._inner.eof
                return


class _Gz:
    def __init__(self) -> None:
        self._inner = zlib.decompressobj(31)
        self.eof = False

    @property
    def rest(self) -> bytes:
        return self._inner.unused_data

    def inflate(self, data: bytes) -> Iterator[bytes]:
        while data and not self._inner.eof:
            yield self._inner.decompress(data, 4 * _BLOCK)
            data = self._inner.unconsumed_tail
        self.eof = self._inner.eof


@dataclass(slots=True)
class _Reading:
    chunk: DumpChunk
    strict: bool
    faults: DumpFaults
    max_page_bytes: int
    number: int = 0
    saw_root: bool = False

    def fault(self, kind: str, where: str, what: str) -> None:
        if self.strict:
            raise InputError(
                "a whole MediaWiki dump",
                f"{kind}{': ' + what if what else ''}",
                path=where,
                remedy="mend it or leave out --strict",
            )
        self.faults.note(kind, where, what)

    def where(self, number: int) -> str:
        since = f" from byte {self.chunk.start}" if self.chunk.start else ""
        return f"{self.chunk.path}:page {number}{since}"

    # Decompression

    def blocks(self, handle: IO[bytes]) -> Iterator[tuple[bytes, bool, bool]]:
        """Inflated bytes, whether they begin in the piece's own range, and whether bytes before them were lost.

        Past the range reading goes on, for the end of a page that began in it.
        """
        kind = _compression(handle)
        handle.seek(self.chunk.start)
        if kind == "plain":
            at = self.chunk.start
            while block := handle.read(_BLOCK if at >= self.chunk.end else min(_BLOCK, self.chunk.end - at)):
                yield block, at < self.chunk.end, False
                at += len(block)
            return
        yield from self._inflated(handle, kind)

    def _inflated(self, handle: IO[bytes], kind: str) -> Iterator[tuple[bytes, bool, bool]]:
        start = self.chunk.start
        data = b""
        after_loss = False
        while True:
            data = data or handle.read(_BLOCK)
            if not data or (kind == "gz" and not data.strip(b"\0")):
                return
            stream: _Inflater = _Bz2() if kind == "bz2" else _Gz()
            own = start < self.chunk.end
            at = start
            broken = ""
            while data:
                at += len(data)
                try:
                    for block in stream.inflate(data):
                        if block:
                            yield block, own, after_loss
                            after_loss = False
                except (OSError, zlib.error, ValueError) as error:
                    broken = str(error).lower()
                    break
                if stream.eof:
                    break
                data = handle.read(_BLOCK)
            if stream.eof:
                data = stream.rest
                start = at - len(data)
                continue
            # Nothing past the range is this piece's to report.
            if own:
                what = f"bytes from {start} on" + (f" ({broken})" if broken else "")
                self.fault(DAMAGED if broken else TRUNCATED, f"{self.chunk.path}:byte {at}", what)
            found = _next_stream(handle, start + 1, 1 << 62) if kind == "bz2" and broken else None
            if found is None or not own:
                return
            handle.seek(found)
            start, data, after_loss = found, b"", True

    # Pages

    def page_blocks(self, handle: IO[bytes]) -> Iterator[tuple[int, bytes]]:
        """Each page's number in the piece and its bytes, `<page` to `</page>`."""
        buffer = bytearray()
        own = 0  # bytes of the buffer that belong to the piece; pages that begin after them do not
        first = searched = 0  # where the page at hand begins, and how far its end was looked for
        inside = False
        done = False
        for block, is_own, after_loss in self.blocks(handle):
            if after_loss:
                if inside:
                    self._lose(UNCLOSED, "its end is in the damaged part")
                buffer.clear()
                own, inside = 0, False
            if is_own:
                own = len(buffer) + len(block)
            buffer += block
            cut = 0
            while True:
                if not inside:
                    found = _PAGE_START.search(buffer, cut)
                    begin = found.start() if found else max(cut, len(buffer) - _LONGEST_TAG)
                    head_end = begin if found else len(buffer)
                    self.saw_root = self.saw_root or _ROOT.search(buffer, cut, head_end) is not None
                    cut = begin
                    if begin >= own and not is_own:
                        done = True
                        break
                    if found is None:
                        break
                    inside, first, searched = True, begin, begin + 5
                    self.number += 1
                end = buffer.find(_PAGE_END, searched)
                again = _PAGE_START.search(buffer, searched, end if end >= 0 else len(buffer))
                if again is not None:
                    self._lose(UNCLOSED, "another page begins within it")
                    inside, cut = False, again.start()
                    continue
                if end >= 0:
                    stop = end + len(_PAGE_END)
                    if stop - first > self.max_page_bytes:
                        self._lose(TOO_LARGE, f"{stop - first} bytes")
                    else:
                        yield self.number, bytes(buffer[first:stop])
                    inside, cut = False, stop
                    continue
                searched = max(first + 5, len(buffer) - len(_PAGE_END))
                if len(buffer) - first > self.max_page_bytes:
                    self._lose(TOO_LARGE, f"more than {self.max_page_bytes} bytes")
                    inside, cut = False, len(buffer) - len(_PAGE_END)
                    continue
                cut = first
                break
            if done:
                return
            del buffer[:cut]
            own, first, searched = max(0, own - cut), first - cut, searched - cut
        if inside:
            self._lose(UNCLOSED, "the file ends within it")

    def _lose(self, kind: str, what: str) -> None:
        self.fault(kind, self.where(self.number), what)

    def page(self, number: int, block: bytes) -> Page | None:
        where = self.where(number)
        try:
            block.decode("utf-8")
        except UnicodeDecodeError as error:
            self.fault(NOT_UTF8, where, f"byte {error.start} of the page")
            block = block.decode("utf-8", "replace").encode("utf-8")
        try:
            root = etree.fromstring(block, _parser())
        except etree.XMLSyntaxError as error:
            self.fault(BROKEN_XML, where, f"line {error.lineno or 0} of the page: {error.msg}")
            return None
        title = (_child_text(root, "title") or "").strip()
        if not title:
            self.fault(NO_TITLE, where, "")
            return None
        revision = root.find("{*}revision[last()]")
        text = None if revision is None else _child_text(revision, "text")
        if not text:
            self.fault(NO_TEXT, where, title)
            return None
        element = root.find("{*}redirect")
        redirect = None if element is None else (element.get("title") or "").strip() or None
        namespace = _number(_child_text(root, "ns"))
        return Page(
            id=_number(_child_text(root, "id")) or 0,
            title=title,
            namespace=split_namespace(title)[0] if namespace is None else namespace,
            redirect=redirect or redirect_of_text(text),
            text=text,
            position=where,
        )


def _parser() -> Any:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_comments=True, remove_pis=True
    )


def _child_text(parent: Any, name: str) -> str | None:
    element = parent.find(f"{{*}}{name}")
    return None if element is None else element.text


def _number(text: str | None) -> int | None:
    try:
        return int(text) if text else None
    except ValueError:
        return None
