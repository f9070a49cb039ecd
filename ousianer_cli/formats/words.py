"""Words with offsets, from raw text. One segmentation serves training and tagging, so that both see the same words.

LTF TOKENs are not used: many releases token at blanks only (`Obama,` is one token). Words are those of the text as it
is read (`formats.visible`): a reference, a soft hyphen or an accent of its own parts no word and ends none.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence

from ousianer_cli.formats.addresses import ADDRESS, SITE, is_address
from ousianer_cli.formats.visible import ODD, Span, VisibleText, visible_text

# Accents and vowel signs of every script belong to their letter.
_MARKS = "".join(c for c in map(chr, range(0x300, 0x10000)) if unicodedata.category(c)[0] == "M")
_LETTERS = f"(?:[^\\W_]++|[{_MARKS}]++)++"
_CLITIC = r"(?:s|S|re|ve|ll|d|m|RE|VE|LL|D|M)(?![^\W_])"
# Order matters: initialisms (U.S., a.m.), numbers with inner marks (1,000.50), clitics ('s; n't stays inside its word),
# letters and digits with inner apostrophes (O'Brien, but Obama|'s), then any other character by itself. A Dutch place
# begins like a clitic ('s-Hertogenbosch).
_WORD_FORMS = rf"""
    (?:[^\W\d_]\.){{2,}}
  | \d+(?:[.,:]\d+)+
  | (?<![^\s(])['’]s-(?=[A-Z]){_LETTERS}
  | ['’]{_CLITIC}
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
_SITE = re.compile(rf"(?<![\w@/.-]){SITE}(?![@/])", re.VERBOSE)
_HINT = re.compile(r"[/\\@#]|\.[A-Za-z]{2}")
_UNBROKEN = re.compile(r"\S*")
# Where a handle or hashtag begins, and where the words run together in one part.
_TAG_MARK = re.compile(r"(?<![^\W_])[@#](?=\w*[^\W\d_])")
_SMALL, _CAPITAL = "[a-zß-öø-ÿ]", "[A-ZÀ-ÖØ-Þ]"
_TAG_PARTS = re.compile(
    rf"_+|(?<={_SMALL})(?={_CAPITAL})|(?<={_CAPITAL})(?={_CAPITAL}{_SMALL})|(?<=[^\W\d_]{{3}})(?=\d)"
)

RULES = hashlib.blake2b(
    "\0".join((unicodedata.unidata_version, ODD, _WORD.pattern, _WORD_OR_ADDRESS.pattern)).encode(), digest_size=4
).hexdigest()
"""Tells these word rules from others: what was split by them needs no splitting again."""

ADDRESS_READ_AS = "link"
"""What a model reads in place of an address, whatever stands in it: a word that is never taken for a name."""
TAG_MARK_READ_AS = ","
"""What a model reads in place of the mark of a handle or hashtag."""


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

    They are what is seen of them; an address is read as `ADDRESS_READ_AS`, so that nothing in it sways the names around
    it; a handle or hashtag as the words that it runs together, its mark as `TAG_MARK_READ_AS`.
    """
    read = []
    tagged = -1
    for start, end in words:
        first, last = visible.inside(start, end)
        word = visible.text[first:last] or visible.raw[start:end]
        if first == tagged:
            word = " ".join(filter(None, _TAG_PARTS.split(word)))
        elif _TAG_MARK.match(visible.text, first):
            word, tagged = TAG_MARK_READ_AS, last
        elif is_address(word):
            word = ADDRESS_READ_AS
        read.append(word)
    return read


def never_names(visible: VisibleText, words: Sequence[Span]) -> set[int]:
    """Which of the words no name has in it: addresses, and the marks of handles and hashtags."""
    found = set()
    for number, (start, end) in enumerate(words):
        first, last = visible.inside(start, end)
        if _TAG_MARK.match(visible.text, first) or is_address(visible.text[first:last]):
            found.add(number)
    return found


def sites(visible: VisibleText, words: Sequence[Span]) -> list[Span]:
    """The words [first, last + 1) of each bare site in a sentence of these words (`Amazon . com`): one name or none."""
    if not words:
        return []
    start, end = visible.inside(words[0][0], words[-1][1])
    if "." not in visible.text[start:end]:
        return []
    places = [visible.inside(a, b) for a, b in words]
    found = []
    for match in _SITE.finditer(visible.text, start, end):
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
