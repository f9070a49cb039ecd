"""The model of a session: what it takes the names to be, and what it learns from decisions.

The documents are read through the network once, when the session begins; the vectors of their names are kept. So the
model is tuned again and the run tagged anew without the network's being run.
Letters: M names of a document, V mention vector, A target types.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ousianer_cli.errors import InputError
from ousianer_cli.formats.feedback.items import FeedbackItem
from ousianer_cli.network.checkpoint import Model, load_model
from ousianer_cli.network.conversion import Conversion
from ousianer_cli.network.inference import Detected
from ousianer_cli.review.feedback_file import sentence_around
from ousianer_cli.review.names import Name, ReviewDocument, Span
from ousianer_cli.settings.finetune import FinetuneSettings
from ousianer_cli.tagging.documents import SplitDocument, split_document
from ousianer_cli.tagging.engine import Engine
from ousianer_cli.tagging.processors import choose_threads
from ousianer_cli.taxonomy.tree import OUTSIDE
from ousianer_cli.training.finetune.corrections import correction_instances
from ousianer_cli.training.finetune.lesson import Lesson, adopt, learn_corrections, write_lesson
from ousianer_cli.training.vector_cache import VectorCache

MOST_ALTERNATIVES = 6
"""Types that are offered for a name at most."""


@dataclass(slots=True)
class _Read:
    """A document after the network: what was found in each sentence, and the vectors of names that it did not find."""

    split: SplitDocument
    detected: list[Detected]
    found: dict[Span, np.ndarray] = field(init=False)
    """The vector [V] of each found name, by its place."""
    given: dict[Span, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.found = {}
        for words, sentence in zip(self.split.sentences, self.detected, strict=True):
            for part in (sentence, sentence.nested):
                for (start, end), vector in zip(part.spans, part.vectors, strict=True) if part is not None else ():
                    self.found[words[start][0], words[end - 1][1]] = vector

    def vector(self, span: Span) -> np.ndarray | None:
        """The vector of a name; None where none was computed."""
        return self.found.get(span, self.given.get(span))


@dataclass(frozen=True, slots=True)
class _State:
    """What learning changes of a model; the tensors in it are never written to."""

    conversion: Conversion | None
    replay: dict[str, Tensor] | None
    config: dict[str, Any]
    types: dict[str, Tensor]


class Learner:
    """A model over the documents of a session; slow to make, since it reads them.

    Args:
        folder: the model's.
        documents: their names get alternatives, and a confidence where the run has the model's own.
        nested: whether names inside names are looked for when the run is tagged again.
        threads: of the CPU; 0 takes as many as processors are free.

    Raises:
        ModelError: the folder cannot be read.
    """

    def __init__(self, folder: Path, documents: Sequence[ReviewDocument], *, nested: bool, threads: int = 0) -> None:
        # Two threads that fight for one core wait for each other most of the time.
        torch.set_num_threads(choose_threads(threads).count)
        self.folder = folder
        self.model: Model = load_model(folder)
        self.engine = Engine(self.model, "cpu", nested=nested and self.model.nested is not None)
        self._first = self._state()
        self._lesson: Lesson | None = None
        self._read: dict[str, _Read] = {}
        for document in documents:
            split = split_document(document.document)
            self._read[document.id] = _Read(split, self.engine.detect_document(split.words()))
            self.read_given(document, [*document.names, *document.second])
            self._know(document, self.names_of(document))

    # ---- what the model takes names to be ---------------------------------------------------------------------------

    def read_given(self, document: ReviewDocument, spans: Sequence[Span]) -> None:
        """Compute the vectors of names that the network did not find, each from its sentence.

        One in a sentence that is longer than the encoder reads has none, and teaches nothing.
        """
        read = self._read[document.id]
        for span in spans:
            if read.vector(span) is None:
                try:
                    instances = correction_instances(
                        VectorCache(self.model, FinetuneSettings().batch_pieces), [_item(document, span, OUTSIDE)]
                    )
                except InputError:
                    continue
                read.given[span] = instances.vectors[0].numpy()

    def vector(self, document: ReviewDocument, span: Span) -> np.ndarray | None:
        """The vector [V] of a name; None where it has none."""
        return self._read[document.id].vector(span)

    def names_of(self, document: ReviewDocument) -> dict[Span, Name]:
        """The names of a document as the model gives them, those outside the taxonomy and below its threshold too.

        Names of the run that the network did not find are typed as well.
        """
        read = self._read[document.id]
        names: dict[Span, Name] = {}
        typed = self.engine.type_document(read.detected, read.split.words(), details=True)
        for words, mentions in zip(read.split.sentences, typed, strict=True):
            for mention in mentions:
                span = (words[mention.start][0], words[mention.end - 1][1])
                alternatives = tuple((t, p) for t, p in mention.alternatives[:MOST_ALTERNATIVES])
                names[span] = Name(mention.type, mention.confidence, alternatives)
        spans = list(read.given)
        if spans:
            head = self.engine.head
            vectors = torch.from_numpy(np.stack([read.given[span] for span in spans]))
            scores = head.scores(vectors)
            choice = head.choose(vectors, scores)
            for row, span in enumerate(spans):
                best = scores[row].topk(MOST_ALTERNATIVES)
                ranked = [
                    (head.names[i], round(p, 2))
                    for p, i in zip(best.values.tolist(), best.indices.tolist(), strict=True)
                ]
                type_name = head.names[int(choice.positions[row])]
                names[span] = Name(type_name, float(choice.scores[row]), tuple((t, p) for t, p in ranked if p >= 0.05))
        return names

    def _know(self, document: ReviewDocument, known: Mapping[Span, Name]) -> None:
        """Lay what the model knows beside a run's names."""
        for span, name in document.names.items():
            if span in known:
                name.alternatives = known[span].alternatives

    # ---- learning ---------------------------------------------------------------------------------------------------

    def learn(
        self, documents: Mapping[str, ReviewDocument], verdicts: Sequence[tuple[str, Span, str]]
    ) -> tuple[Lesson, int]:
        """Tune the model that the session began with on verdicts (document, place, type or `-`).

        Returns what was learned, and how many verdicts could teach nothing since their sentence is too long.
        """
        items, vectors = [], []
        for doc, span, type_name in verdicts:
            self.read_given(documents[doc], [span])
            vector = self._read[doc].vector(span)
            if vector is not None:
                items.append(_item(documents[doc], span, type_name))
                vectors.append(vector)
        kept = self._state()
        self._set(self._first)
        try:
            lesson = learn_corrections(
                self.model,
                items,
                vectors=torch.from_numpy(np.stack(vectors)),
                settings=FinetuneSettings(base=str(self.folder)),
            )
        finally:
            self._set(kept)
        return lesson, len(verdicts) - len(items)

    def take(self, lesson: Lesson) -> None:
        """Type by what was learned from now on."""
        self._set(self._first)
        adopt(self.model, lesson)
        self._lesson = lesson

    def back(self) -> None:
        """Type by the model that the session began with."""
        self._set(self._first)
        self._lesson = None

    def write(self, out: str, report: Callable[[str], None]) -> bool:
        """Write the model folder of what was learned; False where nothing was."""
        if self._lesson is None:
            return False
        write_lesson(self.model, self._lesson, out, report=report)
        return True

    def retagged(self, document: ReviewDocument) -> dict[Span, Name]:
        """The names of a run tagged anew: without those outside the taxonomy and below the model's threshold.

        Posters' names, which stand in markup, stay as they are.
        """
        posters = {(a.start, a.end) for a in document.document.authors}
        least = self.engine.min_confidence
        names = {s: n for s, n in self.names_of(document).items() if n.type != OUTSIDE and n.confidence >= least}
        names |= {span: name for span, name in document.names.items() if span in posters}
        return dict(sorted(names.items(), key=lambda item: (item[0][0], -item[0][1])))

    def _state(self) -> _State:
        model = self.model
        types = copy.deepcopy(model.tagger.types.state_dict())
        return _State(model.conversion, model.replay, copy.deepcopy(model.config), types)

    def _set(self, state: _State) -> None:
        self.model.conversion, self.model.replay = state.conversion, state.replay
        self.model.config = copy.deepcopy(state.config)
        self.model.tagger.types.load_state_dict(state.types)


def _item(document: ReviewDocument, span: Span, type_name: str) -> FeedbackItem:
    left, right = sentence_around(document, *span)
    return FeedbackItem(document.text[left:right], span[0] - left, span[1] - left, type_name, document.id, span[0])
