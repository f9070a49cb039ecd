"""Words that name a people or its language and serve as national adjectives: `French`, `Danes`, `Japanese`.

Guidelines differ on them: some corpora tag `French` in `French president` as a place, most say that it names none.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from ousianer_cli.taxonomy.wordnet import WordNet

_ROOTS = (
    "wordnet_inhabitant_109620078",
    "wordnet_natural_language_106904171",
    "wordnet_african_109634494",
    "wordnet_arab_109729530",
    "wordnet_person_of_color_109636106",
)
_PLACE = "wordnet_location_100027167"
_PEOPLE = "_people"
"""WordNet names a nation's people so (`French_people`), beside the word itself."""


@cache
def demonyms() -> frozenset[str]:
    """Capitalised single words of WordNet 3.0 for inhabitants, peoples and languages, but for those that name a place
    too (`Kansas` is also a language)."""
    wordnet = WordNet.load()
    found: set[str] = set()
    places: set[str] = set()
    for offset, lemmas in wordnet.lemmas.items():
        above = wordnet.ancestors(wordnet.canonical(offset))
        if _PLACE in above:
            places.update(lemmas)
        elif any(root in above for root in _ROOTS) or any(word.endswith(_PEOPLE) for word in lemmas):
            found.update(word for word in lemmas if word[:1].isupper() and "_" not in word)
    return frozenset(found - places)


def is_demonym(words: Sequence[str]) -> bool:
    """Whether a name consists of such a word alone, in the singular or with a plural s."""
    known = demonyms()
    return len(words) == 1 and (words[0] in known or (words[0].endswith("s") and words[0][:-1] in known))
