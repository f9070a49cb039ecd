"""How a text is laid out in lines: which line ends only wrap a paragraph, and where the cells of tables begin.

Both are judged from the whole text as it is read. Positions are places in `VisibleText.text`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from ousianer_cli.formats.visible import Span, VisibleText
from ousianer_cli.formats.words import word_set

LINE = re.compile(r"[^\n\r\x0b\x0c\x85\u2028\u2029]*(?:\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]|\Z)")
LINE_ENDS = "\n\r\x0b\x0c\x85\u2028\u2029"
TERMINAL = re.compile(r"[.!?…。！？](?:[」』）】\"'”’»›)\]}])*\s*\Z")
_BAR = "|\u00a6\u2502\u2503\u2551\uff5c"
MAY_HOLD_CELLS = re.compile(rf"[\t{_BAR}]|[ \u00a0\u2000-\u200a\u3000]{{2}}")
"""Text without a match is no row of a table."""

# A paragraph narrower than this is taken for a list or a verse, unless its words show that it is wrapped prose.
_MIN_WRAP = 40
# A run of so many blanks parts cells by itself, a shorter one only where columns are aligned.
_WIDE_GAP = 4
_TAG_LINE = re.compile(r"\s*(?:</?[A-Za-z!?][^<>]*>\s*)+\Z")
_WORD = re.compile(r"\S+")
_SPACED_BAR = re.compile(rf" [{_BAR}] ")
_BULLET = re.compile(r"\s*[-*•·▪▫◦‣●○■□◆➢➤►▶✓✔✗→⇒★☆]\s+")
# What may also begin a line of prose: an item only behind a line that is finished, or after another such item.
_COUNTED = re.compile(r"\s*(?:\(?(?:\d{1,2}|[a-z]|[ivx]{2,4})[.)]|\[\d{1,3}\]|[–+])\s+")
_LABEL = re.compile(r"\s*[A-Z][\w.'’ -]{0,30}:(?:\s|\Z)")
# Lines of logs and chats begin with a time, a date or a nickname; such a line is an item where there are several.
_STAMP = re.compile(
    r"\s*(?:[\[(]?\d{1,2}:\d\d(?!\d)|[\[(]?\d{1,4}([-/.])\d{1,2}\1\d{1,4}(?!\d)|<[@+~&%]?[\w|`^-]{1,30}>(?=\s))"
)
# The times of a subtitle stand in a line of their own.
_TIMES = re.compile(r"\s*(?:\d{1,3}:)?\d\d:\d\d[.,]\d{3}\s*-->")
# What begins with a small letter in the signature of a letter, and goes on with nothing.
_CONTACT = re.compile(
    r"\s*(?:(?:https?://|www\.)\S+\s*\Z|\S+@\S+\s*\Z|(?:tel|fax|phone|cell|mobile|mob|e-?mail|web|url|skype)[.:])",
    re.IGNORECASE,
)
_GAP = re.compile(r"(?<=\S)(?<![.!?:][\"'”’)])(?<![.!?:])[ \u00a0\u2000-\u200a\u3000]{2,}(?=\S)")
_TAB = re.compile(r"(?<=\S)\s*\t\s*(?=\S)")
_PIPE = re.compile(rf"(?<![{_BAR}])[{_BAR}]++\s*+(?=[^\s{_BAR}])")
_OPENING = "\"'“‘«‹„‚([{¿¡"
_CLOSING = ",;:\"'”’»›)]}"

# A line that ends in one of these goes on in the next: words of grammar, and the first words of names of several.
_GOES_ON = word_set(
    """
    a an the of in on at to for with from by about into onto over under between among against during through and or but
    nor that which who whom whose as than is was were are be been being has have had will would can could may might must
    should shall do does did not his her its their our my your this these those after before since until while when
    where because if near
    """
)
_NAME_GOES_ON = word_set(
    """
    New San Los Las Santa Saint United Saudi Sri Hong Buenos Rio Fort Port Mount Cape Lake North South East West
    Northern Southern Eastern Western Central Great European African Asian American National International Federal
    Royal Supreme White Prime Foreign Vice President Chancellor Minister Secretary Senator General
    Colonel Judge Justice King Queen Prince Pope Sir Lord Mr Mrs Ms Dr World Red Black Côte Bosnia
    """
)
_TITLES = word_set(
    """
    Mr Mrs Ms Miss Dr Prof Sir Lady Lord President Chancellor Minister Senator Judge General Mr. Mrs. Ms. Dr. Prof.
    Sen. Gen.
    """
)
_TAIL = re.compile(
    r"\s*[^\W\d_]+(?:,|['’]s|\s+(?:of|in|on|at|to|for|from|with|by|and|or|is|was|has|had|said|says|will))(?!\w)"
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Line ends (where the line's own characters end) that only wrap a paragraph, and the places where cells begin."""

    wraps: frozenset[int]
    cells: tuple[int, ...]


@lru_cache(maxsize=8)
def layout_of(visible: VisibleText) -> Layout:
    """The layout of a text.

    A paragraph is lines between blank lines, lines of nothing but tags, rows of tables, and changes of the depth of
    quoted mail; list items, labelled lines (`From: …`) and those of logs and chats are paragraphs of their own. It is
    hard-wrapped in one of two cases. Its longest line has at least 40 characters, no line but the last had room for
    the next line's first word, and some line but the last ends without a sentence-final mark (else it is one sentence
    a line). Or some lines end where no sentence, heading or list item does (before a small letter, after `the`): then
    those are wraps, and with them the line ends inside a sentence that began in an earlier line or behind a full
    stop.
    """
    wraps: set[int] = set()
    cells: list[int] = []
    for block in _blocks(visible):
        starts = _cells(visible.text, block)
        cells += [place for line in starts for place in line]
        prose: list[Span] = []
        for line, row in zip(block, starts, strict=True):
            if row:
                wraps.update(_wraps(visible, prose))
                prose = []
            else:
                prose.append(line)
        wraps.update(_wraps(visible, prose))
    return Layout(frozenset(wraps), tuple(cells))


def _blocks(visible: VisibleText) -> Iterator[list[Span]]:
    """Lines [start, end) without their ends, as they follow one another without a break."""
    text = visible.text
    block: list[Span] = []
    cursor = 0
    while cursor < len(text):
        match = LINE.match(text, cursor)
        line_end = match.end() if match else len(text)
        content_end = line_end
        while content_end > cursor and text[content_end - 1] in LINE_ENDS:
            content_end -= 1
        line = text[cursor:content_end]
        breaks = not line.strip() or _TAG_LINE.match(line) is not None or _TIMES.match(line) is not None
        if not breaks:
            block.append((cursor, content_end))
        if block and (breaks or (content_end in visible.quote_ends and not _is_parted(text, *block[-1], line_end))):
            yield block
            block = []
        cursor = line_end
    if block:
        yield block


def _is_parted(text: str, start: int, end: int, following: int) -> bool:
    """Whether a line goes on in the next one though that is quoted otherwise, as mailers leave it."""
    line = LINE.match(text, following)
    next_end = line.end() if line else len(text)
    if _finished(text, start, end) or not text[following:next_end].strip():
        return False
    return _goes_on(text, start, end) or _is_small(text, following, next_end) or _is_tail(text, start, end, following)


def _is_tail(text: str, start: int, end: int, following: int) -> bool:
    """Whether a line ends in a name of which the next line has the rest: a name's word, then one that goes on."""
    before = text[max(start, end - 200) : end].split()
    rest = _TAIL.match(text, following)
    return (
        len(before) > 2 and before[-1].isalpha() and before[-1].istitle() and before[-2] in _TITLES and rest is not None
    )


# --- tables ----------------------------------------------------------------------------------------------------------


def _cells(text: str, block: Sequence[Span]) -> list[list[int]]:
    """Of each line the places where its cells but the first begin; empty where it is no row."""
    gaps = [[match.span() for match in _GAP.finditer(text, a, b)] if b - a < 10_000 else [] for a, b in block]
    aligned = _columns(block, gaps)
    right = _right_columns(block, gaps)
    even = _is_even(text, block, gaps)
    rows: list[list[int]] = []
    for (start, end), own in zip(block, gaps, strict=True):
        if not MAY_HOLD_CELLS.search(text, start, end):
            rows.append([])
            continue
        found = {b for a, b in own if b - a >= _WIDE_GAP or b - start in aligned or even}
        found |= {b for (_, b), (c, _) in pairwise(own) if c - start in right}
        found.update(match.end() for match in _TAB.finditer(text, start, end))
        pipes = [match.end() for match in _PIPE.finditer(text, start, end)]
        if len(pipes) > 1 or _SPACED_BAR.search(text, start, end):
            found.update(place for place in pipes if text[start:place].strip(_BAR + " \t"))
        rows.append(sorted(found))
    return rows


def _columns(block: Sequence[Span], gaps: Sequence[Sequence[Span]]) -> set[int]:
    """Columns at which cells begin behind gaps that may be narrow, since they do so in several lines."""
    widest: dict[int, int] = {}
    lines: Counter[int] = Counter()
    for (start, _), own in zip(block, gaps, strict=True):
        for a, b in own:
            widest[b - start] = max(widest.get(b - start, 0), b - a)
            lines[b - start] += 1
    shared = {column for column, count in lines.items() if count > 1}
    if any(width >= _WIDE_GAP for width in widest.values()):
        return {column for column in shared if widest[column] >= _WIDE_GAP}
    # All gaps are narrow: columns only if the rows agree in all of them, as justified prose does not.
    filled = [own for own in gaps if own]
    return shared if len(filled) > 1 and shared == set(lines) and len(filled) == len(block) else set()


def _right_columns(block: Sequence[Span], gaps: Sequence[Sequence[Span]]) -> set[int]:
    """Columns at which cells end, though they begin anywhere; the last cell of a line, as justified prose, is none."""
    widest: dict[int, int] = {}
    lines: Counter[int] = Counter()
    for (start, _), own in zip(block, gaps, strict=True):
        for (a, b), (c, _) in pairwise(own):
            widest[c - start] = max(widest.get(c - start, 0), b - a)
            lines[c - start] += 1
    return {column for column, count in lines.items() if count > 1 and widest[column] >= _WIDE_GAP}


def _is_even(text: str, block: Sequence[Span], gaps: Sequence[Sequence[Span]]) -> bool:
    """Whether lines have equally many gaps of two blanks, with a few words between them and no small letter behind."""
    if len(block) < 2 or not gaps[0] or len({len(own) for own in gaps}) > 1:
        return False
    if any(b - a != 2 or text[b].islower() for own in gaps for a, b in own):
        return False
    cells = (
        text[a:b]
        for (s, e), own in zip(block, gaps, strict=True)
        for (_, a), (b, _) in pairwise([(s, s), *own, (e, e)])
    )
    return all(len(cell.split()) <= 5 for cell in cells)


# --- wrapped lines ---------------------------------------------------------------------------------------------------


def _wraps(visible: VisibleText, lines: Sequence[Span]) -> Iterator[int]:
    """The line ends that are wraps, of lines that follow one another."""
    for unit in _units(visible.text, lines):
        if len(unit) > 1:
            yield from _wraps_of(visible, unit)


def _units(text: str, lines: Sequence[Span]) -> Iterator[list[Span]]:
    """The lines parted where a list item or a labelled line begins."""
    heads = [head for head in (_LABEL, _STAMP) if sum(head.match(text, a, b) is not None for a, b in lines) > 1]
    unit: list[Span] = []
    for a, b in lines:
        counted = _COUNTED.match(text, a, b) is not None
        behind = not unit or _finished(text, *unit[-1]) or _COUNTED.match(text, *unit[0]) is not None
        opens = _BULLET.match(text, a, b) is not None or (counted and behind)
        if unit and (opens or any(head.match(text, a, b) for head in heads)):
            yield unit
            unit = []
        unit.append((a, b))
    if unit:
        yield unit


def _wraps_of(visible: VisibleText, unit: Sequence[Span]) -> Iterator[int]:
    text = visible.text
    pairs = list(pairwise(unit))
    ends = [b for (_, b), _ in pairs]
    finished = [_finished(text, a, b) for (a, b), _ in pairs]
    full = [_no_room(text, unit, pairs)]
    if not visible.is_raw:  # lines may have been wrapped before or after references were put in
        raw = [visible.outside(a, b, 0, len(visible.raw)) for a, b in unit]
        full.append(_no_room(visible.raw, raw, list(pairwise(raw))))
    longest = max(b - a for a, b in unit)
    if (longest >= _MIN_WRAP and any(map(all, full)) and not all(finished)) or _hangs(text, unit):
        yield from ends
        return
    parted = visible.quote_ends | set(_in_quotes(visible, unit))
    certain = [
        not done and (_goes_on(text, a, b) or _is_small(text, c, d) or b in parted)
        for done, ((a, b), (c, d)) in zip(finished, pairs, strict=True)
    ]
    if not any(certain) or not _is_prose(text, unit, certain, finished):
        return
    no_room = [any(row) for row in zip(*full, strict=True)]
    inside = False  # whether the line goes on with a sentence of an earlier one
    for k, ((a, b), end) in enumerate(zip(unit, ends, strict=False)):
        wrap = certain[k] or finished[k] or no_room[k] or inside or _has_stop(text, a, b)
        if wrap:
            yield end
        inside = wrap and not finished[k]


def _hangs(text: str, unit: Sequence[Span]) -> bool:
    """Whether the lines of a list's item stand under its first word."""
    bullet = _BULLET.match(text, *unit[0]) or _COUNTED.match(text, *unit[0])
    return bullet is not None and all(text[a : a + len(bullet[0])].isspace() for a, _ in unit[1:])


def _in_quotes(visible: VisibleText, unit: Sequence[Span]) -> Iterator[int]:
    """Of quoted lines, the ends inside sentences that begin with one line and end with a later one of running text."""
    text = visible.text
    sentence: list[Span] = []
    for a, b in unit:
        if a not in visible.quoted:
            sentence = []
            continue
        sentence.append((a, b))
        if _finished(text, a, b):
            words = text[a:b].split()
            if any(word[0].islower() for word in words):
                yield from (end for _, end in sentence[:-1])
            sentence = []


def _no_room(text: str, lines: Sequence[Span], pairs: Sequence[tuple[Span, Span]]) -> list[bool]:
    """Of each line but the last whether the next line's first word would have made it longer than the longest."""
    longest = max(b - a for a, b in lines)
    result = []
    for (a, b), (c, d) in pairs:
        word = _WORD.search(text, c, d)
        result.append(b - a + 1 + (len(word[0]) if word else 0) > longest)
    return result


def _finished(text: str, start: int, end: int) -> bool:
    return TERMINAL.search(text, max(start, end - 60), end) is not None


def _goes_on(text: str, start: int, end: int) -> bool:
    """Whether a line ends in a word that more must follow."""
    words = text[max(start, end - 200) : end].split()
    if not words:
        return False
    if words[-1][-1] in "-\u2010\u2011" and words[-1][-2:-1].isalpha():
        return True
    if len(words) < 2:
        return False
    last = words[-1].lstrip(_OPENING)
    if text[start:end].isupper():
        last = last.lower() if last.lower() in _GOES_ON else last.capitalize()
    return last in _GOES_ON or (last in _NAME_GOES_ON and len(words) > 2 and _small_words(words) > 0)


def _is_small(text: str, start: int, end: int) -> bool:
    """Whether a line begins with a small letter that is no list's."""
    if _COUNTED.match(text, start, end) or _CONTACT.match(text[start : min(end, start + 200)]):
        return False
    line = text[start : min(end, start + 20)].lstrip(" \t" + _OPENING)
    return bool(line) and line[0].islower()


def _small_words(words: Sequence[str]) -> int:
    bare = (word.strip(_OPENING + _CLOSING + ".!?") for word in words)
    return sum(word[:1].islower() or (word.lower() if word.isupper() else word) in _GOES_ON for word in bare)


def _has_stop(text: str, start: int, end: int) -> bool:
    """Whether a sentence ends inside a line and another begins there."""
    return re.search(r"[a-z0-9)\"”][.!?][\"”’)]*\s+[A-Z\"“‘(]", text[start:end]) is not None


def _is_prose(text: str, unit: Sequence[Span], certain: Sequence[bool], finished: Sequence[bool]) -> bool:
    """Whether lines of which some end in the middle of a sentence are running text, not a list in small letters."""
    open_ends = sum(not done for done in finished)
    if 4 * sum(certain) < open_ends:
        return False
    if all(_is_small(text, a, b) for a, b in unit):  # one thing a line, or a chat
        return any(_goes_on(text, a, b) for a, b in unit[:-1]) or max(b - a for a, b in unit) >= _MIN_WRAP
    words = [text[a:b].split() for a, b in unit]
    return sum(map(len, words)) >= 2 * len(unit)
