"""Documents from files, folders, archives and lists; what is skipped is counted, what is wrong is named."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest
from document_files import FORUM, ids, put, texts

from ousianer_cli.errors import InputError
from ousianer_cli.formats.documents.ltf_writer import build_ltf
from ousianer_cli.formats.documents.readers import read_documents
from ousianer_cli.formats.documents.report import DUPLICATE_ID, MALFORMED, ReadReport
from ousianer_cli.formats.documents.source import QUOTED


def test_every_kind_of_file(tmp_path: Path) -> None:
    put(tmp_path / "a.ltf.xml", build_ltf("a", "Ann."))
    put(tmp_path / "b.ltf.xml.gz", gzip.compress(build_ltf("b", "Bo.")))
    with zipfile.ZipFile(tmp_path / "c.ltf.zip", "w") as archive:
        archive.writestr("ltf/c2.ltf.xml", build_ltf("c2", "Two."))
        archive.writestr("ltf/c1.ltf.xml", build_ltf("c1", "One."))
        archive.writestr("ltf/", b"")
    put(tmp_path / "d.rsd.txt", "Dan.")
    put(tmp_path / "e" / "e.df.xml", FORUM.format("e"))
    put(tmp_path / "e" / "f.sgm", "<DOC id='f'><TEXT>Fay.</TEXT></DOC>")
    put(tmp_path / "g.txt", "")
    report = ReadReport()
    documents = list(read_documents([tmp_path], report=report))
    assert [d.id for d in documents] == ["a", "b", "c1", "c2", "d", "e", "f", "g"]
    assert (report.documents, report.files, report.skipped) == (8, 8, {})
    assert report.left_out == {QUOTED: 1}
    assert documents[2].source.endswith("c.ltf.zip!ltf/c1.ltf.xml")
    assert ids(*(tmp_path / n for n in ("d.rsd.txt", "c.ltf.zip", "b.ltf.xml.gz"))) == ["d", "c1", "c2", "b"]


def test_the_same_id_is_read_once(tmp_path: Path) -> None:
    first, second = put(tmp_path / "1" / "x.txt", "One."), put(tmp_path / "2" / "x.txt", "Two.")
    report = ReadReport()
    assert [texts(d) for d in read_documents([first, second], report=report)] == [["One."]]
    assert report.skipped == {DUPLICATE_ID: 1}
    assert len(report.warnings) == 1
    with pytest.raises(InputError, match="x again"):
        ids(first, second, strict=True)


def test_a_malformed_file_in_a_corpus_is_skipped_and_named(tmp_path: Path) -> None:
    put(tmp_path / "a.ltf.xml", build_ltf("a", "Ann."))
    broken = put(tmp_path / "b.ltf.xml", build_ltf("b", "Bo.")[:-40])
    put(tmp_path / "c.txt", b"caf\xe9")
    put(tmp_path / "d.ltf.zip", b"PK no archive")
    put(tmp_path / "e.ltf.xml.gz", gzip.compress(build_ltf("e", "Eve " * 999))[:60])
    put(tmp_path / "z.ltf.xml", build_ltf("z", "Zoe."))
    report = ReadReport()
    assert [d.id for d in read_documents([tmp_path], report=report)] == ["a", "z"]
    assert report.skipped[MALFORMED] == 4
    assert sum("b.ltf.xml:" in w for w in report.warnings) == 1
    with pytest.raises(InputError):
        ids(tmp_path, strict=True)
    with pytest.raises(InputError, match=r"b\.ltf\.xml:\d+: expected well-formed LTF"):
        ids(broken)
    with pytest.raises(InputError, match=r"c\.txt:1: expected UTF-8, found byte 0xe9 at byte 4"):
        ids(tmp_path / "c.txt")
    with pytest.raises(InputError, match="zip"):
        ids(tmp_path / "d.ltf.zip")
    with pytest.raises(InputError, match="broken"):
        ids(tmp_path / "e.ltf.xml.gz")


def test_a_folder_list_or_archive_of_which_nothing_can_be_read_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    files = [put(folder / f"{name}.ltf.xml", "<LCTL_TEXT>\n<DOC id=") for name in "ab"]
    listed = put(tmp_path / "list.txt", "\n".join(map(str, files)))
    with zipfile.ZipFile(tmp_path / "c.ltf.zip", "w") as archive:
        for file in files:
            archive.write(file, file.name)
    found = r"^expected documents, found none in 2 files \(2 malformed files\), the first: .*a\.ltf\.xml:2: expected "
    for given in (folder, f"@{listed}", tmp_path / "c.ltf.zip"):
        with pytest.raises(InputError, match=found):
            list(read_documents([given]))
    put(folder / "c.txt", "")  # no text, but a document
    assert ids(folder) == ["c"]


def test_files_without_a_document_and_archives_that_are_none_are_an_error(tmp_path: Path) -> None:
    bare = put(tmp_path / "in" / "a.ltf.xml", "<LCTL_TEXT></LCTL_TEXT>")
    with pytest.raises(InputError, match=r"^expected documents, found none: .*a\.ltf\.xml: LTF without a document$"):
        list(read_documents([bare]))
    put(tmp_path / "in" / "b.ltf.xml", "<LCTL_TEXT></LCTL_TEXT>")
    with pytest.raises(InputError, match=r"none in 2 files \(2 files without a document\), the first: .*a\.ltf\.xml"):
        list(read_documents([tmp_path / "in"]))
    broken = put(tmp_path / "zips" / "a.ltf.zip", "no zip")
    cannot = r"found only what cannot be read, the first: .*a\.ltf\.zip: expected a zip archive, found File is not"
    for given in (broken.parent, f"@{put(tmp_path / 'list.txt', str(broken))}"):
        with pytest.raises(InputError, match=cannot):
            list(read_documents([given]))
    put(broken.parent / "x.dat", "x")
    with pytest.raises(InputError, match=r"found only 1 \*\.dat and what cannot be read, the first: .*a\.ltf\.zip"):
        list(read_documents([broken.parent]))


def test_a_malformed_member_of_an_archive_is_skipped_and_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "r.ltf.zip", "w") as archive:
        archive.writestr("a.ltf.xml", "<LCTL_TEXT>")
        archive.writestr("b.ltf.xml", build_ltf("b", "Bo."))
    report = ReadReport()
    assert [d.id for d in read_documents([tmp_path / "r.ltf.zip"], report=report)] == ["b"]
    assert report.skipped == {MALFORMED: 1}
    assert "r.ltf.zip!a.ltf.xml:1" in report.warnings[0]


def test_a_named_file_of_another_kind_is_an_error(tmp_path: Path) -> None:
    laf = put(tmp_path / "x.laf.xml", "<?xml version='1.0'?><LCTL_ANNOTATIONS/>")
    with pytest.raises(InputError, match="XML of another kind"):
        ids(laf)
    with pytest.raises(InputError, match="--input-format source, found LTF"):
        ids(put(tmp_path / "x.ltf.xml", build_ltf("x", "Ann.")), input_format="source")
    with pytest.raises(InputError, match="--input-format ltf, found text"):
        ids(put(tmp_path / "x.txt", "Ann."), input_format="ltf")
    binary = put(tmp_path / "x.pdf", b"%PDF\x00\xff")
    with pytest.raises(InputError, match="UTF-8"):
        ids(binary)


def test_format_can_be_forced(tmp_path: Path) -> None:
    path = put(tmp_path / "x.txt", FORUM.format("x"))
    [document] = read_documents([path])
    assert (document.id, texts(document)) == ("x", ["Per is here."])
    [document] = read_documents([path], input_format="text")
    assert texts(document)[0].startswith("<?xml")


def test_line_ends_and_byte_order_mark(tmp_path: Path) -> None:
    [document] = read_documents([put(tmp_path / "a.txt", "\ufeffAnn\r\n\r\nBo\rCy\n")])
    assert document.text == "Ann\r\n\r\nBo\rCy\n"
    assert [(s.start, s.end) for s in document.segments] == [(0, 3), (7, 12)]


def test_shift_and_author_options_reach_the_document(tmp_path: Path) -> None:
    path = put(tmp_path / "x.xml", FORUM.format("x"))
    [document] = read_documents([path], after_xml_declaration=True, authors=False, quotes=True)
    assert document.offset_shift == len('<?xml version="1.0"?>\n')
    assert document.authors == ()
    assert texts(document) == ["Ann.", "Per is here."]


PSM = (
    '<psm><string type="headline" begin_offset="0" char_length="4"/>'
    '<string type="post" begin_offset="6" char_length="9"/>'
    '<string type="quote" begin_offset="6" char_length="4"/></psm>'
)


@pytest.mark.parametrize("where", ["beside", "folder", "zip", "zips"])
def test_psm_is_found(tmp_path: Path, where: str) -> None:
    text = "Head\n\nAnn.\nBo.\n"
    if where == "zip":
        with zipfile.ZipFile(tmp_path / "r.ltf.zip", "w") as archive:
            archive.writestr("ltf/x.ltf.xml", build_ltf("x", text))
            archive.writestr("psm/x.psm.xml", PSM)
    elif where == "zips":
        with zipfile.ZipFile(tmp_path / "r.ltf.zip", "w") as archive:
            archive.writestr("x.ltf.xml", build_ltf("x", text))
        with zipfile.ZipFile(tmp_path / "r.psm.zip", "w") as archive:
            archive.writestr("x.psm.xml", PSM)
    else:
        put(tmp_path / "ltf" / "x.ltf.xml", build_ltf("x", text))
        put(tmp_path / ("ltf" if where == "beside" else "psm") / "x.psm.xml", PSM)
    report = ReadReport()
    [document] = read_documents([tmp_path], report=report)
    assert [s.kind for s in document.segments] == ["headline", "post"]
    assert report.left_out == {QUOTED: 1}
    assert report.skipped == {}


def test_broken_psm_is_a_warning(tmp_path: Path) -> None:
    put(tmp_path / "x.rsd.txt", "Ann.")
    put(tmp_path / "x.psm.xml", "<psm>")
    report = ReadReport()
    [document] = read_documents([tmp_path], report=report)
    assert document.segments and "psm left out" in report.warnings[0]
    with pytest.raises(InputError):
        ids(tmp_path, strict=True)
