"""Flair's SequenceTagger: TransformerWordEmbeddings over the same encoder, fine-tuned, with a CRF.

The recipe is Flair's own for fine-tuning (no RNN, no reprojection, first pieces, batches of 4, AdamW at its default
rate), with the CRF switched on; `decoder_lr` in the job's options gives all but the encoder a rate of its own.
"""

from __future__ import annotations

import copy
import logging
from typing import Any

import flair
import torch
from flair.data import Corpus, Dictionary, Sentence
from flair.datasets import FlairDatapointDataset
from flair.embeddings import TransformerWordEmbeddings
from flair.models import SequenceTagger
from flair.trainers import ModelTrainer
from flair.trainers.plugins.base import TrainerPlugin, TrainingInterrupt
from jobs import (
    Clock,
    Found,
    Line,
    classes_of,
    finish,
    flat_f1,
    job_of_command_line,
    length_order,
    read_lines,
    tag_all,
    versions,
)

LR, BATCH, TAG_BATCH = 5e-5, 4, 32
KIND = "ner"


def sentence_of(line: Line, *, labelled: bool) -> Sentence:
    """A sentence with exactly the corpus's tokens."""
    sentence = Sentence(line.tokens)
    if len(sentence) != len(line.tokens):
        raise SystemExit(f"expected {len(line.tokens)} tokens, found {len(sentence)}: {line.tokens}")
    for start, end, label in line.spans if labelled else []:
        sentence[start:end].add_label(KIND, label)
    return sentence


def tag(tagger: SequenceTagger, lines: list[Line]) -> list[list[Found]]:
    """Spans of the best path, with the tagger's own scores; batches by length."""
    tagger.eval()
    found: list[list[Found]] = [[] for _ in lines]
    for places in length_order([len(line.tokens) for line in lines], TAG_BATCH):
        sentences = [sentence_of(lines[i], labelled=False) for i in places]
        tagger.predict(sentences, mini_batch_size=TAG_BATCH, label_name=KIND)
        for i, sentence in zip(places, sentences, strict=True):
            spans = [(s, s.get_label(KIND)) for s in sentence.get_spans(KIND)]
            found[i] = [Found(s[0].idx - 1, s[-1].idx, label.value, label.score) for s, label in spans]
    return found


class Budget(TrainerPlugin):
    """Learning rates follow the time, training ends with it, and the best weights on the held-out part are kept."""

    def __init__(self, clock: Clock, held: list[Line]) -> None:
        super().__init__()
        self.clock, self.held = clock, held
        self.best, self.steps, self.epochs = -1.0, 0, 0
        self.weights: dict[str, Any] = {}
        self.peaks: list[float] = []

    @TrainerPlugin.hook
    def after_setup(self, **_: Any) -> None:
        self.peaks = [group["lr"] for group in self.trainer.optimizer.param_groups]
        self.clock.start()
        self.follow()

    @TrainerPlugin.hook
    def after_training_batch(self, **_: Any) -> None:
        self.steps += 1
        self.follow()
        if self.clock.over:
            self.look()
            raise TrainingInterrupt("the time is over")

    @TrainerPlugin.hook
    def after_training_epoch(self, **_: Any) -> None:
        self.epochs += 1
        self.look()

    def follow(self) -> None:
        for group, peak in zip(self.trainer.optimizer.param_groups, self.peaks, strict=True):
            group["lr"] = peak * self.clock.rate()

    def look(self) -> None:
        found = [[(m.start, m.end, m.label) for m in row] for row in tag(self.trainer.model, self.held)]
        score = flat_f1([line.spans for line in self.held], found)
        if score > self.best:
            self.best, self.weights = score, copy.deepcopy(self.trainer.model.state_dict())
        self.trainer.model.train()


def main() -> None:
    job = job_of_command_line()
    logging.getLogger("flair").setLevel(logging.ERROR)
    torch.set_num_threads(job.threads)
    flair.set_seed(job.seed)
    train, held = read_lines(job.train), read_lines(job.held)
    labels = Dictionary(add_unk=False)
    for name in classes_of(train):
        labels.add_item(name)
    labels.span_labels = True
    tagger = SequenceTagger(
        embeddings=TransformerWordEmbeddings(
            job.encoder, layers="-1", subtoken_pooling="first", fine_tune=True, allow_long_sentences=True
        ),
        tag_dictionary=labels,
        tag_type=KIND,
        use_rnn=False,
        use_crf=True,
        reproject_embeddings=False,
    )
    sentences = [sentence_of(line, labelled=True) for line in train]
    corpus = Corpus(FlairDatapointDataset(sentences), sample_missing_splits=False)
    clock, rate = job.budget(), job.lr or LR
    budget = Budget(clock, held)
    ModelTrainer(tagger, corpus).fine_tune(
        job.out / "trainer",
        learning_rate=rate,
        decoder_learning_rate=job.options.get("decoder_lr"),
        mini_batch_size=BATCH,
        max_epochs=10_000,
        save_final_model=False,
        create_file_logs=False,
        create_loss_file=False,
        plugins=[budget],
        attach_default_scheduler=False,
    )
    spent = clock.facts
    tagger.load_state_dict(budget.weights)
    speed = tag_all(job, lambda lines: tag(tagger, lines))
    finish(
        job,
        **spent,
        epochs=round(budget.steps * BATCH / len(train), 2),
        steps=budget.steps,
        held_f1=round(budget.best, 4),
        rate=rate,
        speed=speed,
        notes={},
        weights=sum(p.numel() for p in tagger.parameters()),
        versions=versions("flair", "transformers", "torch"),
    )


if __name__ == "__main__":
    main()
