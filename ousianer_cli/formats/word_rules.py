"""The name of this version's word rules: what was split by rules of the same name needs no splitting again."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from importlib.resources import files

MODULES = ("addresses", "characters", "visible", "words")
"""The modules that have a part in splitting words: `words`, and those of this room that it imports, theirs included."""


def rule_sources() -> dict[str, str]:
    """Module -> its source, for each of `MODULES`."""
    folder = files("ousianer_cli.formats")
    return {name: (folder / f"{name}.py").read_text(encoding="utf-8") for name in MODULES}


def digest(sources: Mapping[str, str]) -> str:
    """A short name of the rules, from the whole source, so that none can be left out, and the version of Unicode.

    A new remark in the source gives a new name too; then lines are split once more than they need be.
    """
    parts = (unicodedata.unidata_version, *(part for item in sorted(sources.items()) for part in item))
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=4).hexdigest()


WORD_RULES = digest(rule_sources())
"""Tells these word rules from others."""
