"""The EDL tab (`formats.edl`), as rows to score: what is read where a file looks like nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ousianer_cli.formats.edl import EdlRow, iter_edl
from ousianer_cli.formats.registry import PERHAPS, Format


def read_edl(path: Path, skipped: Counter[str]) -> Iterator[EdlRow]:
    """The rows of a run or of gold in order; nothing is skipped. Errors as of `formats.edl.iter_edl`."""
    return iter_edl(path)


FORMATS = (Format("edl", "the EDL tab of runs and gold", lambda sample: PERHAPS, mentions=read_edl),)
