"""The 2019 AIDA entity types, read once for all tests."""

from __future__ import annotations

from functools import cache

from ousianer_cli.taxonomy.tree import Taxonomy
from ousianer_cli.taxonomy.tree_files import load_taxonomy


@cache
def aida_edl() -> Taxonomy:
    """The 143 types under the seven top types that the scorer knew, with the scorer's 7 phantoms."""
    return load_taxonomy("aida-edl")
