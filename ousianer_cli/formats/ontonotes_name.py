"""OntoNotes' own `.name` files: a sentence a line, names in tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ousianer_cli.errors import InputError
from ousianer_cli.formats.labelled import CorpusReport, LabelledSentence
from ousianer_cli.formats.ontonotes_tokens import surface, whole_characters
from ousianer_cli.formats.standoff import WIDENED, FiledMention, Span, covering_words, outermost
from ousianer_cli.formats.text import numbered_lines
from ousianer_cli.formats.words import split_words

_DOC = re.compile(r'<DOC\s+DOCNO\s*=\s*"(?P<id>[^"]*)"\s*>', re.IGNORECASE)
_TAG = re.compile(r"<(?P<close>/?)(?:ENAMEX|TIMEX|NUMEX)(?P<attributes>(?:\s[^<>]*)?)>")
_ATTRIBUTE = re.compile(r'(\w+)\s*=\s*"([^"]*)"')
_TOKEN = re.compile(r"\S+")


def read_name(path: Path, report: CorpusReport) -> Iterator[LabelledSentence]:
    """The sentences of a `.name` file; an `InputError` names file and line of what is wrong."""
    doc = ""
    for number, line in numbered_lines(path):
        line = line.strip()
        if match := _DOC.match(line):
            doc = match["id"].partition("@")[0]
            line = line[match.end() :].strip()
        if line.upper().endswith("</DOC>"):
            line = line[: -len("</DOC>")].strip()
        if not line:
            continue
        if not doc:
            remedy = "see docs/formats.md, OntoNotes"
            raise InputError('<DOC DOCNO="…"> before the text', f"'{line[:60]}'", path=path, line=number, remedy=remedy)
        yield name_sentence(line, doc, path, number, report)


def name_sentence(line: str, doc: str, path: str | Path, number: int, report: CorpusReport) -> LabelledSentence:
    """One line of a `.name` file. A token that is only in part a name is cut where the name begins or ends.

    Raises:
        InputError: tags that are out of balance, a tag without TYPE, offsets beyond the token; with file and line.
    """
    text, spans = _untagged(line, path, number)
    words = split_words(text)
    placed = []
    for span in spans:
        first, last, exact = covering_words(words, span.start, span.end)
        if not exact:
            report.drop(WIDENED)
        placed.append((words[first][0], words[last - 1][1], span))
    kept = outermost(placed, report)
    cuts = {edge for start, end, _, _ in kept for edge in (start, end)}
    tokens: list[str] = []
    first_token: dict[int, int] = {}
    for match in _TOKEN.finditer(text):
        edges = [match.start(), *sorted(c for c in cuts if match.start() < c < match.end()), match.end()]
        for a, b in zip(edges, edges[1:], strict=False):
            first_token[a] = len(tokens)
            tokens.append(surface(text[a:b]))
            first_token[b] = len(tokens)
    mentions = tuple(
        FiledMention(first_token[a], first_token[b], labels, line=number, path=str(path)) for a, b, labels, _ in kept
    )
    return LabelledSentence(tuple(tokens), mentions, doc, number)


def _untagged(line: str, path: str | Path, number: int) -> tuple[str, list[Span]]:
    """A line without its tags, and the names' code points in what remains."""

    def invalid(expected: str, found: str) -> InputError:
        return InputError(expected, found, path=path, line=number, remedy="see docs/formats.md, OntoNotes")

    parts: list[str] = []
    length = 0
    opened: list[tuple[int, str, int, int]] = []
    spans: list[tuple[int, int, str, int, int]] = []
    cursor = 0
    for tag in _TAG.finditer(line):
        part = whole_characters(line[cursor : tag.start()])
        cursor = tag.end()
        parts.append(part)
        length += len(part)
        if tag["close"]:
            if not opened:
                raise invalid("an opening tag before each closing one", f"'{tag[0]}' without")
            start, label, before, after = opened.pop()
            spans.append((start, length, label, before, after))
            continue
        attributes = {name.upper(): value for name, value in _ATTRIBUTE.findall(tag["attributes"])}
        numbers = [attributes.get(name, "0") for name in ("S_OFF", "E_OFF")]
        if not attributes.get("TYPE"):
            raise invalid("a TYPE in the tag", f"'{tag[0]}'")
        if not all(n.isascii() and n.isdecimal() and len(n) < 7 for n in numbers):
            raise invalid("numbers as S_OFF and E_OFF", f"'{tag[0]}'")
        opened.append((length, attributes["TYPE"], int(numbers[0]), int(numbers[1])))
    if opened:
        raise invalid("a closing tag for each name in its line", f'none for TYPE="{opened[-1][1]}"')
    text = "".join([*parts, whole_characters(line[cursor:])])
    found = []
    for outer_start, outer_end, label, before, after in spans:
        covered = text[outer_start:outer_end]
        start = outer_start + len(covered) - len(covered.lstrip()) + before
        end = outer_start + len(covered.rstrip()) - after
        pieces = covered.split()
        if not pieces or start >= end or before >= len(pieces[0]) or after >= len(pieces[-1]):
            raise invalid(
                "S_OFF and E_OFF inside the name's first and last token", f"{before} and {after} of '{covered}'"
            )
        found.append(Span(start, end, (label,), number, str(path)))
    return text, found
