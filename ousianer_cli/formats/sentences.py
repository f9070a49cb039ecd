"""Sentences of raw text, by rule.

One splitter serves every input format, so a document gives the same sentences whatever it is read from.

Blank lines always end a sentence. A newline inside a hard-wrapped paragraph is a blank, any other newline ends a
sentence. Whether a newline is a wrap is judged from the whole text, so the answer does not change with the slice that
is asked for.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ousianer_cli.formats.words import word_set

_LINE = re.compile(r"[^\n\r\x0b\x0c\x85\u2028\u2029]*(?:\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]|\Z)")
_BREAKS = "\n\r\x0b\x0c\x85\u2028\u2029"
_NEWLINE = r"(?>\r\n|[\n\r\x0b\x0c\x85\u2028\u2029])"
_BLANK_LINES = re.compile(rf"{_NEWLINE}(?:[^\S\n\r\x0b\x0c\x85\u2028\u2029]*{_NEWLINE})+")
_TAG_LINE = re.compile(r"\s*(?:</?[A-Za-z!?][^<>]*>\s*)+\Z")
# A paragraph narrower than this is a list or a verse, not wrapped prose.
_MIN_WRAP = 40

# Character references stand for the mark they name: source documents are split in their raw form.
_CLOSER = r"(?:[\"'”’»›)\]}]|&(?:quot|apos|rdquo|rsquo|raquo|#34|#39|#8217|#8221);)"
_OPENER = re.compile(r"[\"'“‘«‹„‚(\[{¿¡*#@$€£•\-–—`]|&(?:quot|apos|ldquo|lsquo|laquo|lt|#34|#39|#8216|#8220);")
_STOP = re.compile(
    rf"(?<![.!?…])(?P<mark>[.!?…]++)(?P<close>{_CLOSER}*+)(?=\s)|(?P<wide>[。！？]++)(?:[」』）】]|{_CLOSER})*+"
)
_TERMINAL = re.compile(rf"[.!?…。！？](?:[」』）】]|{_CLOSER})*\s*\Z")
_BEFORE_TOKEN = "".join(sorted(set("\"'“”‘’«([{-–—")))
_HEAD_WORD = re.compile(r"\S+")
_BLANK = re.compile(r"\s*")


# Never the end of a sentence: a name, a number or the rest of the phrase follows.
_BEFORE_NAME = word_set(
    """
    adm amb atty brig capt cmdr col cpl cpt dr drs fr gen gov hon insp lieut lt maj messrs mme mlle mr mrs ms mx pfc
    pres prof pvt rep reps rev rt sen sens sgt supt ssgt tsgt ste adj comdr cdr pte sp spc wo det vs v cf viz eg e.g
    ie i.e approx ca c.f esp incl
    """
)
# The end of a sentence only if no figure follows.
_BEFORE_NUMBER = word_set(
    """
    no nos nr art arts ch chap col eq fig figs p pp par para sec sect vol vols ver pt
    """
)
# The end of a sentence only if a word follows that commonly opens one (`U.S. The`, but `U.S. Senate`).
_UNSURE = word_set(
    """
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun inc co corp ltd llc
    plc bros cos dept univ assn assoc bldg est dist intl natl govt mfg jr sr esq phd ph.d m.d b.a m.a d.c al st mt
    ft ave blvd rd hwy sq jct pl ala ariz ark calif cal colo conn del fla ga ill ind kan kans ken ky la mass md mich
    minn miss mo mont neb nebr nev okla ore pa penn tenn tex va vt wash wis wisc wyo ont que alta a.m p.m
    """
)
# Written small, every other entry above is an ordinary word (`he sat.`, `was ill.`) or too rare to tell.
_SMALL_TOO = word_set(
    """
    mr mrs ms dr prof vs v cf viz eg e.g ie i.e approx ca c.f esp incl no nos p pp fig figs vol inc co corp ltd jr
    sr al a.m p.m ph.d
    """
)
# Words that commonly open a sentence.
_OPENING_WORDS = word_set(
    """
    The This That These Those An He She It They We You I His Her Its Their Our My Your In On At By For From With
    Without As And But Or Nor So Yet If When While After Before Since Although Though Because However Meanwhile
    Moreover There Here What Who Why How Where Which Some Many Most Several Few All Both Each Every Another Other
    Others No Not Now Then Once During Under Over Until Despite Among According Also Still Only Even Such To Of
    Today Yesterday Later Earlier Officials Police Is Are Was Were Do Does Did Has Have Had Can Could Will Would
    Should Let One Two Three A
    """
)
_CAPITALISED = re.compile(r"[A-Z][a-z]*(?![\w.'’-])")
_INITIALISM = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]\Z")


def split_sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Sentences of `text[start:end]` as code-point pairs [start, end) into `text`.

    They are in order, never overlap, begin and end on a non-blank character, and hold every non-blank character of the
    slice. Text outside the slice is looked at for one thing only: whether the lines it lies in are hard-wrapped.
    """
    end = min(end, len(text))
    sentences: list[tuple[int, int]] = []
    wraps: frozenset[int] | None = None
    head = start
    cursor = start
    while cursor < end:
        line = _LINE.match(text, cursor, end)
        line_end = line.end() if line else end
        content_end = line_end
        while content_end > cursor and text[content_end - 1] in _BREAKS:
            content_end -= 1
        wrapped = False
        if content_end < line_end < end:
            if wraps is None:
                wraps = _wraps(text)
            wrapped = content_end in wraps
        if not wrapped:
            _split_line(text, head, line_end, sentences)
            head = line_end
        cursor = line_end
    _split_line(text, head, end, sentences)
    return sentences


def split_paragraphs(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Stretches of `text[start:end]` between blank lines, blanks trimmed: code-point pairs [start, end) into `text`."""
    stop = len(text) if end is None else min(end, len(text))
    found = []
    cursor = start
    while cursor < stop:
        gap = _BLANK_LINES.search(text, cursor, stop)
        left, right = trim(text, cursor, gap.start() if gap else stop)
        cursor = gap.end() if gap else stop
        if left < right:
            found.append((left, right))
    return found


def has_blank_line(text: str, start: int, end: int) -> bool:
    """Whether `text[start:end]` holds two line ends with nothing but blanks between."""
    return _BLANK_LINES.search(text, start, end) is not None


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The stretch [start, end) without the blanks at its edges; empty at `end` when there is nothing else."""
    start = _skip_blank(text, start, end)
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _split_line(text: str, start: int, end: int, out: list[tuple[int, int]]) -> None:
    """Split a stretch with no hard boundary inside at its sentence-final marks."""
    head = _skip_blank(text, start, end)
    position = head
    while match := _STOP.search(text, position, end):
        position = match.end()
        if position >= end:
            break
        following = _skip_blank(text, position, end)
        if following >= end:
            break
        if match["wide"] or _ends_sentence(text, head, match, following, end):
            out.append((head, position))
            head = following
            position = following
    while end > head and text[end - 1].isspace():
        end -= 1
    if end > head:
        out.append((head, end))


def _skip_blank(text: str, start: int, end: int) -> int:
    match = _BLANK.match(text, start, end)
    return match.end() if match else start


def _ends_sentence(text: str, head: int, match: re.Match[str], following: int, end: int) -> bool:
    """Whether the mark that `match` found ends the sentence begun at `head`, given that text goes on at `following`."""
    nxt = text[following]
    opener = _OPENER.match(text, following, end)
    if not (opener or (nxt.isalnum() and not nxt.islower())):
        return False
    mark_start = match.start("mark")
    if mark_start < head:
        return False
    if match["mark"] != "." or match["close"][:1] not in ("", ")", "]"):
        return True  # a quote after the stop: the stop is no abbreviation's, as it may be in `(U.S.)`
    token_start = mark_start
    while token_start > head and not text[token_start - 1].isspace():
        token_start -= 1
    token = text[token_start:mark_start].lstrip(_BEFORE_TOKEN)
    bare = token.rsplit("-", 1)[-1].rsplit("/", 1)[-1]
    low = bare.lower()
    if not bare:
        return True
    if bare.isdigit() and token_start == head and len(bare) <= 3:
        return False  # `1. A list item`
    if bare.islower() and low not in _SMALL_TOO:
        return True
    if low in _BEFORE_NAME:
        return False
    if low in _BEFORE_NUMBER and nxt.isdigit():
        return False
    if low in _UNSURE or (len(bare) == 1 and bare.isupper()) or _INITIALISM.match(bare):
        return _opens(text, following, end)
    return True


def _opens(text: str, start: int, end: int) -> bool:
    """A word at `start` that commonly opens a sentence, quotes before it passed over."""
    while start < end and (opener := _OPENER.match(text, start, end)):
        start = opener.end()
    word = _CAPITALISED.match(text, start, end)
    return word is not None and word[0] in _OPENING_WORDS


@lru_cache(maxsize=8)
def _wraps(text: str) -> frozenset[int]:
    """Positions of the line ends that only wrap a paragraph.

    A paragraph (lines between blank lines or lines of nothing but tags) is hard-wrapped when its longest line has at
    least 40 characters, no line but the last had room for the next line's first word, and some line but the last ends
    without a sentence-final mark (else it is one sentence a line).
    """
    found: set[int] = set()
    paragraph: list[tuple[int, int]] = []

    def close() -> None:
        if len(paragraph) > 1:
            longest = max(b - a for a, b in paragraph)
            pairs = list(zip(paragraph, paragraph[1:], strict=False))
            if (
                longest >= _MIN_WRAP
                and all(b - a + 1 + _first_word(text, c, d) > longest for (a, b), (c, d) in pairs)
                and any(not _TERMINAL.search(text, max(a, b - 60), b) for (a, b), _ in pairs)
            ):
                found.update(b for (_, b), _ in pairs)
        paragraph.clear()

    cursor = 0
    while cursor < len(text):
        match = _LINE.match(text, cursor)
        line_end = match.end() if match else len(text)
        content_end = line_end
        while content_end > cursor and text[content_end - 1] in _BREAKS:
            content_end -= 1
        line = text[cursor:content_end]
        if not line.strip() or _TAG_LINE.match(line):
            close()
        else:
            paragraph.append((cursor, content_end))
        cursor = line_end
    close()
    return frozenset(found)


def _first_word(text: str, start: int, end: int) -> int:
    match = _HEAD_WORD.search(text, start, end)
    return len(match[0]) if match else 0
