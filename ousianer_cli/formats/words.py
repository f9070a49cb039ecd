"""Words with offsets, from raw text. One segmentation serves training and tagging, so that both see the same words.

LTF TOKENs are not used: many releases token at blanks only (`Obama,` is one token). Words are those of the text as it
is read (`formats.visible`): a reference, a soft hyphen or an accent of its own parts no word and ends none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from ousianer_cli.formats.addresses import ADDRESS, SITE, is_address
from ousianer_cli.formats.characters import expanded
from ousianer_cli.formats.visible import Span, VisibleText, visible_text

# Accents and vowel signs of every script belong to their letter.
_MARKS = "".join(c for c in map(chr, range(0x300, 0x10000)) if unicodedata.category(c)[0] == "M")
_CLITIC = r"(?:s|S|re|ve|ll|d|m|RE|VE|LL|D|M)(?![^\W_])"
# Scripts that write no blanks: a word of another script beside them is a word by itself (`Merkel在柏林`).
_UNSPACED = (
    "\u3005-\u3007\u3031-\u3035\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u3131-\u318e\u31a0-\u31bf"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua48c\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003fffd"
)
# The number of a footnote is no part of the word before it (`Merkel¹`), but of a unit (`km²`).
_NOTES = "²³¹⁰⁴-⁹"
_NOTE_DIGITS = frozenset("²³¹⁰⁴⁵⁶⁷⁸⁹")
# A letter that was lost on the way (U+FFFD) is one inside a word.
_LETTERS = rf"""(?:
    (?:[^\W_{_UNSPACED}{_NOTES}]++ | [{_MARKS}]++ | (?<![^\W\d_]{{3}})(?<![A-ZÀ-ÖØ-Þ]{{2}})[{_NOTES}]++
      | (?<=[^\W\d_])\ufffd++(?!{_CLITIC})(?=[^\W\d_]))++
  | [{_UNSPACED}][{_UNSPACED}{_MARKS}]*+ )"""
# Order matters: initialisms (U.S., a.m.), numbers with inner marks (1,000.50), clitics ('s; n't stays inside its word),
# letters and digits with inner apostrophes (O'Brien, but Obama|'s), then any other character by itself. A Dutch place
# begins like a clitic ('s-Hertogenbosch).
_WORD_FORMS = rf"""
    (?:[^\W\d_]\.){{2,}}
  | \d+(?:[.,:]\d+)+
  | (?<![^\s(])['’]s-(?=[A-Z]){_LETTERS}
  | ['’\ufffd]{_CLITIC}
  | {_LETTERS}(?:['’](?!{_CLITIC}){_LETTERS})*
  | \S
"""
_WORD = re.compile(_WORD_FORMS, re.VERBOSE)
# Before these come addresses, and what stands behind the mark of a handle or hashtag, with its underscores. They are
# slow to look for, so only a stretch without blanks that has a hint of them is searched.
_WORD_OR_ADDRESS = re.compile(
    rf"{ADDRESS} | (?<=[@\#])(?<![^\W_][@\#])(?=\w*[^\W\d_])\w+(?:['’](?!{_CLITIC})\w+)* | {_WORD_FORMS}",
    re.VERBOSE,
)
# A name may begin with `[`, `"`, `@`, `.`, end in `.`, `!`, `?`, `+`, and have any of them inside.
_SIGNS = (
    "\u2010-\u2015\u2022\u2023\u2043\u2190-\u2bff\u00a6-\u00a9\u00ac\u00ae-\u00b1\u00b6\u00b7\u2020\u2021\u2030-\u2034\u203b\u2100-\u214f"
    "\u3012\u3013\u3030\ue000-\uf8ff\ufffc\ufffd\U0001f000-\U0001faff"
)
_NO_BEGINNING = re.compile(rf"[{_SIGNS}{_NOTES}#*>|~^=_\\/,;:+-]+")
_NO_END = re.compile(rf"[{_SIGNS}{_NOTES}<|~^=_\\/,;:@-]+")
_SITE = re.compile(rf"(?<![\w@/.-]){SITE}(?![@/])", re.VERBOSE)
# A tag of any name: the values of its attributes are words, but no names.
_TAG_WITH_VALUES = re.compile(
    r"""<[A-Za-z][\w.:-]{0,40}(?:\s+[\w:.-]{1,40}\s*=\s*(?:"[^"<>]{0,500}"|'[^'<>]{0,500}'))++\s*/?>"""
)
_LONGEST_TAG = 2000
_HINT = re.compile(r"[/\\@#]|\.[A-Za-z]{2}|[a-z]:[^\s]")
_UNBROKEN = re.compile(r"\S*")
# Where a handle or hashtag begins, and where the words run together in one part.
_TAG_MARK = re.compile(r"(?<![^\W_])[@#](?=[@#]{0,3}+\w*[^\W\d_])")
_NEXT_MARK = re.compile(r"[@#](?=\w*[^\W\d_])")
_SMALL, _CAPITAL = "[a-zß-öø-ÿ]", "[A-ZÀ-ÖØ-Þ]"
_TAG_PARTS = re.compile(
    rf"_+|(?<={_SMALL})(?={_CAPITAL})|(?<={_CAPITAL})(?={_CAPITAL}{_SMALL})|(?<=[^\W\d_]{{3}})(?=\d)"
)

ADDRESS_READ_AS = "link"
"""What a model reads in place of an address, whatever stands in it: a word that is never taken for a name."""
TAG_MARK_READ_AS = ","
"""What a model reads in place of the mark of a handle or hashtag."""
NOTE_READ_AS = ","
"""What a model reads in place of the number of a footnote."""


def split_words(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """The words of `text[start:end]` as code-point pairs [start, end) into `text`; no visible character is left out."""
    return words_of(visible_text(text), start, end)


def words_of(visible: VisibleText, start: int = 0, end: int | None = None) -> list[Span]:
    """The words of the raw [start, end), as places in the raw text; each begins and ends on what is seen."""
    stop = len(visible.raw) if end is None else end
    first, last = visible.inside(start, stop)
    spans = _spans(visible.text, first, last)
    return spans if visible.is_raw else [visible.outside(a, b, start, stop) for a, b in spans]


def _spans(text: str, start: int, end: int) -> list[Span]:
    spans: list[Span] = []
    position = start
    while hint := _HINT.search(text, position, end):
        head = hint.start()
        while head > position and not text[head - 1].isspace():
            head -= 1
        tail = _UNBROKEN.match(text, head, end).end()  # type: ignore[union-attr]
        spans += [match.span() for match in _WORD.finditer(text, position, head)]
        spans += [match.span() for match in _WORD_OR_ADDRESS.finditer(text, head, tail)]
        position = tail
    spans += [match.span() for match in _WORD.finditer(text, position, end)]
    return spans


def words_as_read(visible: VisibleText, words: Sequence[Span]) -> list[str]:
    """Words as a model reads them.

    They are what is seen of them, ligatures as letters; an address is read as `ADDRESS_READ_AS`, so that nothing in it
    sways the names around it; a handle or hashtag as the words that it runs together, its mark as `TAG_MARK_READ_AS`,
    the number of a footnote as `NOTE_READ_AS`.
    """
    read = []
    places = [visible.inside(start, end) for start, end in words]
    for (start, end), (first, last), kind in zip(words, places, _kinds(visible.text, places), strict=True):
        word = expanded(visible.text[first:last]) or visible.raw[start:end]
        if kind == "tag":
            word = " ".join(filter(None, _TAG_PARTS.split(word)))
        elif kind == "mark":
            word = TAG_MARK_READ_AS
        elif kind == "address":
            word = ADDRESS_READ_AS
        elif word[0] in _NOTE_DIGITS and first and not visible.text[first - 1].isspace():
            word = NOTE_READ_AS
        read.append(word)
    return read


def never_names(visible: VisibleText, words: Sequence[Span]) -> set[int]:
    """Which of the words no name has in it: addresses, the marks of handles and hashtags, and what stands in a tag."""
    places = [visible.inside(start, end) for start, end in words]
    kinds = _kinds(visible.text, places)
    return {k for k, kind in enumerate(kinds) if kind in ("mark", "address") or _is_in_tag(visible.text, places[k][0])}


def _is_in_tag(text: str, place: int) -> bool:
    """Whether there is a tag with values of attributes around a place."""
    begin = text.rfind("<", max(0, place - _LONGEST_TAG), place)
    tag = _TAG_WITH_VALUES.match(text, begin) if begin >= 0 else None
    return tag is not None and tag.end() > place


def never_at_edges(visible: VisibleText, words: Sequence[Span]) -> tuple[set[int], set[int]]:
    """Which of the words no name begins with, and which none ends with: dashes, bullets, pictures, lost letters."""
    begins, ends = set(), set()
    for k, (start, end) in enumerate(words):
        word = visible.read(start, end)
        if word and not (word[0].isalpha() or word[0].isdecimal()):
            begins |= {k} if _NO_BEGINNING.fullmatch(word) else set()
            ends |= {k} if _NO_END.fullmatch(word) else set()
    return begins, ends


def _kinds(text: str, places: Sequence[Span]) -> list[str]:
    """Of each word of a visible text whether it is an address, the mark of a handle or hashtag, what stands behind one,
    or none of these."""
    kinds = []
    mark_end = tag_end = -1
    for first, last in places:
        kind = ""
        if text[first:last] in ("@", "#"):
            # A mark right behind a handle or hashtag begins the next one (`#Oslo#Lund`).
            if (_NEXT_MARK if first == tag_end else _TAG_MARK).match(text, first):
                kind, mark_end = "mark", last
        elif first == mark_end:
            kind, tag_end = "tag", last
        elif is_address(text[first:last]):
            kind = "address"
        kinds.append(kind)
    return kinds


def sites(visible: VisibleText, words: Sequence[Span]) -> list[Span]:
    """The words [first, last + 1) of each bare site in a sentence of these words (`Amazon . com`): one name or none."""
    if not words:
        return []
    start, end = visible.inside(words[0][0], words[-1][1])
    if "." not in visible.text[start:end]:
        return []
    matches = list(_SITE.finditer(visible.text, start, end))
    if not matches:
        return []
    places = [visible.inside(a, b) for a, b in words]
    found = []
    for match in matches:
        inside = [k for k, (a, b) in enumerate(places) if a < match.end() and match.start() < b]
        if len(inside) > 1:
            found.append((inside[0], inside[-1] + 1))
    return found


def word_set(text: str) -> frozenset[str]:
    """The words of a list written as text, parted by blanks."""
    return frozenset(text.split())


def resplit_tokens(tokens: Sequence[str], spans: Sequence[Span]) -> tuple[list[str], list[Span]]:
    """Split a corpus's own tokens into our words and move token spans [start, end) onto them.

    Returns the words and the spans in word positions. A token with no visible character keeps its place as one word, so
    that spans stay valid.
    """
    words: list[str] = []
    first_word = []
    for token in tokens:
        first_word.append(len(words))
        parts = words_of(VisibleText.of(token, quotes=False))
        words.extend(token[a:b] for a, b in parts)
        if not parts:
            words.append(token)
    first_word.append(len(words))
    return words, [(first_word[a], first_word[b]) for a, b in spans]
