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
from ousianer_cli.outputs import open_output
from ousianer_cli.review.actions import KINDS, SCOPES, Actions, Refused
from ousianer_cli.review.decisions import Decisions, Place, check_words
from ousianer_cli.review.feedback_file import Counts, feedback_text
from ousianer_cli.review.journal import Journal, journal_path, journals, read_journal
from ousianer_cli.review.names import ReviewDocument, Span
from ousianer_cli.taxonomy.tree import Taxonomy

_ID = re.compile(r"[0-9A-Za-z-]{8,64}")


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
        self.actions = Actions(self.documents, taxonomy, self.decisions, annotator)
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

    def view(self, number: int) -> dict[str, Any]:
        """A document as its page needs it.

        Raises:
            Refused: no document of that number.
        """
        document = self.actions.document(number)
        units = document.units.units
        with self.lock:
            return {
                "number": number,
                "id": document.id,
                "text": document.text,
                "segments": [[units(s.start), units(s.end), s.kind] for s in document.document.segments],
                "words": [units(place) for word in document.words for place in word],
                "names": [self._name(document, span) for span in self.actions.spans(document)],
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
                spans = self.actions.spans(document)
                done = sum(self.actions.verdict(document, span) is not None for span in spans)
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
        document = self.actions.document(asked.get("document"))
        span = self.actions.span(document, asked.get("start"), asked.get("end"))
        with self.lock:
            if identity in self.decisions:
                return {"names": 0, **self._changes([self.number[document.id]])}, self._pending.get(identity, _done())
            verdicts = self.actions.verdicts(kind, scope, document, span, asked)
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
