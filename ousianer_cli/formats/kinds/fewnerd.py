"""Few-NERD: `token<TAB>label`, labels `coarse_fine` (or `coarse-fine`), bare (IO) or with `B-` and `I-`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ousianer_cli.formats.columns import ColumnOptions, Layout, read_columns, rows_of
from ousianer_cli.formats.labelled import CorpusReport, LabelledSentence
from ousianer_cli.formats.registry import NO, SURE, CorpusReader, Format
from ousianer_cli.formats.sample import Sample
from ousianer_cli.formats.tags import bare_label

# The eight coarse classes: what tells its files from other two-column ones.
_COARSE = frozenset(["art", "building", "event", "location", "organization", "other", "person", "product"])


def read_fewnerd(
    paths: Sequence[str | Path], options: ColumnOptions | None = None, report: CorpusReport | None = None
) -> Iterator[LabelledSentence]:
    """Read Few-NERD files; labels come out as `coarse_fine`. Errors as of `columns.read_columns`."""
    for path in paths:
        layout = (options or ColumnOptions()).over(Layout())
        yield from read_columns(path, layout, report or CorpusReport(), fewnerd_label)


def fewnerd_label(label: str) -> str:
    """`person-actor` or `person_actor` -> `person_actor`."""
    coarse, mark, fine = label.partition("-")
    return f"{coarse}_{fine}" if mark and "_" not in coarse else label


def _recognise(sample: Sample) -> int:
    if sample.is_json:
        return NO
    rows = rows_of(sample.lines)
    labels = {bare_label(row[-1]) for row in rows if row[-1] != "O"}
    fits = all(len(row) == 2 for row in rows) and labels and all(_is_label(label) for label in labels)
    return SURE if fits else NO


def _is_label(label: str) -> bool:
    coarse, mark, fine = label.replace("_", "-", 1).partition("-")
    return bool(mark and fine) and coarse in _COARSE


def _warning(clean: bool, supervises: str | None) -> str:
    if clean or supervises == "typing":
        return ""
    return (
        "Few-NERD's INTER and INTRA files leave names of other sets untagged; "
        "detection wants --clean, or --supervises typing"
    )


FORMATS = (
    Format(
        "fewnerd",
        "Few-NERD's two columns",
        _recognise,
        corpus=CorpusReader(
            read_fewnerd,
            ColumnOptions,
            labels_of="fewnerd",
            warning=_warning,
        ),
    ),
)
