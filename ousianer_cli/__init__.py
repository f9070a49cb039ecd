"""OusiaNER: ultra-fine-grained named-entity tagging for TAC KBP EDL.

    from ousianer_cli import Tagger

    Tagger.load().tag("The mayor of Oslo flew to Lima.")

`Tagger` finds and types the names of texts, documents and files; `Mention`, `TypeProbability` and `TaggedDocument` are
what it gives; `Document` and `read_documents` are what it reads. Importing this package loads nothing; each name is
loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ousianer_cli.formats.documents.document import Document
    from ousianer_cli.formats.documents.readers import read_documents
    from ousianer_cli.tagging.mention import Mention, TaggedDocument, TypeProbability
    from ousianer_cli.tagging.tagger import Tagger

__version__ = "0.1.0"
__all__ = ["Document", "Mention", "TaggedDocument", "Tagger", "TypeProbability", "read_documents"]

_HOMES = {
    "Document": "formats.documents.document",
    "Mention": "tagging.mention",
    "TaggedDocument": "tagging.mention",
    "Tagger": "tagging.tagger",
    "TypeProbability": "tagging.mention",
    "read_documents": "formats.documents.readers",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
