"""Words a second of `ousianer tag`, reading to closed file, as a share of what the bare encoder can do.

    python benchmarks/tag_speed.py [CORPUS] [--rounds 5] [--precision fp32] [--profile]

The documents are LTF files written from JSON lines with a `text` each (the validation set of examples/aida_open), a
file a text, a SEG a paragraph. The bare encoder is the model's own, run by `transformers` and PyTorch in fp32 on the
sequences that tagging reads, tokenised beforehand, its output thrown away; of the ways to run it (batches sorted by
length, of several sizes, in all threads; or one sequence at a time in as many threads of its own) each is timed, and
the share is given of PyTorch's usual way (the best of the batches) and of the best of all. Loading the model is left
out on both sides. Rounds go through all rows in turn; the share is the median of the rounds' own ratios, with the least
and the greatest. `--profile` adds where the time of one thread goes, step by step.
"""

from __future__ import annotations

import argparse
import gzip
import json
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest import mock
from xml.sax.saxutils import escape

import torch

from ousianer_cli.formats.documents.readers import read_documents
from ousianer_cli.network.inference import length_batches
from ousianer_cli.network.onednn import Precision
from ousianer_cli.network.packed import PackedNetwork
from ousianer_cli.network.pieces import EncodedSentence, collate
from ousianer_cli.released_models import released_model
from ousianer_cli.settings.tag import TagSettings
from ousianer_cli.tagging.documents import split_document
from ousianer_cli.tagging.pool import kernel_pool
from ousianer_cli.tagging.processors import choose_threads
from ousianer_cli.tagging.reading import Reading
from ousianer_cli.tagging.run import run_tag
from ousianer_cli.tagging.tagger import Tagger

VALIDATION = Path(__file__).parent.parent / "examples" / "aida_open" / "dev.jsonl.gz"


def write_ltf(path: Path, name: str, sentences: Sequence[str]) -> None:
    """One LTF document, a SEG a sentence, a line of raw text each."""
    segments, at = [], 0
    for number, text in enumerate(sentences):
        place = f'id="segment-{number}" start_char="{at}" end_char="{at + len(text) - 1}"'
        segments.append(f"<SEG {place}>\n<ORIGINAL_TEXT>{escape(text)}</ORIGINAL_TEXT>\n</SEG>\n")
        at += len(text) + 1
    head = f'<DOC id="{name}" tokenization="tokenization_parameters.v5.0" grammar="none" raw_text_char_length="{at}">\n'
    body = "<TEXT>\n" + "".join(segments) + "</TEXT>\n</DOC>\n"
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE LCTL_TEXT SYSTEM "ltf.v1.5.dtd">\n'
        f'<LCTL_TEXT lang="eng">\n{head}{body}</LCTL_TEXT>\n',
        encoding="utf-8",
    )


def write_corpus_as_ltf(corpus: Path, folder: Path) -> None:
    """Records of JSON lines with a `text` each as LTF files, a paragraph a SEG."""
    opened = gzip.open if corpus.suffix == ".gz" else open
    with opened(corpus, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file):
            paragraphs = [" ".join(p.split()) for p in json.loads(line)["text"].split("\n\n")]
            write_ltf(folder / f"{number:05d}.ltf.xml", f"doc_{number:05d}", [p for p in paragraphs if p])


def ways_to_encode(tagger: Tagger, sequences: Sequence[EncodedSentence], threads: int) -> dict[str, Callable[[], None]]:
    """Ways to run the bare encoder over all sequences."""
    encoder: Any = tagger.engine.model.tagger.states.encoder

    def batched(budget: int) -> Callable[[], None]:
        parts = length_batches([s.pieces for s in sequences], budget)
        batches = [collate([sequences[i] for i in part]) for part in parts]

        @torch.inference_mode()
        def run() -> None:
            for batch in batches:
                encoder(input_ids=batch.piece_ids, attention_mask=batch.piece_mask.long())

        return run

    pool = kernel_pool(threads, 1)
    single = [torch.from_numpy(s.piece_ids).long()[None] for s in sequences]

    @torch.inference_mode()
    def encode(ids: torch.Tensor) -> None:
        encoder(input_ids=ids)

    ways = {f"bare encoder, batches of {budget} pieces": batched(budget) for budget in (1024, 4096)}
    return ways | {"bare encoder, a sequence a thread": lambda: drain(pool, encode, single)}


def drain(pool: ThreadPoolExecutor, work: Callable[[Any], object], items: Sequence[Any]) -> None:
    """Run the work over all items."""
    for _ in pool.map(work, items):
        pass


def as_grouped(sequences: Sequence[EncodedSentence], size: int) -> list[Sequence[EncodedSentence]]:
    """The sequences, so many at a time."""
    return [sequences[at : at + size] for at in range(0, len(sequences), size)]


def in_steps(tagger: Tagger, folder: Path, precision: Precision, threads: int) -> list[tuple[str, float]]:
    """(step, its seconds in one thread) of tagging a folder, step after step."""
    engine, steps = tagger.engine, []
    mark = time.perf_counter()

    def step(name: str) -> None:
        nonlocal mark
        now = time.perf_counter()
        steps.append((name, now - mark))
        mark = time.perf_counter()

    documents = list(read_documents([str(folder)]))
    step("reading LTF")
    items = [split_document(d) for d in documents]
    words = [item.words() for item in items]
    step("sentences and words")
    readings = [Reading.of(engine.model, sentences) for sentences in words]
    step("pieces, word shapes, passages")
    packed = PackedNetwork(engine.model.tagger, precision)
    sequences = [s for reading in readings for s in reading.sequences]
    encoder_only = kernel_pool(1, 1)
    groups = as_grouped(sequences, packed.rows)
    with mock.patch.object(packed, "_lstm", lambda rows: rows):
        mark = time.perf_counter()
        drain(encoder_only, torch.inference_mode()(packed), groups)
        step("encoder")
    before = steps[-1][1]
    drain(encoder_only, torch.inference_mode()(packed), groups)
    step("BiLSTM")
    steps[-1] = ("BiLSTM", steps[-1][1] - before)
    return steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="?", type=Path, default=VALIDATION)
    parser.add_argument("--model", type=Path, help="a model folder; the released model without it")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=0, help="0: as many as `ousianer tag` takes")
    parser.add_argument("--precision", choices=("fp32", "bf16", "int8"), action="append", help="of tagging; repeatable")
    parser.add_argument("--profile", action="store_true", help="where the time of one thread goes")
    options = parser.parse_args()
    threads = choose_threads(options.threads)
    torch.set_num_threads(threads.count)
    precisions: list[Precision] = options.precision or ["fp32"]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "ltf"
        folder.mkdir()
        write_corpus_as_ltf(options.corpus, folder)
        model = str(options.model or released_model())
        rows: dict[str, Callable[[], object]] = {}
        taggers: list[Tagger] = []
        words = 0
        for precision in precisions:
            tagger = Tagger.load(model, device="cpu", threads=threads.count, precision=precision)
            taggers.append(tagger)
            settings = TagSettings(inputs=[str(folder)], out=str(Path(scratch) / f"{precision}.tab"), model=model)
            if not rows:
                items = [split_document(d) for d in read_documents([str(folder)])]
                words = sum(len(sentence) for item in items for sentence in item.sentences)
                readings = [Reading.of(tagger.engine.model, item.words()) for item in items]
                sequences = [s for reading in readings for s in reading.sequences]
                rows |= ways_to_encode(tagger, sequences, threads.count)
                bare = list(rows)
            rows |= network_row(tagger, sequences, precision, threads.count)
            rows[f"ousianer tag, {precision}"] = tag_row(tagger, settings)
        print(f"{platform.processor() or platform.machine()}, {threads.count} threads ({threads.reason}), ", end="")
        print(f"PyTorch {torch.__version__}; {len(items)} documents, {words:,} words, {len(sequences)} sequences")
        seconds = timed_in_turn(rows, taggers, options.rounds)
        report(seconds, words, bare)
        if options.profile:
            for name, spent in in_steps(tagger, folder, precisions[-1], threads.count):
                print(f"| {name} | {spent / words * 1e6:.1f} |")


def network_row(
    tagger: Tagger, sequences: Sequence[EncodedSentence], precision: Precision, threads: int
) -> dict[str, Callable[[], object]]:
    """Encoder and BiLSTM alone, as tagging runs them."""
    packed, pool = PackedNetwork(tagger.engine.model.tagger, precision), kernel_pool(threads, 1)
    run, groups = torch.inference_mode()(packed), as_grouped(sequences, packed.rows * threads)
    groups = [part for group in groups for part in as_grouped(sorted(group, key=lambda s: -s.words), packed.rows)]
    return {f"encoder + BiLSTM as tagged, {precision}": lambda: drain(pool, run, groups)}


def tag_row(tagger: Tagger, settings: TagSettings) -> Callable[[], object]:
    """`ousianer tag` with a model that is loaded already."""

    def run() -> None:
        with mock.patch.object(Tagger, "load", return_value=tagger):
            run_tag(settings, progress=False)

    return run


def timed_in_turn(
    rows: dict[str, Callable[[], object]], taggers: Sequence[Tagger], rounds: int
) -> dict[str, list[float]]:
    """Seconds of each row in each round, after one round that does not count; the taggers remember nothing."""
    seconds: dict[str, list[float]] = {name: [] for name in rows}
    for number in range(rounds + 1):
        for name, run in rows.items():
            for tagger in taggers:
                tagger.engine.prepare().forget()
            began = time.perf_counter()
            run()
            if number:
                seconds[name].append(time.perf_counter() - began)
    return seconds


def report(seconds: dict[str, list[float]], words: int, bare: Sequence[str]) -> None:
    rounds = range(len(seconds[bare[0]]))
    usual = [min(seconds[name][i] for name in bare[:-1]) for i in rounds]
    best = [min(seconds[name][i] for name in bare) for i in rounds]
    print("\n| | words a second | of the bare encoder, PyTorch's usual way | of its best way |\n|---|---|---|---|")
    for name, times in seconds.items():
        cells = [f"{words / statistics.median(times):,.0f}"]
        for reference in (usual, best):
            ratios = [reference[i] / times[i] for i in rounds]
            cells.append(f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
