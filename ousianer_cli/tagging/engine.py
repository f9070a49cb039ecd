"""From sentences of words to typed mentions: windows, batches, decoding.

Letters: B sentences, T words, M mentions, V mention vector, Y pretraining types, A target types.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from ousianer_cli.network.checkpoint import Model, model_taxonomy
from ousianer_cli.network.inference import Detected, contextualised, detect_batch
from ousianer_cli.network.pieces import EncodedSentence
from ousianer_cli.network.targets import Targets
from ousianer_cli.network.typing import TypingHead
from ousianer_cli.tagging.windows import Window, encode_windows, join_spans, plan_windows

_EDGE = 2e-5
"""Half-width around a rounding or decision edge within which a sentence is decided by itself; see `Engine.tag`."""
_TIE = 1e-3
"""Marginals of two tags closer than this may be ordered otherwise in a batch of another size."""
CONFIDENCE_DIGITS = 3


@dataclass(frozen=True, slots=True)
class TypedMention:
    """Words [start, end) of a sentence, their type (`-`: outside the taxonomy), and confidence in (0, 1]."""

    start: int
    end: int
    type: str
    confidence: float


@dataclass(slots=True)
class Engine:
    """A loaded model that tags. `batch_pieces` (padded pieces a batch) changes speed and memory, never a result.

    `deepen` over 0 lets YAGO evidence go below the type that was chosen (`TypingHead`); `coarse_prior` in place of the
    model's own sets how much gold is taken to stop at the top type (`DecodingRule`).

    Raises:
        ModelError: a model without target types.
        SettingsError: a prior or `deepen` for a model that has no use for it (`TypingHead.of`).
    """

    model: Model
    batch_pieces: int = 4096
    device: str = "cpu"
    deepen: float = 0.0
    coarse_prior: float | None = None
    head: TypingHead = field(init=False)
    targets: Targets = field(init=False)

    def __post_init__(self) -> None:
        self.targets = Targets(model_taxonomy(self.model))
        self.head = TypingHead.of(self.model, deepen=self.deepen, coarse_prior=self.coarse_prior)
        self.model.tagger.to(self.device).eval()
        if self.model.conversion is not None:
            self.model.conversion.to(self.device).eval()

    @property
    def min_confidence(self) -> float:
        """The model's own threshold; names below it are not written."""
        return self.head.rule.min_confidence

    @property
    def max_pieces(self) -> int:
        return self.model.max_pieces

    @torch.inference_mode()
    def tag(self, sentences: Sequence[Sequence[str]]) -> list[list[TypedMention]]:
        """Typed mentions of each sentence, outside names included, whatever their confidence.

        Batches of another size round differently in the last bits. So that no result depends on the batch, a sentence
        with a decision or a rounded confidence near an edge is run once more by itself, and that run counts.
        """
        tagged: list[list[TypedMention]] = []
        detected = self.detect(sentences)
        for words, found in zip(sentences, detected, strict=True):
            mentions, certain = self._typed(found)
            if not (certain and found.certain):
                (alone,) = self.detect([words])
                mentions, _ = self._typed(alone)
            tagged.append(mentions)
        return tagged

    def _typed(self, found: Detected) -> tuple[list[TypedMention], bool]:
        if not found.spans:
            return [], True
        choice = self.head.choose(torch.from_numpy(found.vectors).to(self.device))
        names = [self.head.names[i] for i in choice.positions.tolist()]
        confidences = found.marginals * choice.scores.clamp(0, 1).double().cpu().numpy()
        certain = choice.margin > _EDGE and not bool((_to_edge(confidences, CONFIDENCE_DIGITS) < _EDGE).any())
        least = 10.0**-CONFIDENCE_DIGITS
        return [
            TypedMention(a, b, name, min(1.0, max(least, round(float(c), CONFIDENCE_DIGITS))))
            for (a, b), name, c in zip(found.spans, names, confidences, strict=True)
        ], certain

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


def _to_edge(values: np.ndarray, digits: int) -> np.ndarray:
    """Distance of each value to the nearest point at which its rounding changes."""
    scaled = values * 10.0**digits - 0.5
    return np.abs(scaled - np.round(scaled)) / 10.0**digits
