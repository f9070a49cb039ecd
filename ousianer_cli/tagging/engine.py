"""From documents of words to typed mentions: windows, batches, detection, typing, decoding.

Letters: B sentences, T words, M mentions, V mention vector, N types.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from ousianer_cli.errors import ModelError
from ousianer_cli.network.checkpoint import Model
from ousianer_cli.network.inference import Detected, contextualised, detect_batch
from ousianer_cli.network.pieces import EncodedSentence
from ousianer_cli.network.targets import Targets
from ousianer_cli.network.typing import TypingHead
from ousianer_cli.tagging.mention import TypeProbability
from ousianer_cli.tagging.windows import Window, encode_windows, join_spans, plan_windows

_EDGE = 2e-5
"""Half-width around a rounding or decision edge within which a sentence is decided by itself; see `tag_documents`."""
_TIE = 1e-3
"""Marginals of two tags closer than this may be ordered otherwise in a batch of another size."""
CONFIDENCE_DIGITS = 3
PROBABILITY_DIGITS = 2
"""Fewer than a confidence has: a mention has many, and each that is near a rounding edge costs a second run."""
LEAST_PROBABILITY = 0.05
"""Types below it are not listed."""

Sentence = Sequence[str]
"""The words of a sentence."""


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


@dataclass(slots=True)
class Engine:
    """A loaded model that tags. `batch_pieces` (padded pieces a batch) changes speed and memory, never a result.

    `deepen` over 0 lets YAGO evidence go below the type that was chosen (`TypingHead`); `coarse_prior` in place of the
    model's own sets how much gold is taken to stop at the top type (`DecodingRule`).

    Raises:
        SettingsError: a prior or `deepen` for a model that has no use for it (`TypingHead.of`).
    """

    model: Model
    batch_pieces: int = 4096
    device: str = "cpu"
    deepen: float = 0.0
    coarse_prior: float | None = None
    head: TypingHead = field(init=False)

    def __post_init__(self) -> None:
        self.head = TypingHead.of(self.model, deepen=self.deepen, coarse_prior=self.coarse_prior)
        self.model.tagger.to(self.device).eval()
        if self.model.conversion is not None:
            self.model.conversion.to(self.device).eval()

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
        return self.model.max_pieces

    def tag(self, sentences: Sequence[Sentence]) -> list[list[TypedMention]]:
        """Typed mentions of each sentence, each a document of its own; see `tag_documents`."""
        return [mentions for (mentions,) in self.tag_documents([[words] for words in sentences])]

    @torch.inference_mode()
    def tag_documents(
        self, documents: Sequence[Sequence[Sentence]], *, details: bool = False
    ) -> list[list[list[TypedMention]]]:
        """Typed mentions of each sentence of each document, outside names included, whatever their confidence.

        With `details` mentions have their alternatives and YAGO classes.

        Batches of another size round differently in the last bits. So that no result depends on the batch, a sentence
        with a decision or a rounded figure near an edge is run once more by itself, and that run counts.
        """
        detected = iter(self.detect([words for document in documents for words in document]))
        return [self._tag_document(words, [next(detected) for _ in words], details) for words in documents]

    def _tag_document(
        self, sentences: Sequence[Sentence], detected: Sequence[Detected], details: bool
    ) -> list[list[TypedMention]]:
        tagged = []
        for words, found, (mentions, certain) in zip(sentences, detected, self._typed(detected, details), strict=True):
            if not (certain and found.certain):
                ((mentions, _),) = self._typed(self.detect([words]), details)
            tagged.append(mentions)
        return tagged

    def _typed(self, detected: Sequence[Detected], details: bool) -> list[tuple[list[TypedMention], bool]]:
        """The mentions of each sentence of a document, and whether none of their figures is near an edge.

        All mentions of the document have their distributions before the first is decided.
        """
        head = self.head
        if not any(found.spans for found in detected):
            return [([], True) for _ in detected]
        vectors = torch.from_numpy(np.concatenate([found.vectors for found in detected])).to(self.device)
        scores = head.scores(vectors)  # [M, N]
        choice = head.choose(vectors, scores)
        marginals = np.concatenate([found.marginals for found in detected])
        confidences = marginals * choice.scores.clamp(0, 1).double().cpu().numpy()
        certain = (
            (choice.margins.cpu().numpy() > _EDGE)
            & (_to_edge(confidences, CONFIDENCE_DIGITS) >= _EDGE)
            & (_to_edge(marginals, PROBABILITY_DIGITS) >= _EDGE)
        )
        alternatives: list[tuple[TypeProbability, ...]] = [()] * len(vectors)
        yago = alternatives
        if details:
            yago, clear = _ranked(head.model.types, head.yago_probabilities(vectors))
            certain &= clear
            if self.has_targets:
                alternatives, clear = _ranked(head.names, scores)
                certain &= clear
        spans = [span for found in detected for span in found.spans]
        names = [head.names[place] for place in choice.positions.tolist()]
        mentions = [
            TypedMention(start, end, name, confidence, detection, options, classes)
            for (start, end), name, confidence, detection, options, classes in zip(
                spans,
                names,
                _rounded(confidences, CONFIDENCE_DIGITS),
                _rounded(marginals, PROBABILITY_DIGITS),
                alternatives,
                yago,
                strict=True,
            )
        ]
        ends = np.cumsum([0, *(len(found.spans) for found in detected)])
        return [(mentions[a:b], bool(certain[a:b].all())) for a, b in itertools.pairwise(ends.tolist())]

    @torch.inference_mode()
    def detect(self, sentences: Sequence[Sequence[str]]) -> list[Detected]:
        """Spans, their marginals and mention vectors, sentence by sentence."""
        plans: list[list[Window]] = []
        parts: list[EncodedSentence] = []
        owner: list[int] = []
        full = self.model.tokenizer.encode(sentences) if sentences else []
        for place, (words, whole) in enumerate(zip(sentences, full, strict=True)):
            windows = plan_windows(whole, self.max_pieces) if words else []
            plans.append(windows)
            parts += encode_windows(words, whole, windows, self.model.tokenizer, self.max_pieces) if words else []
            owner += [place] * len(windows)
        outputs: list[Detected | None] = [None] * len(parts)
        for indices, states, layers, mask in contextualised(self.model.tagger, parts, self.batch_pieces, self.device):
            found = detect_batch(self.model.tagger, states, layers, mask, _TIE)
            for index, detected in zip(indices, found, strict=True):
                outputs[index] = detected
        by_sentence: list[list[Detected]] = [[] for _ in sentences]
        for place, output in zip(owner, outputs, strict=True):
            if output is not None:
                by_sentence[place].append(output)
        return [
            _join(windows, found, self.model.tagger.vector_size)
            for windows, found in zip(plans, by_sentence, strict=True)
        ]


def _join(windows: list[Window], parts: list[Detected], size: int) -> Detected:
    if not parts:
        return Detected([], np.zeros(0), np.zeros((0, size), dtype=np.float32), True)
    if len(parts) == 1:
        return parts[0]
    kept = join_spans(windows, [p.spans for p in parts])
    places = [parts[w].spans.index((a - windows[w].start, b - windows[w].start)) for w, a, b in kept]
    return Detected(
        [(a, b) for _, a, b in kept],
        np.array([parts[w].marginals[k] for (w, _, _), k in zip(kept, places, strict=True)]),
        np.stack([parts[w].vectors[k] for (w, _, _), k in zip(kept, places, strict=True)])
        if kept
        else np.zeros((0, size), np.float32),
        all(p.certain for p in parts),
    )


def _ranked(names: Sequence[str], probabilities: torch.Tensor) -> tuple[list[tuple[TypeProbability, ...]], np.ndarray]:
    """The types worth listing of each row of [M, N], the most probable first, and whether no figure is near an edge."""
    exact = probabilities.double().cpu().numpy()
    rounded = exact.round(PROBABILITY_DIGITS)
    listed = exact > LEAST_PROBABILITY - 0.6 * 10.0**-PROBABILITY_DIGITS  # what rounds to the least one, and its edge
    clear: np.ndarray = ((_to_edge(exact, PROBABILITY_DIGITS) >= _EDGE) | ~listed).all(axis=1)
    ranked = []
    for row in rounded:
        # Equal ones stand in the model's order.
        order = [i for i in np.argsort(-row, kind="stable") if row[i] >= LEAST_PROBABILITY]
        ranked.append(tuple(TypeProbability(names[i], float(row[i])) for i in order))
    return ranked, clear


def _rounded(values: np.ndarray, digits: int) -> list[float]:
    """Rounded, and never down to 0."""
    return [float(v) for v in values.round(digits).clip(10.0**-digits, 1.0)]


def _to_edge(values: np.ndarray, digits: int) -> np.ndarray:
    """Distance of each value to the nearest point at which its rounding changes."""
    scaled = values * 10.0**digits - 0.5
    return np.abs(scaled - np.round(scaled)) / 10.0**digits
