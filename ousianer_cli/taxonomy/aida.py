"""The 2019 AIDA entity types, as the package ships them."""

from __future__ import annotations

from functools import cache

from ousianer_cli.taxonomy.tree import Taxonomy, load_taxonomy

EDL_TOPS = ("FAC", "GPE", "LOC", "ORG", "PER", "VEH", "WEA")
"""The top types that the 2019 EDL scorer knew."""


@cache
def aida() -> Taxonomy:
    """All 187 entity types (16 top types)."""
    return load_taxonomy("aida")


@cache
def aida_edl() -> Taxonomy:
    """The 143 types under `EDL_TOPS`, with the scorer's 7 phantoms."""
    return load_taxonomy("aida-edl")
