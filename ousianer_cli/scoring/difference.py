"""What changed from one run to another: counts by type, and every change with its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ousianer_cli.formats.annotations.annotated import Annotation
from ousianer_cli.formats.edl import normalise_mention_string
from ousianer_cli.scoring.alignment import Change, Kind, align
from ousianer_cli.scoring.tables import Sheet

CHANGED = (Kind.RETYPED, Kind.MOVED, Kind.REMOVED, Kind.ADDED)
_CONTEXT = 36
"""Characters of the text shown on either side of a name."""


@dataclass(frozen=True, slots=True)
class Found:
    """A change and the document it is in."""

    doc: str
    change: Change


@dataclass
class Difference:
    """The changes from an old run to a new one."""

    old: str
    new: str
    documents: int = 0
    """Documents with names in either run."""
    only_old: list[str] = field(default_factory=list)
    only_new: list[str] = field(default_factory=list)
    counts: Counter[Kind] = field(default_factory=Counter)
    by_type: dict[str, Counter[str]] = field(default_factory=dict)
    """Row type -> counts of `old`, `new`, `same`, `from` and `to` (retyped, moved or not), `moved`, `removed`,
    `added`."""
    changes: list[Found] = field(default_factory=list)
    """All but those that stayed the same, in the order of the documents."""
    other_confidence: int = 0
    """Same names whose confidence differs; no change by itself."""
    other_id: int = 0
    """Same names whose id in column 5 differs; no change by itself."""

    @property
    def names(self) -> tuple[int, int]:
        """Names of the old run and of the new."""
        same = self.counts[Kind.SAME] + self.counts[Kind.RETYPED] + self.counts[Kind.MOVED]
        return same + self.counts[Kind.REMOVED], same + self.counts[Kind.ADDED]

    def add(self, doc: str, old: Sequence[Annotation], new: Sequence[Annotation]) -> None:
        """Take in a document's names."""
        self.documents += 1
        if not old:
            self.only_new.append(doc)
        if not new:
            self.only_old.append(doc)
        for change in align(old, new):
            self.counts[change.kind] += 1
            self._count_types(change)
            if change.kind is not Kind.SAME:
                self.changes.append(Found(doc, change))
            elif change.old is not None and change.new is not None:
                self.other_confidence += change.old.confidence != change.new.confidence
                self.other_id += bool(change.old.kb_id and change.new.kb_id and change.old.kb_id != change.new.kb_id)

    def _count_types(self, change: Change) -> None:
        old, new = (annotation.type.lower() if annotation else "" for annotation in (change.old, change.new))
        for kind, key in ((old, "old"), (new, "new")):
            if kind:
                self.by_type.setdefault(kind, Counter())[key] += 1
        if change.retyped:
            self.by_type[old]["from"] += 1
            self.by_type[new]["to"] += 1
        if change.kind in (Kind.SAME, Kind.MOVED, Kind.REMOVED, Kind.ADDED):
            self.by_type[old or new][change.kind.value] += 1

    def groups(self, kind: Kind) -> list[tuple[str, list[Found]]]:
        """The changes of a kind by type (of retyped ones, `old -> new`), the most frequent first."""
        found: dict[str, list[Found]] = {}
        for item in self.changes:
            if item.change.kind is kind:
                found.setdefault(title_of(item.change), []).append(item)
        return sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))


def title_of(change: Change) -> str:
    """The type of a change, or both where they differ: `gpe -> gpe.country.country`."""
    types = [_shown_type(annotation, change) for annotation in (change.old, change.new) if annotation is not None]
    return " -> ".join(types if change.retyped else types[:1])


def _shown_type(annotation: Annotation, change: Change) -> str:
    forms = {side.form for side in (change.old, change.new) if side is not None}
    return annotation.type.lower() + (f"/{annotation.form}" if len(forms) > 1 or annotation.form != "NAM" else "")


def compare_runs(
    old: tuple[str, Iterable[tuple[str, Sequence[Annotation]]]],
    new: tuple[str, Iterable[tuple[str, Sequence[Annotation]]]],
) -> Difference:
    """The difference of two runs, each as its name and its documents' annotations (`exchange.read_marked`).

    Documents come in the order of the old run, then those that only the new one has.
    """
    difference = Difference(old[0], new[0])
    before, after = dict(old[1]), dict(new[1])
    for doc in dict.fromkeys((*before, *after)):
        difference.add(doc, before.get(doc, ()), after.get(doc, ()))
    return difference


def contexts(found: Iterable[Found], source: Sequence[str | Path]) -> dict[str, str]:
    """Document id -> text, of those documents of the sources in which there is a change.

    Raises:
        InputError: a source cannot be read.
    """
    from ousianer_cli.formats.documents.readers import read_documents

    wanted = {item.doc for item in found}
    texts = ((d.id, d.text[d.offset_shift :]) for d in read_documents(source) if d.id in wanted)
    return dict(texts)


def example(item: Found, texts: Mapping[str, str]) -> str:
    """One line about a change: its place, the names, and the text around it where that is known."""
    old, new = item.change.old, item.change.new
    start, end = item.change.place
    names = [normalise_mention_string(annotation.string) for annotation in (old, new) if annotation is not None]
    name = f"{names[0]} -> {names[-1]}" if item.change.kind is Kind.MOVED else names[0]
    line = f"{item.doc}:{start}-{end - 1}  {name}"
    text = texts.get(item.doc)
    if text is None:
        return line
    left, right = text[max(start - _CONTEXT, 0) : start], text[end : end + _CONTEXT]
    around = f"{'…' * (start > _CONTEXT)}{left}[{text[start:end]}]{right}{'…' * (end + _CONTEXT < len(text))}"
    return f"{line}  {normalise_mention_string(around).strip()}"


def sheets(difference: Difference, *, tops: bool) -> list[Sheet]:
    """Two tables: counts of all changes, and by type or top type."""
    old, new = difference.names
    counts = difference.counts
    moved = sum(item.change.retyped for item in difference.changes if item.change.kind is Kind.MOVED)
    meaning = {
        Kind.SAME: "same place and type",
        Kind.RETYPED: "same place, another type",
        Kind.MOVED: "other boundaries that overlap" + (f", {moved} with another type" if moved else ""),
        Kind.REMOVED: "in the old run alone",
        Kind.ADDED: "in the new run alone",
    }
    first = Sheet(
        f"{difference.old} ({old:,} names) -> {difference.new} ({new:,} names), {difference.documents:,} documents",
        ("names", "count", "meaning"),
        [(kind.value, f"{counts[kind]:,}", meaning[kind]) for kind in Kind],
        notes=_notes(difference),
    )
    keys = ("old", "new", "same", "from", "to", "moved", "removed", "added")
    joined: dict[str, Counter[str]] = {}
    for kind, found in difference.by_type.items():
        joined.setdefault(kind.partition(".")[0] if tops else kind, Counter()).update(found)
    rows: list[Any] = [
        (kind, *(f"{found[key]:,}" if found[key] else "" for key in keys))
        for kind, found in sorted(joined.items(), key=lambda pair: (-pair[1]["old"] - pair[1]["new"], pair[0]))
        if any(found[key] for key in keys[3:])
    ]
    title = "by top type" if tops else "by type"
    second = Sheet(title, ("type", *keys), rows, notes=("from, to: retyped from it, and to it",))
    return [first, second] if rows else [first]


def _notes(difference: Difference) -> tuple[str, ...]:
    notes = []
    for docs, where in ((difference.only_old, "old"), (difference.only_new, "new")):
        if docs:
            notes.append(f"{len(docs):,} documents have names in the {where} run alone ({docs[0]} …)")
    if difference.other_confidence:
        notes.append(f"{difference.other_confidence:,} same names have another confidence")
    if difference.other_id:
        notes.append(f"{difference.other_id:,} same names have another id")
    return tuple(notes)


def to_json(difference: Difference, texts: Mapping[str, str]) -> dict[str, Any]:
    """Plain values, for `json.dumps`: all counts and all changes; offsets count as in the runs, ends inclusive."""

    def side(annotation: Annotation | None) -> dict[str, Any] | None:
        if annotation is None:
            return None
        place = {
            "start": annotation.start,
            "end": annotation.end - 1,
            "text": normalise_mention_string(annotation.string),
        }
        return {**place, "type": annotation.type, "mention_type": annotation.form, "confidence": annotation.confidence}

    def listed(item: Found) -> dict[str, Any]:
        start, end = item.change.place
        text = texts.get(item.doc)
        around = {} if text is None else {"context": text[max(start - _CONTEXT, 0) : end + _CONTEXT]}
        change = {"change": item.change.kind.value, "doc": item.doc, "old": side(item.change.old)}
        return {**change, "new": side(item.change.new), **around}

    old, new = difference.names
    return {
        "old": {"run": difference.old, "names": old},
        "new": {"run": difference.new, "names": new},
        "documents": difference.documents,
        "documents_only_old": difference.only_old,
        "documents_only_new": difference.only_new,
        "counts": {kind.value: difference.counts[kind] for kind in Kind},
        "other_confidence": difference.other_confidence,
        "other_id": difference.other_id,
        "by_type": {kind: dict(found) for kind, found in sorted(difference.by_type.items())},
        "changes": [listed(item) for item in difference.changes],
    }
