"""Sentences of raw text, by rule.

One splitter serves every input format, so a document gives the same sentences whatever it is read from.

Blank lines always end a sentence. A newline inside a hard-wrapped paragraph is a blank, any other newline ends a
sentence. Whether a newline is a wrap is judged from the whole text, so the answer does not change with the slice that
is asked for. Sentences are those of the text as it is read (`formats.visible`), without what is not seen.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import pairwise

from ousianer_cli.formats.characters import INVISIBLE
from ousianer_cli.formats.layout import LINE, LINE_ENDS, MAY_HOLD_CELLS, layout_of
from ousianer_cli.formats.visible import Span, VisibleText, visible_text
from ousianer_cli.formats.words import word_set

_NEWLINE = r"(?>\r\n|[\n\r\x0b\x0c\x85\u2028\u2029])"
_BLANK_LINES = re.compile(rf"{_NEWLINE}(?:[^\S\n\r\x0b\x0c\x85\u2028\u2029]*{_NEWLINE})+")
_CLOSER = r"[\"'”’»›)\]}]"
_OPENER = re.compile(r"[\"'“‘«‹„‚(\[{¿¡<*#@$€£•\-–—`]")
_STOP = re.compile(
    rf"(?<![.!?…])(?P<mark>[.!?…]++)(?P<close>{_CLOSER}*+)(?=\s)|(?P<wide>[。！？؟۔।॥։።]++)(?:[」』）】]|{_CLOSER})*+"
)
_BEFORE_TOKEN = "".join(sorted(set("\"'“”‘’«([{-–—")))
_BLANK = re.compile(r"\s*")
_TERMINAL_BEFORE = re.compile(r"[.!?…:;]\Z")
_UNSEEN = re.compile(rf"[\s{INVISIBLE}]*")
_UNSEEN_END = re.compile(rf"[\s{INVISIBLE}]")


# Never the end of a sentence: a name, a number or the rest of the phrase follows.
_BEFORE_NAME = word_set(
    """
    adm amb atty brig capt cmdr col cpl cpt dr drs fr gen gov hon insp lieut lt maj messrs mme mlle mr mrs ms mx pfc
    pres prof pvt rep reps rev rt sen sens sgt supt ssgt tsgt ste adj comdr cdr pte sp spc wo det vs v cf viz eg e.g
    ie i.e approx ca c.f esp incl msgr mgr bp abp ald cllr cmdt cdre lcpl gdn
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
# What follows the mark in the name of a firm (`Yahoo! Inc.`); the second ones may begin a sentence, too (`Wow! News is
# out.`), so that a word must come before the name.
_FIRM = word_set("Inc Corp Ltd LLC Co PLC AG GmbH Brands Holdings Productions")
_OF_FIRM = word_set(
    """
    Group Company Records Entertainment Media News Mail Answers Finance Sports Music Magazine Studios Games Airlines
    Team Foundation Theatre Theater Network Networks Television Weekly Daily Online Japan Europe Search Messenger Maps
    Pictures Films Books Press Café Cafe Restaurants Day Festival Tour
    """
)
# Names that have the mark whatever follows.
_WITH_MARK = word_set("Yahoo Yum Joomla Jeopardy Wham")
# Small words that titles have in capitals (`Panic! At The Disco`); two of them in a row begin no sentence.
_TITLE_WORDS = word_set(
    """
    At The In On Of And Or For To From With By A An Is It Me My You Your We Our Here There Up Down Out Be Do Not All
    This That
    """
)
_NEXT_WORDS = re.compile(r"([^\W\d_]+\.?)(?:\s+([^\W\d_]+))?(?:\s+([^\W\d_]+))?")
_CAPITALISED = re.compile(r"[A-Z][a-z]*(?![\w.'’-])")
_INITIALISM = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]\Z")


def split_sentences(text: str, start: int, end: int) -> list[Span]:
    """Sentences of `text[start:end]` as code-point pairs [start, end) into `text`; see `sentences_of`."""
    return sentences_of(visible_text(text), start, min(end, len(text)))


def sentences_of(visible: VisibleText, start: int, end: int) -> list[Span]:
    """Sentences of the raw [start, end), as places in the raw text.

    They are in order, never overlap, begin and end on a character that is seen and no blank, and hold every such
    character of the slice. Text outside the slice is looked at for one thing only: whether the lines it lies in are
    hard-wrapped.
    """
    first, last = visible.inside(start, end)
    return [visible.outside(a, b, start, end) for a, b in _sentences(visible, first, last)]


def _sentences(visible: VisibleText, start: int, end: int) -> list[Span]:
    text = visible.text
    sentences: list[Span] = []
    head = start
    cursor = start
    while cursor < end:
        line = LINE.match(text, cursor, end)
        line_end = line.end() if line else end
        content_end = line_end
        while content_end > cursor and text[content_end - 1] in LINE_ENDS:
            content_end -= 1
        if not (content_end < line_end < end and content_end in layout_of(visible).wraps):
            for a, b in _cells(visible, head, line_end):
                _split_line(text, a, b, sentences)
            head = line_end
        cursor = line_end
    _split_line(text, head, end, sentences)
    return sentences


def _cells(visible: VisibleText, start: int, end: int) -> list[Span]:
    """The cells of a table's row, or the stretch as it is."""
    if not MAY_HOLD_CELLS.search(visible.text, start, end):
        return [(start, end)]
    cells = layout_of(visible).cells
    inner = cells[bisect_right(cells, start) : bisect_right(cells, end - 1)]
    return list(pairwise((start, *inner, end)))


def split_paragraphs(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """Stretches of `text[start:end]` between blank lines, blanks trimmed: code-point pairs [start, end) into `text`."""
    return paragraphs_of(visible_text(text), start, len(text) if end is None else min(end, len(text)))


def paragraphs_of(visible: VisibleText, start: int, end: int) -> list[Span]:
    """Stretches of the raw [start, end) between blank lines, as places in the raw text."""
    text = visible.text
    cursor, stop = visible.inside(start, end)
    found = []
    while cursor < stop:
        gap = _BLANK_LINES.search(text, cursor, stop)
        left, right = trim(text, cursor, gap.start() if gap else stop)
        cursor = gap.end() if gap else stop
        if left < right:
            found.append(visible.outside(left, right, start, end))
    return found


def trim(text: str, start: int, end: int) -> Span:
    """The stretch [start, end) without what is not seen at its edges; empty at `end` when there is nothing else."""
    match = _UNSEEN.match(text, start, end)
    start = match.end() if match else start
    while end > start and _UNSEEN_END.match(text, end - 1):
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
    if match["mark"] in ("!", "?") and not match["close"] and _is_in_name(text, head, mark_start, following, end):
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
    last = low.rpartition(".")[2]
    if low in _BEFORE_NAME or (len(last) > 1 and last in _BEFORE_NAME):  # `Lt.Col. Lee`
        return False
    if low in _BEFORE_NUMBER and nxt.isdigit():
        return False
    if low in _UNSURE or (len(bare) == 1 and bare.isupper()) or _INITIALISM.match(bare):
        return _opens(text, following, end)
    return True


def _is_in_name(text: str, head: int, mark: int, following: int, end: int) -> bool:
    """Whether the `!` or `?` at `mark` belongs to a name that goes on at `following`."""
    begin = mark
    while begin > head and not text[begin - 1].isspace():
        begin -= 1
    word = text[begin:mark].lstrip(_BEFORE_TOKEN)
    after = _NEXT_WORDS.match(text, following, end)
    if not word[:1].isupper() or after is None:
        return False
    first, second, third = after.groups()
    first = first.rstrip(".")
    if first in _FIRM or (word in _WITH_MARK and first not in _OPENING_WORDS):
        return True
    before = text[max(head, begin - 60) : begin].split()
    if first in _OF_FIRM and before and not _TERMINAL_BEFORE.search(before[-1]):
        return second is None or not second[:1].islower() or second in ("and", "said", "says", "is", "was", "has", "of")
    if first.isupper() and len(first) > 1:
        return False
    in_title = first in _TITLE_WORDS and second in _TITLE_WORDS and "I" not in (first, second)
    return in_title and (third is None or third[:1].isupper())


def _opens(text: str, start: int, end: int) -> bool:
    """A word at `start` that commonly opens a sentence, quotes before it passed over."""
    while start < end and (opener := _OPENER.match(text, start, end)):
        start = opener.end()
    word = _CAPITALISED.match(text, start, end)
    return word is not None and word[0] in _OPENING_WORDS
