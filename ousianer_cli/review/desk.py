"""All that the pages of one session speak to: the session, the order of its names, and the model that learns."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from ousianer_cli.errors import OusiaError
from ousianer_cli.pages.palette import class_of, palette, styles
from ousianer_cli.review.decisions import Place
from ousianer_cli.review.feedback_file import Counts
from ousianer_cli.review.order import by_disagreement, by_document, by_loss, losses_of
from ousianer_cli.review.session import Refused, Session
from ousianer_cli.settings.review import Order
from ousianer_cli.taxonomy.tree import OUTSIDE


class Desk:
    """What a session offers its pages."""

    def __init__(self, session: Session, order: Order, run: Path) -> None:
        self.session = session
        self.order = order
        self.run = run
        self.counts = Counts()
        self.trouble = ""
        """Why the feedback file could not be written last; the journal has everything all the same."""
        self._lock = threading.Lock()
        self._version = 1

    def colours(self) -> str:
        """Style rules of the top types' colours."""
        return styles(palette([*(top.upper() for top in self.session.taxonomy.tops), OUTSIDE]))

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
        return {"queue": self._version, "trouble": self.trouble, "model": "none"}

    def queue(self) -> dict[str, Any]:
        """The names in the order in which they are to be judged: (document, start, end, whether it is judged)."""
        with self.session.lock:
            version, session = self._version, self.session
            places = self._places()
            found = []
            for place in places:
                units = session.by_id[place.doc].units.units
                judged = session.decisions.by(place, session.annotator) is not None
                found.append([session.number[place.doc], units(place.start), units(place.end), int(judged)])
        return {"version": version, "places": found}

    def _places(self) -> list[Place]:
        if self.order == "disagreement":
            return by_disagreement(self.session)
        places = by_document(self.session)
        if self.order == "uncertain":
            return [places[i] for i in by_loss(losses_of(self.session, places))]
        return places

    def decided(self, changed: list[int]) -> None:
        """Documents were judged."""

    def compact(self) -> None:
        """Write the feedback file; what goes wrong is kept to be shown, since no decision is lost by it."""
        try:
            self.counts = self.session.compact()
            self.trouble = ""
        except OusiaError as error:
            self.trouble = str(error)

    def apply(self) -> dict[str, Any]:
        """Tune the model again."""
        raise Refused("this session has no model")

    def keep(self) -> dict[str, Any]:
        """Write the tuned model."""
        raise Refused("this session has no model")

    def discard(self) -> dict[str, Any]:
        """Go back to the model and run before."""
        raise Refused("this session has no model")
