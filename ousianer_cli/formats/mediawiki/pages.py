"""The pages of a dump, cut out of its bytes and parsed one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from lxml import etree

from ousianer_cli.errors import InputError
from ousianer_cli.formats.mediawiki.chunks import DumpChunk
from ousianer_cli.formats.mediawiki.faults import (
    BROKEN_XML,
    NO_TEXT,
    NO_TITLE,
    NOT_UTF8,
    TOO_LARGE,
    UNCLOSED,
    DumpFaults,
)
from ousianer_cli.formats.mediawiki.streams import inflated_blocks, open_dump
from ousianer_cli.formats.mediawiki.titles import redirect_of_text, split_namespace

MAX_PAGE_BYTES = 32 << 20
"""Pages longer than this, in bytes of XML, are skipped; MediaWiki itself allows 2 MiB of wikitext."""

_PAGE_START = re.compile(rb"<page[\s>]")
_PAGE_END = b"</page>"
_ROOT = re.compile(rb"<mediawiki[\s>]")
_LONGEST_TAG = len(b"<mediawiki>")


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
        with open_dump(path) as handle:
            chunk = DumpChunk(str(path), 0, handle.seek(0, 2), 0)
    reading = _Reading(chunk, strict, faults, max_page_bytes)
    with open_dump(Path(chunk.path)) as handle:
        for number, block in reading.page_blocks(handle):
            page = reading.page(number, block)
            if page is not None:
                yield page
    if not chunk.start and not reading.number and not faults.counts and not reading.saw_root:
        raise InputError("a MediaWiki dump", "no <mediawiki> and no <page>", path=chunk.path, remedy="check the file")


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

    def page_blocks(self, handle: IO[bytes]) -> Iterator[tuple[int, bytes]]:
        """Each page's number in the piece and its bytes, `<page` to `</page>`."""
        buffer = bytearray()
        own = 0  # bytes of the buffer that belong to the piece; pages that begin after them do not
        first = searched = 0  # where the page at hand begins, and how far its end was looked for
        inside = False
        done = False
        for block, is_own, after_loss in inflated_blocks(handle, self.chunk, self.fault):
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
