"""Common nouns and noun phrases -> WordNet classes: `aircraft carrier` -> `wordnet_aircraft_carrier_102687172`.

The class of a phrase is that of the longest noun of WordNet at its head ("deputy prime minister": prime minister;
"secretary of state" whole; "minister of defence": minister). Of a noun's senses the most frequent that fits the
entity's coarse type is taken: a `fighter` is a person, as a vehicle an aircraft. A table holds what this gets wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ousianer_cli.errors import InputError, TaxonomyError
from ousianer_cli.taxonomy.head_nouns import ENDS_HEAD, HeadNouns
from ousianer_cli.taxonomy.wordnet import RESOURCES, WordNet, correct_sense

EXCEPTIONS = RESOURCES / "noun_classes.tsv"
OUTSIDE = "-"

_GROUP = "wordnet_group_100031264"
_REGION = "wordnet_location_100027167"
_BUILT = ("wordnet_structure_104341686", "wordnet_facility_103315023", "wordnet_way_104564698")
_NATURE = (
    "wordnet_geological_formation_109287968",
    "wordnet_land_109334396",
    "wordnet_body_of_water_109225146",
    "wordnet_natural_object_100019128",
)
_MEDIA = ("wordnet_communication_100033020", "wordnet_creation_103129123", "wordnet_medium_106254669")
_ARTIFACT = "wordnet_artifact_100021939"

_FITTING: dict[str, tuple[tuple[str, ...], ...]] = {
    "PER": (
        ("wordnet_person_100007846",),
        ("wordnet_imaginary_being_109483738", "wordnet_animal_100015388"),
        (_GROUP,),
    ),
    "ORG": ((_GROUP,), (*_BUILT, *_MEDIA), (_REGION, _ARTIFACT)),
    "GPE": ((_REGION,), (_GROUP,), _NATURE),
    "LOC": ((_REGION, *_NATURE), _BUILT, (_GROUP,)),
    "FAC": (_BUILT, (_REGION, _ARTIFACT), (*_NATURE, _GROUP)),
    "VEH": (("wordnet_vehicle_104524313", "wordnet_craft_103125870"), ("wordnet_conveyance_103100490",), (_ARTIFACT,)),
    "WEA": (
        ("wordnet_weaponry_104566257", "wordnet_missile_103773504", "wordnet_explosive_114859344"),
        (_ARTIFACT, "wordnet_substance_100019613"),
    ),
}
"""Coarse type -> what a sense must lie under; the first group in which the noun has a sense counts."""

COARSE_TYPES = tuple(_FITTING)

_AFTER_HEAD = frozenset(("elect", "emeritus", "general", "designate", "laureate", "presumptive", "royal", "martial"))
"""Adjectives that follow their noun."""
_LONGEST = 5


class NounClasses:
    """The classes of nouns over one WordNet and one table of exceptions."""

    def __init__(self, nouns: HeadNouns | None = None, path: str | Path = EXCEPTIONS) -> None:
        self.nouns = nouns or HeadNouns()
        self.wordnet = self.nouns.wordnet
        self._exceptions = _read(path, self.wordnet)
        self._known: dict[tuple[str, str], str | None] = {}

    def find(self, noun: str, coarse: str | None = None) -> str | None:
        """The canonical id of a noun's class; None where WordNet has no such noun, or no sense that fits.

        Args:
            noun: a common noun or noun phrase, in the singular or plural, in any case.
            coarse: the entity's type: PER, ORG, GPE, LOC, FAC, VEH, WEA, or a type below one of them
                (`PER.Politician`); `-` for a name outside the taxonomy, None where it is not known.

        Raises:
            TaxonomyError: another coarse type.
        """
        kind = OUTSIDE if coarse is None else coarse.partition(".")[0].upper()
        if kind != OUTSIDE and kind not in _FITTING:
            raise TaxonomyError(f"{', '.join(COARSE_TYPES)} or {OUTSIDE} as a noun's coarse type", repr(coarse))
        key = (" ".join(noun.lower().replace("_", " ").split()), kind)
        if key not in self._known:
            self._known[key] = self._find(*key)
        return self._known[key]

    def _find(self, noun: str, kind: str) -> str | None:
        for phrase in self._phrases(noun):
            for at in (kind, "*"):
                if (phrase, at) in self._exceptions:
                    return self._exceptions[phrase, at]
            found = self._sense(phrase, kind)
            if found is not None:
                return found
        return None

    def _phrases(self, noun: str) -> Iterator[str]:
        """The phrase, its head cut free, the head's last words, longest first; each as it is and in the singular."""
        words = noun.split(" ")
        yield from self._forms(words)
        if "-" in noun:
            yield from self._forms(noun.replace("-", " ").split())
        for at in range(1, len(words)):
            if words[at] in ENDS_HEAD:
                single = self.nouns.singular(words[at - 1])
                if single is not None:  # secretaries of state
                    yield "_".join((*words[: at - 1], single, *words[at:]))
                words = words[:at]
                break
        if len(words) > 1 and words[-1] in _AFTER_HEAD:
            words = words[:-1]
        for length in range(min(_LONGEST, len(words)), 0, -1):
            yield from self._forms(words[-length:])
        if "-" in words[-1]:  # co-founder
            yield from self._forms([words[-1].rpartition("-")[2]])

    def _forms(self, words: list[str]) -> Iterator[str]:
        yield "_".join(words)
        single = self.nouns.singular(words[-1])
        if single is not None and single != words[-1]:
            yield "_".join((*words[:-1], single))
        elif len(words) > 1 and (single := self.nouns.singular("_".join(words))) is not None:
            yield single

    def _sense(self, phrase: str, kind: str) -> str | None:
        senses = [correct_sense(self.wordnet.canonical(o), self.wordnet) for o in self.nouns.senses(phrase)]
        kept = [s for s in senses if s is not None]
        if kind == OUTSIDE:
            return kept[0] if kept else None
        for tops in _FITTING[kind]:
            for sense in kept:
                if not self.wordnet.ancestors(sense).isdisjoint(tops):
                    return sense
        return None


@cache
def _shared() -> NounClasses:
    return NounClasses()


def noun_class(noun: str, coarse: str | None = None) -> str | None:
    """As `NounClasses.find`, over the shipped resources."""
    return _shared().find(noun, coarse)


def _read(path: str | Path, wordnet: WordNet) -> dict[tuple[str, str], str | None]:
    """Rows `noun<TAB>coarse type or *<TAB>id or -`."""
    table: dict[tuple[str, str], str | None] = {}
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("a table of nouns and classes", str(error), path=path) from None
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != 3:
            raise InputError("noun, coarse type, id (3 columns)", f"{len(cells)} columns", path=path, line=number)
        noun, kind, type_id = cells
        if kind not in (*_FITTING, OUTSIDE, "*"):
            raise InputError(f"{', '.join(COARSE_TYPES)}, {OUTSIDE} or *", repr(kind), path=path, line=number)
        if type_id != "-" and not wordnet.has_lemma(type_id):
            raise InputError("a WordNet 3.0 id in YAGO's form", repr(type_id), path=path, line=number)
        table[noun.replace(" ", "_"), kind] = None if type_id == "-" else wordnet.synset(type_id)
    return table
