"""Documents with the names that a run, gold or a person marks in them: one structure, whatever file they stood in."""

from __future__ import annotations

import dataclasses
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ousianer_cli.formats.documents.document import Document
from ousianer_cli.formats.edl import EdlRow, normalise_mention_string
from ousianer_cli.formats.json_lines import Refusal

TypeShare = tuple[str, float]
"""A type and its confidence or probability, in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """A name marked in a document: code points [start, end) of `Document.text`.

    `type` is spelled as in its file: lower-case in EDL tabs, alternatives of gold joined by `|`, `-` for a name outside
    the taxonomy. What a file does not say is None or empty.
    """

    start: int
    end: int
    type: str
    confidence: float | None = None
    form: str = "NAM"
    """NAM or NOM."""
    kb_id: str = ""
    """The id of column 5: of a knowledge base's entry, or a NIL id."""
    mention_id: str = ""
    run_id: str = ""
    detection: float | None = None
    """How probable it is that these words are a name."""
    alternatives: tuple[TypeShare, ...] = ()
    """Types that it might have, the most probable first; the chosen one may be among them."""
    yago: tuple[TypeShare, ...] = ()
    """YAGO classes with their probabilities."""
    line: int = 0
    """The line it was read from; 0 where there is none."""
    string: str = ""
    """The name as its file spells it, where it has a string of its own."""

    @property
    def types(self) -> tuple[str, ...]:
        """The alternatives of a gold type (`gpe|loc`)."""
        return tuple(self.type.split("|"))

    @property
    def top(self) -> str:
        """The top type in capitals, the first of alternatives: `per.politician` -> `PER`; `-` stays."""
        return self.types[0].partition(".")[0].upper()


@dataclass(frozen=True, slots=True)
class AnnotatedDocument:
    """A document and its annotations, by start, a longer one before those inside it."""

    document: Document
    annotations: tuple[Annotation, ...]
    by_person: bool = False
    """Whether a person marked them, as far as the format says."""

    @property
    def text(self) -> str:
        """The text that offsets in files count in: the document's, from `offset_shift` on."""
        return self.document.text[self.document.offset_shift :]

    def span(self, annotation: Annotation) -> tuple[int, int]:
        """Code points [start, end) of an annotation in `text`."""
        shift = self.document.offset_shift
        return annotation.start - shift, annotation.end - shift

    def text_of(self, annotation: Annotation) -> str:
        """The name as it stands in the text."""
        return self.document.text[annotation.start : annotation.end]

    def offsets(self, annotation: Annotation) -> tuple[int, int]:
        """Start and INCLUSIVE end as an EDL tab counts them (`Document.offset_shift` taken off)."""
        start, end = self.span(annotation)
        return start, end - 1


def in_text_order(annotations: Iterable[Annotation]) -> tuple[Annotation, ...]:
    """By start, a longer one before those inside it; of the same stretch in the order given."""
    return tuple(sorted(annotations, key=lambda a: (a.start, -a.end)))


def annotation_of_row(row: EdlRow, shift: int = 0) -> Annotation:
    """A row's annotation in a text whose offsets count from `shift` on."""
    return Annotation(
        row.start + shift,
        row.end + 1 + shift,
        row.type,
        row.confidence,
        row.mention_type,
        row.kb_id,
        row.mention_id,
        row.run_id,
        line=row.line,
        string=row.text,
    )


def details(annotation: Annotation) -> dict[str, Any]:
    """What is known of an annotation beside its place and type, for formats that hold any JSON; what is not, is left
    out."""
    found: dict[str, Any] = {}
    if annotation.form != "NAM":
        found["form"] = annotation.form
    for key in ("confidence", "detection"):
        if (value := getattr(annotation, key)) is not None:
            found[key] = value
    for key in ("kb_id", "mention_id", "run_id"):
        if value := getattr(annotation, key):
            found[key] = value
    for key in ("alternatives", "yago"):
        if shares := getattr(annotation, key):
            found[key] = [{"type": kind, "probability": share} for kind, share in shares]
    return found


def detailed(start: int, end: int, kind: str, row: Mapping[str, Any], refuse: Refusal, line: int = 0) -> Annotation:
    """The annotation of a place and type, with those of `details` that a record has.

    Raises:
        InputError: one of them is of the wrong kind; `refuse` makes it.
    """
    texts = {key: row.get(key) for key in ("kb_id", "mention_id", "run_id", "form")}
    for key, value in texts.items():
        if value is not None and not isinstance(value, str):
            raise refuse(f"'{key}' as a string", value)
    return Annotation(
        start,
        end,
        kind,
        _share(row, "confidence", refuse),
        form=texts["form"] or "NAM",
        kb_id=texts["kb_id"] or "",
        mention_id=texts["mention_id"] or "",
        run_id=texts["run_id"] or "",
        detection=_share(row, "detection", refuse),
        alternatives=_shares(row, "alternatives", refuse),
        yago=_shares(row, "yago", refuse),
        line=line,
    )


def _share(row: Mapping[str, Any], key: str, refuse: Refusal) -> float | None:
    value = row.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise refuse(f"'{key}' as a number from 0 to 1", value)
    return float(value)


def _shares(row: Mapping[str, Any], key: str, refuse: Refusal) -> tuple[TypeShare, ...]:
    items = row.get(key) or []
    if not isinstance(items, list):
        raise refuse(f"'{key}' as a list", items)
    found = []
    for pair in items:
        if not isinstance(pair, dict) or not isinstance(pair.get("type"), str):
            raise refuse(f"'{key}' as a list of 'type' and 'probability'", pair)
        found.append((pair["type"], _share(pair, "probability", refuse) or 0.0))
    return tuple(found)


def one_a_stretch(annotations: Iterable[Annotation]) -> tuple[Annotation, ...]:
    """Annotations of the same stretch as one: the most confident stands, the types of the others become alternatives.

    As the track has it: several types of a name are several lines, and the line of highest confidence counts.
    """
    groups: dict[tuple[int, int, str], list[Annotation]] = {}
    for annotation in in_text_order(annotations):
        groups.setdefault((annotation.start, annotation.end, annotation.form), []).append(annotation)
    found = []
    for group in groups.values():
        best = max(group, key=lambda a: 0.0 if a.confidence is None else a.confidence)
        others = [(a.type, a.confidence or 0.0) for a in group if a is not best and a.type != best.type]
        if others:
            own = [(best.type, best.confidence or 0.0)] if not best.alternatives else []
            known = (*best.alternatives, *own, *others)
            best = dataclasses.replace(best, alternatives=tuple(sorted(known, key=lambda pair: -pair[1])))
        found.append(best)
    return tuple(found)


def edl_row(item: AnnotatedDocument, annotation: Annotation, **changes: object) -> EdlRow:
    """The annotation as a row of an EDL tab, as far as it is known; `changes` set other fields."""
    start, end = item.offsets(annotation)
    row = EdlRow(
        run_id=annotation.run_id,
        mention_id=annotation.mention_id,
        text=normalise_mention_string(item.text_of(annotation)),
        doc=item.document.id,
        start=start,
        end=end,
        kb_id=annotation.kb_id,
        type=annotation.type.lower(),
        mention_type=annotation.form,
        confidence=1.0 if annotation.confidence is None else annotation.confidence,
        line=annotation.line,
    )
    return dataclasses.replace(row, **changes)  # type: ignore[arg-type]


class Utf16:
    """Places of a text in code points and in UTF-16 units, which JavaScript and some tools count.

    They differ after characters beyond U+FFFF, such as emoji.
    """

    def __init__(self, text: str) -> None:
        self._wide = [place for place, character in enumerate(text) if ord(character) > 0xFFFF]
        self._wide_units = [place + earlier for earlier, place in enumerate(self._wide)]

    @property
    def differs(self) -> bool:
        """Whether the text holds such a character."""
        return bool(self._wide)

    def units(self, point: int) -> int:
        """UTF-16 units before a code point."""
        return point + bisect_left(self._wide, point)

    def point(self, unit: int) -> int:
        """Code points before a UTF-16 unit; inside a pair, those before the pair."""
        before = bisect_right(self._wide_units, unit - 2)
        inside = before < len(self._wide_units) and self._wide_units[before] == unit - 1
        return unit - before - inside
