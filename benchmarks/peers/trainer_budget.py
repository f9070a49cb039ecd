"""A time budget for `transformers.Trainer`, for the peers that train by it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from jobs import Clock, Found, Job, Line, flat_f1
from torch.optim.lr_scheduler import LambdaLR
from transformers import TrainerCallback, TrainingArguments


class Budget(TrainerCallback):
    """Ends training with the time, and keeps the weights that did best on the held-out part, looked at each epoch."""

    def __init__(
        self, clock: Clock, model: torch.nn.Module, held: list[Line], tag: Callable[[list[Line]], list[list[Found]]]
    ) -> None:
        self.clock, self.model, self.held, self.tag = clock, model, held, tag
        self.best = -1.0
        self.weights: dict[str, Any] = {}

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.clock.start()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self.clock.over:
            control.should_training_stop = True

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        found = [[(m.start, m.end, m.label) for m in row] for row in self.tag(self.held)]
        score = flat_f1([line.spans for line in self.held], found)
        if score > self.best:
            self.best, self.weights = score, copy.deepcopy(self.model.state_dict())
        self.model.train()


def arguments(job: Job, rate: float, batch: int) -> TrainingArguments:
    """Training until the budget's callback ends it, with nothing written or reported on the way."""
    return TrainingArguments(
        output_dir=str(job.out / "trainer"),
        learning_rate=rate,
        per_device_train_batch_size=batch,
        num_train_epochs=10_000,
        save_strategy="no",
        report_to=[],
        logging_strategy="no",
        disable_tqdm=True,
        dataloader_pin_memory=False,
        seed=job.seed,
    )


def optimizers(model: torch.nn.Module, rate: float, clock: Clock) -> tuple[torch.optim.AdamW, LambdaLR]:
    """AdamW, and a learning rate that rises and falls with the budget's time."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate)
    return optimizer, LambdaLR(optimizer, lambda _: clock.rate())
