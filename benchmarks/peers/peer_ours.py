"""OusiaNER as one of the peers, in the project's own environment.

`base` in the job's options is a pretrained model folder: it is fine-tuned on the drawn sentences and nothing else, so
that only typing learns from them. Without it the model is `ours-scratch`: the same architecture over the same encoder,
pretrained on the drawn sentences alone (`train_wn`, the same sentences with their labels as WordNet classes) until the
time is over, then fine-tuned on them. `ours-transfer` is the same over the encoder of another model (`encoder`).

`pretrain` and `finetune` in the options are settings of these commands. Sentences whose document is known are tagged
with it, as `ousianer tag` does.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from itertools import chain, groupby
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jobs import (
    Clock,
    Found,
    Job,
    Line,
    finish,
    flat_class,
    flat_f1,
    job_of_command_line,
    read_lines,
    tag_all,
    versions,
)

from ousianer_cli.formats.words import resplit_tokens
from ousianer_cli.network.checkpoint import load_model
from ousianer_cli.network.encoder import load_tokenizer
from ousianer_cli.settings.finetune import FinetuneSettings
from ousianer_cli.settings.pretrain import PretrainSettings
from ousianer_cli.tagging.engine import Engine, TypedMention
from ousianer_cli.taxonomy.wordnet import WordNet
from ousianer_cli.training.examples import shuffled_batches
from ousianer_cli.training.finetune import finetune
from ousianer_cli.training.pretrain import pretrain
from ousianer_cli.training.pretrain.corpora import load_corpora

LR, ENCODER_LR, BATCH_PIECES = 1e-3, 1.5e-4, 400
TIMED_STEPS = 30
LOOKS, TUNING_SECONDS, BESIDE_A_PASS = 4, 20.0, 0.28
"""Looks at the held-out part, and what fine-tuning takes of the time; beside that, both read sentences without learning
from them: a look takes as long as a third of a pass over the held-out part would, and in all about a quarter of a pass
of training goes into vectors."""


def tag(engine: Engine, lines: list[Line]) -> list[list[Found]]:
    """All mentions whatever their confidence; one that cuts a corpus token is `partial` and can match nothing."""
    rows = []
    for line, mentions in zip(lines, typed(engine, lines), strict=True):
        _, tokens = resplit_tokens(line.tokens, [(i, i + 1) for i in range(len(line.tokens))])
        token_of = [i for i, (a, b) in enumerate(tokens) for _ in range(a, b)]
        row = []
        for m in mentions:
            start, end = token_of[m.start], token_of[m.end - 1] + 1
            partial = (m.start, m.end) != (tokens[start][0], tokens[end - 1][1])
            row.append(Found(start, end, flat_class([m.type]), m.confidence, partial))
        rows.append(row)
    return rows


def typed(engine: Engine, lines: list[Line]) -> Iterable[list[TypedMention]]:
    """The mentions of each line: whole documents at a time where the lines say theirs."""
    words = [resplit_tokens(line.tokens, [])[0] for line in lines]
    if not all(line.document for line in lines):
        return engine.tag(words)
    places = groupby(range(len(lines)), key=lambda i: lines[i].document)
    return chain.from_iterable(engine.tag_documents([words[i] for i in part] for _, part in places))


def from_scratch(job: Job, folder: Path, clock: Clock) -> tuple[str, dict[str, Any]]:
    """Pretrain on the drawn sentences for the job's minutes; the model folder, and what it took."""
    train, held = job.options["train_wn"], job.options["held_wn"]
    sentences = len(Path(train).read_text(encoding="utf-8").splitlines())
    settings = PretrainSettings(
        joint=[train],
        detection_dev=[held],
        typing_dev=[held],
        out=str(folder / "scratch"),
        encoder=job.encoder,
        patience=LOOKS,
        seed=job.seed,
        threads=job.threads,
        **{
            "lr": LR,
            "encoder_lr": job.lr or ENCODER_LR,
            "batch_pieces": BATCH_PIECES,
            "min_mentions": max(3, sentences // 200),
            **job.options.get("pretrain", {}),
        },
    )
    # The schedule needs the number of steps, so a few are timed first; they train nothing that is kept.
    timed = dataclasses.replace(settings, out=str(folder / "timed"), epochs=100)
    seconds = []
    for steps in (1, 2, 2 + TIMED_STEPS):  # the first one loads what the process then has
        began = clock.now()
        pretrain(timed, stop_after=steps, report=lambda _: None)
        seconds.append(clock.now() - began)
    step_seconds = max(1e-3, (seconds[2] - seconds[1]) / TIMED_STEPS)
    starting = max(0.0, seconds[1] - 2 * step_seconds)
    a_pass = steps_a_pass(settings)
    a_look = Path(held).stat().st_size / Path(train).stat().st_size / 3
    around = starting + TUNING_SECONDS + (LOOKS * a_look + BESIDE_A_PASS) * a_pass * step_seconds
    steps = max(LOOKS, math.floor((job.minutes * 60 - around) / step_seconds))
    settings = dataclasses.replace(settings, steps=steps, epochs=LOOKS)
    clock.start()
    pretrain(settings, report=lambda _: None)
    return settings.out, {"epochs": round(steps / a_pass, 2), "steps": steps, "rate": settings.encoder_lr}


def steps_a_pass(settings: PretrainSettings) -> int:
    """Batches in which pretraining shows its corpora once, but for what shuffling changes."""
    corpora = load_corpora(settings, load_tokenizer(settings.encoder), WordNet.load())
    lengths = [e.encoded.pieces for e in corpora.train]
    return len(shuffled_batches(lengths, settings.batch_pieces, np.random.default_rng(settings.seed)))


def main() -> None:
    job = job_of_command_line()
    torch.set_num_threads(job.threads)
    folder = job.out / "trainer"
    folder.mkdir(parents=True, exist_ok=True)
    clock = job.budget()
    base = job.options.get("base")
    facts: dict[str, Any] = dict.fromkeys(("epochs", "steps", "rate"))
    if base is None:
        base, facts = from_scratch(job, folder, clock)
    finetune(
        FinetuneSettings(
            base=base,
            out=str(folder / "model"),
            train=[str(job.train)],
            dev=[str(job.held)],
            seed=job.seed,
            **job.options.get("finetune", {}),
        ),
        report=lambda _: None,
    )
    facts |= clock.facts
    engine = Engine(load_model(str(folder / "model")))
    held = read_lines(job.held)
    found = [[(m.start, m.end, m.label) for m in row if not m.partial] for row in tag(engine, held)]
    finish(
        job,
        **facts,
        held_f1=round(flat_f1([line.spans for line in held], found), 4),
        speed=tag_all(job, lambda lines: tag(engine, lines)),
        notes={
            "base": Path(base).name,
            "read": job.options.get("read", []),
            "unseen": job.options.get("unseen", False),
            "least confidence found by finetune": engine.min_confidence,
        },
        weights=sum(p.numel() for p in engine.model.tagger.parameters()),
        versions=versions("ousianer", "transformers", "torch"),
    )


if __name__ == "__main__":
    main()
