"""A text as it is read, beside the text as it stands.

What a reader does not see is transparent to words, sentences and names: character references (`Jos&eacute;`,
`&#xE3;`), format characters (soft hyphens, zero-width and bidi marks, a byte order mark), accents written as characters
of their own, the `>` of quoted mail, and markup that a reader of documents names. Every position outside of here counts
code points of the text as it stands.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from ousianer_cli.formats.characters import expanded, odd_spellings, read_as

Span = tuple[int, int]
"""Code points [start, end)."""

# A small letter behind the hyphen at a line's end: inside a name, the hyphen is there for the line's end alone.
_PARTED = re.compile(r"(?<=[^\W\d_])-\r?\n[ \t]*(?:>[ \t]?)*(?=[a-zß-öø-ÿ])")
_LINE_END = re.compile(r"\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")


class VisibleText:
    """The text that is read, and where each of its characters stands in the raw text.

    `text` is decoded, composed (NFC), and without what is not seen; control characters are blanks in it.
    `quoted` are the places in `text` where lines of quoted mail begin, `quote_ends` those of the line ends at which its
    depth changes.
    """

    __slots__ = ("_ends", "_starts", "quote_ends", "quoted", "raw", "text")

    def __init__(
        self,
        raw: str,
        text: str,
        starts: Sequence[int] | None = None,
        ends: Sequence[int] = (),
        depths: Mapping[int, int] | None = None,
    ) -> None:
        self.raw = raw
        self.text = text
        self.quoted = frozenset(depths or ())
        self.quote_ends = _quote_ends(text, depths or {})
        self._starts = starts
        self._ends = ends

    @classmethod
    def of(cls, raw: str, hidden: Sequence[Span] = (), *, quotes: bool = True) -> VisibleText:
        """The visible text of a raw one.

        Args:
            hidden: stretches of markup [start, end) to pass over, in order and disjoint; where there are any, no
                other tags are.
            quotes: whether `>` at the beginning of a line marks quoted mail.
        """
        odd = odd_spellings(raw, quotes=quotes, tags=not hidden)
        composed = raw.isascii() or unicodedata.is_normalized("NFC", raw)
        if composed and not hidden and odd is None:
            return cls(raw, raw)
        builder = _Builder(raw)
        for begin, end, shown, depth in _replacements(raw, hidden, odd):
            builder.put(begin, end, shown, depth)
        builder.plain(len(raw))
        text, starts, ends = builder.finished()
        return cls(raw, text, starts, ends, builder.depths)

    @property
    def is_raw(self) -> bool:
        """Whether all of the raw text is seen as it stands, so that places in both are the same."""
        return self._starts is None

    def inside(self, start: int, end: int) -> Span:
        """The part [start, end) of `text` that has a character of the raw [start, end)."""
        if self._starts is None:
            return start, min(end, len(self.text))
        first = bisect_right(self._ends, start)
        return first, max(first, bisect_left(self._starts, end)) if start < end else first

    def outside(self, start: int, end: int, least: int, most: int) -> Span:
        """The raw stretch [start, end) of a stretch of `text` that is not empty, within the raw [least, most)."""
        if self._starts is None:
            return start, end
        return max(self._starts[start], least), min(self._ends[end - 1], most)

    def snapped(self, start: int, end: int) -> Span:
        """The raw [start, end) without what is not seen at its edges, and whole characters; empty if nothing is."""
        first, last = self.inside(start, end)
        return self.outside(first, last, 0, len(self.raw)) if first < last else (start, start)

    def read(self, start: int, end: int) -> str:
        """What is seen of the raw [start, end)."""
        return self.text[slice(*self.inside(start, end))]


@lru_cache(maxsize=8)
def visible_text(raw: str) -> VisibleText:
    """The visible text of a raw one without markup."""
    return VisibleText.of(raw)


def seen(raw: str) -> str:
    """What is seen of a stretch of raw text, its blanks trimmed; the raw text itself where that is nothing."""
    whole = _PARTED.sub("", raw)
    return expanded(VisibleText.of(whole, quotes=False).text).strip() or raw


def _replacements(raw: str, hidden: Sequence[Span], odd: re.Pattern[str] | None) -> Iterator[tuple[int, int, str, int]]:
    """Stretches [start, end) of raw text that are read as something else, what they are read as, and quote depth."""
    position = 0
    for begin, end in (*hidden, (len(raw), len(raw))):
        for match in odd.finditer(raw, position, begin) if odd is not None else ():
            if match.lastgroup == "quote":
                yield *match.span(), "", match[0].count(">") + match[0].count("&gt;")
            elif (shown := read_as(match, raw)) is not None:
                yield *match.span(), shown, 0
        if begin < end:
            yield begin, end, "", 0
        position = end


class _Builder:
    """Puts a visible text together, from left to right."""

    def __init__(self, raw: str) -> None:
        self.raw = raw
        self.depths: dict[int, int] = {}
        self._pieces: list[str] = []
        self._starts, self._ends = array("q"), array("q")
        self._position = 0

    def plain(self, end: int) -> None:
        """The raw text up to `end` as it is."""
        self._pieces.append(self.raw[self._position : end])
        self._starts.extend(range(self._position, end))
        self._ends.extend(range(self._position + 1, end + 1))
        self._position = end

    def put(self, begin: int, end: int, shown: str, depth: int) -> None:
        """The raw [begin, end) as `shown`; with a depth it stands at the beginning of a quoted line."""
        self.plain(begin)
        if depth:
            self.depths[len(self._starts)] = depth
        self._pieces.append(shown)
        _spread(len(shown), begin, end, self._starts, self._ends)
        self._position = end

    def finished(self) -> tuple[str, array[int], array[int]]:
        """The text, composed, and where its characters begin and end in the raw text."""
        text = "".join(self._pieces)
        if unicodedata.is_normalized("NFC", text):
            return text, self._starts, self._ends
        pieces: list[str] = []
        starts, ends = array("q"), array("q")
        depths: dict[int, int] = {}
        for begin, end in _clusters(text):
            if begin in self.depths:
                depths[len(starts)] = self.depths[begin]
            composed = unicodedata.normalize("NFC", text[begin:end])
            if composed == text[begin:end] or len(composed) > end - begin:
                pieces.append(text[begin:end])
                starts.extend(self._starts[begin:end])
                ends.extend(self._ends[begin:end])
            else:
                pieces.append(composed)
                _spread(len(composed), self._starts[begin], self._ends[end - 1], starts, ends)
        self.depths = depths
        return "".join(pieces), starts, ends


def _spread(count: int, begin: int, end: int, starts: array[int], ends: array[int]) -> None:
    """Give `count` characters, at most as many as the raw [begin, end), places in order; the last takes the rest."""
    for k in range(count):
        starts.append(begin + k)
        ends.append(begin + k + 1 if k < count - 1 else end)


def _clusters(text: str) -> Iterator[Span]:
    """Stretches that are composed by themselves: a character and what joins it."""
    begin = 0
    for place, character in enumerate(text):
        if place and not (unicodedata.category(character)[0] == "M" or "\u1161" <= character <= "\u11ff"):
            yield begin, place
            begin = place
    if text:
        yield begin, len(text)


def _quote_ends(text: str, depths: Mapping[int, int]) -> frozenset[int]:
    """Where the lines of `text` end at which the depth changes; `depths` are those of lines, by their beginning."""
    if not depths:
        return frozenset()
    found = set()
    depth = depths.get(0, 0)
    for match in _LINE_END.finditer(text):
        following = depths.get(match.end(), 0)
        if following != depth:
            found.add(match.start())
        depth = following
    return frozenset(found)
