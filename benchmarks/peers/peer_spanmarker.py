"""SpanMarker: spans enumerated between markers, over the same encoder, with its own Trainer and default limits.

Labels are flat types, one a span; names longer than the model's longest span (8 words) cannot be found by it.
"""

from __future__ import annotations

import logging

import torch
from datasets import Dataset, disable_progress_bars
from jobs import Found, Line, classes_of, finish, iob2, job_of_command_line, read_lines, tag_all, versions
from span_marker import SpanMarkerModel, Trainer
from trainer_budget import Budget, arguments, optimizers
from transformers import set_seed

LR, BATCH, TAG_BATCH = 5e-5, 4, 16
MAX_PIECES, MAX_WORDS = 256, 8


def main() -> None:
    job = job_of_command_line()
    disable_progress_bars()
    logging.getLogger("span_marker").setLevel(logging.ERROR)
    torch.set_num_threads(job.threads)
    set_seed(job.seed)
    train, held = read_lines(job.train), read_lines(job.held)
    tags = ["O", *(f"{prefix}-{c}" for c in classes_of(train) for prefix in "BI")]
    place = {tag: i for i, tag in enumerate(tags)}
    model = SpanMarkerModel.from_pretrained(
        job.encoder, labels=tags, model_max_length=MAX_PIECES, entity_max_length=MAX_WORDS
    )

    def tag(lines: list[Line]) -> list[list[Found]]:
        """Spans that the model chose, with its own scores."""
        rows = model.predict([line.tokens for line in lines], batch_size=TAG_BATCH)
        return [
            [Found(m["word_start_index"], m["word_end_index"], m["label"], m["score"]) for m in row] for row in rows
        ]

    clock, rate = job.budget(), job.lr or LR
    budget = Budget(clock, model, held, tag)
    rows = {"tokens": [x.tokens for x in train], "ner_tags": [[place[t] for t in iob2(x)] for x in train]}
    trainer = Trainer(
        model=model,
        args=arguments(job, rate, BATCH),
        train_dataset=Dataset.from_dict(rows),
        optimizers=optimizers(model, rate, clock),
        callbacks=[budget],
    )
    trainer.train()
    spent = clock.facts
    model.load_state_dict(budget.weights)
    speed = tag_all(job, tag)
    long = sum(end - start > MAX_WORDS for line in train for start, end, _ in line.spans)
    finish(
        job,
        **spent,
        epochs=round(trainer.state.epoch or 0, 2),
        steps=trainer.state.global_step,
        held_f1=round(budget.best, 4),
        rate=rate,
        speed=speed,
        notes={f"training names longer than {MAX_WORDS} words": long},
        weights=sum(p.numel() for p in model.parameters()),
        versions=versions("span-marker", "transformers", "torch"),
    )


if __name__ == "__main__":
    main()
