"""How many judged names `ousianer review --order uncertain` needs for what random order wins.

A model is tuned without some labelled texts. Half of their documents are reviewed, the other half measures what was
won. The names of the reviewed half are judged in the order under test, each given its gold type; after every round the
model learns all that was judged so far, as Apply on the page does, and the rest is ordered anew. What random order wins
by so many names, the other order wins by how many? Names are gold's own, so that types alone are measured.

    python benchmarks/review_order.py --base BASE --train train01.jsonl … --last train20.jsonl \
        --wfbg wfbg.jsonl -o docs/results/review_order.md

BASE is a pretrained model (`ousianer pretrain`); `--wfbg` is 1k-WFB-g's dev set as training lines
(`examples/prepare_data.sh`), reviewed with the model of all batches but the last; it is left out where it is absent.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ousianer_cli.formats.feedback.items import FeedbackItem
from ousianer_cli.network.checkpoint import Model, load_model
from ousianer_cli.network.targets import DecodingRule, LabelSet, Targets
from ousianer_cli.network.typing import TypingHead
from ousianer_cli.review.order import by_loss
from ousianer_cli.scoring.sentences import SentenceScorer
from ousianer_cli.settings import portable
from ousianer_cli.settings.finetune import FinetuneSettings
from ousianer_cli.taxonomy.tree_files import load_taxonomy, taxonomy_text
from ousianer_cli.training.finetune.conversion import train_conversion
from ousianer_cli.training.finetune.evaluation import decoding_rule
from ousianer_cli.training.finetune.instances import (
    corpora_of,
    corpus_instances,
    encode_corpus,
    joined_corpora,
    rounded,
    training_corpora,
    typed_mentions,
)
from ousianer_cli.training.finetune.lesson import learn_corrections
from ousianer_cli.training.finetune.replay import replay_of
from ousianer_cli.training.vector_cache import VectorCache

ROUNDS = (25, 50, 100, 150, 200, 300, 400, 600)
"""Names judged in all after each round."""
COMPARED = (100, 200, 400)
"""Names of random order whose gain the other order is to reach."""
RESAMPLES = 2000


@dataclass(slots=True)
class Texts:
    """Names to review or to measure by: vectors [M, V], the types that gold admits, their documents."""

    name: str
    vectors: Tensor
    labels: list[LabelSet]
    documents: np.ndarray

    def part(self, rows: np.ndarray) -> Texts:
        """Some of them."""
        return Texts(self.name, self.vectors[rows], [self.labels[i] for i in rows], self.documents[rows])


def read_texts(path: str, vectors: VectorCache, targets: Targets) -> Texts:
    """The typed names of a corpus of training lines."""
    (corpus,) = corpora_of([path])
    examples = encode_corpus(corpus, vectors.model).examples
    spans, labels, _ = typed_mentions(examples, targets, path)
    found = rounded(vectors.of([e.encoded for e in examples], spans))
    documents = [e.document or str(i) for i, e in enumerate(examples)]
    return Texts(
        Path(path).stem, found, labels, np.asarray([d for d, own in zip(documents, spans, strict=True) for _ in own])
    )


def tuned(base: str, train: Sequence[str], kept: str, targets: Targets) -> tuple[Model, VectorCache]:
    """A model tuned on corpora, with its replay file, in memory."""
    model = load_model(base)
    vectors = VectorCache(model, 4096, kept)
    settings = FinetuneSettings(base=base, out="-", epochs=8)
    found = corpus_instances(vectors, training_corpora(corpora_of(train), model), targets, print)
    instances = joined_corpora(found, balance=settings.balance)
    torch.manual_seed(1)
    train_conversion(model, targets, None, instances, [], settings, report=lambda _: None)
    model.taxonomy_file = taxonomy_text(targets.taxonomy)
    model.replay, sets = replay_of(instances, settings.replay_limit, 1)
    rule = dataclasses.asdict(decoding_rule(settings))
    model.config |= {"finetune": portable(settings), "replay_sets": sets, "decoding": rule}
    return model, vectors


@dataclass(slots=True)
class Reviewer:
    """A model that learns from judged names, and what it is worth on others."""

    model: Model
    targets: Targets
    scorer: SentenceScorer

    def head(self) -> TypingHead:
        """The model's own typing."""
        return TypingHead(self.model, self.targets, DecodingRule.of(self.model.config))

    def credit(self, texts: Texts) -> np.ndarray:
        """[M] credit of each name (`both`, decay .5)."""
        head = self.head()
        types = [head.names[i] for i in head.choose(texts.vectors).positions.tolist()]
        return self.scorer.credits(texts.labels, types, "both")

    def losses(self, texts: Texts) -> np.ndarray:
        """[M] credit that each name is expected to lose, as its confidence in a run says."""
        return 1.0 - self.head().choose(texts.vectors).scores.double().numpy()

    def learned(self, texts: Texts, rows: Sequence[int]) -> Reviewer:
        """The same, having learned gold's types of some names."""
        items = [FeedbackItem("", 0, 0, texts.labels[row][0], "", 0) for row in rows]
        lesson = learn_corrections(self.model, items, vectors=texts.vectors[list(rows)])
        model = dataclasses.replace(self.model, conversion=lesson.conversion)
        return Reviewer(model, self.targets, self.scorer)


Order = Callable[[np.ndarray, np.ndarray, list[int]], list[int]]
"""(losses [M], vectors [M, V], rows judged already) -> all rows, in the order in which to judge them."""


@dataclass(frozen=True, slots=True)
class Step:
    """After a round."""

    held: float
    """Mean credit on names of other documents."""
    run: float
    """Mean credit on the reviewed run: what was judged is right, the rest is as the model types it now."""
    wrong: int
    """Judged names whose type was wrong before the review."""


def curve(reviewer: Reviewer, pool: Texts, test: Texts, order: Order, rounds: Sequence[int]) -> list[Step]:
    """Where a review stands before it and after each round."""
    judged: list[int] = []
    now = reviewer
    before = reviewer.credit(pool)
    steps = [Step(float(reviewer.credit(test).mean()), float(before.mean()), 0)]
    for count in rounds:
        known = set(judged)
        ranked = [row for row in order(now.losses(pool), pool.vectors.numpy(), judged) if row not in known]
        judged += ranked[: count - len(judged)]
        now = reviewer.learned(pool, judged)
        credits = now.credit(pool)
        credits[judged] = 1.0
        steps.append(Step(float(now.credit(test).mean()), float(credits.mean()), int((before[judged] < 0.999).sum())))
    return steps


def needed(rounds: Sequence[int], gains: np.ndarray, gain: float) -> float:
    """Judged names by which a curve of gains reaches a gain, between rounds along the line; infinite if never."""
    at = (0, *rounds)
    best = np.maximum.accumulate(gains)
    for place in range(1, len(best)):
        if best[place] >= gain:
            step = best[place] - best[place - 1]
            share = (gain - best[place - 1]) / step if step > 0 else 0.0
            return float(at[place - 1] + share * (at[place] - at[place - 1]))
    return float("inf")


def halves(texts: Texts, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of two random halves of the documents; names that admit several types are not reviewed."""
    names = np.unique(texts.documents)
    np.random.default_rng(seed).shuffle(names)
    first = np.isin(texts.documents, names[: len(names) // 2])
    single = np.asarray([len(types) == 1 for types in texts.labels])
    return np.flatnonzero(first & single), np.flatnonzero(~first)


def random_order(seed: int) -> Order:
    """Any order, the same throughout."""

    def order(losses: np.ndarray, vectors: np.ndarray, judged: list[int]) -> list[int]:
        return [int(row) for row in np.random.default_rng(seed).permutation(len(losses))]

    return order


def by_loss_alone(losses: np.ndarray, vectors: np.ndarray, judged: list[int]) -> list[int]:
    """Expected loss without regard to neighbours, for comparison."""
    return by_loss(losses, None, judged)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--base", required=True)
    parser.add_argument("--train", nargs="+", required=True)
    parser.add_argument("--last", required=True)
    parser.add_argument("--wfbg", default="")
    parser.add_argument("--vectors", default="", help="folder that keeps mention vectors")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("-o", "--out", default="")
    options = parser.parse_args()
    targets = Targets(load_taxonomy("aida-edl"))
    model, vectors = tuned(options.base, options.train, options.vectors, targets)
    reviewer = Reviewer(model, targets, SentenceScorer(targets.taxonomy))
    lines = [__doc__.split("\n\n")[1].replace("\n", " "), ""]
    for path in [options.last, options.wfbg]:
        if path and Path(path).is_file():
            lines += study(reviewer, read_texts(path, vectors, targets), options.seeds)
        elif path:
            print(f"{path} is absent: left out")
    text = "\n".join(lines) + "\n"
    print(text)
    if options.out:
        Path(options.out).write_text("# The order of a review\n\n" + text, encoding="utf-8")


def study(reviewer: Reviewer, texts: Texts, seeds: int) -> list[str]:
    """A table of one corpus."""
    orders: dict[str, Callable[[int], Order]] = {
        "random": random_order,
        "uncertain": lambda _: by_loss,
        "loss alone": lambda _: by_loss_alone,
    }
    curves: dict[str, list[list[Step]]] = {name: [] for name in orders}
    rounds: tuple[int, ...] = ROUNDS
    for seed in range(1, seeds + 1):
        first, second = halves(texts, seed)
        pool, test = texts.part(first), texts.part(second)
        rounds = tuple(r for r in rounds if r <= len(first))
        for name, make in orders.items():
            began = time.perf_counter()
            curves[name].append(curve(reviewer, pool, test, make(seed), rounds))
            shown = " ".join(f"{s.held:.4f}/{s.run:.4f}/{s.wrong}" for s in curves[name][-1])
            print(f"{texts.name} seed {seed} {name}: {shown}  {time.perf_counter() - began:.0f} s", flush=True)
    lines = [f"## {texts.name}: {len(texts.labels):,} names in {len(np.unique(texts.documents)):,} documents", ""]
    lines += table(rounds, {n: [run[: 1 + len(rounds)] for run in found] for n, found in curves.items()})
    return [*lines, f"{seeds} seeds (another halving each).", ""]


def table(rounds: Sequence[int], curves: dict[str, list[list[Step]]]) -> list[str]:
    """Markdown: the curves, and the shares of names needed with their intervals over seeds."""
    seeds = len(curves["random"])
    wrong = {name: np.mean([[s.wrong for s in run] for run in found], axis=0) for name, found in curves.items()}
    measures = {
        "the reviewed run": {n: np.asarray([[s.run for s in run] for run in found]) for n, found in curves.items()},
        "other documents": {n: np.asarray([[s.held for s in run] for run in found]) for n, found in curves.items()},
    }
    draws = np.random.default_rng(1).integers(0, seeds, (RESAMPLES, seeds))
    lines: list[str] = []
    for what, credits in measures.items():
        gains = {name: found - found[:, :1] for name, found in credits.items()}
        lines += [f"Gain in credit on {what} (before: {credits['random'][:, 0].mean():.4f}):", ""]
        lines += ["| names judged | " + " | ".join(gains) + " |", "|---" * (1 + len(gains)) + "|"]
        for place, count in enumerate(rounds, 1):
            cells = [
                f"{g[:, place].mean():+.4f} ± {g[:, place].std(ddof=1) / seeds**0.5 if seeds > 1 else 0:.4f}"
                for g in gains.values()
            ]
            lines.append(f"| {count} | " + " | ".join(cells) + " |")
        lines += ["", "| order | as much as random order by | gain | names needed | share | 95% over seeds |"]
        lines += ["|---|---|---|---|---|---|"]
        for name in gains:
            if name != "random":
                lines += _shares(rounds, gains["random"], gains[name], name, draws)
        lines.append("")
    lines += ["Types that were wrong among the names judged:", ""]
    lines += ["| names judged | " + " | ".join(wrong) + " |", "|---" * (1 + len(wrong)) + "|"]
    lines += [f"| {c} | " + " | ".join(f"{w[p]:.0f}" for w in wrong.values()) + " |" for p, c in enumerate(rounds, 1)]
    return [*lines, ""]


def _percent(share: float) -> str:
    return "never" if share == float("inf") else f"{share:.0%}"


def _shares(
    rounds: Sequence[int], random_gains: np.ndarray, gains: np.ndarray, name: str, draws: np.ndarray
) -> list[str]:
    lines = []
    for count in (c for c in COMPARED if c in rounds):
        place = 1 + list(rounds).index(count)

        def share(rows: np.ndarray, place: int = place, count: int = count) -> float:
            return needed(rounds, gains[rows].mean(axis=0), float(random_gains[rows].mean(axis=0)[place])) / count

        error = random_gains[:, place].std(ddof=1) / len(gains) ** 0.5 if len(gains) > 1 else 0.0
        if random_gains[:, place].mean() < 2 * error:
            lines.append(f"| {name} | {count} | {random_gains[:, place].mean():+.4f}, within noise | | | |")
            continue
        low, high = np.quantile([share(rows) for rows in draws], (0.025, 0.975), method="nearest")
        mean, gain = share(np.arange(len(gains))), random_gains.mean(axis=0)[place]
        shares = f"{mean:.0%} | {_percent(low)} to {_percent(high)}"
        lines.append(f"| {name} | {count} | {gain:+.4f} | {mean * count:.0f} | {shares} |")
    return lines


if __name__ == "__main__":
    main()
