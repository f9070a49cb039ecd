"""What annotators said of the names of a run: actions in the order in which they came, undone ones among them.

A verdict is a type of the taxonomy, `-` (a name outside it) or `no name` (these words are no name, or its boundaries
are wrong). It stands for code points [start, end) of a document's text. An action is what a person did by one key: a
verdict on one name or on many alike, or two where boundaries were moved.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ousianer_cli.errors import InputError


class Place(NamedTuple):
    """Code points [start, end) of the text of the document `doc`."""

    doc: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Action:
    """One deed of one annotator; `id` is the client's own, so that sending it twice does it once."""

    id: str
    annotator: str
    time: float
    """Seconds since 1970."""
    kind: str
    """What was done: accept, type, bounds, add, no name, outside."""
    verdicts: tuple[tuple[Place, str, str], ...]
    """(place, verdict, the words there)."""

    def record(self) -> dict[str, Any]:
        """As a line of the journal holds it."""
        verdicts = [[*place, verdict, words] for place, verdict, words in self.verdicts]
        return {"id": self.id, "time": self.time, "kind": self.kind, "verdicts": verdicts}

    @classmethod
    def of(cls, record: Mapping[str, Any], annotator: str) -> Action:
        """From a line of an annotator's journal.

        Raises:
            KeyError, TypeError, ValueError: a record that is none.
        """
        verdicts = tuple(
            (Place(str(doc), int(start), int(end)), str(verdict), str(words))
            for doc, start, end, verdict, words in record["verdicts"]
        )
        return cls(str(record["id"]), annotator, float(record["time"]), str(record["kind"]), verdicts)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one annotator says of a place, and when."""

    annotator: str
    type: str
    time: float
    kind: str


@dataclass(slots=True)
class Decisions:
    """All actions of all annotators."""

    _actions: dict[str, Action] = field(default_factory=dict)
    _undone: set[str] = field(default_factory=set)
    _at: dict[Place, list[Action]] = field(default_factory=dict)
    """Actions that touch a place, in their order."""
    _of_doc: dict[str, dict[Place, None]] = field(default_factory=dict)
    """The places of a document that were ever judged."""

    def __contains__(self, action: str) -> bool:
        return action in self._actions

    def take(self, record: Mapping[str, Any], annotator: str) -> bool:
        """Take in a record of the journal: an action, or the undoing or redoing of one; False for one known already.

        Raises:
            KeyError, TypeError, ValueError: a record that is none.
        """
        if "undo" in record or "redo" in record:
            target = self._actions[str(record.get("undo", record.get("redo")))]
            if target.annotator != annotator:
                raise ValueError("an action of another annotator")
            if "undo" in record:
                self._undone.add(target.id)
            else:
                self._undone.discard(target.id)
            return True
        action = Action.of(record, annotator)
        if action.id in self._actions:
            return False
        self._actions[action.id] = action
        for place, _, _ in action.verdicts:
            self._at.setdefault(place, []).append(action)
            self._of_doc.setdefault(place.doc, {})[place] = None
        return True

    def forget(self, annotator: str) -> None:
        """Drop all that an annotator said, to be read anew."""
        self._actions = {i: a for i, a in self._actions.items() if a.annotator != annotator}
        self._undone &= self._actions.keys()
        kept = {place: [a for a in found if a.annotator != annotator] for place, found in self._at.items()}
        self._at = {place: found for place, found in kept.items() if found}

    def take_back(self, record: Mapping[str, Any]) -> None:
        """Be as if a record that was taken in last had not come."""
        if "undo" in record:
            self._undone.discard(record["undo"])
        elif "redo" in record:
            self._undone.add(record["redo"])
        elif action := self._actions.pop(record["id"], None):
            for place, _, _ in action.verdicts:
                self._at[place] = [a for a in self._at[place] if a is not action]

    def judged(self, doc: str) -> Iterator[Place]:
        """The places of a document with a standing verdict of anybody."""
        return (place for place in self._of_doc.get(doc, ()) if self.of(place))

    def annotators(self) -> list[str]:
        """Who said anything, by name."""
        return sorted({action.annotator for action in self._actions.values()})

    def of(self, place: Place) -> list[Verdict]:
        """The last standing verdict of each annotator on a place, the latest last."""
        last: dict[str, Verdict] = {}
        for action in self._at.get(place, ()):
            if action.id not in self._undone:
                verdict = next(v for p, v, _ in reversed(action.verdicts) if p == place)
                last[action.annotator] = Verdict(action.annotator, verdict, action.time, action.kind)
        return sorted(last.values(), key=lambda v: (v.time, v.annotator))

    def by(self, place: Place, annotator: str) -> str | None:
        """An annotator's verdict on a place; None where there is none."""
        return next((v.type for v in self.of(place) if v.annotator == annotator), None)

    def places(self) -> Iterator[tuple[Place, list[Verdict]]]:
        """Every place with a standing verdict, by document and text order."""
        for place in sorted(self._at):
            if found := self.of(place):
                yield place, found

    def words(self) -> Iterator[tuple[Place, str]]:
        """Every place that was ever judged, with the words that stood there then."""
        for action in self._actions.values():
            for place, _, words in action.verdicts:
                yield place, words

    def last(self, annotator: str) -> Action | None:
        """The annotator's latest action that stands."""
        own = (a for a in reversed(self._actions.values()) if a.annotator == annotator)
        return next((a for a in own if a.id not in self._undone), None)

    def redoable(self, annotator: str) -> Action | None:
        """What redoing brings back: the first undone action after the last standing one."""
        found = None
        for action in reversed(self._actions.values()):
            if action.annotator == annotator:
                if action.id not in self._undone:
                    break
                found = action
        return found

    def seconds(self, annotator: str) -> list[float]:
        """When the annotator's standing actions were done."""
        return [a.time for a in self._actions.values() if a.annotator == annotator and a.id not in self._undone]


def agreed(verdicts: Iterable[Verdict]) -> str:
    """One verdict of several: what most annotators say, of equals what was said last."""
    found = list(verdicts)
    counts = Counter(v.type for v in found)
    return max(found, key=lambda v: (counts[v.type], v.time)).type


def check_words(decisions: Decisions, text_at: Mapping[str, str], path: str) -> None:
    """Refuse decisions on other texts than those at hand: their offsets would point to other words.

    Raises:
        InputError: a judged place of a known document holds other words now.
    """
    for place, words in decisions.words():
        text = text_at.get(place.doc)
        if text is not None and text[place.start : place.end] != words:
            raise InputError(
                f"the words {words!r} at {place.doc}:{place.start}-{place.end - 1}, which were judged there",
                repr(text[place.start : place.end]),
                path=path,
                remedy="give the documents of that review with --source, or another -o",
            )
