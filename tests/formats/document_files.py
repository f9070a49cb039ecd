"""Files of documents for tests, and what is read of them."""

from __future__ import annotations

from pathlib import Path

from ousianer_cli.formats.documents.document import Document
from ousianer_cli.formats.documents.readers import read_documents

FORUM = (
    '<?xml version="1.0"?>\n<doc id="{}">\n<post author="Bo Ek">\n<quote>Ann.</quote>\nPer is here.\n</post>\n</doc>\n'
)


def put(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def ids(*inputs: str | Path, **options: object) -> list[str]:
    return [d.id for d in read_documents(inputs, **options)]  # type: ignore[arg-type]


def texts(document: Document) -> list[str]:
    return [document.text[s.start : s.end] for s in document.segments]
