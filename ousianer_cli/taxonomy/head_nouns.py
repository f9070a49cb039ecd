"""The noun a Wikipedia category is about, and the class it may be guessed to mean.

A category that names a kind of thing has a plural head before its first preposition ("Lighthouses in Maine", "Films
directed by …"); one with a singular head ("Music of Maine") is about a topic and tells no class. The guess is the
first sense of the longest noun at that place, as WordNet 3.0 orders senses.

The resource holds what `data.noun` does not say: the senses of nouns that have several, the most frequent first, and
the irregular plurals. Build it anew from Princeton's `index.noun` and `noun.exc` (Debian: `/usr/share/wordnet`):
`python -m ousianer_cli.taxonomy.head_nouns build INDEX.NOUN NOUN.EXC OUT.tsv.gz`.
"""

from __future__ import annotations

import gzip
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from ousianer_cli.errors import InputError
from ousianer_cli.taxonomy.wordnet import GUESS_MARK, RESOURCES, WordNet, packed

FIRST_SENSES = RESOURCES / "wordnet30_first_senses.tsv.gz"

ENDS_HEAD = frozenset(
    word
    for line in (
        "about above across after against along among around as at before behind below between beyond by",
        "during for from in inside into near of off on onto outside over per since through to toward towards",
        "under until up upon via with within without who whose which that where when not established",
        "disestablished",
    )
    for word in line.split()
)
_IDLE_HEADS = frozenset(
    word
    for line in (
        "establishment disestablishment introduction birth death beginning ending article page stub category",
        "template topic issue list name thing word letter redirect image file link user source date year",
        "decade century time history culture term concept type form use season episode cover result standing",
        "debut right",
    )
    for word in line.split()
)
"""Heads that say when something happened or how Wikipedia sorts it, not what it is."""

_SENSES_IN_CATEGORIES = {
    # The first sense is not what Wikipedia's categories mean; YAGO's own edges have these.
    "place": "08651247",
    "club": "08227214",
    "college": "08278324",
    "university": "08286569",
    "politician": "10450303",
    "model": "10324560",
    "president": "10467179",
    "minister": "10320863",
    "decoration": "06696483",
    "formation": "08198398",
}

_INVARIANT = frozenset(("series", "species", "aircraft", "spacecraft", "hovercraft"))
_RULES: tuple[tuple[str, str], ...] = (
    *(("ies", "y"), ("ves", "f"), ("ves", "fe"), ("men", "man"), ("ses", "s"), ("xes", "x"), ("zes", "z")),
    *(("ches", "ch"), ("shes", "sh"), ("s", "")),
)
_IRREGULAR = {"people": "person", "peoples": "people"}
_LONGEST = 4


class HeadNouns:
    """Heads and guesses over one WordNet."""

    def __init__(self, wordnet: WordNet | None = None, path: str | Path = FIRST_SENSES) -> None:
        self.wordnet = wordnet or WordNet.load()
        self._senses: dict[str, str] = {}
        self._more: dict[str, tuple[str, ...]] = {}
        for offset, lemmas in self.wordnet.lemmas.items():
            for lemma in lemmas:
                self._senses.setdefault(lemma.lower(), offset)
        self._plurals: dict[str, tuple[str, ...]] = {}
        for kind, word, value in _read(path):
            if kind == "first":
                self._senses[word] = value
            elif kind == "more":
                self._more[word] = tuple(value.split(" "))
            else:
                self._plurals[word] = tuple(value.split(" "))

    def senses(self, noun: str) -> tuple[str, ...]:
        """The offsets of a noun's senses, the most frequent first; empty where WordNet has no such noun.

        Args:
            noun: in lower case and the singular, underscores for blanks.
        """
        first = self._senses.get(noun)
        return () if first is None else (first, *self._more.get(noun, ()))

    def singular(self, word: str) -> str | None:
        """The singular of a plural noun of WordNet (lower case), None for any other word."""
        if word in _IRREGULAR:
            return _IRREGULAR[word]
        if word in _INVARIANT:
            return word
        for base in self._plurals.get(word, ()):
            if base in self._senses and base != word:
                return base
        if word.endswith("ss"):
            return None
        for ending, instead in _RULES:
            if word.endswith(ending) and len(word) > len(ending) + 1:
                base = word.removesuffix(ending) + instead
                if base in self._senses:
                    return base
        return None

    def head(self, category: str) -> tuple[str, ...]:
        """The words of a category up to its head noun, in lower case and the head in the singular; empty where the
        head is no plural noun.

        Args:
            category: `wikicat_Lighthouses_in_Maine`, or the name alone, with underscores or blanks.
        """
        text = category.removeprefix("wikicategory_").removeprefix("wikicat_").replace("_", " ")
        words = re.sub(r"\([^)]*\)", " ", text).split()
        for at in range(1, len(words)):
            word = words[at]
            participle = word.islower() and word.endswith(("ed", "ing")) and self.singular(words[at - 1].lower())
            if word.lower() in ENDS_HEAD or participle:
                words = words[:at]
                break
        if not words:
            return ()
        words = [w.strip(",;:").lower() for w in words]
        single = self.singular(words[-1])
        return (*words[:-1], single) if single else ()

    def guess(self, category: str, *, first_sense: bool = False) -> str | None:
        """The class of the longest noun that ends the head, as `~wordnet_<noun>_1<offset>`; None where there is no
        plural head, or one that says nothing of the kind.

        Args:
            category: as `head` takes it.
            first_sense: always the noun's first sense, even where categories are known to mean another.
        """
        words = self.head(category)
        if not words:
            return None
        for length in range(min(_LONGEST, len(words)), 0, -1):
            noun = "_".join(words[-length:])
            offset = self._senses.get(noun)
            if offset is not None:
                if noun in _IDLE_HEADS:
                    return None
                if not first_sense:
                    offset = _SENSES_IN_CATEGORIES.get(noun, offset)
                return f"{GUESS_MARK}wordnet_{noun}_1{offset}"
        return None


def _read(path: str | Path) -> Iterator[tuple[str, str, str]]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as handle:
            for number, line in enumerate(handle, 1):
                cells = line.rstrip("\n").split("\t")
                if len(cells) != 3:
                    raise InputError("kind, word, value (3 columns)", f"{len(cells)} columns", path=path, line=number)
                yield cells[0], cells[1], cells[2]
    except (OSError, EOFError) as error:
        remedy = "install the package anew"
        raise InputError("the first senses of nouns (gzip)", str(error), path=path, remedy=remedy) from None


def build(index_noun: str | Path, noun_exc: str | Path) -> bytes:
    """The resource's bytes from Princeton's `index.noun` and `noun.exc` (wndb(5WN)); the same input, the same bytes."""
    rows = []
    for number, line in enumerate(Path(index_noun).read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("  "):  # the licence
            continue
        cells = line.split()
        try:
            senses = cells[-int(cells[2]) :]
        except (IndexError, ValueError):
            raise InputError("a line of WordNet's index.noun", line[:60], path=index_noun, line=number) from None
        if len(senses) > 1:
            rows.append(f"first\t{cells[0]}\t{senses[0]}\n")
            rows.append(f"more\t{cells[0]}\t{' '.join(senses[1:])}\n")
    for line in Path(noun_exc).read_text(encoding="utf-8").splitlines():
        plural, *bases = line.split()
        rows.append(f"plural\t{plural}\t{' '.join(bases)}\n")
    return packed("".join(rows))


if __name__ == "__main__":
    if len(sys.argv) != 5 or sys.argv[1] != "build":
        sys.exit("usage: python -m ousianer_cli.taxonomy.head_nouns build INDEX.NOUN NOUN.EXC OUT.tsv.gz")
    Path(sys.argv[4]).write_bytes(build(sys.argv[2], sys.argv[3]))
