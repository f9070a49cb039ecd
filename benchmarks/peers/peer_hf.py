"""Hugging Face token classification: a linear layer over the encoder, flat IOB2 x types, trained by `Trainer`.

First pieces carry the labels. The learning rate is the Trainer's own default, unless the job names one.
"""

from __future__ import annotations

from typing import Any

import torch
from jobs import (
    Found,
    Job,
    Line,
    classes_of,
    finish,
    iob2,
    job_of_command_line,
    length_order,
    read_lines,
    spans_of,
    tag_all,
    versions,
)
from trainer_budget import Budget, arguments, optimizers
from transformers import (
    AutoModelForTokenClassification,
    AutoTokenizer,
    DataCollatorForTokenClassification,
    Trainer,
    set_seed,
)

LR, BATCH, TAG_BATCH, MAX_PIECES = 5e-5, 8, 32, 512


class Peer:
    """Model and tokenizer, with tags for positions."""

    def __init__(self, job: Job, classes: list[str]) -> None:
        self.tags = ["O", *(f"{prefix}-{c}" for c in classes for prefix in "BI")]
        self.place = {tag: i for i, tag in enumerate(self.tags)}
        self.tokenizer = AutoTokenizer.from_pretrained(job.encoder)
        self.model = AutoModelForTokenClassification.from_pretrained(
            job.encoder, num_labels=len(self.tags), id2label=dict(enumerate(self.tags)), label2id=self.place
        )
        self.cut = 0

    def encode(self, lines: list[Line]) -> Any:
        encoded = self.tokenizer(
            [line.tokens for line in lines], is_split_into_words=True, truncation=True, max_length=MAX_PIECES
        )
        self.cut += sum(len(ids) == MAX_PIECES for ids in encoded["input_ids"])
        return encoded

    def examples(self, lines: list[Line]) -> list[dict[str, Any]]:
        """Pieces with the tag of their word at first pieces, -100 elsewhere."""
        encoded, rows = self.encode(lines), []
        for i, line in enumerate(lines):
            tags, words = iob2(line), encoded.word_ids(i)
            first = [w is not None and words[k - 1] != w for k, w in enumerate(words)]
            labels = [self.place[tags[w]] if at else -100 for w, at in zip(words, first, strict=True)]
            rows.append({"input_ids": encoded["input_ids"][i], "attention_mask": [1] * len(words), "labels": labels})
        return rows

    @torch.inference_mode()
    def tag(self, lines: list[Line]) -> list[list[Found]]:
        """Best tag of each word by itself; a mention's score is the mean of its words' probabilities."""
        self.model.eval()
        found: list[list[Found]] = [[] for _ in lines]
        for places in length_order([len(line.tokens) for line in lines], TAG_BATCH):
            encoded = self.encode([lines[i] for i in places])
            batch = self.tokenizer.pad(dict(encoded), return_tensors="pt").to(self.model.device)
            chances, best = (t.tolist() for t in self.model(**batch).logits.softmax(-1).max(-1))
            for row, i in enumerate(places):
                tags, scores = ["O"] * len(lines[i].tokens), [0.0] * len(lines[i].tokens)
                words = encoded.word_ids(row)
                for k, w in enumerate(words):
                    if w is not None and words[k - 1] != w:
                        tags[w], scores[w] = self.tags[best[row][k]], chances[row][k]
                found[i] = [Found(a, b, c, sum(scores[a:b]) / (b - a)) for a, b, c in spans_of(tags)]
        return found


def main() -> None:
    job = job_of_command_line()
    torch.set_num_threads(job.threads)
    set_seed(job.seed)
    train, held = read_lines(job.train), read_lines(job.held)
    peer, clock, rate = Peer(job, classes_of(train)), job.budget(), job.lr or LR
    examples = peer.examples(train)
    cut_in_training, peer.cut = peer.cut, 0
    budget = Budget(clock, peer.model, held, peer.tag)
    trainer = Trainer(
        model=peer.model,
        args=arguments(job, rate, BATCH),
        train_dataset=examples,  # type: ignore[arg-type]
        data_collator=DataCollatorForTokenClassification(peer.tokenizer),
        optimizers=optimizers(peer.model, rate, clock),
        callbacks=[budget],
    )
    trainer.train()
    spent = clock.facts
    peer.model.load_state_dict(budget.weights)
    peer.cut = 0
    speed = tag_all(job, peer.tag)
    finish(
        job,
        **spent,
        epochs=round(trainer.state.epoch or 0, 2),
        steps=trainer.state.global_step,
        held_f1=round(budget.best, 4),
        rate=rate,
        speed=speed,
        notes={"sentences cut in training": cut_in_training, "sentences cut in tagging": peer.cut},
        weights=sum(p.numel() for p in peer.model.parameters()),
        versions=versions("transformers", "torch", "accelerate"),
    )


if __name__ == "__main__":
    main()
