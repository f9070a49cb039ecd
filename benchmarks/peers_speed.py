"""Words a second of other taggers over the same encoder, on the same sentences, in one run.

    python benchmarks/peers_speed.py FOLDER [--sentences 200] [--rounds 5] [--threads 2]

FOLDER holds an environment a peer: `flair` and `spanmarker` as peers/environments.sh makes them, `gliner` likewise from
`requirements/gliner.txt`; Flair is `SequenceTagger` with its BiLSTM-CRF over `TransformerWordEmbeddings`, SpanMarker
and GLiNER are as they come. Heads are untrained, since speed is asked for and not quality: what an untrained head finds
is stated, for what a name costs has its part in the time. All are over the MiniLM encoder of `ousianer[minilm]`, in
fp32, in as many threads; each is given sentences of words and gives spans with types, by its own prediction method with
its own batches (32, length order where it sorts). `ousianer` is the project's own model: it has the larger head (1,268
classes, 228 target types), and reads passages. Rounds go through all in turn, in processes of their own that load
before the clock runs; ratios are the median of the rounds' own, with the least and the greatest.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

VALIDATION = Path(__file__).parent.parent / "examples" / "aida_open" / "dev.jsonl.gz"
LABELS = ["person", "organization", "location", "facility", "weapon", "vehicle", "law"]
Predict = Callable[[list[list[str]]], int]
"""Tags sentences of words; how many names there were."""


def flair(encoder: str) -> Predict:
    from flair.data import Dictionary, Sentence
    from flair.embeddings import TransformerWordEmbeddings
    from flair.models import SequenceTagger

    labels = Dictionary(add_unk=False)
    for name in LABELS:
        labels.add_item(name)
    labels.span_labels = True
    embeddings = TransformerWordEmbeddings(encoder, layers="-1", subtoken_pooling="first", fine_tune=False)
    tagger = SequenceTagger(embeddings=embeddings, tag_dictionary=labels, tag_type="ner", use_rnn=True, use_crf=True)
    tagger.eval()

    def predict(sentences: list[list[str]]) -> int:
        given = [Sentence(words) for words in sentences]
        tagger.predict(given, mini_batch_size=32, label_name="ner")
        return sum(len(s.get_spans("ner")) for s in given)

    return predict


def spanmarker(encoder: str) -> Predict:
    from span_marker import SpanMarkerModel

    tags = ["O", *(f"{prefix}-{label}" for label in LABELS for prefix in "BI")]
    model = SpanMarkerModel.from_pretrained(encoder, labels=tags, model_max_length=256, entity_max_length=8)
    model.eval()
    return lambda sentences: sum(len(row) for row in model.predict(sentences, batch_size=32))


def gliner(encoder: str) -> Predict:
    from gliner import GLiNER, GLiNERConfig

    config = GLiNERConfig(model_name=encoder, max_width=12, max_len=384, hidden_size=384, name="untrained")
    model = GLiNER.from_config(config)
    model.eval()

    def predict(sentences: list[list[str]]) -> int:
        rows = model.inference([" ".join(words) for words in sentences], LABELS, threshold=0.5, batch_size=32)
        return sum(len(row) for row in rows)

    return predict


def ousianer(precision: str, threads: int) -> Predict:
    from ousianer_cli.tagging.tagger import Tagger

    engine = Tagger.load(device="cpu", threads=threads, precision=precision).engine  # type: ignore[arg-type]

    def predict(sentences: list[list[str]]) -> int:
        engine.prepare().forget()  # or every round but the first would find its sentences known
        documents = [sentences[i : i + 8] for i in range(0, len(sentences), 8)]
        return sum(len(row) for found in engine.tag_documents(documents) for row in found)

    return predict


def serve(name: str, encoder: str, threads: int) -> None:
    """A peer's process: for each line with sentences, a line with seconds and names."""
    import torch

    torch.set_num_threads(threads)
    made: dict[str, Callable[[], Predict]] = {
        "flair": lambda: flair(encoder),
        "spanmarker": lambda: spanmarker(encoder),
        "gliner": lambda: gliner(encoder),
        "ousianer": lambda: ousianer("fp32", threads),
        "ousianer int8": lambda: ousianer("int8", threads),
    }
    answers, sys.stdout = sys.stdout, sys.stderr
    predict = made[name]()
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        sentences = json.loads(line)
        began = time.perf_counter()
        with torch.inference_mode():
            names = predict(sentences)
        print(json.dumps([time.perf_counter() - began, names]), file=answers, flush=True)


def validation_sentences(count: int) -> list[list[str]]:
    """The first sentences of the validation set, in the project's words."""
    from ousianer_cli.formats.documents.source import plain_document
    from ousianer_cli.tagging.documents import split_document

    sentences: list[list[str]] = []
    with gzip.open(VALIDATION, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file):
            sentences += split_document(plain_document(json.loads(line)["text"], str(number))).words()
            if len(sentences) >= count:
                break
    return sentences[:count]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the peers' environments lie")
    parser.add_argument("--sentences", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--serve", nargs=2, metavar=("PEER", "ENCODER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        name, encoder = options.serve
        serve(name, encoder, options.threads)
        return
    from ousianer_cli.network.encoder import locate_encoder

    encoder = locate_encoder("minilm")
    sentences = validation_sentences(options.sentences)
    words = sum(map(len, sentences))
    homes = {"ousianer": Path(sys.prefix), "ousianer int8": Path(sys.prefix)}
    homes |= {name: options.folder / name for name in ("flair", "gliner", "spanmarker")}
    processes: dict[str, Any] = {}
    for name, home in homes.items():
        command = [str(home / "bin" / "python"), __file__, ".", "--threads", str(options.threads)]
        processes[name] = subprocess.Popen(
            [*command, "--serve", name, encoder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        if processes[name].stdout.readline().strip() != "ready":
            raise SystemExit(f"{name}: expected an environment that works in {home}, found none")
    seconds: dict[str, list[float]] = {name: [] for name in processes}
    names: dict[str, int] = {}
    for number in range(options.rounds + 1):
        for name, process in processes.items():
            process.stdin.write(json.dumps(sentences) + "\n")
            process.stdin.flush()
            spent, names[name] = json.loads(process.stdout.readline())
            if number:  # the first round warms up
                seconds[name].append(spent)
    for process in processes.values():
        process.stdin.close()
        process.wait()
    print(f"{len(sentences)} sentences, {words:,} words, {options.threads} threads, {options.rounds} rounds\n")
    print("| | words a second | ousianer is so many times as fast | names found |\n|---|---|---|---|")
    for name, times in seconds.items():
        ratios = [theirs / ours for theirs, ours in zip(times, seconds["ousianer"], strict=True)]
        spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        print(f"| {name} | {words / statistics.median(times):,.0f} | {spread} | {names[name]:,} |")


if __name__ == "__main__":
    main()
