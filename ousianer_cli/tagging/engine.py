"""From sentences of words to typed mentions: windows, batches, decoding.

Letters: B sentences, T words, M mentions, V mention vector, Y pretraining types, A target types.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from ousianer_cli.errors import ModelError, SettingsError
from ousianer_cli.network.checkpoint import Model, model_taxonomy
from ousianer_cli.network.inference import Detected, contextualised, detect_batch
from ousianer_cli.network.pieces import EncodedSentence
from ousianer_cli.network.targets import DecodingRule, Targets, decision_scores
from ousianer_cli.tagging.windows import Window, encode_windows, join_spans, plan_windows
from ousianer_cli.taxonomy.direct import SHIPPED_TABLE, DirectMapper
from ousianer_cli.taxonomy.wordnet import RESOURCES

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

    `deepen` over 0 lets YAGO evidence go below the type that the conversion layer chose: to the type below it with most
    evidence in the typing head, by way of the mapping table, where that is at least `deepen` (0..1). Corpora that stop
    at `gpe` teach the layer to stop there, too; the typing head knows which of them are cities.
    `coarse_prior` in place of the model's own sets how much gold is taken to stop at the top type (`DecodingRule`).

    Raises:
        ModelError: a model without target types.
        SettingsError: a prior for a model that does not decode by expected credit.
    """

    model: Model
    batch_pieces: int = 4096
    device: str = "cpu"
    deepen: float = 0.0
    coarse_prior: float | None = None
    targets: Targets = field(init=False)
    direct: DirectMapper | None = field(init=False, default=None)
    rule: DecodingRule = field(init=False)
    _credit: Tensor = field(init=False)
    _evidence: DirectMapper | None = field(init=False, default=None)
    _below: Tensor = field(init=False)

    def __post_init__(self) -> None:
        self.targets = Targets(model_taxonomy(self.model))
        if self.model.direct_table is not None:
            self.direct = DirectMapper.from_text(self.model.direct_table, self.model.types, self.targets.taxonomy)
        elif self.model.conversion is None:
            raise ModelError(
                "expected a model with target types, found a pretrained one; run ousianer finetune on it first"
            )
        elif self.deepen:
            table = (RESOURCES / SHIPPED_TABLE).read_text(encoding="utf-8")
            self._evidence = DirectMapper.from_text(table, self.model.types, self.targets.taxonomy, SHIPPED_TABLE)
        self._below = self.targets.below().fill_diagonal_(0).to(self.device)
        self.rule = DecodingRule.of(self.model.config)
        if self.coarse_prior is not None:
            if self.rule.decoding != "expected":
                raise SettingsError(
                    "--coarse-prior: expected a model that decodes by expected credit, found "
                    f"{'a Direct one' if self.direct is not None else 'one of argmax'}; leave it out"
                )
            self.rule = dataclasses.replace(self.rule, coarse_prior=self.coarse_prior)
        self._credit = self.rule.matrix(self.targets).to(self.device)
        self.model.tagger.to(self.device).eval()
        if self.model.conversion is not None:
            self.model.conversion.to(self.device).eval()

    @property
    def min_confidence(self) -> float:
        """The model's own threshold; names below it are not written."""
        return self.rule.min_confidence

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
        vectors = torch.from_numpy(found.vectors).to(self.device)
        names, scores, margin = self.type_vectors(vectors)
        confidences = found.marginals * scores
        certain = margin > _EDGE and not bool((_to_edge(confidences, CONFIDENCE_DIGITS) < _EDGE).any())
        least = 10.0**-CONFIDENCE_DIGITS
        return [
            TypedMention(a, b, name, min(1.0, max(least, round(float(c), CONFIDENCE_DIGITS))))
            for (a, b), name, c in zip(found.spans, names, confidences, strict=True)
        ], certain

    @torch.inference_mode()
    def type_vectors(self, vectors: Tensor) -> tuple[list[str], np.ndarray, float]:
        """Types, their scores [M] and the least margin of a decision, of mention vectors [M, V]."""
        scores = self.type_scores(vectors)
        if self.direct is not None:
            best, chosen = (torch.from_numpy(a) for a in self.direct.choose(scores.cpu().numpy()))
            margin = _direct_margin(scores)
        else:
            compared = decision_scores(scores, self.rule.decoding, self._credit)
            chosen, best = compared.max(dim=1)
            top = compared.topk(2, dim=1).values
            margin = float((top[:, 0] - top[:, 1]).min())
            if self._evidence is not None:
                best, nearest = self._deeper(self._evidence, vectors, best)
                margin = min(margin, nearest)
        return [self.targets.names[i] for i in best.tolist()], chosen.clamp(0, 1).double().cpu().numpy(), margin

    def _deeper(self, mapper: DirectMapper, vectors: Tensor, chosen: Tensor) -> tuple[Tensor, float]:
        """Types [M] after evidence has had its say below the chosen ones, and the least margin of that decision."""
        probabilities = torch.sigmoid(self.model.tagger.type_logits(vectors)).cpu().numpy()
        evidence = torch.from_numpy(mapper.scores(probabilities)).to(self.device).float() * self._below[chosen]
        top = evidence.topk(2, dim=1)
        enough = top.values[:, 0] >= self.deepen
        tie = torch.where(enough, top.values[:, 0] - top.values[:, 1], torch.ones_like(top.values[:, 0]))
        margin = torch.minimum((top.values[:, 0] - self.deepen).abs(), tie)
        return torch.where(enough, top.indices[:, 0], chosen), float(margin.min())

    def type_scores(self, vectors: Tensor) -> Tensor:
        """p(type) [M, A] from the conversion layer, or the Direct model's score of each type."""
        logits = self.model.tagger.type_logits(vectors)
        if self.direct is not None:
            return torch.from_numpy(self.direct.scores(torch.sigmoid(logits).cpu().numpy()))
        conversion = self.model.conversion
        if conversion is None:
            raise ModelError("expected a conversion layer, found none")
        return torch.softmax(conversion(vectors, logits), dim=1)

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


def _direct_margin(scores: Tensor) -> float:
    """How far the Direct model's choices are from flipping: scores of .5 (a level is entered above it), and ties of the
    best two."""
    top = scores.topk(2, dim=1).values
    tie = torch.where(top[:, 0] > 0, top[:, 0] - top[:, 1], torch.ones_like(top[:, 0]))
    return float(torch.minimum((scores - 0.5).abs().amin(dim=1), tie).min())


def _to_edge(values: np.ndarray, digits: int) -> np.ndarray:
    """Distance of each value to the nearest point at which its rounding changes."""
    scaled = values * 10.0**digits - 0.5
    return np.abs(scaled - np.round(scaled)) / 10.0**digits
