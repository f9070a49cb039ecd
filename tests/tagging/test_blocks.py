"""Blocks: every document once, in order, of about the same size, told by the list of files alone."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from ousianer_cli.formats.documents.archives import Unit
from ousianer_cli.formats.documents.report import ReadReport
from ousianer_cli.formats.documents.units import find_units
from ousianer_cli.settings.tag import TagSettings
from ousianer_cli.tagging import blocks
from ousianer_cli.tagging.blocks import inputs_digest, plan_blocks, read_block, unit_sizes


def units(*names: str) -> list[Unit]:
    return [Unit(Path("d", name)) for name in names]


def numbers(found: list[blocks.Block]) -> list[list[int]]:
    return [[number for number, _ in block.units] for block in found]


def test_files_in_a_row_make_a_block_of_about_the_same_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_TEXT", 1000)
    monkeypatch.setattr(blocks, "LEAST_TEXT", 1000)
    files = units("a.txt", "b.txt", "c.ltf.xml", "d.ltf.xml.gz", "e.txt", "f.txt")
    # LTF has ten bytes for one of text, gzip a quarter.
    assert numbers(plan_blocks(files, [400, 500, 900, 2000, 700, -1])) == [[0, 1, 2], [3], [4, 5]]
    monkeypatch.setattr(blocks, "BLOCK_UNITS", 2)
    assert numbers(plan_blocks(files, [1] * 6)) == [[0, 1], [2, 3], [4, 5]]
    assert plan_blocks([], []) == []


def test_a_small_run_is_parted_too() -> None:
    files = units(*(f"{n}.txt" for n in range(640)))
    assert 64 <= len(plan_blocks(files, [5000] * 640)) <= 128


def test_a_large_file_is_sliced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "SLICE_TEXT", 100)
    path = tmp_path / "many.xml"
    path.write_text("".join(f'<DOC id="n{n}"><TEXT>\nx\n</TEXT></DOC>\n' for n in range(12)) + '<DOC id="n3"></DOC>')
    files = find_units([path], None, ReadReport())
    planned = plan_blocks(files, unit_sizes(files))
    assert len(planned) > 3
    assert [(b.slice, b.slices) for b in planned] == [(k, len(planned)) for k in range(len(planned))]
    read = [list(read_block(block, TagSettings())) for block in planned]
    ids = {r.place: r.document.id for part in read for r in part if r.document}
    assert ids == {(0, n): f"n{n}" for n in range(12)}
    notes = [(r.place, dict(r.skipped)) for part in read for r in part if r.document is None]
    assert notes == [((0, 12), {"documents whose id was read before": 1})], "once, not in every slice"
    assert len(plan_blocks(files, unit_sizes(files), slices=False)) == 1
    monkeypatch.setattr(blocks, "MAX_SLICES", 3)
    assert len(plan_blocks(files, [10**9])) == 3


def test_the_digest_tells_lists_apart_and_not_where_they_are_mounted(tmp_path: Path) -> None:
    found = []
    for place in ("one", "two/three"):
        folder = tmp_path / place
        folder.mkdir(parents=True)
        (folder / "a.txt").write_text("a")
        (folder / "b.txt").write_text("bb")
        files = find_units([folder], None, ReadReport())
        found.append(inputs_digest(files, unit_sizes(files)))
    assert found[0] == found[1]
    files.reverse()
    assert inputs_digest(files, unit_sizes(files)) != found[0]
    (folder / "a.txt").write_text("aa")
    files.reverse()
    assert inputs_digest(files, unit_sizes(files)) != found[0]


def test_members_of_an_archive_have_their_unpacked_sizes(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", "a" * 5000)
    files = find_units([tmp_path / "x.zip"], None, ReadReport())
    assert unit_sizes(files) == [5000]
    os.remove(tmp_path / "x.zip")
    assert unit_sizes(files) == [-1]
