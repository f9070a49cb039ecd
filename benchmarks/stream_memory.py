"""Memory of `ousianer pretrain` over streamed corpora: a store of made-up sentences, and one ten times as large.

    python benchmarks/stream_memory.py [--sentences 40000] [--times 1 10] [--steps 300] [--buffer 8000] [--loaded]

Writes each store as Parquet shards to a temporary folder, trains on it with the random `tiny` encoder in a process of
its own, and prints that process's peak resident memory, beside that of the smallest store. `--loaded` adds, for
comparison, the same run with the corpus loaded whole. Exits with 1 where memory grows by 10% or more.

oneDNN keeps what it compiled for each shape of batch it met, up to 1,024; the more steps and validation sentences, the
sooner that is full, whatever the corpus. Here it keeps 16, unless ONEDNN_PRIMITIVE_CACHE_CAPACITY says otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ousianer_cli.corpus.store_write import ShardWriter
from ousianer_cli.formats.corpus import Mention, Sentence
from ousianer_cli.taxonomy.wordnet import WordNet

_SYLLABLES = "ba ber co dan el fa gor hil in ja ka lo mer nor o pel qui ra sto tan ul vi wen yor zan"
_PLAIN = "the a of and in to was by for with that from near after before said went saw made took old new"


def sentences(number: int, seed: int = 0) -> Iterator[Sentence]:
    """Made-up sentences of 8 to 45 words with one to three typed mentions."""
    draw = random.Random(seed)
    syllables, plain = _SYLLABLES.split(), _PLAIN.split()
    wordnet = WordNet.load()
    roots = ("wordnet_person_100007846", "wordnet_organization_108008335", "wordnet_location_100027167")
    types = sorted(t for t in wordnet.ids if set(roots) & set(wordnet.ancestors(t)))[:3000:5]

    def name() -> str:
        return "".join(draw.choice(syllables) for _ in range(draw.randint(2, 3))).capitalize()

    for n in range(number):
        tokens: list[str] = []
        mentions = []
        for _ in range(draw.randint(1, 3)):
            tokens += draw.choices(plain, k=draw.randint(3, 12))
            size = draw.randint(1, 3)
            found = tuple(sorted({types[int(len(types) * draw.random() ** 3)] for _ in range(draw.randint(1, 2))}))
            mentions.append(Mention(len(tokens), len(tokens) + size, found, draw.choice((1.0, 0.5, 0.25))))
            tokens += [name() for _ in range(size)]
        tokens += [*draw.choices(plain, k=draw.randint(3, 9)), "."]
        yield Sentence(tuple(tokens), tuple(mentions), f"made-up {n}", "typing")


def train(store: str, folder: str, steps: int, buffer: int, stream: str) -> None:
    """One run; prints its peak memory (MiB) and seconds as JSON."""
    from ousianer_cli.settings.pretrain import PretrainSettings
    from ousianer_cli.training.pretrain import pretrain

    settings = PretrainSettings(
        typing=[store],
        out=str(Path(folder) / f"model-{stream}-{Path(store).name}"),
        encoder="tiny",
        lstm_hidden=32,
        lstm_layers=1,
        min_mentions=30,
        steps=steps,
        epochs=1,
        stream=stream,  # type: ignore[arg-type]
        stream_buffer=buffer,
        threads=1,
    )
    began = time.perf_counter()
    notes: list[str] = []
    pretrain(settings, report=notes.append)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    print(json.dumps({"peak": round(peak, 1), "seconds": round(time.perf_counter() - began, 1), "notes": notes}))


def measured(store: str, folder: str, arguments: argparse.Namespace, stream: str) -> dict[str, Any]:
    """`train` in a process of its own."""
    words = [store, folder, str(arguments.steps), str(arguments.buffer), stream]
    done = subprocess.run(
        [sys.executable, __file__, "--run", *words],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env={
            "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "16",
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "TOKENIZERS_PARALLELISM": "false",
        },
    )
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def main() -> int:
    parser = argparse.ArgumentParser(description="Memory of pretraining over streamed corpora.")
    parser.add_argument("--sentences", type=int, default=40_000)
    parser.add_argument("--times", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--buffer", type=int, default=8_000)
    parser.add_argument("--loaded", action="store_true", help="also load the corpora whole")
    parser.add_argument("--run", nargs=5, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        store, folder, steps, buffer, stream = arguments.run
        train(store, folder, int(steps), int(buffer), stream)
        return 0
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} CPUs")
    print(f"encoder tiny, {arguments.steps} steps, buffer of {arguments.buffer:,} sentences, one thread\n")
    print("sentences  store MiB  corpora   peak MiB  growth  seconds")
    worst, base = 0.0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        for times in sorted(arguments.times):
            number = arguments.sentences * times
            store = Path(folder) / str(number)
            with ShardWriter(store) as writer:
                for sentence in sentences(number):
                    writer.write(sentence)
            size = sum(p.stat().st_size for p in store.iterdir()) / 2**20
            for stream in ("yes", "no") if arguments.loaded else ("yes",):
                found = measured(str(store), folder, arguments, stream)
                base = base or found["peak"]
                growth = found["peak"] / base - 1
                worst = max(worst, growth) if stream == "yes" else worst
                kind = "streamed" if stream == "yes" else "loaded  "
                print(
                    f"{number:>9,}  {size:>9.1f}  {kind}  {found['peak']:>8.1f}  {growth:>+6.1%}  {found['seconds']:>7}"
                )
    return int(worst >= 0.1)


if __name__ == "__main__":
    sys.exit(main())
