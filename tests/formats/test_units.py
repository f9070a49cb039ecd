"""Which files are read, of all that a user names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from document_files import FORUM, ids, put, texts

from ousianer_cli.errors import InputError
from ousianer_cli.formats.documents.ltf_writer import build_ltf
from ousianer_cli.formats.documents.readers import read_documents
from ousianer_cli.formats.documents.report import OTHER_FORM, ReadReport


def test_a_folder_gives_each_document_once_ltf_first(tmp_path: Path) -> None:
    put(tmp_path / "data" / "ltf" / "x.ltf.xml", build_ltf("x", "From LTF."))
    put(tmp_path / "data" / "rsd" / "x.rsd.txt", "From rsd.")
    put(tmp_path / "data" / "rsd" / "y.rsd.txt", "From rsd.")
    put(tmp_path / "data" / "source" / "x.df.xml", FORUM.format("x"))
    put(tmp_path / "data" / "source" / "y.xml", FORUM.format("y"))
    put(tmp_path / "docs" / "index.html", "<html/>")
    put(tmp_path / "docs" / "x.laf.xml", "<?xml version='1.0'?><LCTL_ANNOTATIONS/>")
    report = ReadReport()
    documents = list(read_documents([tmp_path], report=report))
    assert [(d.id, texts(d)) for d in documents] == [("x", ["From LTF."]), ("y", ["Per is here."])]
    assert report.skipped == {
        OTHER_FORM: 3,
        "files of no known kind (*.html)": 1,
        "files of no known kind (*.laf.xml)": 1,
    }
    assert [texts(d) for d in read_documents([tmp_path], input_format="text")] == [["From rsd."], ["From rsd."]]
    assert ids(tmp_path, input_format="source") == ["x", "y"]
    assert ids(tmp_path, input_format="ltf") == ["x"]


def test_errors_come_before_the_first_document(tmp_path: Path) -> None:
    valid = put(tmp_path / "a.txt", "Ann.")
    with pytest.raises(InputError, match="nothing of that name"):
        read_documents([valid, tmp_path / "none.ltf.xml"])
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InputError, match="found no files"):
        read_documents([empty])
    put(tmp_path / "other" / "x.tab", "")
    with pytest.raises(InputError, match=r"only 1 \*\.tab"):
        read_documents([tmp_path / "other"])
    with pytest.raises(InputError, match="--input-format one of"):
        read_documents([valid], input_format="pdf")


def test_list_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "lists" / "b.txt", "Bo.")
    put(tmp_path / "a.txt", "Ann.")
    put(tmp_path / "folder" / "c.txt", "Cy.")
    listing = put(tmp_path / "lists" / "all.txt", "\ufeff# ours\nb.txt\n\na.txt\r\n../folder\n")
    monkeypatch.chdir(tmp_path)
    assert ids(f"@{listing}") == ["b", "a", "c"]
    put(listing, "b.txt\nnone.txt\n")
    with pytest.raises(InputError, match=r"all\.txt:2: .*none\.txt"):
        ids(f"@{listing}")
    with pytest.raises(InputError, match="list"):
        ids("@nowhere.txt")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = put(tmp_path / "x.txt", "Ann.")
    path.chmod(0)
    with pytest.raises(InputError, match="readable"):
        ids(path)


def test_order_does_not_depend_on_the_disk(tmp_path: Path) -> None:
    for name in ("b/2.txt", "b-a/1.txt", "a.txt", "b.txt", "B/3.txt"):
        put(tmp_path / name, "Ann.")
    assert ids(tmp_path) == ["3", "a", "2", "1", "b"]
