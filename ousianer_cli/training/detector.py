"""Teaching a detector by corrections: an adapter beside its last layer, over states that stay as they are.

Encoder, BiLSTM, last layer and CRF are not touched, so that mention vectors, the conversion layer and the replay file
stay good. Each step sees corrected sentences, whose whole path is learned, and words of the detector's own replay,
whose emissions are held to what they were, after Li and Hoiem (2016), "Learning without forgetting"; words that
contradict the corrections (`detector_likeness`) are not held. Letters: T words, N words of the replay, C corrected
words.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from ousianer_cli.errors import ForgettingError, TrainingError
from ousianer_cli.formats.detection import DetectionLine
from ousianer_cli.network.adapter import DetectionAdapter
from ousianer_cli.network.checkpoint import Model
from ousianer_cli.network.inference import detect_spans
from ousianer_cli.network.nested import Span
from ousianer_cli.network.pieces import EncodedSentence
from ousianer_cli.network.tagger import TaggerNetwork
from ousianer_cli.training.adamw import AdamW
from ousianer_cli.training.detector_corrections import CorrectedSentence, contradicting_words, corrected_sentences
from ousianer_cli.training.detector_words import SeenWords, seen_words, spans_in
from ousianer_cli.training.examples import Example
from ousianer_cli.training.schedule import rate_factor

STEPS, RATE = 300, 2e-3
HIDDEN = 64
"""Hidden size of the adapter."""
CORRECTED, REPLAYED = 32, 1024
"""Corrected sentences and replayed words a step."""
PULLS = (60.0, 240.0, 960.0)
"""How strongly replayed words are held; the next where the one before loses more than `SPARED` on the guard set."""
SPARED = 0.004
SURE = 0.02
"""The least weight of a replayed word in the draw; the rest is how unsure the detector is of its tag. Unsure words
stand for those of other texts, whose tags a small step changes; of text that it was trained on most are sure."""
HELD = 5
"""One in so many replayed sequences stands guard: it is scored, not trained on."""
MOST = 60_000
"""Replayed words at most, drawn by sequences; they are held in memory, about 1.5 KB each."""


@dataclass(frozen=True, slots=True)
class DetectorFigures:
    """Corrected places that are right before and after, of how many; F1 of spans on held-out replay, of how many
    sequences; replayed words that contradict the corrections, and were not held."""

    right_before: int
    right_after: int
    places: int
    f1_before: float
    f1_after: float
    held: int
    contradicting: int = 0

    def __str__(self) -> str:
        text = (
            f"detection: {self.right_before:,} of {self.places:,} corrected places right before, "
            f"{self.right_after:,} after; F1 of names on {self.held:,} held-out passages of the replay "
            f"{self.f1_before:.4f} before, {self.f1_after:.4f} after"
        )
        return text + (
            f"; {self.contradicting:,} replayed words are like corrected ones and are not held"
            if self.contradicting
            else ""
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
    report: Callable[[str], None] = lambda _: None,
) -> DetectorFigures:
    """Train the detector's adapter on corrected sentences and a replay; the model holds it afterwards.

    A model that has an adapter goes on from it.

    Raises:
        ForgettingError: F1 of names on held-out replay fell by more than `max_loss`; the model is as it was.
        TrainingError: a loss that is no finite number.
        InputError: no corrected sentence that the encoder can read whole.
    """
    lesson = _Lesson.of(model, lines, replay, seed, report)
    tagger = model.tagger
    before = lesson.right(tagger.adapter), lesson.guard_f1(tagger.adapter)
    adapter, after = tagger.adapter, before
    for pull in PULLS:
        adapter = lesson.taught(pull)
        after = lesson.right(adapter), lesson.guard_f1(adapter)
        if before[1] - after[1] <= min(SPARED, max_loss):
            break
    count = len(lesson.guard)
    figures = DetectorFigures(
        before[0], after[0], lesson.places, before[1], after[1], count, int(lesson.contradicting.sum())
    )
    report(str(figures))
    if before[1] - after[1] > max_loss:
        raise ForgettingError(before[1], after[1], max_loss, count, "held-out passages of the detector's replay")
    assert adapter is not None
    tagger.adapter = adapter.eval()
    tagger.config = dataclasses.replace(tagger.config, adapter=adapter.hidden.out_features)
    return figures


@dataclass(slots=True)
class _Lesson:
    """Corrections and replay, run through the network once."""

    tagger: TaggerNetwork
    corrected: list[CorrectedSentence]
    replayed: list[SeenWords]
    guard: list[tuple[SeenWords, list[Span]]]
    """Held-out sequences with their names, and with words of contradicting places not among them (`watched`)."""
    contradicting: Tensor
    """Which replayed words contradict the corrections: mask [N]."""
    against: list[Tensor]
    """The same of each guard sequence: masks [T]."""
    seed: int

    @classmethod
    def of(
        cls,
        model: Model,
        lines: Sequence[DetectionLine],
        replay: Sequence[Example],
        seed: int,
        report: Callable[[str], None],
    ) -> _Lesson:
        tagger = model.tagger
        corrected = corrected_sentences(model, lines, report)
        drawn = _drawn(replay, seed)
        held, trained = drawn[: len(drawn) // HELD], drawn[len(drawn) // HELD :]
        guard = list(zip(seen_words(tagger, [e.encoded for e in held]), (e.spans for e in held), strict=True))
        replayed = seen_words(tagger, [e.encoded for e in trained])
        near = contradicting_words(tagger, corrected, [*replayed, *(seen for seen, _ in guard)])
        sizes = [len(seen) for seen in replayed]
        split = torch.split(near, [sum(sizes), *(len(seen) for seen, _ in guard)])
        return cls(tagger, corrected, replayed, guard, split[0], list(split[1:]), seed)

    @property
    def places(self) -> int:
        """Places that a person corrected."""
        return sum(len(sentence.places) for sentence in self.corrected)

    def right(self, adapter: DetectionAdapter | None) -> int:
        """Corrected places that are right with an adapter."""
        found = spans_in(self.tagger.crf, [sentence.seen for sentence in self.corrected], adapter)
        return sum(
            (place in spans) != (fault == "no name")
            for sentence, spans in zip(self.corrected, found, strict=True)
            for place, fault in sentence.places
        )

    def guard_f1(self, adapter: DetectionAdapter | None) -> float:
        """F1 of exact spans on the guard set, those with contradicting words left out; 0 where there are none."""
        found = spans_in(self.tagger.crf, [seen for seen, _ in self.guard], adapter)
        right = size = 0
        for (_, names), spans, against in zip(self.guard, found, self.against, strict=True):
            wanted, own = ({s for s in part if not against[s[0] : s[1]].any()} for part in (names, spans))
            right += len(wanted & own)
            size += len(wanted) + len(own)
        return 2 * right / size if size else 0.0

    def taught(self, pull: float) -> DetectionAdapter:
        """An adapter that learned the corrections, replayed words being held so strongly."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            adapter = copy.deepcopy(self.tagger.adapter or self.tagger.new_adapter(HIDDEN))
            self._train(adapter, pull)
        return adapter

    def _train(self, adapter: DetectionAdapter, pull: float) -> None:
        crf, earlier = self.tagger.crf, self.tagger.adapter
        inputs = torch.cat([seen.inputs for seen in self.replayed]) if self.replayed else torch.zeros(0)
        holding = torch.nonzero(~self.contradicting).flatten()
        weights = _unsure(self.replayed, earlier)[holding] + SURE if len(inputs) else torch.zeros(0)
        adapter.train()
        for parameter in adapter.parameters():
            parameter.requires_grad = True
        optimizer = AdamW(adapter.parameters(), RATE, weight_decay=0.01)
        for step in range(STEPS):
            rows = torch.randperm(len(self.corrected))[:CORRECTED].tolist()
            loss = _path_loss(crf, adapter, [self.corrected[i] for i in rows])
            if len(holding):
                words = holding[torch.multinomial(weights, REPLAYED, replacement=True)]
                moved = adapter(inputs[words].float())
                if earlier is not None:
                    with torch.no_grad():
                        moved = moved - earlier(inputs[words].float())
                # What is added to all tags alike changes nothing. Chances in place of emissions would let words of
                # which the detector is sure move far, and with them those of other texts of which it is not.
                loss = loss + pull * (moved - moved.mean(dim=1, keepdim=True)).square().sum(dim=1).mean()
            if not torch.isfinite(loss):
                raise TrainingError(f"expected a finite loss of detection, found {loss.item():g}; no model was written")
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step(rate_factor(step, STEPS, STEPS // 10))
        adapter.eval()


@torch.no_grad()
def _unsure(sequences: Sequence[SeenWords], adapter: DetectionAdapter | None) -> Tensor:
    """What the greatest share of each word's tags, by their emissions, leaves to the others: [N]."""
    return 1 - torch.cat([seen.scores(adapter) for seen in sequences]).softmax(dim=1).amax(dim=1)


def _path_loss(crf: torch.nn.Module, adapter: DetectionAdapter, sentences: Sequence[CorrectedSentence]) -> Tensor:
    """The CRF's mean loss on corrected sentences."""
    emissions = pad_sequence([sentence.seen.emissions for sentence in sentences], batch_first=True)
    inputs = pad_sequence([sentence.seen.inputs for sentence in sentences], batch_first=True).float()
    lengths = torch.tensor([len(sentence.seen) for sentence in sentences])
    mask = torch.arange(emissions.shape[1])[None] < lengths[:, None]
    tags = pad_sequence([sentence.tags for sentence in sentences], batch_first=True)
    loss: Tensor = crf.negative_log_likelihood(emissions + adapter(inputs), tags, mask).mean()  # type: ignore[operator]
    return loss


def _drawn(replay: Sequence[Example], seed: int) -> list[Example]:
    """Sequences of at most `MOST` words, in a seeded order."""
    order = torch.randperm(len(replay), generator=torch.Generator().manual_seed(seed)).tolist()
    drawn, words = [], 0
    for i in order:
        words += replay[i].encoded.words
        if words > MOST:
            break
        drawn.append(replay[i])
    return drawn
