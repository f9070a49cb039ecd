"""What an article's first sentence says that its subject is ("X is a Finnish racing driver"), as a WordNet class.

The table is a TSV with a header and the columns `title` and `head`, the definition's noun phrase ("racing driver"). Its
guesses are mostly right, and now and then of another thing with the same title: a class counts only where it is of one
kind (a person, an organisation, a place and so on) with what is known of the title from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from ousianer_cli.errors import InputError
from ousianer_cli.formats.text import numbered_lines
from ousianer_cli.formats.titles import normalise_title
from ousianer_cli.taxonomy.noun_classes import NounClasses

_KINDS = {
    "wordnet_person_100007846": "person",
    "wordnet_organization_108008335": "organization",
    "wordnet_social_group_107950920": "organization",
    "wordnet_location_100027167": "place",
    "wordnet_natural_object_100019128": "place",
    "wordnet_geological_formation_109287968": "place",
    "wordnet_body_of_water_109225146": "place",
    "wordnet_artifact_100021939": "artifact",
    "wordnet_event_100029378": "event",
    "wordnet_living_thing_100004258": "living thing",
}
_COARSE: dict[str, tuple[str, ...]] = {
    "person": ("PER",),
    "organization": ("ORG",),
    "place": ("GPE", "LOC"),
    "artifact": ("-", "FAC", "VEH", "WEA"),
    "event": ("-",),
    "living thing": ("-",),
}
"""Kind -> the coarse types under which a noun's sense is looked for, in order."""


class Definitions:
    """Title -> the class that its definition gives it."""

    def __init__(self, path: str | Path, nouns: NounClasses | None = None) -> None:
        self._heads = _read(Path(path))
        self._nouns = nouns or NounClasses()
        self._kinds = cache(self._kinds_of)
        self._classes = cache(self._class_of)

    def find(self, title: str, types: Iterable[str]) -> str | None:
        """The class of a title's head noun, in a sense of one kind with any of `types`; None where there is none."""
        head = self._heads.get(normalise_title(title))
        kinds = frozenset(kind for type_id in types for kind in self._kinds(type_id))
        return self._classes(head, kinds) if head and kinds else None

    def _kinds_of(self, type_id: str) -> frozenset[str]:
        above = self._nouns.wordnet.closure((type_id,))
        kinds = {kind for root, kind in _KINDS.items() if root in above}
        return frozenset(kinds - {"living thing"} if "person" in kinds else kinds)

    def _class_of(self, head: str, kinds: frozenset[str]) -> str | None:
        for kind, places in _COARSE.items():
            for coarse in places if kind in kinds else ():
                noun = self._nouns.find(head, coarse)
                if noun is not None and kind in self._kinds(noun):
                    return noun
        return None


def _read(path: Path) -> dict[str, str]:
    lines = ((number, line.split("\t")) for number, line in numbered_lines(path, "a table of definitions"))
    _, header = next(lines, (1, [""]))
    if not {"title", "head"} <= set(header):
        found = ", ".join(header) or "an empty file"
        raise InputError("a table of definitions with columns title and head", found, path=path, line=1)
    title, head = header.index("title"), header.index("head")
    heads: dict[str, str] = {}
    for number, cells in lines:
        if len(cells) != len(header):
            raise InputError(f"{len(header)} columns", str(len(cells)), path=path, line=number)
        if cells[head]:
            heads.setdefault(normalise_title(cells[title]), cells[head])
    return heads
