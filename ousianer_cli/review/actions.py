"""What an annotator may do with the names of a run: each action becomes verdicts on places, or is refused.

Places are code points; what a page asks for counts UTF-16 units, as JavaScript does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ousianer_cli.formats.feedback.items import NO_NAME
from ousianer_cli.review.decisions import Decisions, Place
from ousianer_cli.review.names import ReviewDocument, Span, words_at
from ousianer_cli.taxonomy.tree import OUTSIDE, Taxonomy

KINDS = ("accept", "type", "outside", "no name", "bounds", "add")
SCOPES = ("one", "document", "run")


class Refused(Exception):
    """What a page asked for cannot be done; the text is shown to the person."""


class Actions:
    """The names of a run as one annotator sees them, and the verdicts that follow from an action on one of them."""

    def __init__(
        self, documents: Sequence[ReviewDocument], taxonomy: Taxonomy, decisions: Decisions, annotator: str
    ) -> None:
        self.documents = documents
        self.taxonomy = taxonomy
        self.decisions = decisions
        self.annotator = annotator

    def spans(self, document: ReviewDocument) -> list[Span]:
        """Every stretch of a document that is a name to somebody, in text order, a longer one first."""
        judged = {(p.start, p.end) for p in self.decisions.judged(document.id)}
        return sorted({*document.names, *document.second, *judged}, key=lambda s: (s[0], -s[1]))

    def verdict(self, document: ReviewDocument, span: Span) -> str | None:
        """The annotator's own verdict on a stretch."""
        return self.decisions.by(Place(document.id, *span), self.annotator)

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

    def verdicts(
        self, kind: str, scope: str, document: ReviewDocument, span: Span, asked: Mapping[str, Any]
    ) -> list[tuple[Place, str]]:
        """The verdicts of an action (one of `KINDS`) on a name and, in its scope (one of `SCOPES`), on those like it.

        Raises:
            Refused: it cannot be done, and why.
        """
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
        new = self._whole(document, self.span(document, asked.get("new_start"), asked.get("new_end")))
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

    def document(self, number: Any) -> ReviewDocument:
        """The document of a number.

        Raises:
            Refused: there is none.
        """
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < len(self.documents):
            raise Refused("there is no such document")
        return self.documents[number]

    def span(self, document: ReviewDocument, start: Any, end: Any) -> Span:
        """Code points from the units of a browser.

        Raises:
            Refused: no place in the text.
        """
        for value in (start, end):
            if not isinstance(value, int) or isinstance(value, bool):
                raise Refused("a place needs a start and an end")
        if not 0 <= start < end <= document.units.units(len(document.text)):
            raise Refused("this place is outside the text")
        return document.units.point(start), document.units.point(end)


def unmarked(document: ReviewDocument, words: str) -> list[Span]:
    """Where the same words stand in running text, blanks aside; whole words only."""
    pattern = r"\s+".join(re.escape(part) for part in words.split(" "))
    found = []
    for segment in document.document.segments:
        for match in re.compile(pattern).finditer(document.text, segment.start, segment.end):
            if document.whole_words(*match.span()) == match.span():
                found.append(match.span())
    return found
