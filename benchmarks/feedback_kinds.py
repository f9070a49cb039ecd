"""Whether a few corrections teach their kind: a kind is hidden from a model, then some mentions of it are corrected.

    python benchmarks/feedback_kinds.py BASE FILE... [--seeds 1 2] [--numbers 10 25 50] [--kinds NAME...]
        [--vectors DIR] [-o FILE]

BASE is a model folder whose network has seen no AIDA types (what `ousianer pretrain` wrote); FILEs are corpus lines
with AIDA types and documents. Documents are parted by a hash of their id: of three fifths the conversion layer
learns, with the kind's mentions labelled as another type or left out; from one fifth come the corrections; on the
last fifth are scored the recall of the kind (its very type) on given spans and, on all other mentions, the mean
credit (both directions, decay .5). For comparison: the recall of a layer that learned from the three fifths with every
mention of the kind rightly labelled ("all labelled"), the measure of what the text itself gives. The ways that are
compared start from the same layer and replay file:

- passes: what the release before did, 20 passes over the replay file and the corrections, each weighing 3;
- steps: 250 steps, each of which sees corrections, with the replay file as it is;
- steps, drop: the same without the replayed mentions that contradict the corrections (`finetune --feedback`);
- steps, relabel: the same with these given the corrected type.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import hashlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ousianer_cli.corpus.store import read_store
from ousianer_cli.formats.corpus import Sentence
from ousianer_cli.network.checkpoint import Model, load_model
from ousianer_cli.network.targets import LabelSet, Targets
from ousianer_cli.network.typing import TypingHead
from ousianer_cli.scoring.sentences import SentenceScorer
from ousianer_cli.settings.finetune import FinetuneSettings
from ousianer_cli.taxonomy.tree_files import load_taxonomy
from ousianer_cli.training.finetune.conversion import LayerTraining, train_conversion, wanted
from ousianer_cli.training.finetune.evaluation import decoding_rule
from ousianer_cli.training.finetune.guard import on_guard
from ousianer_cli.training.finetune.instances import Corpus, Instances, encode_corpus, rounded, typed_mentions
from ousianer_cli.training.finetune.replay import replay_of, replayed
from ousianer_cli.training.finetune.revision import revise
from ousianer_cli.training.schedule import rate_factor
from ousianer_cli.training.vector_cache import VectorCache

NATIONAL = frozenset(
    [
        "afghan",
        "albanian",
        "algerian",
        "american",
        "angolan",
        "arab",
        "argentine",
        "argentinian",
        "armenian",
        "australian",
        "austrian",
        "azerbaijani",
        "bahraini",
        "bangladeshi",
        "belarusian",
        "belgian",
        "bolivian",
        "bosnian",
        "brazilian",
        "british",
        "bulgarian",
        "burmese",
        "cambodian",
        "cameroonian",
        "canadian",
        "chadian",
        "chilean",
        "chinese",
        "colombian",
        "congolese",
        "croatian",
        "cuban",
        "cypriot",
        "czech",
        "danish",
        "dutch",
        "ecuadorean",
        "egyptian",
        "english",
        "eritrean",
        "estonian",
        "ethiopian",
        "filipino",
        "finnish",
        "french",
        "georgian",
        "german",
        "ghanaian",
        "greek",
        "guatemalan",
        "haitian",
        "honduran",
        "hungarian",
        "icelandic",
        "indian",
        "indonesian",
        "iranian",
        "iraqi",
        "irish",
        "israeli",
        "italian",
        "ivorian",
        "jamaican",
        "japanese",
        "jordanian",
        "kazakh",
        "kenyan",
        "kosovar",
        "kuwaiti",
        "kyrgyz",
        "laotian",
        "latvian",
        "lebanese",
        "liberian",
        "libyan",
        "lithuanian",
        "macedonian",
        "malaysian",
        "malian",
        "maltese",
        "mauritanian",
        "mexican",
        "moldovan",
        "mongolian",
        "montenegrin",
        "moroccan",
        "mozambican",
        "namibian",
        "nepalese",
        "nicaraguan",
        "nigerian",
        "norwegian",
        "omani",
        "pakistani",
        "palestinian",
        "panamanian",
        "paraguayan",
        "peruvian",
        "polish",
        "portuguese",
        "qatari",
        "romanian",
        "russian",
        "rwandan",
        "saudi",
        "scottish",
        "senegalese",
        "serbian",
        "singaporean",
        "slovak",
        "slovenian",
        "somali",
        "spanish",
        "sudanese",
        "swedish",
        "swiss",
        "syrian",
        "taiwanese",
        "tajik",
        "tanzanian",
        "thai",
        "tunisian",
        "turkish",
        "turkmen",
        "ugandan",
        "ukrainian",
        "uruguayan",
        "uzbek",
        "venezuelan",
        "vietnamese",
        "welsh",
        "yemeni",
        "zambian",
        "zimbabwean",
    ]
)


@dataclass(frozen=True, slots=True)
class Named:
    """A mention: its words, its type, its document."""

    words: str
    type: str
    document: str


@dataclass(frozen=True, slots=True)
class Kind:
    """What is hidden; `learned_as` is the type its mentions are given in training, None where they are left out."""

    name: str
    type: str
    learned_as: str | None
    holds: Callable[[str], bool] = lambda words: True

    def has(self, mention: Named) -> bool:
        return mention.type == self.type and self.holds(mention.words)


KINDS = (
    Kind("national adjectives", "GPE.Country.Country", "-", lambda w: w.lower().split()[-1] in NATIONAL),
    Kind("journalists", "PER.ProfessionalPosition.Journalist", "PER.ProfessionalPosition"),
    Kind("ministers", "PER.ProfessionalPosition.Minister", "PER.ProfessionalPosition"),
    Kind("parties", "ORG.PoliticalOrganization.Party", "ORG.Association"),
    Kind("neighbourhoods", "LOC.Position.Neighborhood", "GPE.UrbanArea.City"),
    Kind(
        "heads of government by one word",
        "PER.Politician.HeadOfGovernment",
        "PER.ProfessionalPosition",
        lambda w: " " not in w,
    ),
    Kind("news agencies", "ORG.CommercialOrganization.NewsAgency", None),
    Kind("continents", "LOC.Land.Continent", None),
    Kind("armed forces", "ORG.MilitaryOrganization.GovernmentArmedForces", None),
    Kind("teams", "ORG.Association.Team", None),
)
WAYS = ("passes", "steps", "steps, drop", "steps, relabel")
AIM = 25
RESAMPLES = 2000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", type=Path)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--numbers", nargs="+", type=int, default=[10, 25, 50], help="corrections given")
    parser.add_argument("--kinds", nargs="+", choices=[k.name for k in KINDS], default=[k.name for k in KINDS])
    parser.add_argument("--passes-at", nargs="+", type=int, default=[AIM], help="corrections at which `passes` is run")
    parser.add_argument("--vectors", default="", help="folder that keeps mention vectors")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    lab = Lab(options.base, options.files, options.vectors)
    results: dict[tuple[str, str, int], list[Outcome]] = defaultdict(list)
    taught: dict[str, list[float]] = defaultdict(list)
    for seed in options.seeds:
        for kind, recall in lab.rightly_labelled(seed):
            if kind.name not in options.kinds:
                continue
            taught[kind.name].append(recall)
            print(f"seed {seed}  {kind.name}  all labelled: recall {recall:.2f}", flush=True)
        for kind in (k for k in KINDS if k.name in options.kinds):
            for way, number, outcome in lab.outcomes(kind, seed, options.numbers, options.passes_at):
                results[kind.name, way, number].append(outcome)
                print(f"seed {seed}  {kind.name}  {way}  {number}: {outcome}", flush=True)
            if options.output:
                options.output.write_text(report(results, taught, lab, options), encoding="utf-8")
    print(report(results, taught, lab, options))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What corrections did: whether each unseen mention of the kind is right now, recall before, change of the mean
    credit on all others and its parts, processor seconds, replayed mentions found to contradict, corrections given."""

    hits: np.ndarray
    before: float
    others: np.ndarray
    seconds: float
    contradicting: int
    given: int

    def __str__(self) -> str:
        return (
            f"recall {self.before:.2f} -> {self.hits.mean():.2f} of {len(self.hits)}, others "
            f"{self.others.mean():+.4f}, {self.contradicting} contradicting, {self.seconds:.1f} s"
        )


class Lab:
    """Mentions with their vectors, computed once."""

    def __init__(self, base: Path, files: Sequence[Path], kept: str) -> None:
        self.model = load_model(base)
        self.targets = Targets(load_taxonomy("aida-edl"))
        self.scorer = SentenceScorer(self.targets.taxonomy)
        self.settings = FinetuneSettings(balance=False, epochs=10)
        cache = VectorCache(self.model, self.settings.batch_pieces, kept)
        parts = [mentions_of(self.model, cache, self.targets, path) for path in files]
        self.named = [n for named, _ in parts for n in named]
        self.vectors = torch.cat([vectors for _, vectors in parts])
        fifth = [hashlib.sha256(n.document.encode()).digest()[0] % 5 for n in self.named]
        self.trained = [i for i, f in enumerate(fifth) if f < 3]
        self.pool = [i for i, f in enumerate(fifth) if f == 3]
        self.unseen = [i for i, f in enumerate(fifth) if f == 4]

    def instances(self, rows: Sequence[int], labels: Sequence[str], *, closed: bool = False) -> Instances:
        return Instances(
            self.vectors[list(rows)],
            [(name,) for name in labels],
            torch.ones(len(rows)),
            torch.full((len(rows),), closed),
        )

    def rightly_labelled(self, seed: int) -> Iterator[tuple[Kind, float]]:
        """(kind, recall of a layer that was trained with all its mentions)."""
        settings = dataclasses.replace(self.settings, seed=seed)
        train = self.instances(self.trained, [self.named[i].type for i in self.trained])
        torch.manual_seed(seed)
        train_conversion(self.model, self.targets, None, train, [], settings, report=lambda _: None)
        for kind in KINDS:
            unseen = [i for i in self.unseen if kind.has(self.named[i])]
            yield kind, float(self.scored(unseen, kind.type, settings).mean())

    def outcomes(
        self, kind: Kind, seed: int, numbers: Sequence[int], passes_at: Sequence[int]
    ) -> Iterator[tuple[str, int, Outcome]]:
        """(way, corrections, outcome) of one kind."""
        rows = [i for i in self.trained if kind.learned_as or not kind.has(self.named[i])]
        labels = [(kind.learned_as or "") if kind.has(self.named[i]) else self.named[i].type for i in rows]
        settings = dataclasses.replace(self.settings, seed=seed)
        train = self.instances(rows, labels)
        torch.manual_seed(seed)
        train_conversion(self.model, self.targets, None, train, [], settings, report=lambda _: None)
        layer = copy.deepcopy(self.model.conversion)
        self.model.replay, self.model.config["replay_sets"] = replay_of(train, settings.replay_limit, seed)
        replay = replayed(self.model, self.targets)
        order = np.random.default_rng(seed).permutation([i for i in self.pool if kind.has(self.named[i])]).tolist()
        unseen = [i for i in self.unseen if kind.has(self.named[i])]
        others = [i for i in self.unseen if not kind.has(self.named[i])]
        right, credits = self.scored(unseen, kind.type, settings), self.credits(others, settings)
        for number in numbers:
            corrected = self.instances(order[:number], [kind.type] * len(order[:number]), closed=True)
            for way in WAYS:
                if way == "passes" and number not in passes_at:
                    continue
                self.model.conversion = copy.deepcopy(layer)
                torch.manual_seed(seed)
                begun = time.process_time()
                found = self.learn(way, replay, corrected, settings)
                taken = time.process_time() - begun
                now = self.scored(unseen, kind.type, settings)
                change = self.credits(others, settings) - credits
                yield way, number, Outcome(now, float(right.mean()), change, taken, found, len(corrected))

    def learn(self, way: str, replay: Instances, corrected: Instances, settings: FinetuneSettings) -> int:
        """Train the layer on; returns how many replayed mentions contradict."""
        if way == "passes":
            passes(self.model, self.targets, replay, corrected, settings)
            return 0
        how: Any = way.partition(", ")[2] or "keep"
        settings = dataclasses.replace(settings, contradicting=how)
        trained = replay.part(~on_guard(replay))
        return revise(
            self.model, self.targets, None, trained, corrected, [], settings, report=lambda _: None
        ).contradicting

    def types(self, rows: Sequence[int], settings: FinetuneSettings) -> list[str]:
        head = TypingHead(self.model, self.targets, decoding_rule(settings))
        return [head.names[i] for i in head.choose(self.vectors[list(rows)]).positions.tolist()]

    def scored(self, rows: Sequence[int], name: str, settings: FinetuneSettings) -> np.ndarray:
        """Whether each mention has the type."""
        return np.asarray([found == name for found in self.types(rows, settings)], dtype=float)

    def credits(self, rows: Sequence[int], settings: FinetuneSettings) -> np.ndarray:
        """Credit (both, decay .5) of each mention."""
        labels: list[LabelSet] = [(self.named[i].type,) for i in rows]
        return self.scorer.credits(labels, self.types(rows, settings), "both")


def mentions_of(model: Model, cache: VectorCache, targets: Targets, path: Path) -> tuple[list[Named], torch.Tensor]:
    """The mentions of a file that lie in no other one, and their vectors."""
    named: list[Named] = []
    sentences: list[Sentence] = []
    for sentence in read_store(path):
        numbered = []
        for mention in sentence.mentions:
            words = " ".join(sentence.tokens[mention.start : mention.end])
            named.append(Named(words, mention.types[0] if mention.types else "", sentence.document or sentence.doc))
            # Passages and cuts at the piece limit leave a mention's weight as it is, which so tells where it came from.
            numbered.append(dataclasses.replace(mention, weight=float(len(named) + 1)))
        sentences.append(dataclasses.replace(sentence, mentions=tuple(numbered)))
    encoded = encode_corpus(Corpus(str(path), sentences), model, keep_unlabelled=False)
    spans, _, weights = typed_mentions(encoded.examples, targets, str(path), nested=True)
    vectors = rounded(cache.of([e.encoded for e in encoded.examples], spans))
    outer = weights > 1.5
    return [named[int(w) - 2] for w in weights[outer].tolist()], vectors[outer]


def passes(model: Model, targets: Targets, replay: Instances, corrected: Instances, settings: FinetuneSettings) -> None:
    """The way of the release before: passes over everything, replayed mentions partly towards the model's answers."""
    both = replay.joined(corrected.weighted(settings.feedback_weight))
    towards = wanted(model, targets, None, both, settings)
    before = TypingHead(model, targets, decoding_rule(settings)).scores(replay.vectors)
    keep = settings.replay_keep
    towards[: len(replay)] = (1 - keep) * towards[: len(replay)] + keep * before
    training = LayerTraining(model, targets, both.vectors, towards)
    training.begin(settings)
    total = 20 * -(-len(both) // settings.batch_size)
    generator = torch.Generator().manual_seed(settings.seed)
    step = 0
    for _ in range(20):
        for rows in torch.split(torch.randperm(len(both), generator=generator), settings.batch_size):
            training.step(rows, both.weights[rows], rate_factor(step, total, settings.warmup_steps))
            step += 1
    training.keep()
    training.end()


def report(
    results: dict[tuple[str, str, int], list[Outcome]],
    taught: dict[str, list[float]],
    lab: Lab,
    options: argparse.Namespace,
) -> str:
    seeds = " ".join(map(str, options.seeds))
    numbers = sorted({number for _, _, number in results})
    shown = " ".join(map(str, options.numbers))
    out = (
        "# Whether a few corrections teach their kind\n\n"
        f"`python benchmarks/feedback_kinds.py BASE FILE... --seeds {seeds} --numbers {shown}`\n\n"
        f"{len(lab.named):,} mentions of {len(options.files)} files: {len(lab.trained):,} to learn from (the replay "
        f"file holds at most {lab.settings.replay_limit:,} of them), {len(lab.pool):,} to correct, "
        f"{len(lab.unseen):,} unseen. Recall: share of the kind's unseen mentions with its "
        "very type, spans given; others: change of the mean "
        "credit "
        "(both directions, decay .5) on all other unseen mentions. 95% intervals: bootstrap over mentions and "
        f"seeds together, {RESAMPLES:,} resamples. s: processor seconds of the learning alone.\n"
    )
    for number in numbers:
        ways = [way for way in WAYS if any((k.name, way, number) in results for k in KINDS)]
        out += f"\n## {number} corrections\n\n| kind | learned as | given | n | all labelled |"
        out += (
            "".join(f" {way}: recall | others |" for way in ways)
            + "\n|---|---|---|---|---|"
            + "---|---|" * len(ways)
            + "\n"
        )
        for kind in KINDS:
            if (kind.name, ways[-1], number) not in results:
                continue
            first = results[kind.name, ways[-1], number]
            out += f"| {kind.name} | {kind.learned_as or '(left out)'} | {first[0].given} | {len(first[0].hits)} "
            out += f"| {np.mean(taught[kind.name]):.2f} |"
            for way in ways:
                rows = results[kind.name, way, number]
                out += f" {interval([r.hits for r in rows])} | {interval([r.others for r in rows], '+.4f')} |"
            out += "\n"
        out += f"| **mean** | | | | **{np.mean([np.mean(v) for v in taught.values()]):.2f}** |"
        for way in ways:
            rows = [r for kind in KINDS for r in results.get((kind.name, way, number), [])]
            recall, others = (
                np.mean([a.mean() for a in part]) for part in zip(*((r.hits, r.others) for r in rows), strict=True)
            )
            out += f" **{recall:.2f}** ({np.mean([r.seconds for r in rows]):.1f} s) | **{others:+.4f}** |"
        out += "\n"
    return out


def interval(runs: Sequence[np.ndarray], form: str = ".2f") -> str:
    """Mean and 95% interval of what was measured in some runs."""
    rng = np.random.default_rng(1)
    values = np.concatenate(runs)
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{values.mean():{form}} [{low:{form}}, {high:{form}}]"


if __name__ == "__main__":
    main()
