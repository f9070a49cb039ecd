"""LTF as documents (`formats.documents.ltf`): by its name or its root, and by nothing else."""

from __future__ import annotations

from ousianer_cli.formats.documents.ltf import read_ltf
from ousianer_cli.formats.documents.markup import detect
from ousianer_cli.formats.registry import NO, SURE, Format
from ousianer_cli.formats.sample import Sample


def _recognise(sample: Sample) -> int:
    return SURE if detect(sample.head) == "ltf" else NO


FORMATS = (
    Format(
        "ltf",
        "LTF",
        _recognise,
        (".ltf.xml",),
        documents=lambda handle, name, label, options: read_ltf(handle, name, source=label, options=options),
        preference=0,
        exact=True,
        psm_beside=True,
        rsd_beside=True,
    ),
)
