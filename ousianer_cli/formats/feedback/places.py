"""Where a correction's mention stands in its sentence.

Offsets come as spreadsheets write them (`12`, `12.0`, `12,0`), mentions as people spell them: other blanks,
apostrophes, hyphens and quotation marks than the text's, composed or decomposed accents, and characters where the text
has references (`&amp;`) are the same mention. Other letters, letter case or accents are not. Where offsets do not fit,
it is said what they seem to count.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from ousianer_cli.errors import InputError
from ousianer_cli.formats.visible import seen, visible_text

Span = tuple[int, int]
"""Code points [start, end)."""
Refusal = Callable[[str, str, str], InputError]
"""Makes the error of a row from what was expected, what was found, and what to do."""

OFFSETS = "offsets count characters from 0, and the end is inclusive"
_EMPTY = frozenset({"nan", "none", "null", "n/a", "#n/a", "<na>"})
"""What programs write for a cell without a number."""
_PLAIN = frozenset({"Lu", "Ll", "Lt", "Nd", "Mn"})
_SAME = ("'’‘ʼ′`´", "-‐‑–", '"“”„‟«»')
_LISTED = 3
"""Places of a mention that are named, at most."""


def cuts_word(text: str, at: int) -> bool:
    """Whether letters that have case, digits or accents meet at a place: no edge of a word in any script."""
    return 0 < at < len(text) and all(unicodedata.category(c) in _PLAIN for c in text[at - 1 : at + 1])


def same_mention(claimed: str, found: str) -> bool:
    """Whether two spellings are read as the same words."""
    return claimed.split() == found.split() or _folded(claimed) == _folded(found)


def placed(text: str, start_cell: str, end_cell: str, mention: str, refuse: Refusal) -> Span:
    """The stretch of `text` that a row's cells mean, without blanks at its edges; empty cells say nothing.

    Raises:
        InputError: made by `refuse`; the cells do not fit the text or one another.
    """
    start_cell, end_cell = ("" if c.strip().lower() in _EMPTY else c.strip() for c in (start_cell, end_cell))
    cells, mention = (start_cell, end_cell), mention.strip()
    if not any(cells):
        return _only(text, mention, refuse)
    numbers = _number(cells[0]), _number(cells[1])
    if not all(cells) and mention:
        return _beginning(text, mention, cells, numbers, refuse)
    start, end = numbers
    if start is None or end is None or not start <= end < len(text):
        expected = f"0 <= start <= end <= {len(text) - 1} (end inclusive) in a sentence of {len(text)} characters"
        found = f"start {cells[0]!r}, end {cells[1]!r}"
        raise refuse(expected, found, _hint(text, mention, start, end))
    stretch = text[start : end + 1]
    if mention and not same_mention(mention, stretch):
        raise refuse(
            f"the mention {mention!r} at this place", f"the text {stretch!r}", _hint(text, mention, start, end)
        )
    inner = stretch.strip()
    if not inner:
        raise refuse("a mention with a visible character", repr(stretch), "correct the offsets")
    if inner != stretch and not mention:
        raise refuse("a mention without blanks at its edges", repr(stretch), _hint(text, inner, start, end))
    start += len(stretch) - len(stretch.lstrip())
    return start, start + len(inner)


def places_of(text: str, mention: str) -> list[Span]:
    """Where a mention stands as whole words: as it is spelled, or if nowhere so, as it is read."""
    if not mention:
        return []
    exact = _whole(text, [m.span() for m in re.finditer(re.escape(mention), text)])
    if exact:
        return exact
    visible = visible_text(text)
    words = seen(mention).replace("...", "…").split()
    found = re.finditer(r"\s+".join("".join(map(_spelled, word)) for word in words), visible.text)
    return _whole(text, [visible.outside(*m.span(), 0, len(text)) for m in found])


def _whole(text: str, spans: list[Span]) -> list[Span]:
    return [(a, b) for a, b in spans if not (cuts_word(text, a) or cuts_word(text, b))]


def _only(text: str, mention: str, refuse: Refusal) -> Span:
    found = places_of(text, mention)
    if len(found) == 1:
        return found[0]
    if not mention:
        found_there, remedy = "neither", "give start and end"
    elif found:
        found_there, remedy = f"{mention!r} {len(found)} times", f"give start and end: it stands at {_listed(found)}"
    else:
        found_there, remedy = f"{mention!r} 0 times", _elsewhere(text, mention)
    raise refuse("start and end, or a mention that stands once in its sentence", found_there, remedy)


def _elsewhere(text: str, mention: str) -> str:
    """What to do where a mention does not stand in its sentence."""
    plain, origin = _plain(text)
    wanted = _plain(mention)[0]
    at = plain.find(wanted) if wanted else -1
    if at < 0:
        return "copy it from the sentence, or give start and end"
    start, end = origin[at], origin[at + len(wanted) - 1] + 1
    while end < len(text) and unicodedata.combining(text[end]):
        end += 1
    if cuts_word(text, start) or cuts_word(text, end):
        left = max((i for i in range(start + 1) if not cuts_word(text, i)), default=0)
        right = next(i for i in range(end, len(text) + 1) if not cuts_word(text, i))
        return f"it is a part of the word {text[left:right]!r} there"
    return f"did you mean {text[start:end]!r}, at {start}-{end - 1}?"


def _beginning(
    text: str, mention: str, cells: tuple[str, str], numbers: tuple[int | None, int | None], refuse: Refusal
) -> Span:
    """The place of a mention of which one offset is given."""
    found = places_of(text, mention)
    start, end = numbers
    fit = [(a, b) for a, b in found if start == a or (end is not None and end + 1 == b)]
    if fit:
        return fit[0]
    there = f"start {cells[0]!r}" if cells[0] else f"end {cells[1]!r}"
    remedy = f"{OFFSETS}; it stands at {_listed(found)}" if found else _elsewhere(text, mention)
    raise refuse(f"the mention {mention!r} at this place", there, remedy)


def _hint(text: str, mention: str, start: int | None, end: int | None) -> str:
    """What offsets that do not fit seem to count; without a mention a reading has to fill the sentence to its end."""
    found = places_of(text, mention)
    if start is not None and end is not None:
        for counted, a, b in _readings(text, start, end):
            if (a, b) in found or (not mention and b == len(text) and 0 <= a < b and text[a:b].strip() == text[a:b]):
                return f"{OFFSETS}; these seem to {counted}: write {a} and {b - 1}"
    return f"{OFFSETS}; it stands at {_listed(found)}" if mention and found else OFFSETS


def _readings(text: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """(what offsets may count, code points [start, end) if they do)."""
    yield "have the end exclusive", start, end
    yield "count from 1", start - 1, end
    yield "count from 1 with the end exclusive", start - 1, end - 1
    for what, width in (("bytes of UTF-8", _utf8), ("units of UTF-16", _utf16)):
        point = {0: 0}
        units = 0
        for place, character in enumerate(text, 1):
            units += width(character)
            point[units] = place
        a = point.get(start, -1)
        yield f"count {what}", a, point.get(end + 1, -1)
        yield f"count {what} with the end exclusive", a, point.get(end, -1)
    yield "be start and length", start, start + end
    yield "have start and end swapped", end, start + 1


def _utf8(character: str) -> int:
    return len(character.encode("utf-8", "surrogatepass"))


def _utf16(character: str) -> int:
    return 2 if ord(character) > 0xFFFF else 1


def _number(cell: str) -> int | None:
    """A whole number, also as spreadsheets write one: `12.0`, `12,00`."""
    match = re.fullmatch(r"([0-9]{1,9})(?:[.,]0{1,2})?", cell)
    return int(match[1]) if match else None


def _spelled(character: str) -> str:
    if character == "…":
        return r"(?:…|\.{3})"
    group = next((same for same in _SAME if character in same), character)
    return f"[{re.escape(group)}]" if len(group) > 1 else re.escape(character)


def _folded(text: str) -> list[str]:
    marks = {ord(c): group[0] for group in _SAME for c in group}
    return seen(text).translate(marks).replace("…", "...").split()


def _plain(text: str) -> tuple[str, list[int]]:
    """Letters in small ones without accents, and where each stands in `text`."""
    pieces, origin = [], []
    for place, character in enumerate(text):
        plain = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c)).casefold()
        pieces.append(plain)
        origin.extend([place] * len(plain))
    return "".join(pieces), origin


def _listed(places: list[Span]) -> str:
    more = f" and {len(places) - _LISTED} more" if len(places) > _LISTED else ""
    return ", ".join(f"{a}-{b - 1}" for a, b in places[:_LISTED]) + more
