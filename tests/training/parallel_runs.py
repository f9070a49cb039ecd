"""What each of two processes runs for `test_parallel`.

Writes decoded-RANK.json: how often the process decoded each row of the streamed shards, by run; and printed-RANK.txt.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tiny_models import CITY, PERSON, pretrain_settings, sentence

from ousianer_cli.corpus import store, store_schema
from ousianer_cli.corpus.store_write import ShardWriter
from ousianer_cli.formats.corpus import Sentence
from ousianer_cli.settings.pretrain import PretrainSettings
from ousianer_cli.training import surveys
from ousianer_cli.training.pretrain import pretrain

EPOCHS = 3
STOP = 7
LOADED = {"epochs": EPOCHS, "dropout": 0.0, "encoder_lr": 0.0}
STREAMED: dict[str, Any] = {
    **LOADED,
    "typing_dev": [],
    "held_out": 0.1,
    "stream_buffer": 30,
    "recase": 0.5,
    "hide_case": 0.2,
    "patience": 99,
    "batch_pieces": 500,
    "validate_every": 3,
}


def small_blocks() -> AbstractContextManager[object]:
    """Row groups of 8 rows, of which a process reads 2 or more, for a `with` block."""
    blocks = ExitStack()
    blocks.enter_context(patch.object(store_schema, "ROW_GROUP", 8))
    blocks.enter_context(patch.object(surveys, "ROWS", 2))
    return blocks


def shards(folder: Path) -> str:
    """Three shards of typed sentences of several lengths."""
    with ShardWriter(folder, rows_per_shard=25) as writer:
        for n in range(70):
            text = f"No {n} : Ada Brun saw Rome" + " again" * (n % 7)
            writer.write(sentence(text, ("Ada Brun", (PERSON,)), ("Rome", (CITY,)), supervises="typing"))
    return str(folder)


def streamed(folder: Path, out: str) -> PretrainSettings:
    """A run over the shards of `folder`."""
    given = pretrain_settings(folder, **STREAMED, typing=[str(folder / "shards")])
    return PretrainSettings(**{**given, "out": str(folder / out / "base")})


def counting(plain: Callable[..., Sentence], rows: Counter[str]) -> Callable[..., Sentence]:
    """`store._sentence`, which decodes a row, counted."""

    def counted(row: dict[str, Any], file: Path, number: int) -> Sentence:
        rows[f"{file.name}:{number}"] += 1
        return plain(row, file, number)

    return counted


def main(rank: int, folder: Path, ports: list[str]) -> None:
    """Run all as one process of two, each run over a port of its own."""
    own = {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1"}
    os.environ.update(own)
    with (folder / f"printed-{rank}.txt").open("w") as printed:
        for stream in (1, 2):
            os.dup2(printed.fileno(), stream)
    decoded: dict[str, Counter[str]] = {}

    def run(name: str, settings: PretrainSettings, **how: Any) -> None:
        os.environ["MASTER_PORT"] = ports.pop()
        decoded[name] = Counter()
        with small_blocks(), patch.object(store, "_sentence", counting(store._sentence, decoded[name])):
            pretrain(settings, **how)

    run("loaded", PretrainSettings(**pretrain_settings(folder / "loaded", **LOADED)))
    run("whole", streamed(folder, "whole"))
    run("begun", streamed(folder, "parted"), stop_after=STOP)
    run("resumed", streamed(folder, "parted"), resume=True)
    (folder / f"decoded-{rank}.json").write_text(json.dumps(decoded))
