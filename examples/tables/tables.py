"""The paper's two tables on public data, over one pretrained model.

    python examples/tables/tables.py BASE WORK -o docs/results [--seeds 1 2 3 4 5] [--parts table1 grid table2]

BASE is a folder that `ousianer pretrain` wrote; WORK holds the corpora of `examples/tables/run.sh`. Detection is the
base's own and the same in every row; conversion layers are trained here, each seed anew, and mention vectors are
computed once. No confidence threshold in any row. Intervals: 95%, bootstrap over sentences, 2,000 resamples, of the
average run over the seeds; p: two-sided permutation test over sentences, 2,000 resamples.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from bench import MEASURES, Bench, Scored, difference, f1, figure, mean_sums

from ousianer_cli.network.targets import Decoding
from ousianer_cli.settings.finetune import FinetuneSettings
from ousianer_cli.taxonomy.credit import Direction
from ousianer_cli.taxonomy.tree import Taxonomy
from ousianer_cli.training.finetune.instances import Instances
from ousianer_cli.training.finetune.replay import replay_of

TRAIN = (
    *["crossner_train"] * 3,
    "fewnerd_dev",
    "fewnerd_test",
    "fewnerd_big_test",
    "uner",
    "wnut_train",
)
VALIDATION = ("crossner_dev", "fewnerd_held")
WATCHED = ("wikigold", "wnut_dev")
PAPER: dict[str, Any] = {"reads": "logits", "dropout": 0.0, "decoding": "argmax", "coarse_prior": 0.0}
OURS: dict[str, Any] = {"coarse_prior": 0.0}
FIRST: dict[str, Any] = {"coarse_prior": 0.2, "depth": 0.4}
"""What the first submission of Table 2 is tuned with: the shipped model's settings."""
FOLDS = 5
BATCHES = (50, 100, 200, 0)
"""Sentences of feedback; 0 is all of them."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/results"))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3, 4, 5])
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    bench = Bench.open(options.base, kept=options.work / "vectors")
    train = bench.instances([str(options.work / f"{name}.jsonl") for name in TRAIN])
    validation = [bench.read(options.work / f"{name}.jsonl") for name in (*VALIDATION, *WATCHED)]
    for part in options.parts:
        text = PARTS[part](bench, train, validation, options)
        (options.output / f"{part}.md").write_text(text, encoding="utf-8")
        print(f"\n{text}", flush=True)


def gazetteer(bench: Bench, train: Instances, sets: list[Scored], options: argparse.Namespace) -> str:
    """Types of the titles that are spelled as the name is, beside the mention vectors."""
    import gazetteer as titles

    seeds = options.seeds[:3]
    rows = {"mention vectors": seeds_of(bench, train, sets, seeds, OURS)}
    known = titles.Gazetteer.read(options.work / "types" / "title_types.parquet", bench)
    wide = titles.widen(Bench.open(options.base, kept=options.work / "vectors"), known)
    scored = [titles.with_features(wide, known, s, options.work / f"{s.name}.jsonl") for s in sets]
    files = [str(options.work / f"{name}.jsonl") for name in TRAIN]
    rows["and types of titles"] = seeds_of(wide, titles.train_features(wide, known, train, files), scored, seeds, OURS)
    shares = ", ".join(f"{s.name} {float(s.gold_vectors[:, -1].mean()):.2f}" for s in scored)
    head = (
        "# A gazetteer beside the mention vectors\n\n"
        f"{command('gazetteer', seeds)}\n\n"
        f"{len(known.types):,} spellings of Wikipedia titles with types from tables (no guesses), looked up by "
        f"sub-words; share of the gold names that are one: {shares}. The conversion layer reads their types as "
        "further columns.\n"
    )
    pairs = [("mention vectors", "and types of titles")]
    return head + tables_of(rows, sets, ("strict", "coarse", "both")) + differences_of(rows, pairs, sets)


def seeds_of(
    bench: Bench, train: Instances, sets: Sequence[Scored], seeds: Sequence[int], settings: dict[str, Any]
) -> list[np.ndarray]:
    """The average run's sums on each set."""
    runs: list[list[np.ndarray]] = []
    for seed in seeds:
        used = bench.tune(train, seed, dev=sets[: len(VALIDATION)], **settings)
        runs.append([bench.tally(s, bench.decide(s, used)[0]) for s in sets])
    return [mean_sums(parts) for parts in zip(*runs, strict=True)]


def table1(bench: Bench, train: Instances, sets: list[Scored], options: argparse.Namespace) -> str:
    """Direct, Fine-tuned, Fine-tuned without hierarchical loss; the paper's network and ours."""
    rows: dict[str, list[np.ndarray]] = {}
    rows["Direct"] = [bench.tally(s, bench.decide_directly(s)[0]) for s in sets]
    for label, base in (("paper's layer", PAPER), ("our layer", OURS)):
        rows[f"Fine-tuned, {label}"] = seeds_of(
            bench, train, sets, options.seeds, {**base, "loss": "soft", "loss_decay": 0.5 if base is PAPER else 0.1}
        )
        rows[f"— without hierarchical loss, {label}"] = seeds_of(
            bench, train, sets, options.seeds, {**base, "loss": "hard"}
        )
    tuned = "Fine-tuned, paper's layer"
    ours = "Fine-tuned, our layer"
    pairs = [
        ("Direct", tuned),
        ("— without hierarchical loss, paper's layer", tuned),
        ("Direct", ours),
        ("— without hierarchical loss, our layer", ours),
        (tuned, ours),
    ]
    head = (
        "# Table 1: Direct, Fine-tuned, Fine-tuned without hierarchical loss\n\n"
        f"{command('table1', options.seeds)}\n\n"
        f"{len(train):,} mentions to tune on. The paper's layer reads YAGO logits, W decays by .5 in both directions, "
        "argmax; ours reads mention vectors, W decays by .1, and decides by expected credit. Same detection in every "
        "row.\n"
    )
    return head + tables_of(rows, sets) + differences_of(rows, pairs, sets)


def command(part: str, seeds: Sequence[int]) -> str:
    return f"`python examples/tables/tables.py BASE WORK --parts {part} --seeds {' '.join(map(str, seeds))}`"


def tables_of(rows: dict[str, list[np.ndarray]], sets: Sequence[Scored], measures: Sequence[str] = MEASURES) -> str:
    out = ""
    for place, scored in enumerate(sets):
        out += f"\n## {scored.name} ({scored.sentences:,} sentences or passages, as the model reads them)\n\n"
        out += "| system | P (both) | R (both) | " + " | ".join(f"F1 {m}" for m in measures) + " |\n"
        out += "|---|---|---|" + "---|" * len(measures) + "\n"
        for name, sums in rows.items():
            p, r, *_ = figure(sums[place], "both")
            cells = [
                f"{f:.3f} [{low:.3f}, {high:.3f}]" for _, _, f, low, high in (figure(sums[place], m) for m in measures)
            ]
            out += f"| {name} | {p:.3f} | {r:.3f} | " + " | ".join(cells) + " |\n"
    return out


def differences_of(
    rows: dict[str, list[np.ndarray]],
    pairs: Sequence[tuple[str, str]],
    sets: Sequence[Scored],
    measures: Sequence[str] = ("strict", "ancestor", "both"),
) -> str:
    out = "\n## Differences in F1 (second less first)\n\n"
    out += "| first | second | set | " + " | ".join(measures) + " |\n|---|---|---|" + "---|" * len(measures) + "\n"
    for first, second in pairs:
        for place, scored in enumerate(sets):
            cells = []
            for measure in measures:
                d, low, high, p = difference(rows[first][place], rows[second][place], measure)
                cells.append(f"{d:+.3f} [{low:+.3f}, {high:+.3f}], p {p:.4f}")
            out += f"| {first} | {second} | {scored.name} | " + " | ".join(cells) + " |\n"
    return out


GRID_SEEDS = 1


def grid(bench: Bench, train: Instances, sets: list[Scored], options: argparse.Namespace) -> str:
    """The hierarchical loss taken apart: direction, decay, normalisation, decoding, and the layer's input."""
    seeds = options.seeds[:GRID_SEEDS]
    losses: list[tuple[str, Direction, float]] = [("hard", "both", 0.0)]
    for direction in get_args(Direction):
        losses += [("soft", direction, decay) for decay in (0.1, 0.5)]
        losses += [("soft, rows not normalised", direction, 0.5), ("credit", direction, 0.5)]
    head = ["reads", "loss", "W", "decay", "decoding", "strict", "ancestor", "both"]
    head += [f"both {s.name}" for s in sets]
    out = (
        "# The hierarchical loss taken apart\n\n"
        f"{command('grid', seeds)}\n\n"
        "F1 with three credits, mean of the validation sets (CrossNER dev, Few-NERD slice), then `both` on each set. "
        "soft: y* = yW, each row scaled to sum to 1, or (not normalised) as it is, so that a mention weighs by its "
        "row's sum; credit: minus the log of the expected credit. Decoding: argmax, or expected credit of the same "
        "direction with decay .5. A threshold or prior is in no row.\n\n"
        f"| {' | '.join(head)} |\n|{'---|' * len(head)}\n"
    )
    for reads in ("logits", "vectors"):
        for loss, direction, decay in losses:
            name, _, unscaled = loss.partition(", ")
            weighed = by_row_sum(bench, train, direction, decay) if unscaled else train
            runs: dict[Decoding, list[list[np.ndarray]]] = {"argmax": [], "expected": []}
            for seed in seeds:
                used = bench.tune(
                    weighed,
                    seed,
                    dev=sets[: len(VALIDATION)],
                    reads=reads,
                    loss=name,
                    loss_decay=decay,
                    credit=direction,
                    coarse_prior=0.0,
                    decoding="argmax",
                )
                for decoding, kept in runs.items():
                    rule = dataclasses.replace(used, decoding=decoding)
                    kept.append([bench.tally(s, bench.decide(s, rule)[0]) for s in sets])
            for decoding, kept in runs.items():
                sums = [mean_sums(parts) for parts in zip(*kept, strict=True)]
                means = [np.mean([f1(s, m) for s in sums[: len(VALIDATION)]]) for m in ("strict", "ancestor", "both")]
                figures = [f"{v:.3f}" for v in (*means, *(f1(s, "both") for s in sums))]
                choice = ["—", "—"] if loss == "hard" else [direction, f"{decay}"]
                out += f"| {' | '.join([reads, loss, *choice, decoding, *figures])} |\n"
                print(out.splitlines()[-1], flush=True)
    return out


def by_row_sum(bench: Bench, train: Instances, direction: Direction, decay: float) -> Instances:
    """Mentions weighing by the sum of their row of yW: the soft loss without scaling."""
    gold = bench.targets.gold(train.labels, torch.zeros((len(train), len(bench.targets))), 0.0)
    sums = (gold @ bench.targets.credit(direction, decay)).sum(dim=1)
    return dataclasses.replace(train, weights=train.weights * sums / sums.mean())


@dataclasses.dataclass(slots=True)
class Corrections:
    """The human feedback, parted by document, and a first submission that it corrects."""

    bench: Bench
    feedback: Scored
    folds: np.ndarray
    """The fold of each sentence."""
    watched: list[Scored]
    used: FinetuneSettings
    first: dict[str, torch.Tensor]
    replay: Instances

    @classmethod
    def of(
        cls, bench: Bench, train: Instances, sets: list[Scored], options: argparse.Namespace, seed: int
    ) -> Corrections:
        feedback = bench.read(options.work / "wfbg.jsonl")
        folds = np.asarray([int(hashlib.sha256(d.encode()).hexdigest(), 16) % FOLDS for d in feedback.documents])
        used = bench.tune(train, seed, dev=sets[: len(VALIDATION)], **FIRST)
        return cls(bench, feedback, folds, sets, used, bench.state(), replayed(train, used))

    def sums(self) -> list[np.ndarray]:
        """Sums on the feedback and on the other sets, as the model is now."""
        return [self.bench.tally(s, self.bench.decide(s, self.used)[0]) for s in (self.feedback, *self.watched)]

    def after(self, size: int, **settings: Any) -> list[np.ndarray]:
        """The same after feedback of so many sentences: each fold is scored by what the others taught, the other sets
        by the mean over the folds."""
        own = np.zeros((len(MEASURES), self.feedback.sentences, 4))
        others = []
        for fold in range(FOLDS):
            tested = self.folds == fold
            part = self.feedback.part(drawn(~tested, size, self.used.seed))
            ones = torch.ones(len(part.gold))
            corrected = Instances(part.gold_vectors, part.gold, ones, ones.bool())
            self.bench.revise(self.replay, corrected, self.used.seed, self.first, **{**FIRST, **settings})
            sums = self.sums()
            own[:, tested] = sums[0][:, tested]
            others.append(sums[1:])
        return [own, *(mean_sums(parts) for parts in zip(*others, strict=True))]


def table2(bench: Bench, train: Instances, sets: list[Scored], options: argparse.Namespace) -> str:
    """First submission, then after feedback in growing batches, cross-validated by document."""
    seeds = options.seeds[:3]
    runs: dict[str, list[list[np.ndarray]]] = {}
    for seed in seeds:
        corrections = Corrections.of(bench, train, sets, options, seed)
        runs.setdefault("first submission", []).append(corrections.sums())
        for size in BATCHES:
            label = f"after feedback of {size or 'all'} sentences"
            runs.setdefault(label, []).append(corrections.after(size))
            print(f"seed {seed}, {label}: both {figure(runs[label][-1][0], 'both')[2]:.4f}", flush=True)
    rows = {label: [mean_sums(parts) for parts in zip(*kept, strict=True)] for label, kept in runs.items()}
    feedback, plain = corrections.feedback, bench.plain
    shown = [feedback, *sets]
    pairs = [("first submission", label) for label in rows if label != "first submission"]
    head = (
        "# Table 2: first submission, after feedback\n\n"
        f"{command('table2', seeds)}\n\n"
        f"Feedback: {feedback.sentences} sentences, {len(feedback.gold):,} mentions, "
        f"{len(set(feedback.documents))} documents, of another text and other guidelines. "
        f"{FOLDS} folds by document: the batch is drawn from four, the fifth is scored; `all` is all of those four "
        "(about 357 sentences). The other sets are scored after each fold's feedback and averaged. Only the conversion "
        f"layer is trained, from the first submission's, over its replay file ({plain.replay_limit:,} mentions); a "
        f"corrected mention weighs {plain.feedback_weight:g}, and {plain.replay_keep:g} of what a replayed one is "
        "trained towards is the first submission's own answer.\n"
    )
    return head + tables_of(rows, shown) + differences_of(rows, pairs, shown, ("strict", "coarse", "both"))


def feedback(bench: Bench, train: Instances, sets: list[Scored], options: argparse.Namespace) -> str:
    """How strongly corrections should pull: their weight, and how much the replayed mentions keep of the first
    submission's answers."""
    seeds = options.seeds[:3]
    runs: dict[tuple[float, float], list[list[np.ndarray]]] = {}
    before: list[list[np.ndarray]] = []
    for seed in seeds:
        corrections = Corrections.of(bench, train, sets, options, seed)
        before.append(corrections.sums())
        for weight in (1.0, 3.0, 10.0):
            for keep in (0.0, 0.5, 0.9):
                sums = corrections.after(0, feedback_weight=weight, replay_keep=keep)
                runs.setdefault((weight, keep), []).append(sums)
    names = [corrections.feedback.name, *(s.name for s in sets)]
    out = (
        "# How strongly feedback pulls\n\n"
        f"{command('feedback', seeds)}\n\n"
        "As Table 2 with all sentences of feedback; `both` F1 less the first submission's, with 95% interval and p. "
        "keep: share of the first submission's own answers in what replayed mentions are trained towards.\n\n"
        "| weight | keep | " + " | ".join(names) + " |\n|---|---|" + "---|" * len(names) + "\n"
    )
    first = [mean_sums(parts) for parts in zip(*before, strict=True)]
    for (weight, keep), kept in runs.items():
        cells = [f"{weight:g}", f"{keep:g}"]
        for a, b in zip(first, [mean_sums(parts) for parts in zip(*kept, strict=True)], strict=True):
            d, low, high, p = difference(a, b, "both")
            cells.append(f"{d:+.3f} [{low:+.3f}, {high:+.3f}], p {p:.4f}")
        out += "| " + " | ".join(cells) + " |\n"
    return out


def drawn(allowed: np.ndarray, size: int, seed: int) -> np.ndarray:
    """A mask with `size` of the allowed sentences (0: all), drawn by seed; smaller draws are parts of larger ones."""
    order = np.random.default_rng(seed).permutation(np.flatnonzero(allowed))
    mask = np.zeros(len(allowed), dtype=bool)
    mask[order[: size or len(order)]] = True
    return mask


def replayed(train: Instances, settings: FinetuneSettings) -> Instances:
    """What the first submission's model folder would keep."""
    replay, sets = replay_of(train, settings.replay_limit, settings.seed)
    labels = [tuple(sets[i]) for i in replay["labels"].tolist()]
    return Instances(replay["vectors"].float(), labels, replay["weights"].float())


CHOICES: dict[str, dict[str, Any]] = {
    "reads vectors (kept)": {},
    "reads logits": {"reads": "logits"},
    "reads probabilities": {"reads": "probabilities"},
    "reads logits and vectors": {"reads": "both"},
    "reads logits, projection tuned": {"reads": "logits", "tune_projection": True},
    "argmax": {"decoding": "argmax"},
}


def conversion(bench: Bench, train: Instances, sets: list[Scored], options: argparse.Namespace) -> str:
    """Ablations of the conversion layer and of the way to say "not in this taxonomy"."""
    seeds = options.seeds[:3]
    rows = {label: seeds_of(bench, train, sets, seeds, {**OURS, **chosen}) for label, chosen in CHOICES.items()}
    own_labels = bench.instances([str(places(options.work, name)) for name in TRAIN])
    rows["national adjectives as places, where Few-NERD has them so"] = seeds_of(bench, own_labels, sets, seeds, OURS)
    kept = next(iter(CHOICES))
    inside = [i for i, types in enumerate(train.labels) if types != ("-",)]
    named = Instances(train.vectors[inside], [train.labels[i] for i in inside], train.weights[inside])
    thresholds: dict[float, list[list[np.ndarray]]] = {t: [] for t in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)}
    for seed in seeds:
        used = bench.tune(named, seed, dev=sets[: len(VALIDATION)], **OURS)
        decided = [bench.decide(s, used) for s in sets]
        for threshold, runs in thresholds.items():
            runs.append([bench.tally(s, c, p >= threshold) for s, (c, p) in zip(sets, decided, strict=True)])
    for threshold, runs in thresholds.items():
        rows[f"no outside type, confidence over {threshold}"] = [mean_sums(p) for p in zip(*runs, strict=True)]
    head = (
        "# Ablations of the conversion layer\n\n"
        f"{command('conversion', seeds)}\n\n"
        "Each row changes one thing of the first. The last rows never see a name outside the taxonomy and leave out "
        "what they are unsure of.\n"
    )
    pairs = [(kept, label) for label in rows if label != kept]
    return head + tables_of(rows, sets, ("strict", "coarse", "both")) + differences_of(rows, pairs, sets)


def places(work: Path, name: str) -> Path:
    """A fine-tuning corpus with its own labels for national adjectives, which `prepare_data.sh` puts outside."""
    own = work / f"{name}_places.jsonl"
    return own if own.is_file() else work / f"{name}.jsonl"


DEEP = "GPE"
"""The subtree whose labels are hidden below the top in the study of depth."""


def guidelines(bench: Bench, train: Instances, sets: list[Scored], options: argparse.Namespace) -> str:
    """Guidelines stop at different depths; three knobs set where a model stops: what corpora weigh, how far evidence
    moves labels down in tuning, and the decoder's prior that gold is coarse."""
    seeds = options.seeds[:1]
    head = [
        "CrossNER",
        "depth",
        "prior",
        *(f"closed {s.name}" for s in sets),
        *(f"open {s.name}" for s in sets),
        "mean",
    ]
    out = (
        "# Where the answers stop along the type tree\n\n"
        f"{command('guidelines', seeds)}\n\n"
        "F1 with credit `both`, labels closed (what lies below gold is half right) and open (it is right), and the "
        "mean of all eight. CrossNER: how often its training part is named; depth: share of a label's mass that YAGO "
        "evidence may move below it in tuning; prior: share of gold that the decoder takes to stop at the top type. "
        "No confidence threshold; epochs chosen by the mean of both readings.\n\n"
        f"| {' | '.join(head)} |\n|{'---|' * len(head)}\n"
    )
    others = [name for name in TRAIN if name != "crossner_train"]
    for times in (3, 10):
        files = [str(options.work / f"{name}.jsonl") for name in (*["crossner_train"] * times, *others)]
        weighed = bench.instances(files, report=lambda _: None)
        for share in (0.0, 0.3, 0.6):
            used = bench.tune(weighed, seeds[0], dev=sets, depth=share, dev_labels="mean", **OURS)
            for prior in (0.0, 0.1, 0.2, 0.3):
                rule = dataclasses.replace(used, coarse_prior=prior)
                sums = [bench.tally(s, bench.decide(s, rule)[0]) for s in sets]
                values = [f1(table, measure) for measure in ("both", "open") for table in sums]
                cells = [str(times), f"{share}", f"{prior}", *(f"{v:.3f}" for v in (*values, np.mean(values)))]
                out += f"| {' | '.join(cells)} |\n"
                print(out.splitlines()[-1], flush=True)
    return out


def depth(bench: Bench, train: Instances, sets: list[Scored], options: argparse.Namespace) -> str:
    """How often YAGO evidence goes below the fine-tuning label rightly: countries and cities are tuned as `GPE` only,
    and scored on gold that says which."""
    taxonomy = bench.targets.taxonomy
    hidden = Instances(
        train.vectors,
        [tuple(sorted({taxonomy.top(t) if t.startswith(f"{DEEP}.") else t for t in g})) for g in train.labels],
        train.weights,
    )
    feedback = bench.read(options.work / "wfbg.jsonl")
    tested = [sets[0], feedback]
    ways: dict[str, dict[str, Any]] = {
        "labels as they are": {},
        "evidence moves .2 of the mass below a label": {"depth": 0.2},
        "evidence moves .5": {"depth": 0.5},
        "evidence moves all": {"depth": 1.0},
    }
    out = (
        "# Depth below the fine-tuning labels\n\n"
        f"{command('depth', options.seeds[:2])}\n\n"
        f"All labels below `{DEEP}` are hidden in tuning (they become `{DEEP}`). Scored on gold mentions whose own "
        f"label is below `{DEEP}`: how many answers go below it, how many of those are on gold's line, and the mean "
        f"credit `both`; and on gold that admits `{DEEP}` itself: how many answers go below. Mean of the seeds.\n\n"
        "| way | set | deep gold | go below | of these right | credit | coarse gold | go below |\n"
        "|---|---|---|---|---|---|---|---|\n"
    )
    evidence_rows: dict[str, float] = {f"evidence over {t} decides below `{DEEP}`": t for t in (0.3, 0.5, 0.7, 0.9)}
    lines: dict[tuple[str, str], list[list[float]]] = {}
    for seed in options.seeds[:2]:
        for way, settings in ways.items():
            used = bench.tune(hidden, seed, dev=sets[1:2], **{**OURS, **settings})
            for scored in tested:
                chosen = bench.head(used).choose(scored.gold_vectors).positions
                lines.setdefault((way, scored.name), []).append(_depth_row(bench, scored, chosen))
                if not settings:
                    for label, least in evidence_rows.items():
                        deeper = _deepened(bench, scored, chosen, least)
                        lines.setdefault((label, scored.name), []).append(_depth_row(bench, scored, deeper))
    for scored in tested:
        chosen = bench.direct().choose(scored.gold_vectors).positions
        lines["Direct", scored.name] = [_depth_row(bench, scored, chosen)]
    for (way, name), values in lines.items():
        deep, below, right, credit, coarse, coarse_below = np.mean(values, axis=0)
        cells = [f"{deep:.0f}", *(f"{v:.3f}" for v in (below, right, credit)), f"{coarse:.0f}", f"{coarse_below:.3f}"]
        out += " | ".join(["| " + way, name, *cells]) + " |\n"
    return out


def _deepened(bench: Bench, scored: Scored, chosen: torch.Tensor, least: float) -> torch.Tensor:
    """Where the chosen type is the hidden top, the type below it with most evidence, if that is enough."""
    with torch.no_grad():
        probabilities = torch.sigmoid(bench.model.tagger.type_logits(scored.gold_vectors)).numpy()
    evidence = torch.from_numpy(bench.mapper.scores(probabilities)).float()
    below = [i for i, n in enumerate(bench.targets.names) if n.startswith(f"{DEEP}.")]
    best = evidence[:, below].max(dim=1)
    deeper = (chosen == bench.targets.names.index(DEEP)) & (best.values >= least)
    return torch.where(deeper, torch.tensor(below)[best.indices], chosen)


def _depth_row(bench: Bench, scored: Scored, chosen: torch.Tensor) -> list[float]:
    names, taxonomy = bench.targets.names, bench.targets.taxonomy
    answers = [names[i] for i in chosen.tolist()]
    deep = [i for i, g in enumerate(scored.gold) if len(g) == 1 and g[0].startswith(f"{DEEP}.")]
    coarse = [i for i, g in enumerate(scored.gold) if DEEP in g]
    below = [i for i in deep if answers[i].startswith(f"{DEEP}.")]
    right = [i for i in below if on_line(taxonomy, answers[i], scored.gold[i][0])]
    credits = bench.targets.set_credits([scored.gold[i] for i in deep], "both")
    credit = credits.gather(1, chosen[deep][:, None]).mean() if deep else torch.zeros(())
    return [
        len(deep),
        len(below) / max(1, len(deep)),
        len(right) / max(1, len(below)),
        float(credit),
        len(coarse),
        sum(answers[i].startswith(f"{DEEP}.") for i in coarse) / max(1, len(coarse)),
    ]


def on_line(taxonomy: Taxonomy, system: str, gold: str) -> bool:
    """Whether one of the two is the other or lies above it."""
    return system == gold or system in taxonomy.ancestors(gold) or gold in taxonomy.ancestors(system)


PARTS = {
    "table1": table1,
    "grid": grid,
    "table2": table2,
    "feedback": feedback,
    "conversion": conversion,
    "depth": depth,
    "guidelines": guidelines,
    "gazetteer": gazetteer,
}

if __name__ == "__main__":
    main()
