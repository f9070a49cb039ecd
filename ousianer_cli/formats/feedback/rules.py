"""What becomes of corrections that do not fit together, by stated rules; every one of them is said with file and line.

- A span that is corrected twice alike counts once; twice differently, it is refused.
- A span inside another is a name inside a name, and both are learned; spans that cross are refused.
- A span that begins or ends inside a word is refused where its letters are of a script that parts words by blanks and
  has letter case, or are digits; elsewhere (Arabic, Chinese and others) it is learned by the whole word.
"""

from __future__ import annotations

from collections.abc import Sequence

from ousianer_cli.errors import InputError
from ousianer_cli.formats.feedback.items import FeedbackItem, is_no_name
from ousianer_cli.formats.feedback.places import OFFSETS, cuts_word
from ousianer_cli.formats.words import split_words


def settled(items: Sequence[FeedbackItem]) -> tuple[list[FeedbackItem], list[str]]:
    """(the corrections that are learned, in order; a line for each that was settled by a rule).

    Raises:
        InputError: corrections that contradict one another, that cross, or of a part of a word, with file and line.
    """
    kept: dict[tuple[str, int, int], FeedbackItem] = {}
    notes = []
    for item in items:
        notes += _whole_words(item)
        blanks = len(item.text) - len(item.text.lstrip())
        place = item.text.strip(), item.start - blanks, item.end - blanks
        first = kept.get(place)
        if first is None:
            kept[place] = item
        elif first.type == item.type:
            notes.append(f"{_where(item)}: {item.mention!r} stands in {_where(first, item)} already, and counts once")
        else:
            raise InputError(
                f"one type for {item.mention!r}",
                f"{item.type!r} here and {first.type!r} in {_where(first, item)}",
                path=item.path,
                line=item.line,
                remedy="keep the right one of the two",
            )
    return list(kept.values()), notes + _overlaps(list(kept.values()))


def _overlaps(items: Sequence[FeedbackItem]) -> list[str]:
    """Lines about names inside names; spans that cross are refused, but for those that are no name."""
    by_text: dict[str, list[FeedbackItem]] = {}
    for item in items:
        if not is_no_name(item.type):
            by_text.setdefault(item.text, []).append(item)
    notes = []
    for same in by_text.values():
        open_spans: list[FeedbackItem] = []
        for item in sorted(same, key=lambda i: (i.start, -i.end)):
            open_spans = [outer for outer in open_spans if item.start < outer.end]
            for outer in open_spans:
                if outer.end < item.end:
                    late, early = sorted((item, outer), key=lambda i: (i.path, i.line), reverse=True)
                    raise InputError(
                        "spans that lie apart or one inside the other",
                        f"{late.mention!r} here across {early.mention!r} in {_where(early, late)}",
                        path=late.path,
                        line=late.line,
                        remedy="correct the boundaries of one, or call it 'no name'",
                    )
            if open_spans:
                outer = open_spans[-1]
                notes.append(
                    f"{_where(item)}: {item.mention!r} lies inside {outer.mention!r} of {_where(outer, item)}: learned "
                    "as a name inside a name"
                )
            open_spans.append(item)
    return notes


def _whole_words(item: FeedbackItem) -> list[str]:
    """A line where a span is learned by whole words that it only touches."""
    words = [(a, b) for a, b in split_words(item.text) if a < item.end and b > item.start]
    start, end = min(item.start, words[0][0]), max(item.end, words[-1][1])
    cut = [at for at in (item.start, item.end) if any(a < at < b for a, b in words)]
    if not cut:
        return []
    word = item.text[start:end]
    for at in cut:
        if cuts_word(item.text, at):
            raise InputError(
                "a mention of whole words",
                f"{item.mention!r}, a part of {word!r}",
                path=item.path,
                line=item.line,
                remedy=OFFSETS,
            )
    return [f"{_where(item)}: {item.mention!r} is learned by the whole word {word!r}"]


def _where(item: FeedbackItem, beside: FeedbackItem | None = None) -> str:
    """`file:line`, or `line N` beside an item of the same file."""
    return f"line {item.line}" if beside is not None and beside.path == item.path else f"{item.path}:{item.line}"
