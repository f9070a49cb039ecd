"""What a YAGO file states, whatever its syntax, and how its names are spelled."""

from __future__ import annotations

import re
from typing import NamedTuple

TYPE, SUBCLASS, PAGE, OTHER = "type", "subclass", "page", "other"

PREDICATES = {
    "rdf:type": TYPE,
    "a": TYPE,
    "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>": TYPE,
    "rdfs:subClassOf": SUBCLASS,
    "<http://www.w3.org/2000/01/rdf-schema#subClassOf>": SUBCLASS,
    "schema:mainEntityOfPage": PAGE,
    "schema:url": PAGE,
    "schema:sameAs": PAGE,
    "owl:sameAs": PAGE,
    "<http://schema.org/mainEntityOfPage>": PAGE,
    "<http://schema.org/url>": PAGE,
    "<http://schema.org/sameAs>": PAGE,
    "<http://www.w3.org/2002/07/owl#sameAs>": PAGE,
}
"""The relations that are read, in every spelling -> the kind of statement."""
_OLD_CLASS = re.compile(r"(?:wordnet_|wikicat_|wikicategory_|geoclass_|yago[A-Z])")
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_ID_ESCAPE = re.compile(r"_u([0-9A-F]{4})_")


class Fact(NamedTuple):
    """One statement of a YAGO file.

    `type`: `subject` is a name as YAGO writes it (no prefix, escapes resolved), `object` a class (`wordnet_…`,
    `wikicat_…`, `schema:…`, else `yago:…`). `subclass`: both are classes. `page`: `subject` a name, `object` the title
    of its English Wikipedia page, or empty for another address. `other`: any other statement, both empty.
    """

    line: int
    kind: str
    subject: str
    object: str


def unescape(name: str) -> str | None:
    """`\\u00e9` and `\\U0001f600` made characters, pairs of surrogates joined; None where half a pair is left."""
    if "\\" not in name:
        return name
    try:
        text = _ESCAPE.sub(lambda m: chr(int(m[1] or m[2], 16)), name)
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except (ValueError, OverflowError):
        return None


def is_yago3_class(name: str) -> bool:
    """Whether a class is one of YAGO 2 and 3 (`wordnet_…`, `wikicat_…`, `geoclass_…`, `yagoGeoEntity`)."""
    return _OLD_CLASS.match(name) is not None


def title_of_id(name: str) -> str | None:
    """The title a YAGO 4 name stands for (`Ada_u0028_town_u0029_` is `Ada (town)`); None for one made of a Wikidata
    id, which has no English page."""
    if name.endswith("_generic_instance") or re.search(r"(?:^|_)Q\d+$", name) or name.startswith("_:"):
        return None
    return _ID_ESCAPE.sub(lambda m: chr(int(m[1], 16)), name)
