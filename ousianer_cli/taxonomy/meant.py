"""The type that a person may have meant who wrote one that a taxonomy lacks."""

from __future__ import annotations

import difflib
import re

from ousianer_cli.taxonomy.tree import Taxonomy

_OTHER_NAMES = (("person", "PER"), ("organi[sz]ation", "ORG"), ("location", "LOC"), ("geo|country", "GPE"))


def without_name_space(given: str, taxonomy: Taxonomy) -> str:
    """A type without the name space before it: `ldcOnt:GPE` is `GPE`, but `PER:GPE` stays."""
    space, _, local = given.rpartition("#" if "#" in given else ":")
    return given if not space or taxonomy.find(space, ignore_case=True) else local


def type_meant(given: str, taxonomy: Taxonomy) -> str:
    """A type by its path, its last part (`city`), a WordNet class's word, its common name or a near spelling, as the
    taxonomy writes it; empty where there is none."""
    bare = without_name_space(given, taxonomy)
    if (name := taxonomy.find(bare, ignore_case=True, phantoms=False)) is not None:
        return name
    known = list(taxonomy.types)
    word = _letters(re.sub(r"^<?(?:yago:)?(?:wordnet|wikicat)_|_\d+>?$", "", bare, flags=re.IGNORECASE))
    by_path = {_letters(name): name for name in known}
    by_leaf = {_letters(name.rpartition(".")[2]): name for name in sorted(known, key=len, reverse=True)}
    for found in (by_path.get(word), by_leaf.get(word)):
        if found:
            return found
    for pattern, top in _OTHER_NAMES:
        if top in known and re.fullmatch(f"(?:{pattern})[a-z]?", word):
            return top
    for names, cutoff in ((by_path, 0.75), (by_leaf, 0.8)):
        if near := difflib.get_close_matches(word, names, n=1, cutoff=cutoff):
            return names[near[0]]
    return ""


def _letters(name: str) -> str:
    return re.sub("[^a-z]", "", name.lower())
