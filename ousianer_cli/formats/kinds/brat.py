"""brat standoff, as labelled sentences (`annotations.brat`) and as annotated documents (`annotations.brat_folder`)."""

from __future__ import annotations

from ousianer_cli.formats.annotations.brat import DISCONTINUOUS, NOT_SPANS, brat_files, read_brat
from ousianer_cli.formats.annotations.brat_folder import read_annotations, write_annotations
from ousianer_cli.formats.registry import NO, AnnotationWriter, CorpusReader, Format

__all__ = ["DISCONTINUOUS", "FORMATS", "NOT_SPANS", "brat_files", "read_brat"]

FORMATS = (
    Format(
        "brat",
        "brat standoff, X.ann beside X.txt",
        lambda sample: NO,  # by its name alone
        endings=(".ann",),
        corpus=CorpusReader(read_brat, folders=True),
        annotations=read_annotations,
        writer=AnnotationWriter(folder=write_annotations),
    ),
)
