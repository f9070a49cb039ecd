"""The project's own training corpus: JSON lines of sentences with mentions.

One line is `{"doc": str, "tokens": [str], "mentions": [{"start": int, "end": int, "types": [str], "weight": float}],
"supervises": "detection" | "typing" | "both"}`; `end` is exclusive; `weight` may be left out (1.0). A mention with
`"nested": true` lies inside another one, and may be ignored; `"noun"` is the common noun for what it names. A line's
`"document"` is the id of the running text that it is a sentence of, where there is one; its sentences stand in order.
`"split_by"` names the word rules (`word_rules`) whose words the tokens are, where they are not the corpus's own.

What `types` means follows from the phase that reads it. For `pretrain` (typing) all of them hold together, as WordNet
synset ids in YAGO's form (`wordnet_person_100007846`). For `finetune` they are the admissible target types: the gold
type is one of them or lies below one of them; `-` is a name outside the taxonomy.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from ousianer_cli.errors import InputError
from ousianer_cli.formats.json_text import JsonFault, parse_json
from ousianer_cli.formats.labelled import Supervision
from ousianer_cli.formats.text import not_utf8, open_bytes, unreadable
from ousianer_cli.formats.visible import Span
from ousianer_cli.formats.word_rules import WORD_RULES
from ousianer_cli.formats.words import resplit_tokens

OUTSIDE = "-"


@dataclass(frozen=True, slots=True)
class Mention:
    """Tokens [start, end) of a sentence, with types (see the module's text)."""

    start: int
    end: int
    types: tuple[str, ...] = ()
    weight: float = 1.0
    noun: str = ""
    """The common noun for what the name names ("city"); empty where it is not known."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A training sentence: tokens as its corpus gives them, and mentions in order, none overlapping.

    `nested` are mentions inside one of `mentions`, in order, none crossing another. `document` is the id of the running
    text that the sentence is part of; empty where the corpus is one of single sentences.
    """

    tokens: tuple[str, ...]
    mentions: tuple[Mention, ...] = ()
    doc: str = ""
    supervises: Supervision = "both"
    nested: tuple[Mention, ...] = ()
    document: str = ""
    split_by: str = ""
    """The word rules (`word_rules.WORD_RULES`) whose words the tokens are; empty for tokens of a corpus's own."""

    def as_words(self) -> tuple[list[str], list[Span], list[Span]]:
        """Our words, and in them the spans of `mentions` and of `nested`; tokens that are our words are not split."""
        spans = [(m.start, m.end) for m in (*self.mentions, *self.nested)]
        words = list(self.tokens)
        if self.split_by != WORD_RULES:
            words, spans = resplit_tokens(words, spans)
        return words, spans[: len(self.mentions)], spans[len(self.mentions) :]

    @property
    def detects(self) -> bool:
        """Whether all its names are marked, so that it may train and score detection."""
        return self.supervises in ("detection", "both")

    @property
    def types_mentions(self) -> bool:
        """Whether its mentions' types may train and score typing."""
        return self.supervises in ("typing", "both")


class _Stretch(Protocol):
    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


_S = TypeVar("_S", bound=_Stretch)


def in_order(mentions: Iterable[_S]) -> list[_S]:
    """Mentions by their start, a longer one before those inside it."""
    return sorted(mentions, key=lambda m: (m.start, -m.end))


def outer_and_nested(mentions: Iterable[_S]) -> tuple[tuple[_S, ...], tuple[_S, ...]]:
    """The mentions that lie in no other one, and those that do, each in order; none of them may cross another."""
    outer: list[_S] = []
    nested: list[_S] = []
    for mention in in_order(mentions):
        (nested if outer and mention.end <= outer[-1].end else outer).append(mention)
    return tuple(outer), tuple(nested)


def read_corpus(path: str | Path) -> Iterator[Sentence]:
    """Read the project's JSON lines; a wrong line is an `InputError` with file and line."""
    path = Path(path)
    try:
        with open_bytes(path) as handle:
            yield from parse_lines(handle, path)
    except OSError as error:
        raise unreadable("a corpus in JSON lines", path, error) from None


def parse_lines(lines: Iterable[bytes], path: Path, first: int = 1) -> Iterator[Sentence]:
    """The sentences of JSON lines, blank ones passed over; `first` is the first line's number in its file."""
    for number, raw in enumerate(lines, first):
        try:
            line = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise not_utf8(path, number, error) from None
        if line.strip():
            yield parse_line(line, path, number)


def _object(line: str, invalid: Callable[[str, object], InputError]) -> dict[str, Any]:
    try:
        row: Any = parse_json(line)
    except JsonFault as error:
        raise invalid("a JSON object", f"invalid JSON ({error})") from None
    if not isinstance(row, dict):
        raise invalid("a JSON object", row)
    return row


def tokens_of(row: dict[str, Any], invalid: Callable[[str, object], InputError]) -> list[str]:
    """A row's 'tokens', which must be there and none of them blank."""
    tokens = row.get("tokens")
    if not isinstance(tokens, list) or not tokens or not all(isinstance(t, str) and t.strip() for t in tokens):
        raise invalid("'tokens' as a list of non-empty strings", tokens)
    return tokens


OTHER_FORMATS = "turn other formats into training lines with: ousianer prepare corpus"


def parse_line(line: str, path: str | Path, number: int, remedy: str = OTHER_FORMATS) -> Sentence:
    """The sentence of one JSON line; an `InputError` names file and line, and the remedy for lines of other formats."""

    def invalid(expected: str, found: object) -> InputError:
        return InputError(expected, str(found)[:80], path=path, line=number, remedy="see docs/formats.md, corpus lines")

    if not line.lstrip().startswith("{"):
        expected = "a training line, a JSON object with 'tokens' and 'mentions'"
        raise InputError(expected, line.strip()[:60], path=path, line=number, remedy=remedy)
    row = _object(line, invalid)
    if not {"tokens", "mentions"} <= row.keys():
        from ousianer_cli.formats.registry import looks_like

        kind = looks_like(row)
        found = f"a record with {', '.join(map(repr, row)) or 'nothing in it'}" + (
            f", which looks like {kind}" if kind else ""
        )
        raise InputError("a training line with 'tokens' and 'mentions'", found, path=path, line=number, remedy=remedy)
    return sentence_of(row, tokens_of(row, invalid), invalid)


def sentence_of(row: dict[str, Any], tokens: list[str], invalid: Callable[[str, object], InputError]) -> Sentence:
    """The sentence of one row, wherever it stood; `invalid(expected, found)` makes the error for a wrong one."""
    supervises = row.get("supervises", "both")
    if supervises not in ("detection", "typing", "both"):
        raise invalid("'supervises' as detection, typing or both", supervises)
    mentions: list[Mention] = []
    nested: list[Mention] = []
    items = row.get("mentions")
    if not isinstance(items, list | tuple):
        raise invalid("'mentions' as a list", "none" if items is None else items)
    for item in items:
        if not isinstance(item, dict) or not {"start", "end", "types"} <= item.keys():
            raise invalid("a mention with 'start', 'end' and 'types'", item)
        start, end, types = item["start"], item["end"], item["types"]
        if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(tokens):
            raise invalid(f"a mention's 0 <= start < end <= {len(tokens)} (end exclusive)", f"start {start}, end {end}")
        if not isinstance(types, list | tuple) or not all(isinstance(t, str) and t for t in types):
            raise invalid("'types' as a list of non-empty strings", types)
        try:
            weight = float(item.get("weight", 1.0))
        except (TypeError, ValueError):
            raise invalid("a mention's 'weight' as a number of at least 0", item["weight"]) from None
        if not 0 <= weight < math.inf:
            raise invalid("a mention's 'weight' as a number of at least 0", weight)
        inside, noun = item.get("nested") or False, item.get("noun") or ""
        if not isinstance(inside, bool) or not isinstance(noun, str):
            raise invalid("a mention's 'nested' as true or false and its 'noun' as a string", item)
        (nested if inside else mentions).append(Mention(start, end, tuple(types), weight, noun))
    mentions.sort(key=lambda m: (m.start, m.end))
    for left, right in pairwise(mentions):
        if right.start < left.end:
            raise invalid(
                "mentions that do not overlap", f"[{left.start}, {left.end}) and [{right.start}, {right.end})"
            )
    nested = in_order(nested)
    _check_nested(mentions, nested, invalid)
    return Sentence(
        tuple(tokens),
        tuple(mentions),
        str(row.get("doc", "")),
        cast(Supervision, supervises),
        tuple(nested),
        str(row.get("document") or ""),
        str(row.get("split_by") or ""),
    )


def _check_nested(
    outer: Sequence[Mention], nested: Sequence[Mention], invalid: Callable[[str, object], InputError]
) -> None:
    """Whether each nested mention lies inside another one, is not all of it, and crosses none."""
    around: list[Mention] = []
    for mention in in_order([*outer, *nested]):
        while around and around[-1].end <= mention.start:
            around.pop()
        place = f"[{mention.start}, {mention.end})"
        if around and around[-1].end < mention.end:
            raise invalid(
                "mentions that lie apart or inside one another", f"[{around[-1].start}, {around[-1].end}), {place}"
            )
        if around and (around[-1].start, around[-1].end) == (mention.start, mention.end):
            raise invalid("a stretch of tokens once", f"{place} twice")
        if not around and mention in nested:
            raise invalid("a nested mention inside another one", f"{place} by itself")
        around.append(mention)


def dump_sentence(sentence: Sentence) -> str:
    """One JSON line, without its newline."""
    mentions: list[dict[str, object]] = []
    for m in in_order([*sentence.mentions, *sentence.nested]):
        item: dict[str, object] = {"start": m.start, "end": m.end, "types": list(m.types)}
        if m.weight != 1.0:
            item["weight"] = m.weight
        if m in sentence.nested:
            item["nested"] = True
        if m.noun:
            item["noun"] = m.noun
        mentions.append(item)
    row = {
        "doc": sentence.doc,
        "tokens": list(sentence.tokens),
        "mentions": mentions,
        "supervises": sentence.supervises,
        **({"document": sentence.document} if sentence.document else {}),
        **({"split_by": sentence.split_by} if sentence.split_by else {}),
    }
    return json.dumps(row, ensure_ascii=False)


def write_corpus(path: str | Path, sentences: Iterable[Sentence]) -> int:
    """Write JSON lines atomically; returns how many sentences were written."""
    from ousianer_cli.outputs import open_output

    count = 0
    with open_output(path) as out:
        for sentence in sentences:
            out.write(dump_sentence(sentence) + "\n")
            count += 1
    return count
