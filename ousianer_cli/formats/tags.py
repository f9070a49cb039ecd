"""Tags of words as spans, whatever the scheme: IO, IOB1, IOB2, BIOES, BILOU, BMES; before or after the label, by `-` or
`_`.

A scheme is a property of a file. It shows in the tags at its beginning, and a tag that does not follow it later is
refused, since it would silently be read as another label.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ousianer_cli.errors import InputError

LETTERS = "BIESLUM"
"""Begin, inside (or middle), end (or last), single (or unit)."""
_TO_BIOES = {"L": "E", "U": "S", "M": "I"}
_BROKEN = re.compile(r".-.*", re.DOTALL)
_MARKUP = re.compile(r"[<>{}\[\]\"]")
"""In a bare label it shows that a line is no row of columns but JSON or markup."""
_AT_LEAST = 20
"""So many words without a single `O`, labelled bare, are no names: parts of speech, lemmas."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a tag that names something is written: `pattern` has the groups `mark` and `label`."""

    about: str
    pattern: re.Pattern[str]


BEFORE = Scheme("with a prefix (B-, I-, …)", re.compile(rf"(?P<mark>[{LETTERS}])-(?P<label>.+)", re.DOTALL))
BEFORE_LOW = Scheme("with a prefix (B_, I_, …)", re.compile(rf"(?P<mark>[{LETTERS}])_(?P<label>.+)", re.DOTALL))
AFTER = Scheme("with a suffix (-B, -I, …)", re.compile(rf"(?P<label>.+)-(?P<mark>[{LETTERS}])", re.DOTALL))
AFTER_LOW = Scheme("with a suffix (_B, _I, …)", re.compile(rf"(?P<label>.+)_(?P<mark>[{LETTERS}])", re.DOTALL))
BARE = Scheme("as a bare label", re.compile(r"(?P<mark>)(?P<label>.+)", re.DOTALL))


def is_tag(text: str) -> bool:
    """Whether this is surely a tag: `O`, or a prefix with a label."""
    return text == "O" or BEFORE.pattern.fullmatch(text) is not None


def bare_label(tag: str) -> str:
    """A tag's label, where its prefix is of the common kind."""
    match = BEFORE.pattern.fullmatch(tag)
    return match["label"] if match else tag


def scheme_of(tags: Iterable[str]) -> Scheme | None:
    """The scheme that the tags of a file's beginning show; None where none of them names anything.

    A prefix with a hyphen, or a bare label, is known by the first tag that names something. The others have to hold for
    every tag, and some tag has to begin a name: `B_cell` beside `T_cell` is a label.
    """
    named = list(dict.fromkeys(tag for tag in tags if tag not in ("O", "")))
    if not named:
        return None
    if BEFORE.pattern.fullmatch(named[0]):
        return BEFORE
    for scheme in (BEFORE_LOW, AFTER, AFTER_LOW):
        matches = [scheme.pattern.fullmatch(tag) for tag in named]
        if all(matches) and {m["mark"] for m in matches if m} & set("BSU"):
            return scheme
    return BARE


class TagReader:
    """Turns a file's tags into BIOES form (`B-PER`, or `I-PER` where the scheme has bare labels), checking each."""

    def __init__(self, sample: Sequence[str]) -> None:
        self.scheme = scheme_of(sample)
        filled = [tag for tag in sample if tag]
        self._no_names = self.scheme is BARE and len(filled) >= _AT_LEAST and "O" not in filled

    def __call__(self, tag: str, refuse: Callable[[str, str], InputError]) -> str:
        """`refuse(expected, found)` makes the error for a tag that is none, or one of another scheme."""
        if tag == "O":
            return tag
        if self.scheme is None:
            self.scheme = scheme_of([tag])
        if self._no_names:
            raise refuse("a column of tags, with O where there is no name", repr(tag[:60]))
        match = self.scheme.pattern.fullmatch(tag) if self.scheme else None
        if self.scheme is BARE and match:
            if _MARKUP.search(tag):
                raise refuse("a tag in the last column", f"{tag[:60]!r}, which looks like JSON or markup")
            if not any(character.isalnum() for character in tag):
                raise refuse("a tag in the last column", f"{tag[:60]!r}, which looks like running text")
            if _BROKEN.fullmatch(tag) and not BEFORE.pattern.fullmatch(tag):
                match = None
            elif BEFORE.pattern.fullmatch(tag):
                raise refuse("a bare label, as earlier in this file", repr(tag[:60]))
        elif match is None and self.scheme is not None and _is_of_another(tag):
            raise refuse(f"a tag {self.scheme.about}, as earlier in this file", repr(tag[:60]))
        if match is None:
            raise refuse("a tag: O, or B-/I-/E-/S-/L-/U-/M- and a label", repr(tag[:60]))
        return f"{_TO_BIOES.get(match['mark'], match['mark'] or 'I')}-{match['label']}"


def _is_of_another(tag: str) -> bool:
    return bool(tag) and (_BROKEN.fullmatch(tag) is None or BEFORE.pattern.fullmatch(tag) is not None)


def spans_from_tags(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """Spans [start, end) with labels from IOB1, IOB2, IO or BIOES-like tags (`B-`, `I-`, `E-`, `S-`, or a label)."""
    spans: list[tuple[int, int, str]] = []
    open_start, open_label = -1, ""
    for i, tag in enumerate([*tags, "O"]):
        prefix, _, label = tag.partition("-") if len(tag) > 1 and tag[1] == "-" else ("I", "", tag)
        outside = tag in ("O", "")
        begins = not outside and (prefix in ("B", "S") or open_start < 0 or label != open_label)
        if open_start >= 0 and (outside or begins):
            spans.append((open_start, i, open_label))
            open_start = -1
        if begins:
            open_start, open_label = i, label
        if open_start >= 0 and prefix in ("E", "S"):
            spans.append((open_start, i + 1, open_label))
            open_start = -1
    return spans
