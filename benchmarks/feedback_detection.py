"""Whether a detector learns corrected names, whether it learns their kind, and what it loses.

    python benchmarks/feedback_detection.py MODEL DEV --correct FILE... --replay FILE... [--seeds 1 2 3]
        [--numbers 10 25] [--kinds KIND...] [-o FILE]

All files are corpora with all names marked. The detector is taught as `ousianer finetune --feedback FILE --detection
--detection-replay REPLAY` and `ousianer pretrain --start MODEL --detection FILE REPLAY` do, except that the network
runs over each sentence once for all trainings. Two things are measured:

- its own errors: DEV's documents are parted by a hash of their id; on one half the model's errors (missed names, wrong
  boundaries, words that are no name) are corrected, so many sentences of them; the other half is scored.
- kinds: a person wants other names than the model was trained to find. For each kind, sentences of the --correct files
  are corrected until so many places are; on DEV are scored the recall of the kind (places that are as the person wants
  them) and F1 of exact spans of everything else. The replay is of documents that the model was trained on, in which the
  kind's places speak against the corrections.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from feedback_kinds import NATIONAL

from ousianer_cli.corpus.store import read_store
from ousianer_cli.formats.corpus import Mention, Sentence
from ousianer_cli.formats.detection import Corrected, DetectionLine
from ousianer_cli.formats.words import resplit_tokens
from ousianer_cli.network.checkpoint import Model, load_model
from ousianer_cli.network.nested import Span
from ousianer_cli.network.pieces import EncodedSentence
from ousianer_cli.network.tagger import TaggerNetwork
from ousianer_cli.training import detector
from ousianer_cli.training.detector import teach_detector
from ousianer_cli.training.detector_words import SeenWords, seen_words, spans_in
from ousianer_cli.training.examples import Example, ExampleOptions, encode_sentences, load_examples

DATES = frozenset(
    ["january", "february", "march", "april", "june", "july", "august", "september", "october", "november", "december"]
    + ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
)
BODIES = frozenset(["government", "police", "army", "parliament", "military"])
TITLES = frozenset(
    ["president", "minister", "mr.", "mr", "mrs.", "mrs", "ms.", "ms", "dr.", "dr", "senator", "general", "secretary"]
    + ["governor", "king", "queen", "prince", "chancellor", "colonel", "judge", "professor", "captain", "director"]
    + ["chairman"]
)
RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person wants of a sequence: its names, and the places of the kind with the fault of a model that does not
    know it."""

    names: list[Span]
    places: list[Corrected]


Rule = Callable[[Sequence[str], Span, str], Span | None]
"""Words, a name's span and its type -> the span it should have; None where it is no name."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A wish of a person: a rule for names that are marked, and words that are names and are not marked."""

    name: str
    rule: Rule = lambda words, span, name: span
    missed: Callable[[str], bool] = lambda word: False

    def wanted(self, words: Sequence[str], names: Sequence[tuple[Span, str]]) -> Wanted:
        """The person's names of a sequence with these gold ones."""
        taken = {i for (a, b), _ in names for i in range(a, b)}
        spans: list[Span] = []
        places = []
        for span, name in names:
            new = self.rule(words, span, name)
            if new is not None and taken & (set(range(*new)) - set(range(*span))):
                new = span  # the words belong to another name
            if new is not None:
                spans.append(new)
            if new != span:
                places.append(Corrected(*(new or span), "no name" if new is None else "boundary"))
        for place, word in enumerate(words):
            if place not in taken and self.missed(word):
                spans.append((place, place + 1))
                places.append(Corrected(place, place + 1, "missed"))
        return Wanted(sorted(set(spans)), sorted(places, key=lambda c: c.start))


def _unless(holds: Callable[[Sequence[str], Span, str], bool]) -> Rule:
    return lambda words, span, name: None if holds(words, span, name) else span


KINDS = (
    Kind("no name: national adjectives", _unless(lambda w, s, _: s[1] - s[0] == 1 and w[s[0]].lower() in NATIONAL)),
    Kind("no name: facilities", _unless(lambda w, s, name: name.startswith("FAC"))),
    Kind("no name: vehicles, weapons", _unless(lambda w, s, name: name.startswith(("VEH", "WEA")))),
    Kind(
        "boundary: titles of persons",
        lambda w, s, name: (s[0] - 1, s[1]) if name[:3] == "PER" and s[0] and w[s[0] - 1].lower() in TITLES else s,
    ),
    Kind(
        "boundary: the article of organisations",
        lambda w, s, name: (s[0] - 1, s[1]) if name[:3] == "ORG" and s[0] and w[s[0] - 1].lower() == "the" else s,
    ),
    Kind("boundary: 's after names", lambda w, s, name: (s[0], s[1] + 1) if w[s[1] : s[1] + 1] == ["'s"] else s),
    Kind("missed: months, days of the week", missed=lambda word: word.lower() in DATES),
    Kind("missed: bodies of a state", missed=lambda word: word in BODIES),
    Kind("missed: years", missed=lambda word: len(word) == 4 and word.isdigit() and word[:2] in ("19", "20")),
)


class Remembered:
    """`seen_words` that runs the network over each sequence once."""

    def __init__(self) -> None:
        self._known: dict[bytes, SeenWords] = {}

    def __call__(self, tagger: TaggerNetwork, sequences: Sequence[EncodedSentence]) -> list[SeenWords]:
        keys = [e.piece_ids.tobytes() + e.shapes.tobytes() for e in sequences]
        new = [i for i, key in enumerate(keys) if key not in self._known]
        for i, seen in zip(new, seen_words(tagger, [sequences[i] for i in new]), strict=True):
            self._known[keys[i]] = seen
        return [self._known[key] for key in keys]


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of DEV: its words, gold names with types, and what the network sees of it."""

    document: str
    words: list[str]
    names: list[tuple[Span, str]]
    seen: SeenWords


@dataclass(frozen=True, slots=True)
class Outcome:
    """What corrections did: corrected places learned, of how many; whether each unseen place of the kind is right
    before and after; F1 on everything else before and after; processor seconds of the training."""

    learned: int
    places: int
    before: np.ndarray
    after: np.ndarray
    others: tuple[float, float]
    seconds: float

    def __str__(self) -> str:
        unseen = f"unseen {self.before.mean():.2f} -> {self.after.mean():.2f} of {len(self.after)}, "
        return (
            f"{self.learned} of {self.places} learned, {unseen if len(self.after) else ''}"
            f"others {self.others[0]:.4f} -> {self.others[1]:.4f}, {self.seconds:.0f} s"
        )


class Lab:
    """Model, passages and replay, run through the network once."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.model: Model = load_model(options.model)
        self.see = Remembered()
        setattr(detector, "seen_words", self.see)  # noqa: B010
        self.dev = list(read_store(options.dev))
        self.passages = self._passages(options.dev)
        self.pool = [s for path in options.correct for s in read_store(path)]
        self.replay = self._load(options.replay)
        self._old = copy.deepcopy(self.model.tagger.adapter), self.model.tagger.config
        self.begins = self.found(self.passages)

    def _load(self, paths: Iterable[str]) -> list[Example]:
        model = self.model
        return load_examples(paths, model.tokenizer, ExampleOptions.for_model(model)).examples

    def _passages(self, path: str) -> list[Passage]:
        examples = self._load([path])
        words = [w for sentence in self.dev for w in resplit_tokens(sentence.tokens, [])[0]]
        passages, at = [], 0
        for example, seen in zip(examples, self.see(self.model.tagger, [e.encoded for e in examples]), strict=True):
            names = [(s, types[0] if types else "") for s, types in zip(example.spans, example.labels, strict=True)]
            passages.append(Passage(example.document, words[at : at + len(seen)], names, seen))
            at += len(seen)
        if at != len(words):
            raise SystemExit(f"expected sentences that fit the encoder, found {len(words) - at} words too many")
        return passages

    def found(self, passages: Sequence[Passage]) -> list[list[Span]]:
        tagger = self.model.tagger
        return spans_in(tagger.crf, [p.seen for p in passages], tagger.adapter)

    def forget(self) -> None:
        """Put the detector back as it was."""
        self.model.tagger.adapter, self.model.tagger.config = copy.deepcopy(self._old[0]), self._old[1]

    def kind(self, kind: Kind, number: int, seed: int) -> Outcome:
        """Correct `number` places of a kind, and score DEV."""
        lines: list[DetectionLine] = []
        for i in np.random.default_rng(seed).permutation(len(self.pool)).tolist():
            line = corrected_line(self.pool[i], kind)
            if line.corrected and sum(len(one.corrected) for one in lines) < number:
                lines.append(line)
        return self.outcome(lines, kind, seed, self.passages, self.begins)

    def own_errors(self, number: int, seed: int) -> Outcome:
        """Correct `number` sentences of one half of DEV, and score the other half."""
        faults = self.errors([s for s in self.dev if half(s.document or s.doc)])
        lines = [faults[i] for i in np.random.default_rng(seed).permutation(len(faults)).tolist()[:number]]
        rows = [i for i, p in enumerate(self.passages) if not half(p.document)]
        return self.outcome(
            lines, Kind("its own errors"), seed, [self.passages[i] for i in rows], [self.begins[i] for i in rows]
        )

    def errors(self, sentences: Sequence[Sentence]) -> list[DetectionLine]:
        """Sentences that the detector gets wrong when it reads them alone, with what is wrong in them."""
        encoded = [e.encoded for e in encode_sentences(sentences, self.model.tokenizer).examples]
        tagger = self.model.tagger
        lines = []
        for sentence, spans in zip(
            sentences, spans_in(tagger.crf, self.see(tagger, encoded), tagger.adapter), strict=True
        ):
            gold = {(m.start, m.end) for m in sentence.mentions}
            if len(resplit_tokens(sentence.tokens, [])[0]) != len(sentence.tokens):
                continue  # its tokens are of several of our words
            wrong = []
            for a, b in sorted(gold - set(spans)):
                touched = any(a < d and c < b for c, d in spans)
                wrong.append(Corrected(a, b, "boundary" if touched else "missed"))
            wrong += [Corrected(c, d, "no name") for c, d in spans if all(d <= a or b <= c for a, b in gold)]
            if wrong:
                lines.append(DetectionLine(sentence, tuple(sorted(wrong, key=lambda w: w.start))))
        return lines

    def outcome(
        self,
        lines: Sequence[DetectionLine],
        kind: Kind,
        seed: int,
        passages: Sequence[Passage],
        begins: Sequence[list[Span]],
    ) -> Outcome:
        begun = time.process_time()
        figures = teach_detector(self.model, lines, self.replay, seed=seed, max_loss=1.0, report=print)
        taken = time.process_time() - begun
        now = self.found(passages)
        self.forget()
        wanted = [kind.wanted(p.words, p.names) for p in passages]
        before, after = (
            [hit for w, s in zip(wanted, found, strict=True) for hit in hits(w, s)] for found in (begins, now)
        )
        others = tuple(others_f1(passages, wanted, found) for found in (begins, now))
        return Outcome(
            figures.right_after, figures.places, np.array(before), np.array(after), (others[0], others[1]), taken
        )


def half(document: str) -> int:
    return hashlib.sha256(document.encode()).digest()[0] % 2


def corrected_line(sentence: Sentence, kind: Kind) -> DetectionLine:
    """A sentence as a person of this wish corrects it."""
    names = [((m.start, m.end), m.types[0] if m.types else "") for m in sentence.mentions]
    wanted = kind.wanted(sentence.tokens, names)
    mentions = tuple(Mention(a, b) for a, b in wanted.names)
    return DetectionLine(Sentence(sentence.tokens, mentions, supervises="detection"), tuple(wanted.places))


def hits(wanted: Wanted, found: Sequence[Span]) -> list[float]:
    """Whether each place of the kind is as the person wants it; nothing may be found in words of no name."""
    return [
        float(
            not any(a < c.end and c.start < b for a, b in found) if c.fault == "no name" else (c.start, c.end) in found
        )
        for c in wanted.places
    ]


def others_f1(passages: Sequence[Passage], wanted: Sequence[Wanted], found: Sequence[Sequence[Span]]) -> float:
    """F1 of exact spans away from the kind's places."""
    right = size = 0
    for passage, want, spans in zip(passages, wanted, found, strict=True):
        near = {i for c in want.places for i in range(c.start, c.end)}
        near |= {i for s, _ in passage.names if near & set(range(*s)) for i in range(*s)}
        gold, own = ({s for s in part if not near & set(range(*s))} for part in (want.names, spans))
        right += len(gold & own)
        size += len(gold) + len(own)
    return 2 * right / max(1, size)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("dev")
    parser.add_argument("--correct", nargs="+", required=True)
    parser.add_argument("--replay", nargs="+", required=True)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--numbers", nargs="+", type=int, default=[10, 25])
    parser.add_argument("--kinds", nargs="*", default=None, help="beginnings of kinds' names; all if left out")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    lab = Lab(options)
    results: dict[tuple[str, int], list[Outcome]] = defaultdict(list)
    for number in options.numbers:
        for seed in options.seeds:
            results["its own errors", number].append(lab.own_errors(number, seed))
            print(f"own errors, {number} sentences, seed {seed}: {results['its own errors', number][-1]}", flush=True)
            for kind in KINDS:
                if options.kinds is None or kind.name.startswith(tuple(options.kinds)):
                    results[kind.name, number].append(lab.kind(kind, number, seed))
                    print(f"{kind.name}, {number}, seed {seed}: {results[kind.name, number][-1]}", flush=True)
            if options.output:
                options.output.write_text(report(results, lab, options), encoding="utf-8")
    print(report(results, lab, options))


def report(results: dict[tuple[str, int], list[Outcome]], lab: Lab, options: argparse.Namespace) -> str:
    seeds, numbers = " ".join(map(str, options.seeds)), " ".join(map(str, options.numbers))
    words = sum(e.encoded.words for e in lab.replay)
    out = (
        "# Whether a detector learns corrected names\n\n"
        f"`python benchmarks/feedback_detection.py MODEL DEV --correct FILE... --replay FILE... --seeds {seeds} "
        f"--numbers {numbers}`\n\n"
        f"Mean of {len(options.seeds)} seeds. The detector is held by {words:,} words of {len(options.replay)} files, "
        "which the model was trained on and which label the kinds against the corrections. learned: corrected places "
        "that are right afterwards, read alone (none was before, but for a few). unseen: places of the kind in DEV "
        "that are as the person wants them, read in their passage. others: F1 of exact spans on everything else in "
        "DEV; for the model's own errors, on the other half of DEV's documents. 95% intervals: bootstrap over places "
        f"and seeds together, {RESAMPLES:,} resamples. s: processor seconds of the training alone.\n"
    )
    for number in sorted({number for _, number in results}):
        out += f"\n## {number} corrections\n\n| kind | learned | unseen, n | before | after "
        out += "| others before | change | s |\n"
        out += "|---|---|---|---|---|---|---|---|\n"
        rows = [(name, runs) for (name, n), runs in results.items() if n == number]
        for name, runs in rows:
            learned, places = sum(r.learned for r in runs), sum(r.places for r in runs)
            known = len(runs[0].after) > 0
            unseen = (
                f"{len(runs[0].after)} | {runs[0].before.mean():.2f} | {interval([r.after for r in runs])}"
                if known
                else "| |"
            )
            change = np.mean([r.others[1] - r.others[0] for r in runs])
            out += (
                f"| {name} | {learned} of {places} ({learned / max(1, places):.2f}) | {unseen} | "
                f"{runs[0].others[0]:.4f} | {change:+.4f} | {np.mean([r.seconds for r in runs]):.0f} |\n"
            )
        kinds = [r for name, runs in rows for r in runs if len(r.after)]
        if kinds:
            out += (
                f"| **mean of kinds** | **{np.mean([r.learned / r.places for r in kinds]):.2f}** | | "
                f"{np.mean([r.before.mean() for r in kinds]):.2f} | "
                f"**{np.mean([r.after.mean() for r in kinds]):.2f}** | | "
                f"**{np.mean([r.others[1] - r.others[0] for r in kinds]):+.4f}** | |\n"
            )
    return out


def interval(runs: Sequence[np.ndarray[Any, Any]]) -> str:
    """Mean and 95% interval of what was measured in some runs."""
    rng = np.random.default_rng(1)
    values = np.concatenate(runs)
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{values.mean():.2f} [{low:.2f}, {high:.2f}]"


if __name__ == "__main__":
    main()
