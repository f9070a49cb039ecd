"""Files of every other kind where a run, gold or annotation was expected: what is said of them."""

from __future__ import annotations

import bz2
import gzip
import json
import zipfile
from pathlib import Path

import pytest
from document_files import FORUM, put

from ousianer_cli.errors import InputError
from ousianer_cli.formats.annotations.exchange import read_annotated, read_marked
from ousianer_cli.formats.corpus import read_corpus
from ousianer_cli.formats.documents.ltf_writer import build_ltf
from ousianer_cli.formats.misplaced import other_kind
from ousianer_cli.scoring.columns import Vocabulary
from ousianer_cli.scoring.inputs import read_mentions
from ousianer_cli.scoring.validation import validate_run
from ousianer_cli.taxonomy.tree_files import load_taxonomy

PROSE = "Ada Brun met Otto Lind in Bonn on Monday, at 10:30-11:00.\nThey talked.\n\nThe talks go on.\n"
ROW = "r\tm1\tBonn\tD:5-8\tNIL1\tgpe\tNAM\t1.0\n"
KINDS: dict[str, tuple[str | bytes, str, str]] = {
    "a.txt": (PROSE, "plain text", "it has no names yet: ousianer tag "),
    "word.txt": ("Bonn\n", "plain text", "ousianer tag "),
    "a.ltf.xml": (build_ltf("a", "Ann."), "an LTF document", "ousianer tag "),
    "a.df.xml": (FORUM.format("a"), r"a source document \(forum\)", "ousianer tag "),
    "a.html": ("<!DOCTYPE html>\n<html><body>Ann met Bo.</body></html>", "an HTML page", "save its text"),
    "a.xml": ("<?xml version='1.0'?>\n<corpus><s>Ann</s></corpus>", r"XML of another kind \(<corpus>\)", "see docs"),
    "a.pdf": (b"%PDF-1.5\n\xe2\xe3\n", "a PDF file", "convert it to text"),
    "m.safetensors": (
        b"\x40" + bytes(7) + b'{"w":{"dtype":"F32"}}' + bytes(range(256)),
        "weights of a model",
        "--model",
    ),
    "s.toml": ("[tag]\nworkers = 2\n", r"settings \(TOML\)", "--config"),
    "t.tsv": ("type\tparent\tphantom\nPER\t\tno\n", "a taxonomy", "--taxonomy"),
    "a.csv": ("id,name\n1,Ann\n", "a table of 2 columns parted by commas", "see docs/formats.md, EDL tab"),
    "a.tsv": ("Ann\tper\nBo\tper\n", "a table of 2 columns parted by tabs", "see docs/formats.md, EDL tab"),
    "a.json": ('{"name": "Ann", "city": "Bonn"}\n', r"JSON without names \(keys: name, city\)", "keys that are read"),
    "own.jsonl": (
        json.dumps({"tokens": ["Ann"], "mentions": [{"start": 0, "end": 1, "types": ["per"]}]}) + "\n",
        r"the project's own JSON lines \(ousianer\)",
        "prepare corpus",
    ),
    "shard": ('{"ousianer_shard": 1, "manifest": {}}\n', "a shard of a run", "ousianer merge"),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", KINDS)
def test_a_file_of_another_kind_is_said_to_be_one(tmp_path: Path, name: str, packed: bool) -> None:
    content, what, remedy = KINDS[name]
    data = content.encode() if isinstance(content, str) else content
    path = put(tmp_path / (name + ".gz" if packed else name), gzip.compress(data) if packed else data)
    for expected, read in (
        ("a run, gold or annotation", lambda: list(read_marked(path))),
        ("a run or gold", lambda: read_mentions(path, Vocabulary())),
        ("an EDL tab", lambda: validate_run(path, load_taxonomy("aida-edl"))),
    ):
        with pytest.raises(InputError, match=rf": expected {expected}, found {what}.*; .*{remedy}"):
            read()


def test_folders_and_archives_of_other_things(tmp_path: Path) -> None:
    put(tmp_path / "docs" / "a.ltf.xml", build_ltf("a", "Ann."))
    put(tmp_path / "model" / "config.json", "{}")
    put(tmp_path / "model" / "model.safetensors", "")
    put(tmp_path / "x" / "a.dat", "")
    (tmp_path / "none").mkdir()
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(tmp_path / "docs" / "a.ltf.xml", "a.ltf.xml")
    for name, what in (
        ("docs", r"a folder of documents \(1 \*\.ltf\.xml\); it has no names yet: ousianer tag "),
        ("model", "a model folder; its run is wanted: ousianer tag INPUT --model "),
        ("x", r"a folder of other files \(1 \*\.dat\)"),
        ("none", "an empty folder"),
        ("a.zip", r"an archive \(1 \*\.ltf\.xml\); it has no names yet"),
    ):
        for read in (read_annotated, read_marked, lambda path: read_mentions(path, Vocabulary())):
            with pytest.raises(InputError, match=f"found {what}"):
                list(read(tmp_path / name))


def test_what_may_be_annotation_is_read_as_that(tmp_path: Path) -> None:
    for number, content in enumerate(
        (
            ROW,
            "run_id\tid\ttext\tplace\tkb\ttype\tform\tconfidence\n" + ROW,
            ROW.replace("\t", ","),
            ROW.replace("\t", "  "),
            ROW.rsplit("\t", 1)[0] + "\n",
            "",
            "Ada B-per\nmet O\nOtto B-per\n",
            "sentence\tmention\ttype\nIn Bonn\tBonn\tgpe\n",
            '<LCTL_ANNOTATIONS><DOC id="D"></DOC></LCTL_ANNOTATIONS>',
        )
    ):
        assert other_kind(put(tmp_path / f"{number}.x", content)) is None, content
    assert other_kind(tmp_path / "missing") is None
    # Columns of tags are CoNLL, without asking which of two formats is meant.
    assert [len(names) for _, names in read_marked(tmp_path / "6.x")] == [2]


def test_bytes_that_are_no_text_are_told_by_their_kind_wherever_text_is_read(tmp_path: Path) -> None:
    for number, (data, kind) in enumerate(
        (
            (bz2.compress(b"Ann"), "a bzip2 file"),
            (b"\x89PNG\r\n\x1a\n", r"an image \(PNG\)"),
        )
    ):
        path = put(tmp_path / f"{number}.jsonl", data)
        with pytest.raises(InputError, match=rf":1: expected text in UTF-8, found {kind} \(by its first bytes\); "):
            list(read_corpus(path))
    with pytest.raises(InputError, match="found byte 0xe9 at byte 2; save it as UTF-8"):
        list(read_corpus(put(tmp_path / "latin.jsonl", "Réne\n".encode("latin-1"))))
