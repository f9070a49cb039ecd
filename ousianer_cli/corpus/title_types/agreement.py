"""How good guesses at the head nouns of categories are: against YAGO's own edges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ousianer_cli.formats import yago
from ousianer_cli.taxonomy.head_nouns import HeadNouns
from ousianer_cli.taxonomy.wordnet import GUESS_MARK, WordNet, correct_sense


@dataclass(slots=True)
class Agreement:
    """Guesses at categories' head nouns against YAGO's own edges."""

    edges: int = 0
    guessed: int = 0
    first_sense: int = 0
    """guesses in the noun's first sense that are the class of the edge"""
    same: int = 0
    """guesses as they are used (senses corrected) that are the class of the edge, corrected likewise"""
    on_one_line: int = 0
    """of the others, those above or below it"""
    differences: Counter[str] = field(default_factory=Counter)
    """guess / edge -> categories"""
    ids: int = 0
    """distinct `wordnet_*` ids on edges and in labels"""
    unresolved: list[str] = field(default_factory=list)
    """of these, the ones that WordNet 3.0 does not have"""


def measure_agreement(paths: Sequence[Path]) -> Agreement:
    """Compare the guess of every `wikicat_*` that has an edge to a `wordnet_*` class with that class, and look up every
    `wordnet_*` id of the files.

    Raises:
        InputError: a file that is missing or of no known kind.
    """
    wordnet = WordNet.load()
    nouns = HeadNouns(wordnet)
    result = Agreement()
    ids: set[str] = set()
    for path in paths:
        kind = yago.kind_of(path)
        for child, parent in _class_pairs(Path(path), kind):
            ids.update(name for name in (child, parent) if name.startswith("wordnet_"))
            edge = wordnet.find(parent)
            if not child.startswith("wikicat_") or edge is None:
                continue
            result.edges += 1
            plain, guess = nouns.guess(child, first_sense=True), nouns.guess(child)
            if guess is None:
                continue
            result.guessed += 1
            result.first_sense += wordnet.find(plain or "") == edge
            ours, theirs = correct_sense(guess, wordnet), correct_sense(edge, wordnet)
            if ours == theirs:
                result.same += 1
            elif ours and theirs and (wordnet.is_a(ours, theirs) or wordnet.is_a(theirs, ours)):
                result.on_one_line += 1
            else:
                result.differences[f"{guess.lstrip(GUESS_MARK)} / {edge}"] += 1
    result.ids = len(ids)
    result.unresolved = sorted(i for i in ids if wordnet.find(i) is None)
    return result


def _class_pairs(path: Path, kind: str) -> Iterator[tuple[str, str]]:
    def ignore(line: int, expected: str, found: str) -> None:
        """Reading them for their types counts them."""

    if kind in ("turtle", "yago-tsv"):
        for fact in yago.read_facts(path, kind, ignore):
            if fact.kind in (yago.SUBCLASS, yago.TYPE):
                yield (fact.subject if fact.kind == yago.SUBCLASS else ""), fact.object
    else:
        for row in yago.read_table(path, kind, ignore):
            for source, label in row.labels:
                if source in ("class", "yago"):
                    yield (row.title if yago.is_yago3_class(row.title) else ""), label
