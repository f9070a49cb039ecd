"""Plain text: what is of no other format, and whatever it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from ousianer_cli.formats.documents.document import Document
from ousianer_cli.formats.documents.markup import detect
from ousianer_cli.formats.documents.options import ReadOptions
from ousianer_cli.formats.kinds.ldc_source import read_as
from ousianer_cli.formats.registry import NO, PERHAPS, Format
from ousianer_cli.formats.sample import Sample


def _recognise(sample: Sample) -> int:
    return PERHAPS if detect(sample.head) == "text" else NO


def read(handle: IO[bytes], name: str, label: str, options: ReadOptions) -> Iterator[Document]:
    """One document; unless plain text was asked for, markup further down than was looked at is markup still."""
    return read_as("text" if options.forced else None, handle, name, label, options)


FORMATS = (Format("text", "plain text", _recognise, names=(".txt",), documents=read, preference=2, psm_beside=True),)
