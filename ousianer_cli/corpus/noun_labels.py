"""Types for pretraining from the common nouns of a corpus of AIDA types: `mayor` under PER is WordNet's mayor."""

from __future__ import annotations

from ousianer_cli.formats.corpus import OUTSIDE
from ousianer_cli.formats.labelled import LabelledMention
from ousianer_cli.taxonomy.noun_classes import COARSE_TYPES, noun_class

_PERSON = "wordnet_person_100007846"
"""It holds for every name of a person; no class does for all of another coarse type (ORG has papers and schools)."""


def noun_labels(mention: LabelledMention) -> tuple[str, ...] | None:
    """The class of a mention's noun in the sense that fits its label; without one, that of a person if it is one.

    Returns:
        Synset ids in YAGO's form, none where no class is known; None for labels that are no AIDA types.
    """
    tops = dict.fromkeys(label.partition(".")[0].upper() for label in mention.labels)
    if not tops or any(top != OUTSIDE and top not in COARSE_TYPES for top in tops):
        return None
    classes = [noun_class(mention.noun, top) for top in tops] if mention.noun else []
    known = dict.fromkeys(x for x in classes if x is not None)
    return tuple(known) or ((_PERSON,) if list(tops) == ["PER"] else ())
