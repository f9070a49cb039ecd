"""All that the pages of one session speak to: the session, the order of its names, and the model that learns.

The model works in one thread of its own, one thing after another, so that pages answer while it reads or learns.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ousianer_cli.errors import OusiaError
from ousianer_cli.formats.annotations.annotated import Annotation
from ousianer_cli.formats.feedback.items import NO_NAME
from ousianer_cli.pages.palette import class_of, palette, styles
from ousianer_cli.review.actions import Refused
from ousianer_cli.review.decisions import Place, agreed
from ousianer_cli.review.feedback_file import Counts
from ousianer_cli.review.names import Name, ReviewDocument, Span, words_at
from ousianer_cli.review.order import by_disagreement, by_document, by_loss, losses_of
from ousianer_cli.review.session import Session
from ousianer_cli.scoring.alignment import Change, align
from ousianer_cli.settings.review import Order
from ousianer_cli.taxonomy.tree import OUTSIDE

if TYPE_CHECKING:
    from ousianer_cli.review.learning import Learner

Names = dict[Span, Name]
MOST_CHANGES = 2000
"""Changes that are sent to a page at most; all are counted."""


class Desk:
    """What a session offers its pages.

    Args:
        session: documents and decisions.
        order: in which names are judged.
        run: the run's file, for its name.
        load: makes the model ready; None leaves it out.
        model_out: where a tuned model is kept; "" nowhere.
    """

    def __init__(
        self,
        session: Session,
        order: Order,
        run: Path,
        load: Callable[[], Learner] | None = None,
        model_out: str = "",
    ) -> None:
        self.session = session
        self.order = order
        self.run = run
        self.model_out = model_out
        self.counts = Counts()
        self.trouble = ""
        """Why the feedback file could not be written last; the journal has everything all the same."""
        self._version = 1
        self._model = "none"
        self._message = ""
        self._learner: Learner | None = None
        self._before: dict[str, Names] = {}
        """The run's names before anything was applied."""
        self._thread = ThreadPoolExecutor(1, "model")
        if load is not None:
            self._model = "loading"
            self._thread.submit(self._load, load)

    def _load(self, load: Callable[[], Learner]) -> None:
        try:
            learner = load()
            for document in self.session.documents:
                learner.read_given(document, self._judged(document))
        except OusiaError as error:
            self._model, self._message = "failed", str(error)
        except Exception as error:  # the pages go on without it, and say so
            self._model, self._message = "failed", f"the model cannot be used ({error!r})"
        else:
            self._learner, self._model = learner, "ready"
            self._version += 1

    def close(self) -> None:
        """End the model's thread when what it does is done."""
        self._thread.shutdown(cancel_futures=True)

    def colours(self) -> str:
        """Style rules of the top types' colours."""
        return styles(palette([*(top.upper() for top in self.session.taxonomy.tops), OUTSIDE]))

    # ---- what the pages ask -----------------------------------------------------------------------------------------

    def start(self) -> dict[str, Any]:
        """What does not change while the session lasts, and the progress."""
        session, taxonomy = self.session, self.session.taxonomy
        phantoms = set(taxonomy.phantoms)
        return {
            "run": self.run.name,
            "out": session.out.name,
            "annotator": session.annotator,
            "order": self.order,
            "documents": [document.id for document in session.documents],
            "types": [
                {
                    "name": node,
                    "parent": taxonomy.parent(node),
                    "level": taxonomy.level(node),
                    "class": class_of(taxonomy.top(node).upper()),
                    "phantom": node in phantoms,
                }
                for top in taxonomy.tops
                for node in (top, *taxonomy.descendants(top))
            ],
            "progress": session.progress(),
        }

    def status(self) -> dict[str, Any]:
        """What changes by itself."""
        return {"queue": self._version, "trouble": self.trouble, "model": self._model, "message": self._message}

    def queue(self) -> dict[str, Any]:
        """The names in the order in which they are to be judged: (document, start, end, whether it is judged)."""
        with self.session.lock:
            version, session = self._version, self.session
            found = []
            for place in self._places():
                units = session.by_id[place.doc].units.units
                judged = session.decisions.by(place, session.annotator) is not None
                found.append([session.number[place.doc], units(place.start), units(place.end), int(judged)])
        return {"version": version, "places": found}

    def _places(self) -> list[Place]:
        session = self.session
        if self.order == "disagreement":
            return by_disagreement(session)
        places = by_document(session)
        if self.order == "document":
            return places
        judged = [i for i, place in enumerate(places) if session.decisions.by(place, session.annotator) is not None]
        return [places[i] for i in by_loss(losses_of(session, places), self._vectors(places), judged)]

    def _vectors(self, places: list[Place]) -> np.ndarray | None:
        """[M, V] of the places' names, zeros where there is none; None without a model."""
        learner = self._learner
        if learner is None or not places:
            return None
        found = [learner.vector(self.session.by_id[p.doc], (p.start, p.end)) for p in places]
        nothing = np.zeros(learner.model.tagger.vector_size, dtype=np.float32)
        return np.stack([nothing if vector is None else vector for vector in found])

    def decided(self, changed: list[int]) -> None:
        """Documents were judged: the vectors of added names are computed now, not when they are to be learned."""
        learner = self._learner
        if learner is None:
            return
        for number in changed:
            document = self.session.documents[number]
            spans = self._judged(document)
            if any(learner.vector(document, span) is None for span in spans):
                self._thread.submit(learner.read_given, document, spans)

    def _judged(self, document: ReviewDocument) -> list[Span]:
        with self.session.lock:
            return [(place.start, place.end) for place in self.session.decisions.judged(document.id)]

    def compact(self) -> None:
        """Write the feedback file; what goes wrong is kept to be shown, since no decision is lost by it."""
        try:
            self.counts = self.session.compact()
            self.trouble = ""
        except OusiaError as error:
            self.trouble = str(error)

    # ---- the model --------------------------------------------------------------------------------------------------

    def apply(self) -> dict[str, Any]:
        """Tune the model on what was judged, tag again, and tell what changed.

        Raises:
            Refused: there is no model, it is at work, nothing is judged, or the guard set would be forgotten.
        """
        return self._at_work(self._apply)

    def keep(self) -> dict[str, Any]:
        """Write the tuned model.

        Raises:
            Refused: as `apply`, or no place for it was named, or nothing was applied.
        """
        return self._at_work(self._keep)

    def discard(self) -> dict[str, Any]:
        """Go back to the model and the run before."""
        return self._at_work(self._discard)

    def _at_work(self, do: Callable[[Learner], dict[str, Any]]) -> dict[str, Any]:
        learner = self._learner
        if learner is None or self._model != "ready":
            why = {"none": "this session was started without a model", "failed": self._message}
            raise Refused(why.get(self._model, "the model is at work: wait a moment"))
        self._model = "working"
        work: Future[dict[str, Any]] = self._thread.submit(do, learner)
        try:
            return work.result()
        finally:
            self._model = "ready"

    def _apply(self, learner: Learner) -> dict[str, Any]:
        began = time.perf_counter()
        session = self.session
        with session.lock:
            judged = [
                (place.doc, (place.start, place.end), agreed(verdicts))
                for place, verdicts in session.decisions.places()
                if place.doc in session.by_id
            ]
        verdicts = [verdict for verdict in judged if verdict[2] != NO_NAME]
        if not verdicts:
            raise Refused("no name with a type, or outside the taxonomy, is judged yet: there is nothing to learn")
        lesson, mute = learner.learn(session.by_id, verdicts)
        if lesson.forgets() and lesson.guard is not None:
            raise Refused(
                f"the model would forget too much (F1 on what it is guarded by: {lesson.guard.before:.3f}, then "
                f"{lesson.guard.after:.3f}); the model before goes on"
            )
        learner.take(lesson)
        names = {document.id: learner.retagged(document) for document in session.documents}
        changes = self._exchange(names)
        notes = [f"learned from {len(lesson.spans):,} names"]
        if lesson.guard is not None:
            notes.append(
                f"F1 on replayed names kept apart: {lesson.guard.before:.3f} before, {lesson.guard.after:.3f} after"
            )
        if len(judged) > len(verdicts):
            notes.append(f"{len(judged) - len(verdicts):,} no names are for the detector, which stays as it is")
        if mute:
            notes.append(f"{mute:,} stand in sentences that are too long to learn from")
        return {**changes, "message": "; ".join(notes), "seconds": time.perf_counter() - began}

    def _keep(self, learner: Learner) -> dict[str, Any]:
        if not self.model_out:
            raise Refused("no place for the model was named: start the session with --model-out DIR")
        if not learner.write(self.model_out, lambda _: None):
            raise Refused("nothing was applied yet")
        return {"message": f"wrote {self.model_out}"}

    def _discard(self, learner: Learner) -> dict[str, Any]:
        learner.back()
        return self._exchange(dict(self._before))

    def _exchange(self, names: dict[str, Names]) -> dict[str, Any]:
        """Put new names in place of a run's, and tell what changed."""
        session = self.session
        with session.lock:
            if not self._before:
                self._before = {document.id: document.names for document in session.documents}
            places: list[dict[str, Any]] = []
            counts = {"retyped": 0, "moved": 0, "added": 0, "removed": 0, "same": 0}
            for document in session.documents:
                new = names.get(document.id, document.names)
                for change in align(_annotations(document, document.names), _annotations(document, new)):
                    counts[change.kind.value] += 1
                    if change.kind.value != "same" and len(places) < MOST_CHANGES:
                        places.append(self._change(document, change))
                document.names = new
            session.recount()
            self._version += 1
            return {
                "places": places,
                "counts": counts,
                "names": sum(len(document.names) for document in session.documents),
                "progress": session.progress(),
                "keepable": self.model_out,
            }

    def _change(self, document: ReviewDocument, change: Change) -> dict[str, Any]:
        name = change.new or change.old
        assert name is not None
        units = document.units.units
        return {
            "at": [self.session.number[document.id], units(name.start), units(name.end)],
            "what": change.kind.value,
            "words": words_at(document.text, (name.start, name.end)),
            "before": None if change.old is None else change.old.type,
            "after": None if change.new is None else change.new.type,
        }


def _annotations(document: ReviewDocument, names: Names) -> list[Annotation]:
    return [
        Annotation(a, b, name.type, name.confidence, string=document.text[a:b])
        for (a, b), name in names.items()
        if name.type is not None
    ]
