"""Files packed by gzip, wherever text is read: the same as unpacked; cut off they are one line."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from document_files import put

from ousianer_cli.corpus.silver import _rows as silver_rows
from ousianer_cli.errors import InputError
from ousianer_cli.formats.corpora import read_labelled
from ousianer_cli.formats.corpus import read_corpus
from ousianer_cli.formats.detection import is_detection_file, read_detection
from ousianer_cli.formats.documents.ltf_writer import build_ltf
from ousianer_cli.formats.documents.readers import read_documents
from ousianer_cli.formats.edl import iter_edl
from ousianer_cli.formats.feedback.reading import read_feedback
from ousianer_cli.formats.kinds.aida_tab import iter_aida
from ousianer_cli.formats.kinds.combined import iter_combined
from ousianer_cli.scoring.columns import read_edl_table
from ousianer_cli.scoring.inputs import read_mentions
from ousianer_cli.scoring.matching import Vocabulary
from ousianer_cli.taxonomy.mapping import load_mapping

ROW = "r\tm1\tBonn\tD:5-8\tNIL1\tgpe\tNAM\t1.0\n"
LINE = '{"tokens": ["Ann", "left"], "mentions": [{"start": 0, "end": 1, "types": ["per"]}]'
AIDA = "argmention_id\tchild_uid\ttextoffset_startchar\ttextoffset_endchar\ttype\nm\tD\t5\t8\tper\n"
FEEDBACK = "sentence\tmention\ttype\nAda is in Bonn.\tBonn\tgpe\n"
READERS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "run.tab": (ROW, lambda path: list(iter_edl(path))),
    "columns.tab": (ROW, lambda path: read_edl_table(path, Vocabulary()).start.tolist()),
    "lines.jsonl": (LINE + "}\n", lambda path: list(read_corpus(path))),
    "detection.jsonl": (
        LINE + ', "corrected": [{"start": 0, "end": 1, "fault": "missed"}]}\n',
        lambda path: (is_detection_file(path), read_detection(path)),
    ),
    "corpus.conll": ("Ann B-PER\nleft O\n", lambda path: [s.tokens for s in read_labelled(path)]),
    "a_arg_mentions.tab": (AIDA, lambda path: list(iter_aida(path))),
    "combined.tab": ("D\t5\t8\tNIL1\t1.0\tper/NAM\n", lambda path: list(iter_combined(path))),
    "feedback.tsv": (FEEDBACK, lambda path: [(c.text, c.type) for c in read_feedback(path)]),
    "map.tsv": ("person\tper\n", lambda path: load_mapping(path).rows),
    "silver.jsonl": ('{"id": "a"}\n', lambda path: list(silver_rows(path))),
    "a.ltf.xml": (build_ltf("a", "Ann.").decode(), lambda path: [d.text for d in read_documents([path])]),
}


@pytest.mark.parametrize("name", READERS)
def test_what_is_packed_reads_as_unpacked(tmp_path: Path, name: str) -> None:
    content, read = READERS[name]
    data = gzip.compress(content.encode(), mtime=0)
    wanted = read(put(tmp_path / name, content))
    assert wanted and read(put(tmp_path / f"{name}.gz", data)) == wanted
    # Unpacked on the way, and called as before.
    assert read(put(tmp_path / "u" / f"{name}.gz", content)) == wanted
    for broken in (data[:-9], data[:12], data[:-8] + b"\0" * 8):
        path = put(tmp_path / "broken" / f"{name}.gz", broken)
        with pytest.raises(InputError, match="expected an intact archive, found a broken one .*; fetch it again"):
            read(path)


def test_a_packed_tar_is_told_by_what_it_holds(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("a.conll")
        member.size = 6
        archive.addfile(member, io.BytesIO(b"Ann O\n"))
    for read in (read_labelled, lambda path: [read_mentions(path, Vocabulary())], lambda path: read_documents([path])):
        with pytest.raises(InputError, match="found a tar archive .by its first bytes.; unpack it first"):
            list(read(tmp_path / "a.tar.gz"))
