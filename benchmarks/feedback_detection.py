"""Whether a detector learns corrected names, and what it loses.

    python benchmarks/feedback_detection.py MODEL DEV REPLAY... [--seeds 1 2 3] [--numbers 10 30] [-o FILE]

DEV is a corpus with all names marked, and REPLAY are others. DEV's documents are parted by a hash of their id: on one
half the model's own errors (missed names, wrong boundaries, words that are no name) are taken as a person's
corrections, so many sentences of them; the other half is scored. The detector is taught as `ousianer finetune
--feedback FILE --detection --detection-replay REPLAY` and `ousianer pretrain --start MODEL --detection FILE REPLAY`
do.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import time
from pathlib import Path
from typing import Any

import numpy as np

from ousianer_cli.corpus.store import read_store
from ousianer_cli.formats.corpus import Sentence
from ousianer_cli.formats.detection import Corrected, DetectionLine
from ousianer_cli.network.checkpoint import Model, load_model
from ousianer_cli.network.inference import detect_spans
from ousianer_cli.training.detector import span_f1, teach_detector
from ousianer_cli.training.examples import encode_sentences, load_examples


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("dev", type=Path)
    parser.add_argument("replay", nargs="+")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--numbers", nargs="+", type=int, default=[10, 30], help="corrected sentences")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    model = load_model(options.model)
    sentences = list(read_store(options.dev))
    side = [hashlib.sha256((s.document or s.doc).encode()).digest()[0] % 2 for s in sentences]
    faults = errors(model, [s for s, half in zip(sentences, side, strict=True) if half])
    scored = encode_sentences(
        [s for s, half in zip(sentences, side, strict=True) if not half], model.tokenizer
    ).examples
    replay = load_examples(
        options.replay, model.tokenizer, types=False, max_pieces=model.max_pieces, passage_pieces=model.passage_pieces
    ).examples
    before = span_f1(model.tagger, scored)
    old = copy.deepcopy(model.tagger.state_dict())
    rows = []
    for number in options.numbers:
        for seed in options.seeds:
            chosen = [faults[i] for i in np.random.default_rng(seed).permutation(len(faults))[:number]]
            model.tagger.load_state_dict(old)
            begun = time.process_time()
            found = teach_detector(model, chosen, replay, seed=seed, max_loss=1.0)
            rows.append((number, seed, found, span_f1(model.tagger, scored), time.process_time() - begun))
            print(number, seed, found, f"unseen half {before:.4f} -> {rows[-1][3]:.4f}", flush=True)
    text = report(rows, before, len(scored), len(faults), options)
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8")


def errors(model: Model, sentences: list[Sentence]) -> list[DetectionLine]:
    """Sentences that the detector gets wrong, with what is wrong in them."""
    encoded = [e.encoded for e in encode_sentences(sentences, model.tokenizer).examples]
    if len(encoded) != len(sentences):
        raise SystemExit("expected sentences that fit the encoder")
    lines = []
    for sentence, (spans, _) in zip(sentences, detect_spans(model.tagger, encoded, 4096), strict=True):
        gold = {(m.start, m.end) for m in sentence.mentions}
        if len(encoded) and max((b for _, b in [*spans, *gold]), default=0) > len(sentence.tokens):
            continue  # its tokens are of several of our words
        wrong = []
        for a, b in sorted(gold - set(spans)):
            touched = any(a < d and c < b for c, d in spans)
            wrong.append(Corrected(a, b, "boundary" if touched else "missed"))
        wrong += [Corrected(c, d, "no name") for c, d in spans if all(d <= a or b <= c for a, b in gold)]
        if wrong:
            lines.append(DetectionLine(sentence, tuple(sorted(wrong, key=lambda w: w.start))))
    return lines


def report(rows: list[Any], before: float, scored: int, faults: int, options: argparse.Namespace) -> str:
    seeds, numbers = " ".join(map(str, options.seeds)), " ".join(map(str, options.numbers))
    out = (
        "# Whether a detector learns corrected names\n\n"
        f"`python benchmarks/feedback_detection.py MODEL DEV REPLAY... --seeds {seeds} --numbers {numbers}`\n\n"
        f"{faults:,} sentences of one half of DEV's documents hold an error of the detector; so many of them are "
        f"corrected. On the {scored:,} sentences of the other half, read one by one, F1 of exact spans is "
        f"{before:.4f} before. right: corrected places that are right afterwards (before: the rest are errors of a "
        "passage's context). held: F1 on held-out passages of the replay.\n\n"
        "| sentences | seed | right before | right after | held before | held after | other half after | s |\n"
        "|---|---|---|---|---|---|---|---|\n"
    )
    for number, seed, found, after, seconds in rows:
        out += (
            f"| {number} | {seed} | {found.right_before} of {found.places} | {found.right_after} of {found.places} | "
            f"{found.f1_before:.4f} | {found.f1_after:.4f} | {after:.4f} | {seconds:.0f} |\n"
        )
    return out


if __name__ == "__main__":
    main()
