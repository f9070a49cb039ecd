"""From documents of words to typed mentions: passages, windows, batches, detection, typing, decoding.

Letters: B sentences, T words, M mentions, V mention vector, N types.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from ousianer_cli.errors import ModelError, SettingsError
from ousianer_cli.network.checkpoint import Model
from ousianer_cli.network.inference import Detected
from ousianer_cli.network.onednn import Precision
from ousianer_cli.network.targets import Targets
from ousianer_cli.network.typing import TypingHead
from ousianer_cli.tagging.consistency import Consistency
from ousianer_cli.tagging.detection import Detection
from ousianer_cli.tagging.mention import TypeProbability
from ousianer_cli.tagging.pool import Joint, in_order
from ousianer_cli.tagging.processors import choose_threads
from ousianer_cli.tagging.reading import Reading, Sentence

AHEAD = 8192
"""Pieces of documents that may be under way at once."""
CONFIDENCE_DIGITS = 3
PROBABILITY_DIGITS = 2
"""Digits of p(type) and p(span)."""
LEAST_PROBABILITY = 0.05
"""Types below it are not listed."""


@dataclass(frozen=True, slots=True)
class TypedMention:
    """Words [start, end) of a sentence, their type (`-`: outside the taxonomy), and confidence in (0, 1].

    Of a pretrained model the type is a YAGO class. The other fields are those of `Mention`.
    """

    start: int
    end: int
    type: str
    confidence: float
    detection: float = 1.0
    alternatives: tuple[TypeProbability, ...] = ()
    yago: tuple[TypeProbability, ...] = ()
    nested: bool = False


@dataclass(slots=True)
class Engine:
    """A loaded model that tags.

    `deepen` over 0 lets YAGO evidence go below the type that was chosen (`TypingHead`); `coarse_prior` in place of the
    model's own sets how much gold is taken to stop at the top type (`DecodingRule`). `consistency` shares evidence
    among a document's mentions of one string, where the model gives distributions over target types. `nested` finds
    names inside found names, too. `threads` of them run the network on a CPU (0: as many as processors are free); what
    is found does not depend on them. The network is taken as it stands when the first document comes.

    Raises:
        SettingsError: a prior, `deepen` or `nested` for a model that has no use for it.
    """

    model: Model
    device: str = "cpu"
    deepen: float = 0.0
    coarse_prior: float | None = None
    consistency: bool = True
    nested: bool = False
    threads: int = 0
    precision: Precision = "fp32"
    head: TypingHead = field(init=False)
    _consistency: Consistency | None = field(init=False, default=None)
    _detection: Detection | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.head = TypingHead.of(self.model, deepen=self.deepen, coarse_prior=self.coarse_prior)
        self.model.tagger.to(self.device).eval()
        if self.model.conversion is not None:
            self.model.conversion.to(self.device).eval()
        if self.consistency and self.head.gives_distributions:
            self._consistency = Consistency.of(self.targets.taxonomy, self.head.names)
        if self.nested and self.model.nested is None:
            raise SettingsError(
                "--nested: expected a model that finds names inside names, found one that was not trained to; "
                "leave it out, or fine-tune on a corpus that marks them"
            )

    @property
    def has_targets(self) -> bool:
        """Whether mentions get types of a target taxonomy; those of a pretrained model get YAGO classes."""
        return self.head.targets is not None

    @property
    def targets(self) -> Targets:
        """The target types.

        Raises:
            ModelError: a pretrained model, which has none.
        """
        if self.head.targets is None:
            raise ModelError(
                "expected a model with target types, found a pretrained one; run ousianer finetune on it first"
            )
        return self.head.targets

    @property
    def min_confidence(self) -> float:
        """The model's own threshold; names below it are not written."""
        return self.head.rule.min_confidence

    @property
    def max_pieces(self) -> int:
        """Sub-word pieces that a sequence may have."""
        return self.model.max_pieces

    def prepare(self) -> Detection:
        """The network made ready, as the first document does."""
        if self._detection is None:
            nested = self.model.nested if self.nested else None
            count = choose_threads(self.threads).count
            self._detection = Detection(self.model, nested, self.device, count, self.precision)
        return self._detection

    def tag(self, sentences: Sequence[Sentence]) -> list[list[TypedMention]]:
        """Typed mentions of sentences that have nothing to do with one another, outside names included."""
        return [found for (found,) in self.tag_documents([words] for words in sentences)]

    def tag_documents(
        self, documents: Iterable[Sequence[Sentence]], *, details: bool = False
    ) -> Iterator[list[list[TypedMention]]]:
        """Typed mentions of each sentence of each document, outside names included, whatever their confidence.

        With `details` mentions have their alternatives and YAGO classes. A document's result depends on its text alone.
        Documents are taken ahead, while earlier ones are still tagged: about `AHEAD` pieces of them.
        """
        detection = self.prepare()

        def start(sentences: Sequence[Sentence]) -> tuple[Joint[Detected, list[list[TypedMention]]], int]:
            reading = Reading.of(self.model, sentences)

            def finish(found: list[Detected]) -> list[list[TypedMention]]:
                return self._typed(reading.by_sentence(found), sentences, details=details)

            return detection.start(reading.sequences, finish), max(1, reading.pieces)

        return in_order(documents, start, AHEAD)

    def detect_document(self, sentences: Sequence[Sentence]) -> list[Detected]:
        """The names of a document sentence by sentence, with their vectors, for `type_document`."""
        reading = Reading.of(self.model, sentences)
        return self.prepare().start(reading.sequences, reading.by_sentence).result()

    def type_document(
        self, detected: Sequence[Detected], sentences: Sequence[Sentence], *, details: bool = False
    ) -> list[list[TypedMention]]:
        """What `tag_documents` makes of a document's names, by the types that the model gives now."""
        return self._typed(detected, sentences, details=details)

    @torch.inference_mode()
    def _typed(
        self, detected: Sequence[Detected], sentences: Sequence[Sentence], *, details: bool
    ) -> list[list[TypedMention]]:
        """The mentions of each sentence of a document, all of which have their distributions before one is decided."""
        head = self.head
        mentions: list[list[TypedMention]] = [[] for _ in detected]
        # (sentence, is it nested, what was found) of every mention, sentence by sentence
        parts = [
            (i, deep, part)
            for i, sentence in enumerate(detected)
            for deep, part in enumerate((sentence, sentence.nested))
            if part
        ]
        spans = [(i, bool(deep), span) for i, deep, part in parts for span in part.spans]
        if not spans:
            return mentions
        vectors = torch.from_numpy(np.concatenate([part.vectors for _, _, part in parts])).to(self.device)
        scores = head.scores(vectors)  # [M, N]
        if self._consistency is not None:
            strings = [" ".join(sentences[i][start:end]) for i, _, (start, end) in spans]
            shared = self._consistency.shared(strings, scores.double().cpu().numpy())
            scores = torch.from_numpy(shared).to(scores)
        choice = head.choose(vectors, scores)
        marginals = np.concatenate([part.marginals for _, _, part in parts])
        confidences = marginals * choice.scores.clamp(0, 1).double().cpu().numpy()
        alternatives: list[tuple[TypeProbability, ...]] = [()] * len(vectors)
        yago = alternatives
        if details:
            if self.has_targets:
                yago = _ranked(head.model.types, head.yago_probabilities(vectors))
                alternatives = _ranked(head.names, scores)
            else:
                yago = _ranked(head.names, scores)
        for (i, deep, (start, end)), position, confidence, detection, options, classes in zip(
            spans,
            choice.positions.tolist(),
            _rounded(confidences, CONFIDENCE_DIGITS),
            _rounded(marginals, PROBABILITY_DIGITS),
            alternatives,
            yago,
            strict=True,
        ):
            mentions[i].append(
                TypedMention(start, end, head.names[position], confidence, detection, options, classes, deep)
            )
        return mentions


def _ranked(names: Sequence[str], probabilities: torch.Tensor) -> list[tuple[TypeProbability, ...]]:
    """The types worth listing of each row of [M, N], the most probable first, equal ones in the model's order."""
    given = probabilities.cpu().numpy()
    rows, places = np.nonzero(given > LEAST_PROBABILITY - 10.0**-PROBABILITY_DIGITS)  # few of many, and all that count
    values = given[rows, places].astype(np.float64).round(PROBABILITY_DIGITS)
    ranked: list[list[TypeProbability]] = [[] for _ in given]
    for i in np.lexsort((-values, rows)):  # stable
        if values[i] >= LEAST_PROBABILITY:
            ranked[rows[i]].append(TypeProbability(names[places[i]], float(values[i])))
    return [tuple(row) for row in ranked]


def _rounded(values: np.ndarray, digits: int) -> list[float]:
    """Rounded, and never down to 0."""
    return [float(v) for v in values.round(digits).clip(10.0**-digits, 1.0)]
