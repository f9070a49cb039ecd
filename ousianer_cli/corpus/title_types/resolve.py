"""Step 2: what each label means: WordNet synsets by id, along `subClassOf` edges, or by a guess at the head noun."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ousianer_cli.corpus.title_types.report import TitleTypesReport
from ousianer_cli.taxonomy.head_nouns import HeadNouns
from ousianer_cli.taxonomy.wordnet import RESOURCES, WordNet, read_label_table

YAGO_TABLE = RESOURCES / "yago45_to_wordnet.tsv"


@dataclass(slots=True)
class Label:
    """A distinct label: whose, and what it means."""

    source: str
    text: str
    guess: bool = False


class LabelResolver:
    """Labels into synsets over one WordNet and one set of edges (class -> classes directly above it)."""

    def __init__(self, wordnet: WordNet, edges: Mapping[str, Iterable[str]], report: TitleTypesReport) -> None:
        self.wordnet, self.edges, self.report = wordnet, edges, report
        self._nouns = HeadNouns(wordnet)
        self._classes = read_label_table("yago45", YAGO_TABLE) | read_label_table("yago3", YAGO_TABLE)

    def resolve(self, source: str, label: str) -> tuple[Label, ...]:
        """What a label of a source means; one that means nothing known comes back with `?` before it."""
        return tuple(self._resolve(source, label))

    def _resolve(self, source: str, label: str) -> Iterator[Label]:
        if source not in ("yago", "yago45"):
            yield Label(source, label)
            return
        classes = self._climb(label)
        if classes is not None:
            how = "an id of WordNet 3.0" if label.startswith("wordnet_") else "subClassOf edges"
            if label in self._classes or _without_id(label) in self._classes:
                how = "the table of YAGO's own classes"
            self.report.categories[how if classes else "without use"] += 1
            yield from (Label(source, i) for i in sorted(classes))
            return
        guess = self._nouns.guess(label) if label.startswith(("wikicat_", "wikicategory_")) else None
        if guess is not None:
            self.report.categories["a guess at the head noun"] += 1
            yield Label(source, guess, guess=True)
        else:
            self.report.categories["unknown"] += 1
            yield Label(source, f"?{label}")

    def _climb(self, label: str) -> set[str] | None:
        """The nearest classes with a WordNet id, the label itself included; None where no way up ends in one."""
        classes: set[str] = set()
        reached = False
        seen, front = {label}, [label]
        while front:
            above: list[str] = []
            for name in front:
                ids = self._ids(name)
                if ids is not None:
                    reached = True
                    classes.update(ids)
                else:
                    above += [p for p in dict.fromkeys(self.edges.get(name, ())) if p not in seen]
                    seen.update(above)
            front = above
        return classes if reached else None

    def _ids(self, name: str) -> tuple[str, ...] | None:
        if name.startswith("wordnet_"):
            known = self.wordnet.find(name)
            return None if known is None else (known,)
        ids = self._classes.get(name)
        return self._classes.get(_without_id(name)) if ids is None else ids


def _without_id(name: str) -> str:
    """`yago:Human_settlement_Q486972` -> `yago:Human_settlement`."""
    head, mark, number = name.rpartition("_Q")
    return head if mark and number.isdigit() else name
