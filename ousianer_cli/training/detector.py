"""Teaching a detector by corrections: its last layer and the CRF alone, over states that stay as they are.

Encoder and BiLSTM, which typing reads too, are not touched, so that mention vectors, the conversion layer and the
replay file stay good. Every step sees corrected sentences and others, the detector's own replay: sentences with all
names marked, or text that the detector itself marked before. Letters: T words, H state size.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from ousianer_cli.errors import ForgettingError, TrainingError
from ousianer_cli.formats.detection import DetectionLine
from ousianer_cli.network.checkpoint import Model
from ousianer_cli.network.crf import tags_of
from ousianer_cli.network.inference import contextualised, detect_spans
from ousianer_cli.network.nested import Span
from ousianer_cli.network.pieces import EncodedSentence
from ousianer_cli.network.tagger import TaggerNetwork
from ousianer_cli.training.adamw import AdamW
from ousianer_cli.training.examples import Example, encode_sentences
from ousianer_cli.training.schedule import rate_factor

STEPS, RATE = 300, 1e-3
CORRECTED, REPLAYED = 8, 32
"""Sequences of each kind a step."""
HELD = 5
"""One in so many replayed sequences is scored, not trained on."""
MOST = 1500
"""Replayed sequences at most; their states are held in memory, about 40 KB each."""


@dataclass(frozen=True, slots=True)
class DetectorFigures:
    """Corrected places that are right before and after, of how many; F1 of spans on held-out replay, of how many
    sequences."""

    right_before: int
    right_after: int
    places: int
    f1_before: float
    f1_after: float
    held: int

    def __str__(self) -> str:
        return (
            f"detection: {self.right_before:,} of {self.places:,} corrected places right before, "
            f"{self.right_after:,} after; F1 of names on {self.held:,} held-out passages of the replay "
            f"{self.f1_before:.4f} before, {self.f1_after:.4f} after"
        )


def self_marked(model: Model, sentences: Sequence[EncodedSentence], budget: int) -> list[Example]:
    """Sentences with the names that the model itself finds: a replay where no corpus is given."""
    found = detect_spans(model.tagger, sentences, budget)
    return [
        Example(encoded, spans, [()] * len(spans), [1.0] * len(spans), True, False)
        for encoded, (spans, _) in zip(sentences, found, strict=True)
    ]


def teach_detector(
    model: Model,
    lines: Sequence[DetectionLine],
    replay: Sequence[Example],
    *,
    seed: int = 1,
    max_loss: float = 0.01,
    budget: int = 4096,
    report: Callable[[str], None] = lambda _: None,
) -> DetectorFigures:
    """Train the emission layer and the CRF on corrected sentences and a replay; the model holds the new weights.

    Raises:
        ForgettingError: F1 of names on held-out replay fell by more than `max_loss`; the weights are as they were.
        TrainingError: a loss that is no finite number.
    """
    tagger = model.tagger
    learned = encode_sentences([line.sentence for line in lines], model.tokenizer, types=False).examples
    generator = torch.Generator().manual_seed(seed)
    drawn = [replay[i] for i in torch.randperm(len(replay), generator=generator).tolist()[:MOST]]
    held, trained = drawn[: len(drawn) // HELD], drawn[len(drawn) // HELD :]
    own = _States.of(tagger, learned, budget)
    others = _States.of(tagger, trained, budget)
    before = _right(model, lines, budget), span_f1(tagger, held, budget)
    old = copy.deepcopy({"emission": tagger.emission.state_dict(), "crf": tagger.crf.state_dict()})
    parameters = [*tagger.emission.parameters(), *tagger.crf.parameters()]
    for parameter in parameters:
        parameter.requires_grad = True
    optimizer = AdamW(parameters, RATE, weight_decay=0.0)
    for step in range(STEPS):
        loss = own.loss(tagger, torch.randint(len(learned), (CORRECTED,), generator=generator))
        if trained:
            loss = loss + 2 * others.loss(tagger, torch.randint(len(trained), (REPLAYED,), generator=generator))
        if not torch.isfinite(loss):
            raise TrainingError(f"expected a finite loss of detection, found {loss.item():g}; no model was written")
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step(rate_factor(step, STEPS, STEPS // 10))
        tagger.crf.enforce()
    tagger.eval()
    after = _right(model, lines, budget), span_f1(tagger, held, budget)
    places = sum(len(line.corrected) for line in lines)
    figures = DetectorFigures(before[0], after[0], places, before[1], after[1], len(held))
    report(str(figures))
    if held and before[1] - after[1] > max_loss:
        tagger.emission.load_state_dict(old["emission"])
        tagger.crf.load_state_dict(old["crf"])
        raise ForgettingError(before[1], after[1], max_loss, len(held), "held-out passages of the detector's replay")
    return figures


@dataclass(slots=True)
class _States:
    """BiLSTM states [T, H] and tags [T] of sequences, computed once."""

    states: list[Tensor]
    tags: list[Tensor]

    @classmethod
    def of(cls, tagger: TaggerNetwork, examples: Sequence[Example], budget: int) -> _States:
        states: list[Tensor] = [torch.zeros(0)] * len(examples)
        with torch.no_grad():
            for batch in contextualised(tagger, [e.encoded for e in examples], budget):
                for row, index in enumerate(batch.indices):
                    states[index] = batch.states[row, : examples[index].encoded.words].clone()
        return cls(states, [torch.tensor(tags_of(e.spans, e.encoded.words)) for e in examples])

    def loss(self, tagger: TaggerNetwork, rows: Tensor) -> Tensor:
        """The CRF's mean loss on some of the sequences."""
        chosen = rows.tolist()
        states = pad_sequence([self.states[i] for i in chosen], batch_first=True)
        tags = pad_sequence([self.tags[i] for i in chosen], batch_first=True)
        lengths = torch.tensor([len(self.tags[i]) for i in chosen])
        mask = torch.arange(states.shape[1])[None] < lengths[:, None]
        return tagger.crf.negative_log_likelihood(tagger.emission(states), tags, mask).mean()


def span_f1(tagger: TaggerNetwork, examples: Sequence[Example], budget: int = 4096) -> float:
    """F1 of exact spans; 0 where there are none."""
    found = detect_spans(tagger, [e.encoded for e in examples], budget)
    right = sum(len(set(spans) & set(e.spans)) for e, (spans, _) in zip(examples, found, strict=True))
    size = sum(len(spans) for spans, _ in found) + sum(len(e.spans) for e in examples)
    return 2 * right / size if size else 0.0


def _right(model: Model, lines: Sequence[DetectionLine], budget: int) -> int:
    """Corrected places that the detector now has right."""
    encoded = model.tokenizer.encode([list(line.sentence.tokens) for line in lines])
    found: list[list[Span]] = [spans for spans, _ in detect_spans(model.tagger, encoded, budget)]
    return sum(
        ((c.start, c.end) in spans) != (c.fault == "no name")
        for line, spans in zip(lines, found, strict=True)
        for c in line.corrected
    )
