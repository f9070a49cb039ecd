"""WordNet 3.0 nouns as the taxonomy above YAGO's classes, read from a small resource so that no WordNet install is
needed.

Ids are in YAGO's form, `wordnet_<lemma>_1<8-digit offset>`. The offset alone names the synset (YAGO writes both
`wordnet_movie_106613686` and `wordnet_film_106613686`); the canonical id carries the synset's first lemma, in lower
case.

Build the resource anew from Princeton's `data.noun` (Debian: `/usr/share/wordnet/data.noun`):
`python -m ousianer_cli.taxonomy.wordnet build DATA.NOUN OUT.tsv.gz`.
"""

from __future__ import annotations

import gzip
import io
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ousianer_cli.errors import InputError, TaxonomyError

RESOURCES = Path(__file__).parent / "resources"
NOUNS = RESOURCES / "wordnet30_nouns.tsv.gz"

GUESS_MARK = "~"
"""Before an id: the class was guessed from the head noun of a Wikipedia category (its first sense), not stated by
YAGO."""

_ID = re.compile(r"(?:wordnet_)?(?P<lemma>.+)_1(?P<offset>\d{8})")

_CORRECTED: dict[str, str | None] = {
    # YAGO's own choices, or a category's head noun in its first sense, that Wikipedia's categories do not mean.
    "13354420": "08518505",  # capital: working assets -> seat of government ("Capitals in Europe")
    "08226699": "08672738",  # village: its people -> the place
    "05538625": "10162991",  # head: part of the body -> person in charge
    "09213565": "08420278",  # bank: of a river -> financial institution
    "03320046": "10077593",  # fan: device -> enthusiast
    "02801525": "09215437",  # basin: vessel -> depression in the land
    "08374049": "08672562",  # settlement: colonists -> place
    "09470550": "09472597",  # volcano: vent -> mountain
    "03006105": "09241247",  # channel: passage for fluids -> deep body of water
    "08168978": "08544813",  # country: politically organised people -> its territory, as YAGO has it elsewhere
    "00087663": "06696483",  # award: a court's grant -> honour
    "05093890": "06697331",  # degree: position on a scale -> academic degree
    "07994752": None,  # gam: a school of whales
    "07508806": None,  # ego
    "09542339": None,  # demon
    "06308765": None,  # ending of a word
    "05216365": None,  # body
    "07166851": None,  # special
    "11426530": None,  # attraction (physics)
    "05799212": None,  # test
    "08566028": None,  # end: YAGO has it on capitals and countries
    "08624385": None,  # post
}


_ADDED_PARENTS = {"10378412": ("00007846",)}
"""WordNet 3.0 has operators (drivers, racers, motorists) below `causal agent` only; YAGO's facts use them of
persons."""


@dataclass(slots=True)
class WordNet:
    """The noun synsets of WordNet 3.0: `lemmas[offset]` (first one names it) and `parents[offset]`, offsets of 8
    digits."""

    lemmas: dict[str, tuple[str, ...]]
    parents: dict[str, tuple[str, ...]]
    _closures: dict[str, frozenset[str]] = field(default_factory=dict, repr=False)
    _depths: dict[str, int] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, path: str | Path = NOUNS) -> WordNet:
        """Read the resource (loaded once a process for each path)."""
        return _load(str(path))

    @property
    def ids(self) -> list[str]:
        """All canonical ids, by offset."""
        return [self.canonical(offset) for offset in self.lemmas]

    def canonical(self, offset: str) -> str:
        """The id of an 8-digit offset."""
        return f"wordnet_{self.lemmas[offset][0].lower()}_1{offset}"

    def find(self, type_id: str) -> str | None:
        """The canonical id of a YAGO id, by its offset whatever its lemma; None where WordNet 3.0 has no such noun."""
        match = _ID.fullmatch(type_id.lstrip(GUESS_MARK))
        if match is None or match["offset"] not in self.lemmas:
            return None
        return self.canonical(match["offset"])

    def synset(self, type_id: str) -> str:
        """Like `find`, but an unknown id is a `TaxonomyError`."""
        found = self.find(type_id)
        if found is None:
            raise TaxonomyError(
                "a WordNet 3.0 noun as wordnet_<lemma>_1<8-digit offset>",
                repr(type_id),
                remedy="check the offset against WordNet 3.0 (not 3.1)",
            )
        return found

    def has_lemma(self, type_id: str) -> bool:
        """Whether the lemma written in the id is one of the synset's own."""
        match = _ID.fullmatch(type_id)
        return match is not None and match["lemma"] in {w.lower() for w in self.lemmas.get(match["offset"], ())}

    def name(self, type_id: str) -> str:
        """The first lemma, blanks for underscores."""
        return self.lemmas[_offset(self.synset(type_id))][0].replace("_", " ")

    def hypernyms(self, type_id: str) -> tuple[str, ...]:
        """The direct hypernyms (classes above an instance too), as canonical ids in WordNet's order."""
        return tuple(self.canonical(o) for o in self.parents[_offset(self.synset(type_id))])

    def ancestors(self, type_id: str) -> frozenset[str]:
        """The synset and everything above it, as canonical ids."""
        start = self.synset(type_id)
        found = self._closures.get(start)
        if found is None:
            seen = {start}
            queue = [start]
            while queue:
                for parent in self.hypernyms(queue.pop()):
                    if parent not in seen:
                        seen.add(parent)
                        queue.append(parent)
            found = self._closures[start] = frozenset(seen)
        return found

    def closure(self, type_ids: Iterable[str]) -> set[str]:
        """All the given synsets and everything above them, as canonical ids."""
        closed: set[str] = set()
        for type_id in type_ids:
            closed |= self.ancestors(type_id)
        return closed

    def is_a(self, type_id: str, ancestor: str) -> bool:
        """Whether `ancestor` is the synset itself or above it."""
        return self.synset(ancestor) in self.ancestors(type_id)

    def depth(self, type_id: str) -> int:
        """The fewest steps up to a synset without hypernyms (0 for `entity`)."""
        start = self.synset(type_id)
        if start not in self._depths:
            level, front, seen = 0, [start], {start}
            while all(self.hypernyms(node) for node in front):
                level += 1
                front = [p for p in dict.fromkeys(p for n in front for p in self.hypernyms(n)) if p not in seen]
                seen.update(front)
            self._depths[start] = level
        return self._depths[start]

    def most_specific(self, type_ids: Iterable[str]) -> tuple[str, ...]:
        """The given synsets without those that lie above another of them; sorted by offset."""
        ids = {self.synset(t) for t in type_ids}
        above: set[str] = set()
        for type_id in ids:
            above |= self.ancestors(type_id) - {type_id}
        return tuple(sorted(ids - above, key=_offset))


def _offset(canonical: str) -> str:
    return canonical[-8:]


def correct_sense(type_id: str, wordnet: WordNet) -> str | None:
    """The canonical id of a YAGO id after correcting known wrong senses; None for an unknown or a useless one."""
    found = wordnet.find(type_id)
    if found is None or _offset(found) not in _CORRECTED:
        return found
    better = _CORRECTED[_offset(found)]
    return None if better is None else wordnet.canonical(better)


def read_label_table(source: str, path: str | Path | None = None) -> dict[str, tuple[str, ...]]:
    """label -> synset ids (none for `-`) of one source, from a table `source<TAB>label<TAB>ids, comma separated`.

    Args:
        source: `dbpedia`, `figer`, or a corpus: `fewnerd`, `crossner`, `coarse`, `wfbg`.
        path: a table; without it, the shipped one that holds the source.

    Raises:
        InputError: a malformed line, or a source that is not in the table.
    """
    if path is None:
        name = source if source in ("dbpedia", "figer") else "corpus"
        path = RESOURCES / f"{name}_to_wordnet.tsv"
    wordnet = WordNet.load()
    table: dict[str, tuple[str, ...]] = {}
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError("a label table", f"no readable file ({error.strerror})", path=path) from None
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != 3:
            raise InputError("source, label, ids (3 columns)", f"{len(cells)} columns", path=path, line=number)
        if cells[0] != source:
            continue
        ids = () if cells[2] == "-" else tuple(cells[2].split(","))
        for type_id in ids:
            if not wordnet.has_lemma(type_id):
                raise InputError("a WordNet 3.0 id in YAGO's form", repr(type_id), path=path, line=number)
        table[cells[1]] = tuple(wordnet.synset(t) for t in ids)
    if not table:
        raise InputError(f"rows of source '{source}'", "none", path=path)
    return table


@cache
def _load(path: str) -> WordNet:
    lemmas: dict[str, tuple[str, ...]] = {}
    parents: dict[str, tuple[str, ...]] = {}
    try:
        with gzip.open(path, "rt", encoding="utf-8") as handle:
            for number, line in enumerate(handle, 1):
                cells = line.rstrip("\n").split("\t")
                if len(cells) != 3:
                    found = f"{len(cells)} columns"
                    raise InputError("offset, lemmas, hypernyms (3 columns)", found, path=path, line=number)
                lemmas[cells[0]] = tuple(cells[1].split(" "))
                parents[cells[0]] = (*cells[2].split(), *_ADDED_PARENTS.get(cells[0], ()))
    except (OSError, EOFError) as error:
        remedy = "install the package anew"
        raise InputError("the WordNet resource (gzip)", str(error), path=path, remedy=remedy) from None
    return WordNet(lemmas, parents)


def build(data_noun: str | Path) -> bytes:
    """The resource's bytes from Princeton's `data.noun` (format: wndb(5WN)); the same input gives the same bytes."""
    rows = []
    with Path(data_noun).open(encoding="utf-8") as handle:
        for number, line in enumerate(handle, 1):
            if line.startswith("  "):  # the licence
                continue
            cells = line.partition("|")[0].split()
            try:
                words = int(cells[3], 16)
                lemmas = [cells[4 + 2 * i] for i in range(words)]
                at = 4 + 2 * words
                pointers = [cells[at + 1 + 4 * i : at + 5 + 4 * i] for i in range(int(cells[at]))]
            except (IndexError, ValueError):
                raise InputError("a line of WordNet's data.noun", line[:60], path=data_noun, line=number) from None
            above = [p[1] for p in pointers if p[0] in ("@", "@i")]
            rows.append(f"{cells[0]}\t{' '.join(lemmas)}\t{' '.join(above)}\n")
    return packed("".join(rows))


def packed(text: str) -> bytes:
    """A resource's text gzipped, without name and time, so that the same text gives the same bytes."""
    content = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=content, compresslevel=9, mtime=0) as out:
        out.write(text.encode())
    return content.getvalue()


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] != "build":
        sys.exit("usage: python -m ousianer_cli.taxonomy.wordnet build DATA.NOUN OUT.tsv.gz")
    Path(sys.argv[3]).write_bytes(build(sys.argv[2]))
