"""LDC's source documents (`documents.source`), recognised by their root; other kinds only where they are asked for.

What says nothing of its kind is read by content, so that a `.txt` with markup is a source document too.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import IO

from ousianer_cli.errors import InputError
from ousianer_cli.formats.documents.document import Document
from ousianer_cli.formats.documents.markup import ContentKind, detect
from ousianer_cli.formats.documents.options import ReadOptions
from ousianer_cli.formats.documents.source import source_documents
from ousianer_cli.formats.registry import LIKELY, NO, PERHAPS, SURE, Format
from ousianer_cli.formats.sample import Sample
from ousianer_cli.formats.text import decoded_markup


def _recognise(sample: Sample) -> int:
    kind = detect(sample.head)
    if kind == "text":
        return LIKELY if sample.name.endswith(".xml") else NO
    return PERHAPS if kind == "xml" else NO if kind == "ltf" else SURE


def read_as(
    kind: ContentKind | None, handle: IO[bytes], name: str, label: str, options: ReadOptions
) -> Iterator[Document]:
    """The documents of a file, read as a kind; None tells by content.

    Raises:
        InputError: bytes that are neither UTF-8 nor what they are declared to be; by content, XML of another kind.
    """
    # A byte order mark is no character of the text: offsets count from after it.
    text = decoded_markup(handle.read(), label).removeprefix("\ufeff")
    if kind is None:
        kind = detect(text)
        if kind == "xml":
            raise InputError(
                "a document (root <DOC> or <LCTL_TEXT>)",
                "XML of another kind",
                path=label,
                remedy="force one with --input-format, or leave the file out",
            )
        if kind == "text" and options.forced:
            kind = "newswire"  # `source` was asked for
    yield from source_documents(text, name, source=label, kind=kind, options=options)


def _asked_for(kind: ContentKind) -> Format:
    return Format(
        kind,
        f"a source document of kind {kind}",
        lambda sample: NO,
        documents=partial(read_as, kind),
        preference=1,
        forced_on=("source", "text"),
        psm_beside=True,
    )


FORMATS = (
    Format(
        "source",
        "a source document",
        _recognise,
        names=(".sgm", ".sgml"),
        documents=partial(read_as, None),
        preference=1,
        forced_on=("text",),
        psm_beside=True,
    ),
    _asked_for("newswire"),
    _asked_for("forum"),
    _asked_for("web"),
)
