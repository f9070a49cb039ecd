"""A session: one annotator's work on one run, with all that the pages ask for.

Places are code points here and in the journal; what goes to a browser and comes from it counts UTF-16 units, as
JavaScript does.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from ousianer_cli.errors import InputError, OutputError
from ousianer_cli.formats.feedback_items import NO_NAME
from ousianer_cli.outputs import open_output
from ousianer_cli.review.decisions import Decisions, Place, check_words
from ousianer_cli.review.feedback_file import Counts, feedback_text
from ousianer_cli.review.journal import Journal, journal_path, journals, read_journal
from ousianer_cli.review.names import ReviewDocument, Span, words_at
from ousianer_cli.taxonomy.tree import OUTSIDE, Taxonomy

KINDS = ("accept", "type", "outside", "no name", "bounds", "add")
SCOPES = ("one", "document", "run")
_ID = re.compile(r"[0-9A-Za-z-]{8,64}")


class Refused(Exception):
    """What a page asked for cannot be done; the text is shown to the person."""


class Session:
    """Documents, decisions and their journal.

    Raises:
        OutputError: a feedback file without its journal stands at `out`, another session writes to the journal, or it
            cannot be written.
        InputError: a journal that is damaged, or of other texts.
    """

    def __init__(self, documents: Sequence[ReviewDocument], taxonomy: Taxonomy, out: Path, annotator: str) -> None:
        self.documents = list(documents)
        self.by_id = {document.id: document for document in documents}
        self.number = {document.id: i for i, document in enumerate(documents)}
        self.taxonomy = taxonomy
        self.out = out
        self.annotator = annotator
        self.decisions = Decisions()
        self.lock = threading.RLock()
        self._compacting = threading.Lock()
        self._pending: dict[str, Future[None]] = {}
        self._progress: list[tuple[int, int]] = []
        if out.exists() and not journals(out):
            raise OutputError(
                f"-o {out}: expected a new file, or one with its journals beside it, found one that was not made by "
                "ousianer review; what is in it would be lost, so choose another place"
            )
        self.journal = Journal(journal_path(out, annotator), annotator)
        try:
            for record in self.journal.records:
                _take(self.decisions, record, annotator, self.journal.path)
            self.read_others()
            check_words(self.decisions, {d.id: d.text for d in documents}, str(self.journal.path))
        except BaseException:
            self.journal.close()
            raise
        self.recount()

    # ---- what the pages see -----------------------------------------------------------------------------------------

    def spans(self, document: ReviewDocument) -> list[Span]:
        """Every stretch of a document that is a name to somebody, in text order, a longer one first."""
        judged = {(p.start, p.end) for p in self.decisions.judged(document.id)}
        return sorted({*document.names, *document.second, *judged}, key=lambda s: (s[0], -s[1]))

    def view(self, number: int) -> dict[str, Any]:
        """A document as its page needs it.

        Raises:
            Refused: no document of that number.
        """
        document = self._document(number)
        units = document.units.units
        with self.lock:
            return {
                "number": number,
                "id": document.id,
                "text": document.text,
                "segments": [[units(s.start), units(s.end), s.kind] for s in document.document.segments],
                "words": [units(place) for word in document.words for place in word],
                "names": [self._name(document, span) for span in self.spans(document)],
            }

    def _name(self, document: ReviewDocument, span: Span) -> dict[str, Any]:
        name = document.names.get(span)
        verdicts = self.decisions.of(Place(document.id, *span))
        own = next((v for v in verdicts if v.annotator == self.annotator), None)
        units = document.units.units
        return {
            "start": units(span[0]),
            "end": units(span[1]),
            "type": None if name is None else name.type,
            "confidence": None if name is None or name.type is None else round(name.confidence, 3),
            "alternatives": [] if name is None else [list(pair) for pair in name.alternatives],
            "second": document.second.get(span),
            "verdict": None if own is None else own.type,
            "kind": None if own is None else own.kind,
            "others": [[v.annotator, v.type] for v in verdicts if v.annotator != self.annotator],
        }

    def recount(self, numbers: Sequence[int] | None = None) -> None:
        """Count anew what is done in some documents, or in all."""
        with self.lock:
            if numbers is None:
                self._progress = [(0, 0)] * len(self.documents)
            for number in range(len(self.documents)) if numbers is None else numbers:
                document = self.documents[number]
                spans = self.spans(document)
                done = sum(self.verdict(document, span) is not None for span in spans)
                self._progress[number] = (done, len(spans))

    def progress(self, numbers: Sequence[int] | None = None) -> dict[str, Any]:
        """(names judged, names) of some documents or of all, by number, and of the run."""
        with self.lock:
            wanted = range(len(self._progress)) if numbers is None else numbers
            return {
                "documents": {number: list(self._progress[number]) for number in wanted},
                "done": sum(done for done, _ in self._progress),
                "total": sum(total for _, total in self._progress),
            }

    def verdict(self, document: ReviewDocument, span: Span) -> str | None:
        """The annotator's own verdict on a stretch."""
        return self.decisions.by(Place(document.id, *span), self.annotator)

    # ---- decisions --------------------------------------------------------------------------------------------------

    def decide(self, asked: Mapping[str, Any]) -> tuple[dict[str, Any], Future[None]]:
        """Do what a page asks for; (what changed, the future that is done when it is on the disk).

        Args:
            asked: `id` (the client's, so that asking twice does it once), `kind`, `document`, `start`, `end`, and as
                the kind needs `type`, `new_start`, `new_end`, `scope`.
        Raises:
            Refused: it cannot be done, and why.
        """
        identity, kind, scope = asked.get("id"), asked.get("kind"), asked.get("scope", "one")
        if not isinstance(identity, str) or not _ID.fullmatch(identity):
            raise Refused("a decision needs an id of its own")
        if kind not in KINDS or scope not in SCOPES:
            raise Refused("no such decision")
        document = self._document(asked.get("document"))
        span = self._span(document, asked.get("start"), asked.get("end"))
        with self.lock:
            if identity in self.decisions:
                return {"names": 0, **self._changes([self.number[document.id]])}, self._pending.get(identity, _done())
            verdicts = self._verdicts(kind, scope, document, span, asked)
            record = {
                "id": identity,
                "time": round(time.time(), 3),
                "kind": kind,
                "verdicts": [[*place, verdict, self._words(place)] for place, verdict in verdicts],
            }
            changed = sorted({self.number[place.doc] for place, _ in verdicts})
            future = self._keep(record, identity, changed)
            return {"names": len(verdicts), **self._changes(changed)}, future

    def undo(self, asked: Mapping[str, Any]) -> tuple[dict[str, Any], Future[None]]:
        """Take back the annotator's last standing action, or with `redo` bring back what was taken back last.

        Raises:
            Refused: there is none.
        """
        back = not asked.get("redo")
        with self.lock:
            action = self.decisions.last(self.annotator) if back else self.decisions.redoable(self.annotator)
            if action is None:
                raise Refused("there is nothing to undo" if back else "there is nothing to redo")
            changed = sorted({self.number[p.doc] for p, _, _ in action.verdicts if p.doc in self.number})
            place = action.verdicts[0][0]
            where: list[int] | None = None
            if place.doc in self.number:
                units = self.by_id[place.doc].units.units
                where = [self.number[place.doc], units(place.start), units(place.end)]
            record = {"undo" if back else "redo": action.id, "time": round(time.time(), 3)}
            future = self._keep(record, None, changed)
            return {"kind": action.kind, "at": where, "names": len(action.verdicts), **self._changes(changed)}, future

    def _changes(self, numbers: Sequence[int]) -> dict[str, Any]:
        """The progress of what changed, by document's number."""
        return {"changed": numbers, "progress": self.progress(numbers)}

    def _keep(self, record: dict[str, Any], identity: str | None, changed: Sequence[int]) -> Future[None]:
        """Take a record in and put it on the disk; what cannot be written is taken back."""
        self.decisions.take(record, self.annotator)
        self.recount(changed)
        future = self.journal.append(record)
        if identity is not None:
            self._pending[identity] = future

        def settled(done: Future[None]) -> None:
            with self.lock:
                if done.exception() is not None:
                    self.decisions.take_back(record)
                    self.recount(changed)
                if identity is not None:
                    self._pending.pop(identity, None)

        future.add_done_callback(settled)
        return future

    def _verdicts(
        self, kind: str, scope: str, document: ReviewDocument, span: Span, asked: Mapping[str, Any]
    ) -> list[tuple[Place, str]]:
        if kind == "bounds":
            return self._moved(scope, document, span, asked)
        if kind == "add":
            return self._added(scope, document, span, self._type(asked))
        if span not in self.spans(document):
            raise Refused("there is no name at this place any more")
        if kind == "accept":
            verdict = self.shown_type(document, span)
            if verdict is None:
                raise Refused("this name has no type yet: choose one")
        else:
            verdict = {"outside": OUTSIDE, "no name": NO_NAME}.get(kind) or self._type(asked)
        return [(Place(d.id, *s), verdict) for d, s in self._alike(scope, document, span)]

    def shown_type(self, document: ReviewDocument, span: Span) -> str | None:
        """The type that a page shows for a stretch before its annotator has judged it; None where none is known.

        The run's, else the second run's, else that of another annotator.
        """
        own = self.verdict(document, span)
        name = document.names.get(span)
        found = own or (name.type if name is not None else None) or document.second.get(span)
        if found is None:
            others = self.decisions.of(Place(document.id, *span))
            found = others[-1].type if others else None
        return found

    def _alike(self, scope: str, document: ReviewDocument, span: Span) -> list[tuple[ReviewDocument, Span]]:
        """A name, then the others of the same words in a scope that its annotator has not judged."""
        found = [(document, span)]
        if scope != "one":
            words = words_at(document.text, span)
            for other in [document] if scope == "document" else self.documents:
                for place in self.spans(other):
                    same = words_at(other.text, place) == words and (other.id, place) != (document.id, span)
                    if same and self.verdict(other, place) is None:
                        found.append((other, place))
        return found

    def _added(self, scope: str, document: ReviewDocument, span: Span, type_name: str) -> list[tuple[Place, str]]:
        whole = self._whole(document, span)
        self._refuse_crossing(document, whole, but=None)
        found = [(document, whole)]
        if scope != "one":
            found += self._alike(scope, document, whole)[1:]
            for other in [document] if scope == "document" else self.documents:
                taken = {*self.spans(other), whole} if other is document else set(self.spans(other))
                for place in unmarked(other, words_at(document.text, whole)):
                    if not any(a < place[1] and place[0] < b for a, b in taken):
                        found.append((other, place))
        return [(Place(d.id, *s), type_name) for d, s in found]

    def _moved(
        self, scope: str, document: ReviewDocument, span: Span, asked: Mapping[str, Any]
    ) -> list[tuple[Place, str]]:
        if span not in self.spans(document):
            raise Refused("there is no name at this place any more")
        verdict = self.shown_type(document, span)
        if verdict in (None, NO_NAME):
            raise Refused("this is no name: give it a type first")
        new = self._whole(document, self._span(document, asked.get("new_start"), asked.get("new_end")))
        if new == span:
            raise Refused("the boundaries are the same")
        self._refuse_crossing(document, new, but=span)
        left, right = new[0] - span[0], new[1] - span[1]
        found = []
        for other, place in self._alike(scope, document, span):
            moved = (place[0] + left, place[1] + right)
            same = words_at(other.text, moved) == words_at(document.text, new)
            if same and other.whole_words(*moved) == moved and not self._crossed(other, moved, place):
                found += [(Place(other.id, *place), NO_NAME), (Place(other.id, *moved), str(verdict))]
        return found

    def _refuse_crossing(self, document: ReviewDocument, span: Span, but: Span | None) -> None:
        crossed = self._crossed(document, span, but)
        if crossed is not None:
            raise Refused(f"it would cross “{words_at(document.text, crossed)}”; change the boundaries of that one")

    def _crossed(self, document: ReviewDocument, span: Span, but: Span | None) -> Span | None:
        """A standing name that overlaps a stretch, none of the two lying inside the other."""
        for a, b in self.spans(document):
            crosses = a < span[0] < b < span[1] or span[0] < a < span[1] < b
            if crosses and (a, b) != but and self.shown_type(document, (a, b)) != NO_NAME:
                return a, b
        return None

    def _whole(self, document: ReviewDocument, span: Span) -> Span:
        whole = document.whole_words(*span)
        if whole is None or not any(sign.isalnum() for sign in document.text[whole[0] : whole[1]]):
            raise Refused("a name is made of words of one stretch of running text")
        return whole

    def _type(self, asked: Mapping[str, Any]) -> str:
        name = asked.get("type")
        if name == OUTSIDE:
            return OUTSIDE
        found = self.taxonomy.find(name, phantoms=False) if isinstance(name, str) else None
        if found is None:
            raise Refused("there is no such type")
        return found

    def _document(self, number: Any) -> ReviewDocument:
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < len(self.documents):
            raise Refused("there is no such document")
        return self.documents[number]

    def _span(self, document: ReviewDocument, start: Any, end: Any) -> Span:
        """Code points from the units of a browser."""
        for value in (start, end):
            if not isinstance(value, int) or isinstance(value, bool):
                raise Refused("a place needs a start and an end")
        if not 0 <= start < end <= document.units.units(len(document.text)):
            raise Refused("this place is outside the text")
        return document.units.point(start), document.units.point(end)

    def _words(self, place: Place) -> str:
        return self.by_id[place.doc].text[place.start : place.end]

    # ---- the feedback file ------------------------------------------------------------------------------------------

    def read_others(self) -> None:
        """Take in what other annotators have in their journals by now."""
        for other, path in journals(self.out).items():
            if other == self.annotator:
                continue
            records, _ = read_journal(path)
            with self.lock:
                self.decisions.forget(other)
                for record in records:
                    _take(self.decisions, record, other, path)

    def compact(self) -> Counts:
        """Write the feedback file of all annotators anew, whole or not at all.

        Raises:
            OutputError: it cannot be written. InputError: another's journal is damaged.
        """
        with self._compacting:
            self.read_others()
            with self.lock:
                text, counts = feedback_text(self.decisions, self.by_id)
            with open_output(self.out) as handle:
                handle.write(text)
            return counts

    def close(self) -> None:
        """End the journal; what was decided is on the disk already."""
        self.journal.close()


def unmarked(document: ReviewDocument, words: str) -> list[Span]:
    """Where the same words stand in running text, blanks aside; whole words only."""
    pattern = r"\s+".join(re.escape(part) for part in words.split(" "))
    found = []
    for segment in document.document.segments:
        for match in re.compile(pattern).finditer(document.text, segment.start, segment.end):
            if document.whole_words(*match.span()) == match.span():
                found.append(match.span())
    return found


def _take(decisions: Decisions, record: Mapping[str, Any], annotator: str, path: Path) -> None:
    try:
        decisions.take(record, annotator)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            "a decision in a journal of ousianer review", f"{error!r}", path=path, remedy="move the journal away"
        ) from None


def _done() -> Future[None]:
    future: Future[None] = Future()
    future.set_result(None)
    return future
