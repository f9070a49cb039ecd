"""A run's documents in blocks, the unit of its work: what one process tags in one go, and what a part holds.

Blocks depend on the list of files and their sizes alone. Nothing in a document depends on its block.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ousianer_cli.formats.documents.archives import Unit
from ousianer_cli.formats.documents.document import Document
from ousianer_cli.formats.documents.options import ReadOptions
from ousianer_cli.formats.documents.readers import read_units
from ousianer_cli.formats.documents.report import ReadReport
from ousianer_cli.settings.tag import TagSettings

BLOCK_TEXT = 128 * 1024
"""Bytes of running text, roughly, in a block at most: some ten seconds of work on two cores."""
LEAST_TEXT = 4 * 1024
LEAST_BLOCKS = 64
"""A run has so many blocks at least, as long as they have `LEAST_TEXT`: several workers have something to do."""
BLOCK_UNITS = 256
SLICE_TEXT = 2 * BLOCK_TEXT
"""Of a larger file every block takes each n-th document, since a file may hold a whole corpus."""
MAX_SLICES = 64
"""Each slice reads the whole file, which costs little beside tagging one in so many of its documents."""
_LTF_SHARE, _PACKED = 0.1, 4.0
"""Running text in a byte of LTF, whose tokens are elements; bytes in a byte of gzip."""

Place = tuple[int, int]
"""Where a document stands in the run: the number of its file, and its own in the file."""


@dataclass(frozen=True, slots=True)
class Block:
    """Files in a row, with their numbers in the run; or one slice of a large file."""

    number: int
    units: tuple[tuple[int, Unit], ...]
    slice: int = 0
    slices: int = 1


@dataclass(frozen=True, slots=True)
class Read:
    """A document as it was read, or, without one, what was noted between two documents."""

    place: Place
    label: str
    document: Document | None = None
    warnings: Sequence[str] = ()
    skipped: Counter[str] = field(default_factory=Counter)
    not_kept: int = 0
    """Warnings that were too many to keep."""


def unit_sizes(units: Sequence[Unit]) -> list[int]:
    """Bytes of each file, of an archive's members unpacked; -1 where it cannot be told (reading it will)."""
    archives: dict[Path, dict[str, int]] = {}
    sizes = []
    for unit in units:
        try:
            if not unit.member:
                sizes.append(os.stat(unit.path).st_size)
                continue
            if unit.path not in archives:
                with zipfile.ZipFile(unit.path) as archive:
                    archives = {unit.path: {info.filename: info.file_size for info in archive.infolist()}}
            sizes.append(archives[unit.path].get(unit.member, -1))
        except (OSError, zipfile.BadZipFile):
            sizes.append(-1)
    return sizes


def inputs_digest(units: Sequence[Unit], sizes: Sequence[int]) -> str:
    """Tells lists of files apart by names below their common folder, order and sizes, wherever they are mounted."""
    paths = [os.path.abspath(unit.path) for unit in units]
    root = os.path.commonpath([os.path.dirname(path) for path in paths]) if paths else ""
    digest = hashlib.blake2b(digest_size=16)
    for path, unit, size in zip(paths, units, sizes, strict=True):
        digest.update(f"{os.path.relpath(path, root)}\0{unit.member}\0{size}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def plan_blocks(units: Sequence[Unit], sizes: Sequence[int], *, slices: bool = True) -> list[Block]:
    """Blocks of roughly the same amount of text, in the order of the files; without `slices` no file is parted."""
    blocks: list[Block] = []
    enough = min(BLOCK_TEXT, max(LEAST_TEXT, text_of(units, sizes) / LEAST_BLOCKS))
    waiting: list[tuple[int, Unit]] = []
    weight = 0.0

    def close() -> None:
        nonlocal weight
        if waiting:
            blocks.append(Block(len(blocks), tuple(waiting)))
        waiting.clear()
        weight = 0.0

    for number, (unit, size) in enumerate(zip(units, sizes, strict=True)):
        text = _text_of(unit, size)
        if slices and text > 2 * SLICE_TEXT:
            close()
            count = min(MAX_SLICES, -int(-text // SLICE_TEXT))
            blocks += [Block(len(blocks) + k, ((number, unit),), k, count) for k in range(count)]
            continue
        if weight + text > enough or len(waiting) == BLOCK_UNITS:
            close()
        waiting.append((number, unit))
        weight += text
    close()
    return blocks


def text_of(units: Sequence[Unit], sizes: Sequence[int]) -> float:
    """Bytes of running text in files, as far as their names and sizes tell."""
    return sum(map(_text_of, units, sizes))


def _text_of(unit: Unit, size: int) -> float:
    name, text = unit.name.lower(), float(max(size, 0))
    if name.endswith(".gz"):
        text *= _PACKED
    return text * _LTF_SHARE if ".ltf." in name else text


def read_block(block: Block, settings: TagSettings) -> Iterator[Read]:
    """The documents of a block, and what is to be known of its files, in order.

    Raises:
        InputError: as `read_units`.
    """
    options = ReadOptions(settings.authors, settings.quotes, settings.after_xml_declaration, settings.strict)
    seen: set[str] = set()
    for number, unit in block.units:
        report, position = ReadReport(), 0
        for document in read_units([unit], settings.input_format or None, options, report, seen):
            own = min(len(document.warnings), len(report.warnings))
            cut = len(report.warnings) - own
            of_file, of_document = report.warnings[:cut], report.warnings[cut:]
            if block.slice == 0:
                yield from _noted((number, position), unit.label, report, of_file)
            report.warnings, report.warnings_not_kept = [], 0
            report.skipped.clear()
            if position % block.slices == block.slice:
                yield Read((number, position), unit.label, document, of_document)
            position += 1
        if block.slice == 0:
            yield from _noted((number, position), unit.label, report, report.warnings)


def _noted(place: Place, label: str, report: ReadReport, warnings: Sequence[str]) -> Iterator[Read]:
    if warnings or report.skipped or report.warnings_not_kept:
        yield Read(place, label, None, warnings, Counter(report.skipped), report.warnings_not_kept)
