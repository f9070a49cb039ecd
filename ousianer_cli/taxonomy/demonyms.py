"""Words for peoples, their languages and what is of a place: `French`, `Danes`, `Japanese`.

Corpora differ on them: some tag `French` in `French president` as a place, most say that it names none. The track's
guidelines take adjectives of places as names of them, and nouns for people (`an American`, `Danes`) as none.

Build the list of adjectives anew from Princeton's `data.adj` (Debian: `/usr/share/wordnet/data.adj`):
`python -m ousianer_cli.taxonomy.demonyms build DATA.ADJ OUT.tsv`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from ousianer_cli.formats.text import filled_lines
from ousianer_cli.taxonomy.wordnet import RESOURCES, WordNet

ADJECTIVES = RESOURCES / "place_adjectives.tsv"
"""adjective TAB synsets of the places that it pertains to, comma separated."""

_ROOTS = (
    "wordnet_inhabitant_109620078",
    "wordnet_natural_language_106904171",
    "wordnet_african_109634494",
    "wordnet_arab_109729530",
    "wordnet_person_of_color_109636106",
)
_PLACE = "wordnet_location_100027167"
_LAND = "wordnet_land_109334396"
_GOVERNED = (
    "wordnet_administrative_district_108491826",
    "wordnet_urban_area_108675967",
    "wordnet_island_109316454",
)
"""Places that have a government, islands among them (Great Britain, Cyprus)."""
_PEOPLE = "_people"
"""WordNet names a nation's people so (`French_people`), beside the word itself."""
# Of states that WordNet 3.0 has as regions, as nouns only, or not at all.
_STATES = frozenset(
    [
        "Australian",
        "Bahraini",
        "Catalan",
        "Chechen",
        "Corsican",
        "Croat",
        "Czech",
        "Czechoslovakian",
        "Emirati",
        "Estonian",
        "Kashmiri",
        "Kazakh",
        "Korean",
        "Kosovar",
        "Kyrgyz",
        "Latvian",
        "Lithuanian",
        "Montenegrin",
        "Palestinian",
        "Serb",
        "Serbian",
        "Slovak",
        "Sri_Lankan",
        "Tajik",
        "Uzbek",
        "Welsh",
    ]
)
# Of peoples without a state, and of other things first.
_NO_PLACES = frozenset(
    ["Kurdish", "Latin", "Caucasian", "Caucasic", "Mongoloid", "Olympian", "Olympic", "Philistine", "Continental"]
)
# After these words, a word that may be noun or adjective was a noun.
_NO_NOUN_FOLLOWS = frozenset(
    [
        "who",
        "that",
        "which",
        "is",
        "are",
        "was",
        "were",
        "be",
        "has",
        "have",
        "had",
        "do",
        "does",
        "did",
        "will",
        "would",
        "can",
        "could",
        "may",
        "said",
        "says",
        "say",
        "told",
        "in",
        "of",
        "from",
        "to",
        "by",
        "at",
        "on",
        "with",
        "for",
        "into",
        "as",
        "and",
        "or",
        "but",
        "living",
        "named",
        "called",
    ]
)
_BE = frozenset(["is", "are", "was", "were", "be", "been", "being", "am", "'s", "'re"])
_HYPHENS = frozenset("-–—")


def demonyms() -> frozenset[str]:
    """Capitalised single words of WordNet 3.0 for inhabitants, peoples and languages, but for those that name a place
    too (`Kansas` is also a language)."""
    return _peoples_and_places()[0]


@cache
def _peoples_and_places() -> tuple[frozenset[str], frozenset[str]]:
    wordnet = WordNet.load()
    found: set[str] = set()
    places: set[str] = set()
    for offset, lemmas in wordnet.lemmas.items():
        above = wordnet.ancestors(wordnet.canonical(offset))
        if _PLACE in above:
            places.update(lemmas)
        elif any(root in above for root in _ROOTS) or any(word.endswith(_PEOPLE) for word in lemmas):
            found.update(word for word in lemmas if word[:1].isupper() and "_" not in word)
    return frozenset(found - places), frozenset(places)


@cache
def place_adjectives() -> dict[str, str]:
    """Adjective (`French`, `South_African`) -> `GPE`, or `LOC` where its place has no government (`European`)."""
    wordnet = WordNet.load()
    found: dict[str, str] = {}
    for _, line in filled_lines(ADJECTIVES, "adjectives of places"):
        word, _, ids = line.partition("\t")
        above = {up for type_id in ids.split(",") for up in wordnet.ancestors(type_id)}
        if word not in _NO_PLACES:
            found[word] = "GPE" if any(kind in above for kind in _GOVERNED) else "LOC"
    return found | dict.fromkeys(_STATES, "GPE") | {"Caribbean": "LOC"}


def is_demonym(words: Sequence[str]) -> bool:
    """Whether a name consists of such a word alone, in the singular or with a plural s."""
    known, places = _peoples_and_places()
    if len(words) != 1 or words[0] in places:
        return False
    return words[0] in known or (words[0].endswith("s") and words[0][:-1] in known)


def demonym_type(tokens: Sequence[str], start: int, end: int) -> Literal["GPE", "LOC", "-", ""]:
    """What tokens [start, end) of a sentence are by the guidelines: the type of the place whose adjective they are, `-`
    for a noun for people or a language, or nothing for any other name.

    A word that may be both is an adjective where a word follows that it can belong to, or after a form of `be`.
    """
    words = tokens[start:end]
    kind = place_adjectives().get("_".join(words)) or place_adjectives().get("".join(words))
    if kind is None:
        return "-" if is_demonym(words) else ""
    following = tokens[end] if end < len(tokens) else ""
    belongs = following in _HYPHENS or (following[:1].isalpha() and following.lower() not in _NO_NOUN_FOLLOWS)
    if belongs or (start and tokens[start - 1].lower() in _BE):
        return "GPE" if kind == "GPE" else "LOC"
    return "-"


def _rows(data_adj: Path) -> Iterator[tuple[str, str]]:
    """(adjective, synset) of every capitalised adjective that pertains to a place (format: wndb(5WN))."""
    wordnet = WordNet.load()
    for _, line in filled_lines(data_adj, "WordNet's data.adj"):
        if line.startswith("  "):  # the licence
            continue
        cells = line.partition("|")[0].split()
        lemmas = [cells[4 + 2 * i] for i in range(int(cells[3], 16))]
        at = 4 + 2 * len(lemmas)
        for i in range(int(cells[at])):
            symbol, offset, part, source = cells[at + 1 + 4 * i : at + 5 + 4 * i]
            if symbol != "\\" or part != "n":
                continue
            place = wordnet.canonical(offset)
            if not {_PLACE, _LAND} & set(wordnet.ancestors(place)):
                continue
            number = int(source[:2], 16)
            for lemma in [lemmas[number - 1]] if number else lemmas:
                if lemma[:1].isupper():
                    yield lemma.partition("(")[0], place


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] != "build":
        sys.exit("usage: python -m ousianer_cli.taxonomy.demonyms build DATA.ADJ OUT.tsv")
    places: dict[str, list[str]] = {}
    for adjective, place in _rows(Path(sys.argv[2])):
        places.setdefault(adjective, []).append(place)
    lines = (f"{word}\t{','.join(dict.fromkeys(ids))}\n" for word, ids in sorted(places.items()))
    Path(sys.argv[3]).write_text("".join(lines), encoding="utf-8")
