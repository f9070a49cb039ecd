"""What the kept features of a frozen encoder save: seconds of each epoch of pretraining, with and without them.

    python benchmarks/frozen_features.py CORPUS.jsonl [--encoder minilm | --bert-base] [--sentences 400] [--epochs 3]
        [--passage-pieces 256]

CORPUS holds lines that `ousianer prepare corpus` wrote. The encoder is frozen, as in Hagiwara et al. (2019). With
features kept, the first epoch computes them; without them every epoch runs the encoder. `--bert-base` takes a random
encoder of the size of `bert-base-cased` (12 layers of 768), whose time is that of a trained one. Seconds are the
processor's, of one thread; validation is left out.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from pathlib import Path

import torch

from ousianer_cli.network.encoder import load_tokenizer
from ousianer_cli.settings.pretrain import PretrainSettings
from ousianer_cli.taxonomy.wordnet import WordNet
from ousianer_cli.training.feature_cache import FeatureCache
from ousianer_cli.training.pretrain.corpora import load_corpora, training_order
from ousianer_cli.training.pretrain.start import new_model
from ousianer_cli.training.pretrain.step import new_optimizer, training_step
from ousianer_cli.training.pretrain.targets import TypeTargets


def epoch_seconds(settings: PretrainSettings, features: Path | None) -> list[float]:
    """Processor seconds of each epoch, computing features within the first; without a folder for them none are kept."""
    tokenizer, wordnet = load_tokenizer(settings.encoder), WordNet.load()
    corpora = load_corpora(settings, tokenizer, wordnet)
    model = new_model(settings, tokenizer, corpora.inventory, [])
    optimizer, targets = new_optimizer(model.tagger, settings), TypeTargets(corpora.inventory, wordnet)
    order = training_order(corpora, settings)
    seconds = [0.0] * settings.epochs
    began = time.process_time()
    cache = None
    if features is not None:
        cache = FeatureCache.open(model.tagger, corpora.parts, features, print)
    for step in range(order.total):
        batch = order.at(step)
        training_step(model.tagger, batch, targets, settings, optimizer, step, cache)
        now = time.process_time()
        seconds[batch.epoch] += now - began
        began = now
    return seconds


def random_bert_base(folder: Path) -> str:
    """A folder with a random encoder of the size of `bert-base-cased`, and the tokenizer of MiniLM."""
    from transformers import BertConfig, BertModel

    tokenizer = load_tokenizer("minilm")
    tokenizer.save(folder)
    BertModel(BertConfig(vocab_size=tokenizer.vocabulary), add_pooling_layer=False).save_pretrained(folder)
    return str(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--bert-base", action="store_true", help="a random encoder of that size, in place of --encoder")
    parser.add_argument("--sentences", type=int, default=400)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--passage-pieces", type=int, default=0, help="sentences of a document stand together up to it")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = folder / "lines.jsonl"
        with options.corpus.open(encoding="utf-8") as file:
            lines.write_text("".join(itertools.islice(file, options.sentences)), encoding="utf-8")
        settings = PretrainSettings(
            joint=[str(lines)],
            encoder=random_bert_base(folder) if options.bert_base else options.encoder,
            encoder_lr=0.0,
            epochs=options.epochs,
            min_mentions=1,
            passage_pieces=options.passage_pieces,
            out=str(folder / "model"),
        )
        print(
            f"{options.sentences} sentences, {'bert-base size' if options.bert_base else options.encoder}, one thread"
        )
        print("| features | " + " | ".join(f"epoch {i}, s" for i in range(1, options.epochs + 1)) + " | epoch 1 / 2 |")
        print("|---" * (options.epochs + 2) + "|")
        for way, place in (("kept", folder), ("computed in each step", None)):
            seconds = epoch_seconds(settings, place)
            cells = [f"{s:.1f}" for s in seconds] + [f"{seconds[0] / seconds[1]:.2f}"]
            print(f"| {way} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
