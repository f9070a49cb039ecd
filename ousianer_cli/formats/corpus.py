"""The project's own training corpus: JSON lines of sentences with mentions.

One line is `{"doc": str, "tokens": [str], "mentions": [{"start": int, "end": int, "types": [str], "weight": float}],
"supervises": "detection" | "typing" | "both"}`; `end` is exclusive; `weight` may be left out (1.0).

What `types` means follows from the phase that reads it. For `pretrain` (typing) all of them hold together, as WordNet
synset ids in YAGO's form (`wordnet_person_100007846`). For `finetune` they are the admissible target types: the gold
type is one of them or lies below one of them; `-` is a name outside the taxonomy.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from ousianer_cli.errors import InputError

Supervision = Literal["detection", "typing", "both"]
OUTSIDE = "-"


@dataclass(frozen=True, slots=True)
class Mention:
    """Tokens [start, end) of a sentence, with types (see the module's text)."""

    start: int
    end: int
    types: tuple[str, ...] = ()
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Sentence:
    """A training sentence: tokens as its corpus gives them, and mentions in order, none overlapping."""

    tokens: tuple[str, ...]
    mentions: tuple[Mention, ...] = ()
    doc: str = ""
    supervises: Supervision = "both"

    @property
    def detects(self) -> bool:
        """Whether all its names are marked, so that it may train and score detection."""
        return self.supervises in ("detection", "both")

    @property
    def types_mentions(self) -> bool:
        """Whether its mentions' types may train and score typing."""
        return self.supervises in ("typing", "both")


def read_corpus(path: str | Path) -> Iterator[Sentence]:
    """Read the project's JSON lines; a wrong line is an `InputError` with file and line."""
    path = Path(path)
    try:
        with path.open("rb") as handle:
            yield from parse_lines(handle, path)
    except OSError as error:
        raise InputError("a corpus in JSON lines", f"no readable file ({error.strerror})", path=path) from None


def parse_lines(lines: Iterable[bytes], path: Path, first: int = 1) -> Iterator[Sentence]:
    """The sentences of JSON lines, blank ones passed over; `first` is the first line's number in its file."""
    for number, raw in enumerate(lines, first):
        try:
            line = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            found = f"bytes that are not UTF-8 ({error.reason})"
            raise InputError("UTF-8 text", found, path=path, line=number, remedy="convert the file to UTF-8") from None
        if line.strip():
            yield _parse(line, path, number)


def row_with_tokens(line: str, bad: Callable[[str, object], InputError]) -> tuple[dict[str, Any], list[str]]:
    """A JSON line's object and its 'tokens'; whatever else the line is, `bad(expected, found)` makes the error."""
    try:
        row: Any = json.loads(line)
    except json.JSONDecodeError as error:
        raise bad("a JSON object", f"invalid JSON ({error.msg} at column {error.colno})") from None
    if not isinstance(row, dict):
        raise bad("a JSON object", row)
    return row, tokens_of(row, bad)


def tokens_of(row: dict[str, Any], bad: Callable[[str, object], InputError]) -> list[str]:
    """A row's 'tokens', which must be there and none of them blank."""
    tokens = row.get("tokens")
    if not isinstance(tokens, list) or not tokens or not all(isinstance(t, str) and t.strip() for t in tokens):
        raise bad("'tokens' as a list of non-empty strings", tokens)
    return tokens


def _parse(line: str, path: Path, number: int) -> Sentence:
    def bad(expected: str, found: object) -> InputError:
        return InputError(expected, str(found)[:80], path=path, line=number, remedy="see docs/formats.md, corpus lines")

    row, tokens = row_with_tokens(line, bad)
    return sentence_of(row, tokens, bad)


def sentence_of(row: dict[str, Any], tokens: list[str], bad: Callable[[str, object], InputError]) -> Sentence:
    """The sentence of one row, whatever file it stood in; `bad(expected, found)` makes the error for a wrong one."""
    supervises = row.get("supervises", "both")
    if supervises not in ("detection", "typing", "both"):
        raise bad("'supervises' as detection, typing or both", supervises)
    mentions = []
    for item in row.get("mentions", []):
        try:
            start, end = item["start"], item["end"]
            types, weight = tuple(item.get("types", ())), float(item.get("weight", 1.0))
        except (TypeError, KeyError, ValueError, AttributeError):
            raise bad("a mention with 'start', 'end' and 'types'", item) from None
        if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(tokens)):
            raise bad(f"a mention's 0 <= start < end <= {len(tokens)} (end exclusive)", f"start {start}, end {end}")
        if not all(isinstance(t, str) and t for t in types):
            raise bad("'types' as a list of non-empty strings", types)
        if not 0 <= weight < math.inf:
            raise bad("a mention's 'weight' as a number of at least 0", weight)
        mentions.append(Mention(start, end, types, weight))
    mentions.sort(key=lambda m: (m.start, m.end))
    for left, right in zip(mentions, mentions[1:], strict=False):
        if right.start < left.end:
            raise bad("mentions that do not overlap", f"[{left.start}, {left.end}) and [{right.start}, {right.end})")
    return Sentence(tuple(tokens), tuple(mentions), str(row.get("doc", "")), cast(Supervision, supervises))


def dump_sentence(sentence: Sentence) -> str:
    """One JSON line, without its newline."""
    mentions: list[dict[str, object]] = []
    for m in sentence.mentions:
        item: dict[str, object] = {"start": m.start, "end": m.end, "types": list(m.types)}
        if m.weight != 1.0:
            item["weight"] = m.weight
        mentions.append(item)
    row = {
        "doc": sentence.doc,
        "tokens": list(sentence.tokens),
        "mentions": mentions,
        "supervises": sentence.supervises,
    }
    return json.dumps(row, ensure_ascii=False)


def write_corpus(path: str | Path, sentences: Iterable[Sentence]) -> int:
    """Write JSON lines atomically; returns how many sentences were written."""
    from ousianer_cli.formats.atomic import atomic_writer

    count = 0
    with atomic_writer(path) as out:
        for sentence in sentences:
            out.write(dump_sentence(sentence) + "\n")
            count += 1
    return count


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
