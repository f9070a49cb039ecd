"""What each process of a training decodes of streamed shards, and how many examples it gives to the others.

    python benchmarks/stream_processes.py [--sentences 20000] [--batch-pieces 1600] [--processes 1 2 4 8]

Writes made-up sentences (those of `stream_memory.py`) as Parquet shards to a temporary folder and goes through the
first epoch of their order as each process of a training would, without a network, one process after the other.
Prints the rows that the process which reads most and least decodes, its processor seconds, and the share of the
examples that change hands so that every batch is parted evenly.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stream_memory import sentences

from ousianer_cli.corpus.store_write import ShardWriter
from ousianer_cli.network.encoder import load_tokenizer
from ousianer_cli.taxonomy.wordnet import WordNet
from ousianer_cli.training.order import StreamedOrder
from ousianer_cli.training.parallel import Processes
from ousianer_cli.training.streams import TypingStream, survey


@dataclass(frozen=True, slots=True)
class OneOf(Processes):
    """A process that keeps what it gives to the others, and asks them for nothing."""

    given: list[int] = field(default_factory=list)

    def gather(self, value: Any) -> list[Any]:
        self.given.append(len(value))
        return []


def epoch(stream: TypingStream, rank: int, count: int, options: argparse.Namespace) -> tuple[int, int, float]:
    """(examples decoded, examples given away, processor seconds) of one process in one epoch."""
    process = OneOf(rank, count)
    decoded = 0
    began = time.process_time()
    order = StreamedOrder(
        [], 0, stream, buffer=options.buffer, budget=options.batch_pieces, epochs=1, steps=0, seed=1, processes=process
    )
    for number, (at, place) in enumerate(order._where):
        kept = order._read(number, at, place).examples
        decoded += len(kept) + process.given[-1]
    return decoded, sum(process.given), time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", type=int, default=20_000)
    parser.add_argument("--batch-pieces", type=int, default=1600)
    parser.add_argument("--buffer", type=int, default=8_000)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4, 8])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        with ShardWriter(Path(name) / "shards", rows_per_shard=5_000) as writer:
            for sentence in sentences(options.sentences):
                writer.write(sentence)
        stream = survey(
            [str(Path(name) / "shards")],
            [],
            load_tokenizer("minilm"),
            WordNet.load(),
            max_pieces=256,
            share=0.0,
            folder=Path(name),
        )
        print(f"{len(stream):,} sentences, batches of {options.batch_pieces:,} pieces, buffer of {options.buffer:,}\n")
        print("| processes | rows decoded by each | processor seconds of each | given to others |\n|---|---|---|---|")
        for count in options.processes:
            found = [epoch(stream, rank, count, options) for rank in range(count)]
            rows, given, seconds = zip(*found, strict=True)
            print(
                f"| {count} | {min(rows):,} to {max(rows):,} | {min(seconds):.2f} to {max(seconds):.2f} "
                f"| {sum(given) / len(stream):.1%} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
