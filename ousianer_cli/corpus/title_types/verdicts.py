"""Step 4: what holds of a title whose labels come from several sources."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ousianer_cli.corpus.title_types.judge import TypeJudge
from ousianer_cli.corpus.title_types.report import Verdict
from ousianer_cli.corpus.title_types.resolve import Label
from ousianer_cli.taxonomy.wordnet import WordNet, correct_sense

SOURCES = ("yago", "yago45", "dbpedia", "figer", "definition")
VERDICTS_KEPT = 50_000
"""Titles with the same labels get the same verdict; so many are remembered."""


@dataclass(slots=True)
class _Counts:
    """What the judge counts for one set of labels."""

    labels_dropped: Counter[str] = field(default_factory=Counter)
    unknown_labels: Counter[str] = field(default_factory=Counter)


class Verdicts:
    """Verdicts of sets of labels, remembered."""

    def __init__(self, meanings: Sequence[tuple[Label, ...]], wordnet: WordNet) -> None:
        self.meanings, self.wordnet = meanings, wordnet
        self.judge = TypeJudge(wordnet)
        self._known: dict[frozenset[int], Verdict] = {}

    def of(self, numbers: frozenset[int]) -> Verdict:
        """What holds of a title with these labels."""
        verdict = self._known.get(numbers)
        if verdict is None:
            verdict = self._judge([label for n in sorted(numbers) for label in self.meanings[n]])
            if len(self._known) >= VERDICTS_KEPT:
                self._known.clear()
            self._known[numbers] = verdict
        return verdict

    def _judge(self, labels: Sequence[Label]) -> Verdict:
        counts = _Counts()
        stated: defaultdict[str, list[str]] = defaultdict(list)
        guesses: list[str] = []
        for label in labels:
            if label.text.startswith("?"):
                counts.unknown_labels[f"{label.source} {label.text[1:]}"] += 1
            elif label.guess:
                guesses.append(label.text)
            else:
                stated[label.source].append(label.text)
        # The closure that a transitive file states adds nothing, and its upper classes are of no kind.
        ids = sorted({*stated["yago"], *stated["yago45"]})
        yago_ids = [*self.wordnet.most_specific(ids), *sorted(set(guesses))]
        tables = {
            "yago": ",".join(yago_ids),
            "dbpedia": ",".join(stated["dbpedia"]),
            "figer": ",".join(stated["figer"]),
        }
        definitions = {name: ",".join(stated[f"definition {name}"]) for name in ("yago", "dbpedia", "figer")}
        sources = [s for s in ("yago", "yago45", "dbpedia", "figer") if stated[s]]
        if guesses and "yago" not in sources:
            sources.insert(0, "yago")
        defined = any(definitions.values())
        pairs = self._pairs(stated)

        verdict = self.judge.judge(tables, "table", counts) if any(tables.values()) else ""
        source = "+".join(sources)
        guessed = False
        if not isinstance(verdict, str):
            guessed = not any(stated[s] for s in ("yago", "yago45", "dbpedia", "figer"))
        elif defined:
            reason = verdict
            verdict = self.judge.judge(definitions, "def", counts)
            source, guessed = "definition", True
            if isinstance(verdict, str):
                verdict = reason or verdict
        has = (*sources, "definition") if defined else tuple(sources)
        rest = (tuple(counts.labels_dropped.items()), tuple(counts.unknown_labels.items()), pairs)
        if isinstance(verdict, str):
            return Verdict((), 0.0, "", False, verdict or "no label in any table", has, *rest)
        return Verdict(verdict[0], verdict[1], source, guessed, "", has, *rest)

    def _pairs(self, stated: Mapping[str, Sequence[str]]) -> tuple[tuple[str, bool], ...]:
        kinds = {}
        for name in SOURCES:
            if name == "definition":
                texts = [(s, t) for s in ("yago", "dbpedia", "figer") for t in stated.get(f"definition {s}", ())]
            elif name in ("yago", "yago45"):
                texts = [(name, t) for t in self.wordnet.most_specific(stated.get(name, ()))]
            else:
                texts = [(name, t) for t in stated.get(name, ())]
            if texts:
                kinds[name] = {self.judge.kind(i) for s, t in texts for i in self._senses(s, t)}
        found = [(a, b) for i, a in enumerate(SOURCES) for b in SOURCES[i + 1 :] if kinds.get(a) and kinds.get(b)]
        return tuple((f"{a}+{b}", not kinds[a] & kinds[b]) for a, b in found)

    def _senses(self, source: str, text: str) -> Iterable[str]:
        if source in ("dbpedia", "figer"):
            return self.judge.tables[source].get(text, ())
        sense = correct_sense(text, self.wordnet)
        return () if sense is None else (sense,)
